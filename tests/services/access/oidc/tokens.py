"""Tokens as a provider would make them, and as it never would, under keys of our own."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from core.clock import Clock
from core.oidc_settings import OidcSettings
from services.access.oidc.keys import KeySet
from services.access.oidc.refreshed import Refreshed, Times
from services.access.oidc.validation import TokenValidator

ISSUER: Final = "https://login.example"
NOW: Final = datetime(2025, 1, 1, tzinfo=UTC)
SECONDS: Final = int(NOW.timestamp())
TIMES: Final = Times(timedelta(seconds=300), timedelta(seconds=900), timedelta(seconds=60))
Key = RSAKey | ECKey | OKPKey | OctKey


def settings(**changes: Any) -> OidcSettings:
    """A provider with the client `twin` and the audience `api`."""
    given: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": "twin",
        "redirect_uri": "https://twin.example/api/oidc/callback",
        "api_audience": "api",
    }
    return OidcSettings(**(given | changes))


def claims(**changes: Any) -> dict[str, Any]:
    """What an access token says; None takes a claim away."""
    given = {"iss": ISSUER, "aud": "api", "sub": "ana", "iat": SECONDS, "exp": SECONDS + 600} | changes
    return {name: value for name, value in given.items() if value is not None}


def token(key: Key, payload: dict[str, Any], **header: Any) -> str:
    """A signed token; None takes a part of the header away."""
    given = {"alg": "RS256", "typ": "at+jwt", "kid": key.kid} | header
    given = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(given, payload, key, algorithms=[given["alg"]], default_type=None)


def validator(clock: Clock, *keys: Key, **changes: Any) -> TokenValidator:
    """Checks against these keys, as they would be published."""
    published = [key.as_dict(private=False) for key in keys]
    return TokenValidator(settings(**changes), Refreshed(lambda: KeySet(published), clock, TIMES), clock)


def by_hand(header: dict[str, Any], payload: dict[str, Any], secret: bytes | None = None) -> str:
    """A token as no library would make it: with an HMAC under what is no secret, or with a signature of nothing."""
    signed = f"{part(orjson.dumps(header))}.{part(orjson.dumps(payload))}"
    return f"{signed}.{part(b'' if secret is None else hmac.digest(secret, signed.encode(), 'sha256'))}"


def part(content: bytes) -> str:
    """A part of a token as text."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
