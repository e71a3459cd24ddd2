"""What the claims of a provider are worth here: roles, perimeters and kinds, by the table of the settings and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import ConfigurationError, UsageError
from core.oidc_settings import OidcSettings
from core.principal import EVERYONE, KindLists, kind_lists
from services.access.federated import Identity
from services.access.rights import Role, checked


class ClaimMapping:
    """From claims to an identity. Raises ConfigurationError for a role that there is not."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        for value, roles in settings.roles.items():
            try:
                checked(roles, Role, "role")
            except UsageError as error:
                where = f"JUMEAU_OIDC or jumeau.toml, [oidc.roles] {value!r}"
                raise ConfigurationError(error.seen, where=where, hint=error.hint) from error

    def identity(self, claims: Mapping[str, Any]) -> Identity:
        """Who somebody is here. A value that is not mapped gives nothing; no role at all is for others to refuse."""
        settings = self._settings
        roles = _values(claims, settings.roles_claim)
        label = None if settings.name_claim is None else _claim(claims, settings.name_claim)
        return Identity(
            settings.issuer,
            claims["sub"],
            label if isinstance(label, str) else "",
            frozenset().union(*(settings.roles.get(value, ()) for value in roles)),
            self._perimeters(claims),
            self._kinds(claims, settings.reads),
            self._kinds(claims, settings.changes),
        )

    def _kinds(self, claims: Mapping[str, Any], table: Mapping[str, tuple[str, ...]]) -> KindLists:
        """What the claim limits somebody to; nothing where it is limited by none of its values."""
        settings = self._settings
        if settings.kinds_claim is None or not table:
            return frozenset()
        values = _values(claims, settings.kinds_claim)
        if values.intersection(settings.every_kind):
            return frozenset()
        return kind_lists(name for value in values for name in table.get(value, ()))

    def _perimeters(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        settings = self._settings
        if settings.perimeters_claim is None:
            return frozenset()
        values = _values(claims, settings.perimeters_claim)
        if values.intersection(settings.whole_estate):
            return None
        by_name = values.difference(settings.perimeters, {EVERYONE}) if settings.perimeters_by_name else frozenset()
        return by_name.union(*(settings.perimeters.get(value, ()) for value in values))


def _values(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The texts of a claim: one, or those of a list. Anything else is none."""
    found = _claim(claims, name)
    listed = found if isinstance(found, list) else [found]
    return frozenset(value for value in listed if isinstance(value, str))


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, which may hold dots itself; else by the path that its dots make."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
