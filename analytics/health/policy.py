"""The health policy: what is required and recommended of each kind, when an item is an orphan, stale or a duplicate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from core.errors import ConfigurationError
from graph.schema.model import Schema

POLICIES: Final = Path(__file__).parent / "policies"
_KEYS: Final = {"scope", "ignored_status", "stale_after_days", "orphan_groups", "kinds"}
_OWN_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times faster, but brackets without end crash it: for policies that come with a pack, which every service reads."""
_KIND_KEYS: Final = {"required", "recommended", "duplicates", "stale_after_days"}


class HealthPolicyError(ConfigurationError):
    """A health policy that does not fit the schema, or is no policy at all."""

    code = "HEALTH_POLICY"


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """What is asked of one concrete kind. Names in capitals are relations that start at the item.

    `duplicates` are keys: items of one kind whose attributes of a key all agree are duplicates.
    """

    kind: str
    required: tuple[str, ...]
    recommended: tuple[str, ...]
    duplicates: tuple[tuple[str, ...], ...]
    stale_after_days: int

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute that has to be looked at, in order of name."""
        names = {*self.required, *self.recommended, *(name for key in self.duplicates for name in key)}
        return tuple(sorted(name for name in names if not name.isupper()))


@dataclass(frozen=True, slots=True)
class HealthPolicy:
    """What is asked of the kinds in scope. An item with a status in `ignored_status` is not looked at."""

    scope: tuple[str, ...]
    kinds: Mapping[str, KindPolicy]
    orphan_relations: tuple[str, ...]
    ignored_status: tuple[str, ...]

    @property
    def expected_relations(self) -> tuple[str, ...]:
        """The relation types that some kind should have."""
        named = (name for kind in self.kinds.values() for name in (*kind.required, *kind.recommended))
        return tuple(sorted({name for name in named if name.isupper()}))


def load_policy(schema: Schema, path: Path | None = None) -> HealthPolicy:
    """The policy of a file, or the one that comes with the schema's first pack. Raises HealthPolicyError."""
    chosen = path or POLICIES / f"{schema.name.split('+')[0]}.yml"
    try:
        loader = yaml.SafeLoader if path else _OWN_LOADER
        content = yaml.load(chosen.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise HealthPolicyError(
            f"the health policy cannot be read: {error}", where=str(chosen), hint="give a YAML file, see docs"
        ) from error
    return _Reader(schema, str(chosen)).read(content)


class _Reader:
    def __init__(self, schema: Schema, where: str) -> None:
        self._schema = schema
        self._where = where

    def read(self, content: Any) -> HealthPolicy:
        table = self._table(content, _KEYS, "the policy")
        kinds = self._table(table.get("kinds") or {}, None, "`kinds`")
        for name in (*self._names(table, "scope", "the policy"), *kinds):
            if name not in self._schema.kinds:
                raise self._wrong(f"no kind is called {name!r}", "see `jumeau schema`")
        groups = self._names(table, "orphan_groups", "the policy")
        for group in groups:
            if group not in self._schema.groups:
                raise self._wrong(f"no group of relations is called {group!r}", ", ".join(self._schema.groups))
        scope = self._names(table, "scope", "the policy")
        days = self._days(table, "the policy")
        concrete = dict.fromkeys(kind for name in scope for kind in self._schema.descendants[name])
        return HealthPolicy(
            scope=scope,
            kinds={kind: self._kind(kind, kinds, 60 if days is None else days) for kind in concrete},
            orphan_relations=tuple(name for group in groups for name in self._schema.groups[group]),
            ignored_status=self._names(table, "ignored_status", "the policy"),
        )

    def _kind(self, kind: str, written: Mapping[str, Any], days: int) -> KindPolicy:
        schema = self._schema.kinds[kind]
        required = [a.name for a in schema.attributes.values() if a.required]
        recommended: list[str] = []
        duplicates: list[tuple[str, ...]] = []
        for label in reversed(schema.labels):  # the farthest generic first, the kind itself last
            if label not in written:
                continue
            place = f"`{label}`"
            table = self._table(written[label] or {}, _KIND_KEYS, place)
            required += self._names(table, "required", place)
            recommended += self._names(table, "recommended", place)
            keys = table.get("duplicates") or []
            if not isinstance(keys, list) or not all(isinstance(key, list) and key for key in keys):
                raise self._wrong(f"`duplicates` of {place} is no list of keys", "duplicates: [[serial_number]]")
            duplicates += [tuple(str(name) for name in key) for key in keys]
            own = self._days(table, place)
            days = days if own is None else own
        for name in (*required, *recommended, *(name for key in duplicates for name in key)):
            if name not in schema.attributes and name not in self._starting(kind):
                raise self._wrong(
                    f"{kind} has no attribute and starts no relation {name!r}", "see the reference of the schema"
                )
        return KindPolicy(
            kind=kind,
            required=tuple(dict.fromkeys(required)),
            recommended=tuple(name for name in dict.fromkeys(recommended) if name not in required),
            duplicates=tuple(dict.fromkeys(duplicates)),
            stale_after_days=days,
        )

    def _starting(self, kind: str) -> Iterator[str]:
        return (name for name, pairs in self._schema.pairs.items() if any(start == kind for start, _ in pairs))

    def _table(self, content: Any, keys: set[str] | None, place: str) -> Mapping[str, Any]:
        if not isinstance(content, dict):
            raise self._wrong(f"{place} is no mapping", "write NAME: VALUE, one a line")
        unknown = sorted(str(key) for key in content if keys is not None and key not in keys)
        if unknown:
            raise self._wrong(f"{place} has an unknown key {unknown[0]!r}", f"it takes {', '.join(sorted(keys or ()))}")
        return content

    def _names(self, table: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        names = table.get(key) or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._wrong(f"`{key}` of {place} is no list of names", f"{key}: [name, name]")
        return tuple(names)

    def _days(self, table: Mapping[str, Any], place: str) -> int | None:
        days = table.get("stale_after_days")
        if days is not None and (not isinstance(days, int) or isinstance(days, bool) or days < 1):
            raise self._wrong(f"`stale_after_days` of {place} is {days!r}", "give a number of days, 1 or more")
        return days

    def _wrong(self, seen: str, hint: str) -> HealthPolicyError:
        return HealthPolicyError(seen, where=self._where, hint=hint)
