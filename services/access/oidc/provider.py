"""One provider of OpenID Connect: the way to it and back (authorization code with PKCE), and its access tokens."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from core.clock import Clock
from core.errors import ConfigurationError
from core.oidc_settings import OidcSettings
from services.access.federated import Identity
from services.access.oidc.attempt import SealedAttempts
from services.access.oidc.claims import ClaimMapping
from services.access.oidc.errors import ProviderAnswerError, ProviderRefusedError, SignInStateError
from services.access.oidc.exchange import ProviderExchange
from services.access.oidc.keys import KeySet, read_keys
from services.access.oidc.metadata import ProviderMetadata, discover
from services.access.oidc.refreshed import Refreshed, Times
from services.access.oidc.validation import TokenValidator

_ERROR: Final = re.compile(r"[a-z_]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send a browser, and what it keeps meanwhile; `secure` where that may travel over https only."""

    address: str
    sealed: str = field(repr=False)
    secure: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a browser brings back from the provider."""

    state: str | None = None
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    issuer: str | None = None
    sealed: str | None = field(default=None, repr=False)


class IdentityProvider:
    """The provider of the settings. It is asked when it is first needed, so that the twin starts without it.

    Raises ConfigurationError for a secret that is not there and for roles that there are not. Safe for several threads.
    """

    def __init__(self, settings: OidcSettings, clock: Clock, environment: Mapping[str, str] | None = None) -> None:
        self.settings = settings
        self._secret = _secret(settings, os.environ if environment is None else environment)
        self._exchange = ProviderExchange(settings)
        times = Times(
            timedelta(seconds=settings.keys_s),
            timedelta(seconds=settings.outage_s),
            timedelta(seconds=settings.refetch_s),
        )
        self._metadata: Refreshed[ProviderMetadata] = Refreshed(self._discover, clock, times)
        self._attempts = SealedAttempts(clock, self._secret)
        self._validator = TokenValidator(settings, Refreshed(self._read_keys, clock, times), clock)
        self._mapping = ClaimMapping(settings)

    @property
    def session(self) -> timedelta:
        """How long a sign-in vouches for somebody."""
        return timedelta(hours=self.settings.session_hours)

    def depart(self) -> Departure:
        """Begin a sign-in. Raises ProviderError."""
        attempt, sealed = self._attempts.begin()
        metadata = self._metadata.current()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(metadata.authorization).query else "?"
        secure = self.settings.redirect_uri.startswith("https:")
        return Departure(metadata.authorization + joint + urlencode(asked), sealed, secure)

    def arrive(self, arrival: Arrival) -> Identity:
        """Who has come back. Raises SignInStateError, ProviderRefusedError, ProviderTokenError, ProviderError."""
        attempt = self._attempts.resume(arrival.sealed, arrival.state)
        metadata = self._metadata.current()
        if arrival.issuer != self.settings.issuer and (arrival.issuer is not None or metadata.names_itself):
            raise SignInStateError("the answer is another provider's", where="iss", hint="begin again")
        if arrival.error is not None or not arrival.code:
            raise _refused(arrival.error)
        form = {
            "grant_type": "authorization_code",
            "code": arrival.code,
            "redirect_uri": self.settings.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        form, headers = self._authenticated(form, metadata)
        answer = self._exchange.post(metadata.token, form, headers)
        if answer.status != 200:
            raise _refused(answer.body.get("error"))
        id_token = answer.body.get("id_token")
        if not isinstance(id_token, str):
            raise ProviderAnswerError("the provider gives no id token", where=metadata.token)
        return self._mapping.identity(self._validator.id_token(id_token, attempt.nonce))

    def identify(self, access_token: str) -> Identity:
        """Whom an access token of the provider stands for. Raises ProviderTokenError, ProviderError."""
        return self._mapping.identity(self._validator.access_token(access_token))

    def _authenticated(self, form: dict[str, str], metadata: ProviderMetadata) -> tuple[dict[str, str], dict[str, str]]:
        """A form, and headers, that say which client asks (RFC 6749, section 2.3.1)."""
        client = self.settings.client_id
        if self._secret is None:
            return form | {"client_id": client}, {}
        if metadata.secret_in_form:
            return form | {"client_id": client, "client_secret": self._secret}, {}
        pair = f"{quote(client, safe='')}:{quote(self._secret, safe='')}"
        return form, {"Authorization": "Basic " + b64encode(pair.encode()).decode()}

    def _discover(self) -> ProviderMetadata:
        return discover(self._exchange, self.settings.issuer)

    def _read_keys(self) -> KeySet:
        address = self._metadata.current().keys
        return read_keys(self._exchange.document(address), address)


def _secret(settings: OidcSettings, environment: Mapping[str, str]) -> str | None:
    name = settings.client_secret_env
    if name is None:
        return None
    secret = environment.get(name)
    if not secret:
        hint = f"set {name} to the client's secret, or leave client_secret_env out for a public client"
        raise ConfigurationError(f"{name} is not set", where="JUMEAU_OIDC or jumeau.toml, [oidc]", hint=hint)
    return secret


def _refused(error: object) -> ProviderRefusedError:
    """What a provider's refusal is told as; it is repeated where it is one of the words that there are for it, no other text."""
    word = error if isinstance(error, str) and _ERROR.fullmatch(error) else "no reason"
    return ProviderRefusedError(
        f"the identity provider refuses the sign-in: {word}", hint="begin again at /api/oidc/sign-in"
    )
