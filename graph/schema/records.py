"""Validation of records against the schema, compiled once: what ingestion and every write to the twin pass through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graph.model import Scalar
from graph.schema.fields import did_you_mean
from graph.schema.model import Attribute, Kind, PersonalData, Schema
from graph.schema.values import Converter, RefusedValue, converter_for

CODES = {
    "UNKNOWN_KIND": "the schema has no kind of that name",
    "ABSTRACT_KIND": "the kind is a generic; a node has a concrete kind",
    "UNKNOWN_RELATION": "the schema has no relation of that name",
    "TRIPLE_NOT_ALLOWED": "the relation does not join these two kinds in this direction",
    "UNKNOWN_ATTRIBUTE": "the kind or relation has no attribute of that name",
    "MISSING_REQUIRED": "a required attribute has no value",
    "WRONG_TYPE": "the value is not of the attribute's type",
    "NOT_IN_ENUM": "the value is not one of the attribute's enum",
    "OUT_OF_RANGE": "the number is outside the attribute's bounds, or outside 64 bits",
    "FORBIDDEN_CHARACTER": "the text holds a NUL character or a lone surrogate",
    "NOT_A_PSEUDONYM": "the value names a person, and the attribute holds pseudonyms",
    "TOO_LONG": "the text is longer than the twin holds",
}
_SHOWN = 80  # characters of a refused value that a problem repeats


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record is refused. `code` is one of CODES; `attribute` is None where the whole record is meant."""

    code: str
    attribute: str | None
    seen: str
    hint: str


@dataclass(frozen=True, slots=True)
class _Shape:
    converters: Mapping[str, Converter]
    required: frozenset[str]
    personal: frozenset[str]


class RecordValidator:
    """Checks and converts the properties of nodes and edges. Immutable, safe to share between threads."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._kinds = {kind.name: self._shape(kind.attributes) for kind in schema.concrete_kinds()}
        self._relations = {name: self._shape(relation.attributes) for name, relation in schema.relations.items()}
        self._pairs = schema.pairs
        self._hint = lru_cache(maxsize=1024)(self._attribute_hint)

    def node(
        self, kind: str, properties: Mapping[str, Any], *, complete: bool = True
    ) -> tuple[dict[str, Scalar], list[Problem]]:
        """The typed properties of a node and what is wrong with it; refused values are left out.

        None and the empty text mean absent. `complete=False` (a source that tells only part of an element) does not ask
        for required attributes.
        """
        shape = self._kinds.get(kind)
        if shape is None:
            return {}, [self._unknown_kind(kind)]
        return self._check(kind, shape, properties, complete)

    def edge(
        self, relation: str, start_kind: str, end_kind: str, properties: Mapping[str, Any], *, complete: bool = True
    ) -> tuple[dict[str, Scalar], list[Problem]]:
        """The typed properties of a relation between nodes of two concrete kinds, and what is wrong with it."""
        pairs = self._pairs.get(relation)
        if pairs is None:
            hint = did_you_mean(relation, self._schema.relations)
            return {}, [Problem("UNKNOWN_RELATION", None, _show(relation), hint)]
        if (start_kind, end_kind) not in pairs:
            unknown = [self._unknown_kind(k) for k in (start_kind, end_kind) if k not in self._kinds]
            return {}, unknown or [self._not_allowed(relation, start_kind, end_kind)]
        if not properties:
            shape = self._relations[relation]
            return ({}, []) if not shape.required else self._check(relation, shape, properties, complete)
        return self._check(relation, self._relations[relation], properties, complete)

    def _shape(self, attributes: Mapping[str, Attribute]) -> _Shape:
        enums = self._schema.enums
        return _Shape(
            converters={
                a.name: converter_for(a, enums[a.enum].values if a.enum is not None else None)
                for a in attributes.values()
            },
            required=frozenset(a.name for a in attributes.values() if a.required),
            personal=frozenset(a.name for a in attributes.values() if a.personal is not PersonalData.NONE),
        )

    def _check(
        self, holder: str, shape: _Shape, properties: Mapping[str, Any], complete: bool
    ) -> tuple[dict[str, Scalar], list[Problem]]:
        typed: dict[str, Scalar] = {}
        problems: list[Problem] = []
        converters = shape.converters
        for name, value in properties.items():
            if value is None or value == "":
                if name not in converters:
                    problems.append(self._unknown_attribute(holder, name))
                continue
            try:
                typed[name] = converters[name](value)
            except RefusedValue as refused:
                shown = "a value that is not repeated here" if name in shape.personal else _show(value)
                problems.append(Problem(refused.code, name, shown, refused.hint))
            except KeyError:
                problems.append(self._unknown_attribute(holder, name))
        if complete and not shape.required <= typed.keys():
            refused_already = {problem.attribute for problem in problems}
            for name in sorted(shape.required - typed.keys() - refused_already):
                seen = f"`{holder}` without `{name}`"
                problems.append(Problem("MISSING_REQUIRED", name, seen, f"give `{name}` a value"))
        return typed, problems

    def _unknown_attribute(self, holder: str, name: Any) -> Problem:
        shown = repr(name[:_SHOWN])[1:-1] if isinstance(name, str) else _show(name)
        return Problem("UNKNOWN_ATTRIBUTE", shown, _show(name), self._hint(holder, shown))

    def _attribute_hint(self, holder: str, name: str) -> str:
        if name == "id":
            return "leave out `id`: the twin derives identities from natural keys"
        kind = self._schema.kinds.get(holder)
        return did_you_mean(name, kind.attributes if kind else self._schema.relations[holder].attributes)

    def _unknown_kind(self, name: str) -> Problem:
        kind: Kind | None = self._schema.kinds.get(name)
        if kind is None:
            return Problem("UNKNOWN_KIND", None, _show(name), did_you_mean(name, self._kinds))
        concrete = ", ".join(self._schema.descendants[name][:10])
        return Problem("ABSTRACT_KIND", None, _show(name), f"give a concrete kind, such as {concrete}")

    def _not_allowed(self, relation: str, start: str, end: str) -> Problem:
        seen = f"({start})-[{relation}]->({end})"
        if (end, start) in self._pairs[relation]:
            return Problem("TRIPLE_NOT_ALLOWED", None, seen, "swap the two ends")
        between = [name for name, pairs in self._pairs.items() if (start, end) in pairs]
        if between:
            return Problem("TRIPLE_NOT_ALLOWED", None, seen, "between these kinds there is " + ", ".join(between))
        triples = ", ".join(f"{t.start} -> {t.end}" for t in self._schema.relations[relation].triples)
        return Problem("TRIPLE_NOT_ALLOWED", None, seen, f"`{relation}` joins {triples}")


def _show(value: Any) -> str:
    """A refused value as a person may read it: escaped and cut. Never builds the repr of a huge text."""
    if isinstance(value, str | bytes):
        shown = repr(value[:_SHOWN])
        return shown if len(value) <= _SHOWN else f"{shown}... ({len(value):,} characters)"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)} items"
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an integer of {value.bit_length():,} bits"
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
