"""What the names of an intermediate query stand for: the kinds of its entities, the relations of its hops, value types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from agent.query import model as m
from graph.schema.model import Schema, ValueType

NAMING = ("number", "cve", "name", "code", "id")
"""Attributes that people know an element by, the one they use first."""
DATE, INSTANT, TEXT, NUMBER, TRUTH, LIST, ELEMENT = "date", "instant", "text", "number", "boolean", "list", "element"
ANY = "any"

_TYPES = {
    ValueType.STRING: TEXT,
    ValueType.INTEGER: NUMBER,
    ValueType.FLOAT: NUMBER,
    ValueType.BOOLEAN: TRUTH,
    ValueType.DATE: DATE,
    ValueType.INSTANT: INSTANT,
    ValueType.MONEY: NUMBER,
    ValueType.STRING_LIST: LIST,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Names in a pattern. `kinds`: of each entity the concrete kinds it may have; `hops`: those with a name; `columns`: types."""

    schema: Schema
    kinds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hops: Mapping[str, m.Hop] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    joined: bool = False  # rows may hold an element more than once

    def with_pattern(self, pattern: m.Pattern) -> Scope:
        """With the names of a pattern beside those that are known already."""
        kinds = {entity.name: self.concrete(entity.kinds) for entity in pattern.entities}
        hops = {hop.name: hop for hop in pattern.hops if hop.name is not None}
        return replace(self, kinds={**self.kinds, **kinds}, hops={**self.hops, **hops}, joined=bool(pattern.hops))

    def with_columns(self, columns: tuple[m.Column, ...]) -> Scope:
        """With the columns of a select."""
        return replace(self, columns={column.name: self.type_of(column.value) for column in columns})

    def concrete(self, kinds: tuple[str, ...]) -> frozenset[str]:
        """The concrete kinds that any of these covers; all kinds for none."""
        if not kinds:
            return frozenset(self.schema.concrete)
        return frozenset(name for kind in kinds for name in self.schema.descendants.get(kind, ()))

    def naming(self, entity: str) -> str:
        """The attribute that people know the entity's elements by."""
        kinds = self.kinds.get(entity, frozenset())
        held = [self.schema.kinds[kind].attributes for kind in kinds]
        return next((name for name in NAMING if held and all(name in of for of in held)), "id")

    def type_of(self, value: m.Value) -> str:
        """One of the names of types above."""
        match value:
            case m.Attribute(of, name, period):
                if period is not None:
                    return DATE
                return TEXT if name == "id" else self._attribute(of, name)
            case m.Constant(held):
                if isinstance(held, list):
                    return LIST
                return TRUTH if isinstance(held, bool) else TEXT if isinstance(held, str) else NUMBER
            case m.Moment():
                return INSTANT if is_instant(value) else DATE
            case m.Itself():
                return ELEMENT
            case m.KindOf():
                return TEXT
            case m.Way():
                return LIST
            case m.ColumnOf(name):
                return self.columns.get(name, ANY)
            case m.Overall(select):
                return Scope(self.schema).with_pattern(select.pattern).type_of(select.columns[0].value)
            case m.Aggregate(function, of):
                if function in ("minimum", "maximum") and of is not None:
                    return self.type_of(of)
                return LIST if function == "collect" else NUMBER
            case _:
                return NUMBER

    def _attribute(self, of: str, name: str) -> str:
        table = self.schema.relation_attributes if of in self.hops else self.schema.node_attributes
        found = table.get(name)
        return ANY if found is None else _TYPES[found]


def is_instant(moment: m.Moment) -> bool:
    """Whether a moment is an instant; else a day."""
    if moment.start_of is not None:
        return False
    return moment.at == "now" or "T" in moment.at or (moment.unit in ("minutes", "hours") and moment.shift != 0)


def inside(value: m.Value) -> Iterator[m.Value]:
    """The value and the values that it is made of, without those of conditions."""
    yield value
    parts: tuple[m.Value | None, ...] = ()
    match value:
        case m.Elapsed(start, end):
            parts = (start, end)
        case m.Arithmetic(left, _, right):
            parts = (left, right)
        case m.Ratio(numerator, denominator):
            parts = (numerator, denominator)
        case m.Aggregate(_, of):
            parts = (of,)
    for part in parts:
        if part is not None:
            yield from inside(part)


def aggregated(value: m.Value) -> bool:
    """Whether an aggregate stands anywhere in the value."""
    return any(isinstance(part, m.Aggregate) for part in inside(value))
