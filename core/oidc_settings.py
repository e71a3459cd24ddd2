"""Settings of an OpenID Connect provider: `[oidc]` in jumeau.toml. Its secret is named by its variable, never given."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.addresses import is_loopback

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
"""Signatures with a key pair only: `none` and HMAC (HS256...) cannot be allowed."""
CALLBACK: Final = "/api/oidc/callback"


class OidcSettings(BaseModel):
    """The provider at which people sign in, and what its claims are worth here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(
        description="The provider's issuer, as its discovery document writes it; https, or http on this machine."
    )
    client_id: str = Field(min_length=1, description="What the provider knows this twin as.")
    client_secret_env: str | None = Field(
        None, description="Name of the environment variable that holds the client's secret. Default: a public client."
    )
    redirect_uri: str = Field(
        description=f"This twin's `{CALLBACK}` as people's browsers reach it and as the provider has it registered."
    )
    scopes: tuple[str, ...] = Field(("openid", "profile"), description="What is asked for; `openid` is among it.")
    roles_claim: str = Field(
        "roles", description="The claim whose values give roles; a dotted path leads into objects."
    )
    roles: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Roles by value of that claim. A value that is not here gives none."
    )
    perimeters_claim: str | None = Field(
        None, description="The claim whose values give perimeters. Default: everybody sees what is public."
    )
    perimeters: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Perimeters by value of that claim."
    )
    perimeters_by_name: bool = Field(
        False, description="Values of that claim which are not listed are names of perimeters themselves."
    )
    whole_estate: tuple[str, ...] = Field((), description="Values of that claim that see the whole estate.")
    kinds_claim: str | None = Field(
        None, description="The claim whose values limit people to kinds of element. Default: nobody is limited to some."
    )
    reads: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Kinds that may be read, by value of that claim; a value that is not here lets nothing be read. Default: "
        "every kind.",
    )
    changes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="The same of the kinds that may be changed, where a role lets it."
    )
    every_kind: tuple[str, ...] = Field((), description="Values of that claim that read and change every kind.")
    name_claim: str | None = Field(
        "preferred_username",
        description="The claim that makes names of accounts readable; an empty text leaves names out.",
    )
    algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "PS256", "ES256"), min_length=1, description="Signatures that are accepted."
    )
    clock_skew_s: int = Field(
        60, ge=0, le=300, description="How far the provider's clock may be from ours, in seconds."
    )
    session_hours: float = Field(
        12.0,
        gt=0,
        le=168,
        description="How long a sign-in vouches for somebody; then all their tokens wait for another.",
    )
    api_audience: str | None = Field(
        None, min_length=1, description="Accept the provider's access tokens (JWT) for this audience. Default: none."
    )
    api_token_types: tuple[str, ...] = Field(
        ("at+jwt",), description="What such a token calls itself (`typ`); some providers write `JWT`."
    )
    api_clients: tuple[str, ...] = Field(
        (),
        description="Clients whose access tokens are accepted (`azp` or `client_id`). Default: all of the provider's.",
    )
    keys_s: int = Field(
        300, ge=1, le=86_400, description="How long the provider's keys are used before they are looked up again."
    )
    refetch_s: int = Field(
        60, ge=1, le=3_600, description="Shortest time between two look-ups because of a key that is not known."
    )
    outage_s: int = Field(
        900, ge=0, le=86_400, description="How much longer known keys are used while the provider does not answer."
    )
    answer_s: float = Field(10.0, gt=0, le=60, description="Longest time of one answer of the provider, in seconds.")
    ca_file: Path | None = Field(None, description="Certificate authorities (PEM), in place of the machine's.")

    @field_validator("issuer", "redirect_uri")
    @classmethod
    def _secure(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("is no address of the form https://HOST/PATH")
        if parts.username is not None or parts.password is not None:
            raise ValueError("an address holds no user and no password")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("is in the clear (http); use https, or an address of this machine")
        return address

    @field_validator("name_claim")
    @classmethod
    def _named(cls, name: str | None) -> str | None:
        return name or None

    @model_validator(mode="after")
    def _consistent(self) -> OidcSettings:
        if urlsplit(self.redirect_uri).path != CALLBACK:
            raise ValueError(f"the path of redirect_uri is {CALLBACK}")
        if "openid" not in self.scopes:
            raise ValueError("scopes: `openid` is missing")
        if self.api_audience == self.client_id:
            raise ValueError("api_audience: is the client_id, so that id tokens could pass for access tokens")
        given: dict[str, Any] = {
            "perimeters": self.perimeters,
            "perimeters_by_name": self.perimeters_by_name,
            "whole_estate": self.whole_estate,
        }
        for name, value in given.items():
            if value and self.perimeters_claim is None:
                raise ValueError(f"{name}: name the claim as perimeters_claim")
        for name, kinds in {"reads": self.reads, "changes": self.changes, "every_kind": self.every_kind}.items():
            if kinds and self.kinds_claim is None:
                raise ValueError(f"{name}: name the claim as kinds_claim")
        return self
