"""Decides who somebody is that knocks at a door: from what a request carries, or because the door is open."""

from __future__ import annotations

from functools import cached_property
from hmac import compare_digest
from typing import Final

from argon2 import PasswordHasher

from core.clock import Clock
from core.errors import JumeauError
from core.principal import LOCAL_OPERATOR, Principal
from graph.history.ledger import Ledger
from services.access.accounts import Accounts, SignInError
from services.access.attempts import FailedAttempts
from services.access.tokens import SESSION, Token, Tokens

OPEN, ACCOUNTS = "open", "accounts"
"""Who may come in: whoever reaches the address, or who has an account."""
_BEARER: Final = "bearer"


class UnauthenticatedError(JumeauError):
    """A request that does not say who asks."""

    code = "UNAUTHENTICATED"
    exit_code = 2
    status = 401


class Doorkeeper:
    """Lets everybody in as `everybody`, or asks for tokens. `local_key` is what commands on this machine show.

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
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hasher = hasher
        self.everybody = everybody
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

    def admit(self, authorization: str | None) -> Principal:
        """Who asks, by the Authorization header of a request. Raises UnauthenticatedError, TokenError."""
        if self.everybody is not None:
            return self.everybody
        scheme, _, secret = (authorization or "").strip().partition(" ")
        secret = secret.strip()
        if scheme.lower() != _BEARER or not secret:
            hint = "send `Authorization: Bearer TOKEN`; POST /api/sign-in gives one"
            raise UnauthenticatedError("the request does not say who asks", hint=hint)
        if self._local_key is not None and compare_digest(secret.encode(), self._local_key.encode()):
            return LOCAL_OPERATOR
        return self.tokens.principal(secret)

    def sign_in(self, name: str, password: str) -> tuple[str, Token]:
        """A token for somebody who knows a password. Raises SignInError, TooManyAttemptsError."""
        self._attempts.check(name)
        try:
            account = self.accounts.sign_in(name, password)
        except SignInError:
            self._attempts.failed(name)
            raise
        self._attempts.succeeded(name)
        return self.tokens.issue(account, SESSION, note="signed in")
