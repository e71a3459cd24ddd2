"""The neutral operations of a migration: what changes, whatever the backend.

A migration moves data that was written under the pack as it was to the pack as it is now. The pack changes first; `check` refuses
an operation whose result the pack does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from core.errors import ConfigurationError
from graph.schema.model import Attribute, Schema, ValueType


class MigrationError(ConfigurationError):
    """A migration that cannot be read, or does not fit the schema pack."""

    code = "MIGRATION"


KEYS: Final[Mapping[str, frozenset[str]]] = {
    "add_attribute": frozenset({"of", "name", "type"}),
    "rename_attribute": frozenset({"of", "name", "to"}),
    "retype_attribute": frozenset({"of", "name", "was", "type"}),
    "drop_attribute": frozenset({"of", "name", "type"}),
    "add_kind": frozenset({"name"}),
    "rename_kind": frozenset({"name", "to"}),
    "drop_kind": frozenset({"name"}),
    "add_relation": frozenset({"name"}),
    "rename_relation": frozenset({"name", "to"}),
    "drop_relation": frozenset({"name"}),
    "backfill": frozenset({"of", "name", "value"}),
}
"""The operations, and the keys that each one needs."""

_LOSSY: Final = {
    (ValueType.FLOAT, ValueType.INTEGER),
    (ValueType.FLOAT, ValueType.MONEY),
    (ValueType.INSTANT, ValueType.DATE),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `on` is a kind, a generic or a relation (written `of`: to YAML, `on` is yes).

    `drops` lets a retype leave out what does not convert.
    """

    verb: str
    name: str
    on: str = ""
    to: str = ""
    type: ValueType | None = None
    was: ValueType | None = None
    value: Any = None
    drops: bool = False

    @property
    def reversible(self) -> bool:
        """Whether what was done can be done back without the values of before."""
        if self.verb in ("drop_attribute", "drop_kind", "drop_relation", "backfill"):
            return False
        return not (self.drops or (self.was, self.type) in _LOSSY)

    @property
    def rebuilds(self) -> bool:
        """Whether a backend has to be filled again, because tables or types of columns change."""
        return self.verb in ("retype_attribute", "rename_kind", "drop_kind", "rename_relation", "drop_relation")

    def inverse(self) -> Operation:
        """What takes this operation back; only of a reversible one."""
        if self.verb.startswith("add_"):
            return replace(self, verb=self.verb.replace("add_", "drop_"))
        if self.verb.startswith("rename_"):
            return replace(self, name=self.to, to=self.name)
        return replace(self, type=self.was, was=self.type)

    def describe(self) -> str:
        """The operation as one line."""
        of = f"{self.on}.{self.name}" if self.on else self.name
        told = {
            "rename": f" to {self.to}",
            "retype": f" from {self.was} to {self.type}",
            "backfill": f" with {self.value!r} where it is absent",
        }
        return f"{self.verb.replace('_', ' ')} {of}{told.get(self.verb.split('_')[0], '')}"


def read_operation(entry: Any, where: str) -> Operation:
    """An operation as written: `{verb: {key: value}}`. Raises MigrationError."""
    if not isinstance(entry, dict) or len(entry) != 1:
        raise MigrationError(
            "this is no operation", where=where, hint="write `- rename_attribute: {of: ..., name: ..., to: ...}`"
        )
    [(verb, given)] = entry.items()
    if verb not in KEYS:
        raise MigrationError(f"no operation is called {verb!r}", where=where, hint=", ".join(KEYS))
    allowed = KEYS[verb] | ({"otherwise"} if verb == "retype_attribute" else frozenset())
    if not isinstance(given, dict) or not KEYS[verb] <= set(given) <= allowed:
        raise MigrationError(f"{verb} needs {', '.join(sorted(KEYS[verb]))}", where=where, hint=f"it has {given!r}")
    otherwise = given.get("otherwise", "refuse")
    if otherwise not in ("refuse", "drop"):
        raise MigrationError(f"`otherwise` is {otherwise!r}", where=where, hint="refuse, or drop")
    try:
        types = {key: ValueType(given[key]) for key in ("type", "was") if key in given}
    except ValueError as error:
        raise MigrationError(str(error), where=where, hint=", ".join(ValueType)) from error
    return Operation(
        verb,
        str(given["name"]),
        on=str(given.get("of", "")),
        to=str(given.get("to", "")),
        type=types.get("type"),
        was=types.get("was"),
        value=given.get("value"),
        drops=otherwise == "drop",
    )


def check(operation: Operation, schema: Schema, where: str) -> None:
    """Refuse an operation whose result the pack does not have. Raises MigrationError."""
    verb, wanted = operation.verb, operation.to or operation.name
    if verb.endswith("_kind"):
        _there(verb, wanted, operation.name, set(schema.concrete), "kind", where)
    elif verb.endswith("_relation"):
        _there(verb, wanted, operation.name, set(schema.relations), "relation", where)
    else:
        attributes = attributes_of(operation.on, schema, where)
        _there(verb, wanted, operation.name, set(attributes), f"attribute of {operation.on}", where)
        wrong = operation.type is not None and wanted in attributes and attributes[wanted].type is not operation.type
        if wrong and verb != "drop_attribute":
            raise MigrationError(
                f"the pack says that {operation.on}.{wanted} is {attributes[wanted].type}, not {operation.type}",
                where=where,
                hint="change the pack first, then migrate",
            )


def attributes_of(on: str, schema: Schema, where: str) -> Mapping[str, Attribute]:
    """The attributes of a kind, a generic or a relation. Raises MigrationError."""
    holder = schema.kinds.get(on) or schema.relations.get(on)
    if holder is None:
        raise MigrationError(f"the pack has no kind or relation {on!r}", where=where, hint="see `jumeau schema`")
    return holder.attributes


def _there(verb: str, wanted: str, name: str, known: set[str], what: str, where: str) -> None:
    gone = verb.startswith(("drop_", "rename_"))
    if not verb.startswith("drop_") and wanted not in known:
        raise MigrationError(
            f"the pack has no {what} {wanted!r}", where=where, hint="change the pack first, then migrate"
        )
    if gone and name in known:
        raise MigrationError(
            f"the pack still has the {what} {name!r}", where=where, hint="change the pack first, then migrate"
        )
