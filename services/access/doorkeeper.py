"""Decides who somebody is that knocks at a door: from what a request carries, or because the door is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from hmac import compare_digest
from typing import Final

from argon2 import PasswordHasher

from core.clock import Clock
from core.errors import JumeauError
from core.principal import LOCAL_OPERATOR, Principal
from graph.history.ledger import Ledger
from services.access.accounts import Account, Accounts, SignInError
from services.access.attempts import FailedAttempts
from services.access.federated import FederatedAccounts
from services.access.oidc.errors import OidcNotConfiguredError
from services.access.oidc.provider import Arrival, IdentityProvider
from services.access.rights import allowed
from services.access.tokens import PREFIX, SESSION, Token, TokenError, Tokens

OPEN, ACCOUNTS = "open", "accounts"
"""Who may come in: whoever reaches the address, or who has an account."""
_BEARER: Final = "bearer"
_DOTS_OF_JWT: Final = 2


class UnauthenticatedError(JumeauError):
    """A request that does not say who asks."""

    code = "UNAUTHENTICATED"
    exit_code = 2
    status = 401


class Doorkeeper:
    """Lets everybody in as `everybody`, or asks for tokens. `local_key` is what commands on this machine show.

    `provider`: people sign in there as well, and its access tokens may be shown in place of ours.

    Safe for several threads.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        everybody: Principal | None = None,
        local_key: str | None = None,
        hasher: PasswordHasher | None = None,
        provider: IdentityProvider | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hasher = hasher
        self.everybody = everybody
        self.identity_provider = provider
        self._local_key = local_key
        self._attempts = FailedAttempts(clock)

    @cached_property
    def accounts(self) -> Accounts:
        """The accounts, opened when they are first asked for: an open door needs none."""
        return Accounts(self._ledger, self._clock, self._hasher)

    @cached_property
    def tokens(self) -> Tokens:
        """The tokens of the accounts."""
        return Tokens(self._ledger, self._clock, self.accounts)

    @cached_property
    def federated(self) -> FederatedAccounts:
        """The accounts of people who sign in at the provider."""
        return FederatedAccounts(self._ledger, self._clock, self.accounts)

    @property
    def provider(self) -> IdentityProvider:
        """The provider at which people sign in. Raises OidcNotConfiguredError."""
        if self.identity_provider is None:
            hint = "sign in with a local account: POST /api/sign-in"
            raise OidcNotConfiguredError("no identity provider is set up", where="[oidc]", hint=hint)
        return self.identity_provider

    def admit(self, authorization: str | None) -> Principal:
        """Who asks, by the Authorization header of a request. Raises UnauthenticatedError, TokenError, ProviderError."""
        if self.everybody is not None:
            return self.everybody
        scheme, _, secret = (authorization or "").strip().partition(" ")
        secret = secret.strip()
        if scheme.lower() != _BEARER or not secret:
            hint = "send `Authorization: Bearer TOKEN`; POST /api/sign-in gives one"
            raise UnauthenticatedError("the request does not say who asks", hint=hint)
        if self._local_key is not None and compare_digest(secret.encode(), self._local_key.encode()):
            return LOCAL_OPERATOR
        if self.identity_provider is not None and _is_jwt(secret):
            return self._vouched_for(self.identity_provider, secret)
        return self.tokens.principal(secret)

    def sign_in(
        self, name: str, password: str, recognised: Callable[[Account], None] = lambda _: None
    ) -> tuple[str, Token]:
        """A token for somebody who knows a password. Raises SignInError, TooManyAttemptsError.

        `recognised` is called between the two: what it raises keeps the token from being made.
        """
        self._attempts.check(name)
        try:
            account = self.accounts.sign_in(name, password)
        except SignInError:
            self._attempts.failed(name)
            raise
        self._attempts.succeeded(name)
        recognised(account)
        return self.tokens.issue(account, SESSION, note="signed in")

    def sign_in_at_provider(
        self, arrival: Arrival, recognised: Callable[[Account], None] = lambda _: None
    ) -> tuple[str, Token]:
        """A token for somebody who comes back from the provider. `recognised` is called before it is made.

        Raises SignInStateError, ProviderRefusedError, ProviderTokenError, ProviderError, WithoutRoleError, SignInError.
        """
        provider = self.provider
        identity = provider.arrive(arrival)
        account = self.federated.vouch(identity, self._clock.now() + provider.session)
        recognised(account)
        return self.tokens.issue(account, provider.session, note="signed in at the provider")

    def _vouched_for(self, provider: IdentityProvider, access_token: str) -> Principal:
        """Who asks with an access token of the provider, with the roles that the token gives, whatever the account has."""
        identity = provider.identify(access_token)
        account = self.federated.find(identity.issuer, identity.subject)
        if account is not None and not account.enabled:
            raise TokenError("the account of this token may not sign in", hint="ask an administrator of the twin")
        principal = identity.principal(None if account is None else account.name)
        return replace(principal, scope=allowed(principal))  # no more than this token may: nor make one that may more


def _is_jwt(secret: str) -> bool:
    return not secret.startswith(PREFIX) and secret.count(".") == _DOTS_OF_JWT
