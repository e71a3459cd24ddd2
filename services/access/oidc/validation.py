"""Whether a token is the provider's, for this twin, and now: signature, issuer, audience, times, type (RFC 7519, RFC 8725)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jws import JWSRegistry

from core.clock import Clock
from core.oidc_settings import OidcSettings
from services.access.oidc.errors import ProviderTokenError
from services.access.oidc.keys import KeySet, SigningKey
from services.access.oidc.refreshed import Refreshed

Claims = Mapping[str, Any]
_LONGEST_HEADER: Final = 4096
_LONGEST_SUBJECT: Final = 255
_ID_TOKEN_TYPES: Final = (None, "jwt")


class TokenValidator:
    """Checks tokens of one provider against the keys that it publishes."""

    def __init__(self, settings: OidcSettings, keys: Refreshed[KeySet], clock: Clock) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._registry = JWSRegistry(algorithms=settings.algorithms, strict_check_header=False)
        self._registry.max_header_length = _LONGEST_HEADER

    def id_token(self, text: str, nonce: str) -> Claims:
        """The claims of the id token of a sign-in that was begun with this nonce. Raises ProviderTokenError, ProviderError."""
        settings = self._settings
        claims = self._claims(text, _ID_TOKEN_TYPES, settings.client_id)
        seen = claims.get("nonce")
        if not isinstance(seen, str) or not compare_digest(seen.encode(errors="replace"), nonce.encode()):
            raise _refused("nonce", "it belongs to another sign-in")
        party = claims.get("azp")
        if party not in (None, settings.client_id) or (party is None and _several(claims.get("aud"))):
            raise _refused("azp", "it was made for another client")
        return claims

    def access_token(self, text: str) -> Claims:
        """The claims of an access token for our interface. Raises ProviderTokenError, ProviderError."""
        settings = self._settings
        if settings.api_audience is None:
            raise _refused("audience", "access tokens of the provider are not accepted here")
        types = [_type(name) for name in settings.api_token_types]
        claims = self._claims(text, types, settings.api_audience)
        if "cnf" in claims:
            raise _refused("cnf", "it is bound to a key of its holder (DPoP, mTLS), which is not checked here")
        client = claims.get("azp", claims.get("client_id"))
        if settings.api_clients and client not in settings.api_clients:
            raise _refused("azp", "it was made for a client that may not ask here")
        return claims

    def _claims(self, text: str, types: Iterable[str | None], audience: str) -> Claims:
        """The claims of a token whose signature, type, issuer, audience and times hold."""
        claims = self._verified(text, types)
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=self._settings.clock_skew_s,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            registry.validate(claims)
        except ClaimError as error:
            raise _refused(error.claim, f"its claim {error.claim!r} is missing or does not hold") from error
        if len(claims["sub"]) > _LONGEST_SUBJECT:
            raise _refused("sub", "its subject is longer than OpenID Connect allows")
        return claims

    def _verified(self, text: str, types: Iterable[str | None]) -> dict[str, Any]:
        """What a token says, once its signature is known to be the provider's."""
        try:
            header = jws.extract_compact(text.encode(), registry=self._registry).headers()
            algorithm, kid, type_ = header.get("alg"), header.get("kid"), header.get("typ")
            if algorithm not in self._settings.algorithms:
                raise _refused("alg", "its signature is of a kind that is not accepted")
            if not isinstance(kid, str | None) or _type(type_) not in types:
                raise _refused("typ", "it is a token for something else")
            return jwt.decode(text, self._key(kid, algorithm), registry=self._registry).claims
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise _refused("signature", "it is malformed, or its signature does not hold") from error

    def _key(self, kid: str | None, algorithm: str) -> SigningKey:
        """The key of a signature; one that is not known is looked up, though not at everybody's bidding."""
        key = self._keys.current().find(kid, algorithm) or self._keys.again().find(kid, algorithm)
        if key is None:
            raise _refused("kid", "it is signed with a key that the provider does not publish")
        return key


def _type(name: object) -> str | None:
    """The type of a token without regard to case, and without `application/`, which may be left out (RFC 7515)."""
    return name.lower().removeprefix("application/") if isinstance(name, str) else None


def _several(audience: object) -> bool:
    return isinstance(audience, list) and len(audience) > 1


def _refused(reason: str, seen: str) -> ProviderTokenError:
    return ProviderTokenError(
        f"a token of the identity provider is refused: {seen}", hint="sign in again", details={"reason": reason}
    )
