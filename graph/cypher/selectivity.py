"""How many of the candidates a condition is expected to leave: the fractions that estimates multiply by.

An attribute that identifies has as many values as there are nodes, a listed one those of its list; of others a plausible
number is supposed. Fractions are coarse on purpose: they decide between thousands and billions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Expression,
    HasLabels,
    IsNull,
    ListLiteral,
    Literal,
    MapLiteral,
    Parameter,
    Property,
    Unary,
    UnaryOperator,
    Variable,
)
from graph.cypher.rewrite import descend
from graph.schema.model import Kind, Schema, ValueType

MOMENTS: Final = 1_000
PLAIN: Final = 50
"""Values that a date, and another attribute, is supposed to have."""

RANGE: Final = 0.3
PREFIX: Final = 0.1
UNKNOWN: Final = 0.5
LIST_PARAMETER: Final = 100.0
"""Items that a list is supposed to hold that comes as a parameter."""

Holders = Callable[[str], "Iterable[str] | None"]
"""Variable to the kinds that it may have; None for a variable that is no node."""


def values_of(schema: Schema, kinds: Iterable[str], key: str, number: float) -> float:
    """How many different values an attribute of `number` nodes of these kinds has."""
    if key == "id":
        return max(number, 1.0)
    found = 1.0
    for name in kinds:
        found = max(found, _values(schema, schema.kinds[name], key, number))
    return min(found, max(number, 1.0))


def _values(schema: Schema, kind: Kind, key: str, number: float) -> float:
    attribute = kind.attributes.get(key)
    if attribute is None:
        return 1.0
    if attribute.unique or attribute.indexed or any(key in identity for identity in kind.identity):
        return number
    if attribute.enum is not None:
        return float(len(schema.enums[attribute.enum].values))
    if attribute.type is ValueType.BOOLEAN:
        return 2.0
    if attribute.type is ValueType.STRING and key in ("name", "code", "number"):
        return number
    return float(MOMENTS if attribute.type in (ValueType.DATE, ValueType.INSTANT) else PLAIN)


class Selectivity:
    """Fractions of conditions, for variables whose kinds `holders` tells."""

    def __init__(self, schema: Schema, count: Callable[[Iterable[str]], int], holders: Holders) -> None:
        self._schema = schema
        self._count = count
        self._holders = holders

    def equality(self, variable: str, key: str) -> float:
        """The fraction of a variable's candidates whose attribute has one given value."""
        kinds = self._holders(variable)
        if kinds is None:
            return 1.0 / PLAIN
        return 1.0 / values_of(self._schema, kinds, key, self._count(kinds))

    def of_map(self, variable: str, properties: MapLiteral | Parameter | None) -> float:
        """The fraction that inline properties leave."""
        if properties is None:
            return 1.0
        if isinstance(properties, Parameter):
            return 1.0 / PLAIN
        fraction = 1.0
        for key, _ in properties.items:
            fraction *= self.equality(variable, key)
        return fraction

    def of(self, condition: Expression | None) -> float:
        """The fraction that a condition leaves."""
        match condition:
            case None:
                return 1.0
            case Binary(BinaryOperator.AND, left, right):
                return self.of(left) * self.of(right)
            case Binary(BinaryOperator.OR, left, right):
                return min(1.0, self.of(left) + self.of(right))
            case Binary(BinaryOperator.IN, Property(Variable(name), key), source):
                return min(1.0, self.equality(name, key) * listed(source))
            case Binary(BinaryOperator.STARTS_WITH | BinaryOperator.ENDS_WITH | BinaryOperator.CONTAINS):
                return PREFIX
            case Unary(UnaryOperator.NOT, operand):
                return max(0.1, 1.0 - self.of(operand))
            case Comparison((left, right), (BinaryOperator.EQ,)):
                return min(self._side(left), self._side(right))
            case Comparison(_, (BinaryOperator.NE,)):
                return 1.0
            case Comparison():
                return RANGE
            case Literal(value):
                return 1.0 if value is True else 0.0
            case IsNull() | HasLabels():
                return UNKNOWN
            case _:
                return UNKNOWN

    def _side(self, side: Expression) -> float:
        if isinstance(side, Property) and isinstance(side.subject, Variable):
            return self.equality(side.subject.name, side.key)
        return 1.0 / PLAIN if not isinstance(side, Literal | Parameter) else 1.0


def listed(source: Expression) -> float:
    """How many items a list is expected to hold, as far as its text tells."""
    return float(len(source.items)) if isinstance(source, ListLiteral) else LIST_PARAMETER


def variables_in(condition: Expression) -> set[str]:
    """The variables that a condition reads, subqueries included."""
    return {tree.name for tree in descend(condition) if isinstance(tree, Variable)}
