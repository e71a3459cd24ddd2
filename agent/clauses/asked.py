"""What a question asks for: columns, figures, groups, order; put together into a select."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from agent.clauses.pattern import Element, Growing, Link, together
from agent.clauses.terms import telling
from agent.language.outcome import Unclear
from agent.language.wordings import say
from agent.query.model import (
    Aggregate,
    Attribute,
    Column,
    ColumnOf,
    Compare,
    Condition,
    Constant,
    Function,
    HowMany,
    Itself,
    Operator,
    Select,
    Sort,
    Value,
)

Holder = Element | Link
_WORDED: Final = {"average": "average", "sum": "total", "maximum": "maximum", "minimum": "minimum", "count": "number"}


@dataclass(eq=False)
class Figure:
    """A figure over the rows: of a property, or a number of elements."""

    function: Function
    of: Value


@dataclass(eq=False)
class Asked:
    """What is asked for. `bounds`: how many elements there must be beside each of the others; `limits`: of figures."""

    target: Element | None = None
    shown: list[Element] = field(default_factory=list)
    outputs: list[tuple[Holder, str]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    groups: list[Value] = field(default_factory=list)
    bounds: list[tuple[Element, Operator, float]] = field(default_factory=list)
    limits: list[tuple[Figure, Operator, float]] = field(default_factory=list)
    order: list[tuple[Value, bool]] = field(default_factory=list)
    limit: int | None = None
    distinct: bool = False

    def select(self, growing: Growing) -> Select:
        """The select. Raises Unclear where nothing is asked for."""
        return _Columns(self, growing).select()


class _Columns:
    def __init__(self, asked: Asked, growing: Growing) -> None:
        self.asked, self.growing = asked, growing
        self.columns: list[Column] = []

    def select(self) -> Select:
        asked = self.asked
        for value in asked.groups:
            self._group(value)
        for element in asked.shown:
            self._element(element)
        for holder, name in asked.outputs:
            self._add(name, Attribute(holder.name, name))
        if asked.bounds and not self.columns and asked.target is not None:
            self._element(asked.target)
        for figure in asked.figures:
            self._figure(figure)
        having: list[Condition] = []
        for element, operator, number in asked.bounds:
            name = self._figure(Figure("count", Itself(element.name)))
            having.append(Compare(ColumnOf(name), operator, Constant(int(number) if number.is_integer() else number)))
        for figure, operator, number in asked.limits:
            having.append(
                Compare(
                    ColumnOf(self._figure(figure)), operator, Constant(int(number) if number.is_integer() else number)
                )
            )
        order = [Sort(self._ordered(value), descending) for value, descending in asked.order]
        if not self.columns:
            raise Unclear(say("of_what", "en"))
        pattern = self.growing.pattern()
        return Select(
            pattern,
            tuple(self.columns),
            pattern.entities[0].name,
            together(having),
            tuple(order),
            asked.limit,
            distinct=asked.distinct,
        )

    def _ordered(self, value: Value) -> Value:
        if isinstance(value, Aggregate):
            return ColumnOf(self._figure(Figure(value.function, value.of or Itself(""))))
        known = next((column.name for column in self.columns if column.value == value), None)
        return ColumnOf(known or self._add(value.name if isinstance(value, Attribute) else "key", value))

    def _group(self, value: Value) -> None:
        if isinstance(value, Itself):
            element = next(e for e in self.growing.elements if e.name == value.of)
            self._element(element)
        else:
            assert isinstance(value, Attribute)
            self._add(value.name, value)

    def _element(self, element: Element) -> None:
        """What tells which element it is; its id where nothing does."""
        kind = self.growing.schema.kinds[element.kind]
        names = telling(kind)
        if not names or names[0] != "name":
            self._add(f"{element.name}_id", Attribute(element.name, "id"))
        for name in names or list(kind.attributes)[:8]:
            self._add(name, Attribute(element.name, name))

    def _figure(self, figure: Figure) -> str:
        of = figure.of
        if isinstance(of, HowMany):
            return self._add(f"number_{of.counted}", of)
        said = (
            of.name
            if isinstance(of, Attribute)
            else next((e.kind for e in self.growing.elements if isinstance(of, Itself) and e.name == of.of), "rows")
        )
        return self._add(f"{_WORDED.get(figure.function, figure.function)}_{said}", Aggregate(figure.function, of))

    def _add(self, name: str, value: Value) -> str:
        known = next((column.name for column in self.columns if column.value == value), None)
        if known is not None:
            return known
        base = "".join(c if c.isalnum() else "_" for c in name)
        base = f"{base[:1].lower()}{base[1:]}"
        taken = (
            {column.name for column in self.columns}
            | {e.name for e in self.growing.elements}
            | {k.name for k in self.growing.links}
        )
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        self.columns.append(Column(name, value))
        return name
