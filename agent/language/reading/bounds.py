"""Numbers: limits, bounds of attributes and of measures, between two figures, in the unit of the attribute."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Final

from agent.language.frame import Node
from agent.language.items import Item
from agent.language.meanings import nearest
from agent.language.outcome import Unclear, Unheld
from agent.language.periods import UNITS, Period, Shape
from agent.language.reading.dates import Dates
from agent.language.reading.words import NUMBERS, OPERATORS
from agent.language.windows import window
from agent.language.wordings import say
from agent.query.model import Attribute, Compare, Condition, Constant, Elapsed
from agent.query.model import (
    Negation as Not,
)
from graph.schema.model import ValueType

_LASTING: Final = ("duration", "resolution_time", "closing_time")
"""Measures that hours may be said of without a word of them: whether of these or of its age nobody can tell."""


class Bounds(Dates):
    """Places numbers."""

    def _between(self, at: int) -> bool:
        rest = [i for i in range(at + 1, min(at + 6, len(self.items))) if self.items[i].number is not None]
        if len(rest) < 2:
            return False
        low, high = self.items[rest[0]], self.items[rest[1]]
        self.used.update(rest)
        attribute, node = self._attribute_near(rest[1] if self._figure_behind(rest[1]) else at, high)
        after = self._next(rest[1])
        if attribute is None and after is not None and self.items[after].means("kind") and not high.unit:
            self.number, self.comparator, self.number_to = low, "ge", high
            return True
        if attribute is None or node is None:
            raise Unclear(say("which_figure", self.language))
        for operator, item in ((">=", low), ("<=", replace(high))):
            number = self._scaled(replace(item, unit=item.unit or high.unit), node.kind, attribute)
            self._say(node, Compare(Attribute(node.name, attribute), operator, Constant(number)))  # type: ignore[arg-type]
        return True

    def _figure_behind(self, at: int) -> bool:
        """Whether a figure stands right behind a number: between 32 and 64 GB of memory."""
        after = self._next(at)
        return after is not None and any(self._type(m.name) in NUMBERS for m in self.items[after].means("attribute"))

    def _number(self, at: int, item: Item) -> None:
        after = self._next(at)
        if after is not None and self._has_turn(after, "ge", "le") and not self.comparator and after == at + 1:
            turn = self.items[after].turns
            if (
                "ou" in self.items[after].folded
                or "et" in self.items[after].folded.split()[:1]
                or self.items[after].folded.split()[0] in ("or", "and")
            ):
                self.comparator = "ge" if "ge" in turn else "le"
                self.used.add(after)
                after = self._next(after)
        following = self.items[after] if after is not None else None
        near = (
            following is not None
            and following.meanings
            and after == at + 1 + sum(1 for one in self.items[at + 1 : after] if one.empty)
        )
        kinds = following.means("kind") if following is not None and near else ()
        if not kinds and self.comparator and not item.unit and self._kind_soon(after):
            self.number = item  # more than five P1 incidents
            return
        plain = not self.comparator and not item.unit
        if (
            plain
            and (self.ranking or self.superlative or self.wants_most)
            and self.frame.limit is None
            and (self.frame.target is None or self.ranking)
        ):
            self.frame.limit = int(item.number or 0)
            return
        if plain and kinds and self.frame.target is None:
            self.frame.limit = int(item.number or 0)
            return
        if plain and self.frame.target is None and self.frame.limit is None and not kinds and self._kind_soon(after):
            self.frame.limit = int(item.number or 0)
            return
        self._declare_for(item)
        attribute, node = self._attribute_near(at, item)
        if (
            attribute is None
            and not item.unit
            and (kinds or (self.comparator and self.frame.nodes and self._kind_soon(after)))
        ):
            self.number = item
            return
        if (
            attribute is None
            and following is not None
            and following.name is None
            and not item.unit
            and self.comparator
            and not following.meanings
        ):
            self.number = item
            return
        if attribute is None or node is None:
            if self._measure_near(item) or self._lasting_so_long(item) or self._aged(item):
                return
            if (
                plain
                and self.frame.target is not None
                and self.frame.limit is None
                and (self.superlative or self.ranking)
            ):
                self.frame.limit = int(item.number or 0)
                return
            raise Unclear(say("which_figure", self.language)) if self.comparator or item.unit else Unheld(item.text)
        number = self._scaled(item, node.kind, attribute)
        operator = OPERATORS[self.comparator or "eq"]
        condition: Condition = Compare(Attribute(node.name, attribute), operator, Constant(number))  # type: ignore[arg-type]
        if self.negation:
            condition, self.negation = Not(condition), ""
        self._say(node, condition)
        self.comparator = ""

    @abstractmethod
    def _by_values(self) -> None:
        """Of a room above."""

    def _declare_for(self, item: Item) -> None:
        """The elements of an attribute that stands alone before its bound: RTO > 4 h."""
        if self.frame.nodes or not self.comparator:
            return
        if not self.pending_attributes:
            self._by_values()
            return
        name = self.pending_attributes[-1][1]
        declared = {k.attributes[name].declared_in for k in self.schema.concrete_kinds() if name in k.attributes}
        kind = next(iter(declared)) if len(declared) == 1 else ""
        said = self.items[self.pending_attributes[-1][0]].means("kind")
        kind = next((m.name for m in said if name in self.schema.kinds[m.name].attributes), kind)  # volumes > 4 TB
        if self._type(name) in NUMBERS and kind in self.schema.kinds and self._unit_fits(item, kind, name):
            self._node(self.pending_attributes[-1][0], kind, ())

    def _lasting_so_long(self, item: Item) -> bool:
        """A bound in hours alone, of what lasts: outages of more than 4 h."""
        if not self.comparator or item.unit not in self.idioms.units.get("minutes", {}):
            return False
        for node in self._recent()[:1]:
            value = self._measure(node, "duration")
            if isinstance(value, Elapsed):
                per = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080}[value.unit]
                number = float(item.number or 0) * self.idioms.units["minutes"][item.unit] / per
                self._say(node, Compare(value, OPERATORS[self.comparator], Constant(number)))  # type: ignore[arg-type]
                self.comparator = ""
                return True
        return False

    def _aged(self, item: Item) -> bool:
        """A bound in days alone, of what has an age: tickets > 10 days."""
        unit = UNITS.get(item.unit, "")
        if self.comparator not in ("gt", "ge", "lt", "le") or unit not in ("hour", "day", "week", "month", "year"):
            return False
        for node in self._recent()[:1]:
            attribute = nearest(self.schema, node.kind, self.idioms.adjectives.get("age", {}))
            if attribute is None:
                return False
            lasts = any(self._measure(node, measure) is not None for measure in _LASTING)
            if unit == "hour" and (lasts or self._type(attribute) is not ValueType.INSTANT):
                return False
            over = self.comparator in ("gt", "ge")
            shape = Shape.OVER if over else Shape.SINCE
            period = Period(
                shape, None, None, 0, 0, unit=unit, rolling=True, count=float(item.number or 0), behind=True
            )
            node.where.append(
                window(Attribute(node.name, attribute), self._type(attribute) or ValueType.INSTANT, period)
            )
            self.comparator = ""
            return True
        return False

    def _measure_near(self, item: Item) -> bool:
        """A bound on a measure that was mentioned before: filled at more than 90 %, resolved in more than 4 hours."""
        for at in [*range(len(self.items))]:
            for meaning in self.items[at].means("measure"):
                for node in self._recent():
                    value = self._measure(node, meaning.name)
                    if value is None:
                        continue
                    number = float(item.number or 0)
                    if isinstance(value, Elapsed):
                        minutes = self.idioms.units.get("minutes", {}).get(item.unit, 1.0)
                        number = (
                            number * minutes / {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080}[value.unit]
                        )
                    elif item.unit or number > 1:
                        number /= 100
                    self._say(node, Compare(value, OPERATORS[self.comparator or "eq"], Constant(number)))  # type: ignore[arg-type]
                    self.comparator = ""
                    self.used.add(at)
                    self.frame.measures = [m for m in self.frame.measures if m.value != value]
                    return True
        return False

    def _attribute_near(self, at: int, item: Item) -> tuple[str | None, Node | None]:
        """The attribute that a number is about: the one behind it, the one before it, or that of its unit."""
        after = self._next(at)
        while (
            after is not None
            and self._has_turn(after, "eq", "ne", "gt", "ge", "lt", "le", "and")
            and self.items[after].number is None
            and not self.items[after].meanings
        ):
            after = self._next(after)
        if after is not None and not self.pending_attributes:
            for meaning in self.items[after].means("attribute"):
                if (
                    self._type(meaning.name) in NUMBERS
                    and (node := self._holder(meaning.name)) is not None
                    and self._unit_fits(item, node.kind, meaning.name)
                ):
                    self.used.add(after)
                    return meaning.name, node
        for position, (_, name) in reversed(list(enumerate(self.pending_attributes))):
            options = [
                m.name
                for m in self.items[self.pending_attributes[position][0]].means("attribute")
                if self._type(m.name) in NUMBERS
            ] or [name]
            for option in options:
                if (
                    self._type(option) in NUMBERS
                    and (node := self._holder(option)) is not None
                    and self._unit_fits(item, node.kind, option)
                ):
                    del self.pending_attributes[position]
                    return option, node
        if item.unit:
            for node in self._recent():
                fitting = [
                    a
                    for a in self.schema.kinds[node.kind].attributes.values()
                    if a.type in NUMBERS and a.unit and self._unit_fits(item, node.kind, a.name)
                ]
                if len(fitting) == 1:
                    return fitting[0].name, node
                size = nearest(self.schema, node.kind, self.idioms.adjectives.get("size", {}))
                if any(one.name == size for one in fitting):
                    return size, node  # volumes > 5 TB: their size
        return None, None

    def _unit_fits(self, item: Item, kind: str, attribute: str) -> bool:
        if not item.unit:
            return True
        found = self.schema.kinds[kind].attributes.get(attribute)
        unit = "money" if found is not None and found.type is ValueType.MONEY else (found.unit or "") if found else ""
        return item.unit in self.idioms.units.get(unit, {}) or not any(
            item.unit in units for units in self.idioms.units.values()
        )

    def _scaled(self, item: Item, kind: str, attribute: str) -> float | int:
        found = self.schema.kinds[kind].attributes[attribute]
        unit = "money" if found.type is ValueType.MONEY else found.unit or ""
        factor = self.idioms.units.get(unit, {}).get(item.unit, 100.0 if unit == "money" and not item.unit else 1.0)
        number = float(item.number or 0) * factor
        if unit == "ratio" and number > 1:
            number /= 100
        number = round(number, 9)
        return int(number) if number.is_integer() else number
