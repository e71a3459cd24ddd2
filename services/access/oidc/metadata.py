"""What a provider says about itself in its discovery document (OpenID Connect Discovery 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.access.oidc.errors import ProviderAnswerError
from services.access.oidc.exchange import ProviderExchange

WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """Where a provider is asked for what. `secret_in_form`: it takes a client's secret in the form only.

    `names_itself`: its answers to browsers carry its issuer (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    secret_in_form: bool
    names_itself: bool


def discover(exchange: ProviderExchange, issuer: str) -> ProviderMetadata:
    """The metadata of a provider. Raises ProviderUnavailableError, ProviderAnswerError."""
    address = issuer.rstrip("/") + WELL_KNOWN
    found = exchange.document(address)
    if found.get("issuer") != issuer:
        seen = f"the document is of the issuer {str(found.get('issuer'))[:200]!r}"
        raise ProviderAnswerError(seen, where=address, hint="write the issuer as the provider does, to the last slash")
    methods = _listed(found, "code_challenge_methods_supported")
    if methods and "S256" not in methods:
        raise ProviderAnswerError("the provider has no PKCE with S256", where=address, hint="switch it on there")
    ways = _listed(found, "token_endpoint_auth_methods_supported")
    return ProviderMetadata(
        exchange.checked(found.get("authorization_endpoint"), "authorization_endpoint"),
        exchange.checked(found.get("token_endpoint"), "token_endpoint"),
        exchange.checked(found.get("jwks_uri"), "jwks_uri"),
        secret_in_form="client_secret_post" in ways and "client_secret_basic" not in ways,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _listed(document: Mapping[str, Any], name: str) -> list[Any]:
    values = document.get(name)
    return values if isinstance(values, list) else []
