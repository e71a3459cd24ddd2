"""Periods: the date that they are about, and the window they make."""

from __future__ import annotations

from dataclasses import replace

from agent.language.frame import Node, Window
from agent.language.meanings import is_a, nearest
from agent.language.outcome import Unclear
from agent.language.periods import Period, Shape
from agent.language.reading.values import Values
from agent.language.reading.words import CATEGORY, DATES
from agent.language.windows import window
from agent.language.wordings import say
from agent.query.model import Attribute, Exists
from graph.schema.model import ValueType


class Dates(Values):
    """Places periods."""

    def _timed(self) -> Node | None:
        events = [
            n
            for n in self._recent()
            if nearest(self.schema, n.kind, self.idioms.times) and not is_a(self.schema, n.kind, CATEGORY)
        ]
        if self.frame.mode == "ratio" and self.frame.target in events:
            return self.frame.target  # of the incidents of 2024, the share that a change caused
        if events:
            return self.scope if self.scope in events else events[0]
        return next((n for n in self._recent() if nearest(self.schema, n.kind, self.idioms.times)), None)

    def _period(self, at: int, period: Period) -> None:
        if period.shape is Shape.AS_OF:
            self.frame.as_of = f"{period.start}T23:59:59Z" if period.start else None
            return
        negated = False
        node: Node | None = None
        attribute = ""
        for position, (where, name) in reversed(list(enumerate(self.pending_attributes))):
            dates = [m.name for m in self.items[where].means("attribute") if self._type(m.name) in DATES] or [name]
            dates.sort(key=lambda one: self._holder(one) is None)
            for name in dates:
                if self._type(name) in DATES and (node := self._dated(name)) is not None:
                    attribute = name
                    between = any(self.negated_at < other < where for other, _ in self.pending_attributes)
                    negated = bool(self.negation) and self.negated_at < where and not between
                    del self.pending_attributes[position]
                    break
            if attribute:
                break
        if not attribute:
            following = self._next(at)
            if following is not None and (
                names := [m.name for m in self.items[following].means("attribute") if self._type(m.name) in DATES]
            ):
                held = [(n, h) for n in names if (h := self._dated(n)) is not None]
                if held:
                    attribute, node = held[0]
                    self.used.add(following)
        if not attribute:
            node = self._timed()
            if node is None:
                if not self.frame.nodes:
                    self.pending_periods.append(at)
                    return
                raise Unclear(say("which_date", self.language))
            if node.named and is_a(self.schema, node.kind, CATEGORY):
                raise Unclear(say("which_date", self.language))  # nothing that happens: Paie in 2024
            self._date_is_its_own(node)
            ahead = nearest(self.schema, node.kind, self.idioms.ahead)
            attribute = ahead if ahead and (period.ahead) else self._time_of(node, at)
        assert node is not None
        if period.future is not None and attribute in self.idioms.future_attributes:
            period = period.future
        if negated:
            self.negation = ""
        if node.absent and period.shape is Shape.OVER and not self._lasts(node, at):
            period = replace(period, shape=Shape.SINCE)  # no test for more than a year: none since a year ago
        kind = self._type(attribute) or ValueType.INSTANT
        condition = window(Attribute(node.name, attribute), kind, period, negated=negated)
        if self.or_at >= 0:
            condition = self._either(node, condition)
        node.where.append(condition)
        self.frame.said.append((at, node, condition, True))
        self.frame.windows.append(Window(node, condition, Attribute(node.name, attribute), kind))
        if at < node.at:
            self.led_by = attribute

    def _lasts(self, node: Node, at: int) -> bool:
        """Whether it is said of something that goes on how long it does: incidents open for more than three days."""
        return any(m.name == "open" for item in self.items[max(0, node.at - 2) : at] for m in item.means("predicate"))

    def _time_of(self, node: Node, at: int) -> str:
        """When something happened to an element: what was said to have happened has a date of its own, as being decommissioned."""
        told = [
            meaning.name
            for item in self.items[:at]
            if item.means("value") or item.means("predicate")
            for meaning in item.means("attribute")
            if self._type(meaning.name) in DATES and self._holds(node.kind, meaning.name)
        ]
        return told[-1] if told else nearest(self.schema, node.kind, self.idioms.times)

    def _date_is_its_own(self, node: Node) -> None:
        """What is said by way of another element happened to that one: fixed in 2024 is no date of a vulnerability. Raises Unclear."""
        if any(isinstance(one, Exists) and one.pattern.hops for one in node.where) and node.kind == "Vulnerability":
            raise Unclear(say("which_date", self.language))

    def _dated(self, attribute: str) -> Node | None:
        """The node that has a date, or one that is brought in for it: the version whose support ends."""
        node = self._holder(attribute)
        if node is not None or not self.frame.nodes:
            return node
        brought = self._implicit(attribute)
        if brought is not None and brought.way is not None and any(not step.forward for step in brought.way.steps):
            self.frame.nodes.remove(brought)  # when something else happened to it, once or many times
            return None
        return brought
