"""Kinds: what is asked for, counted, grouped by, or merely spoken of."""

from __future__ import annotations

from agent.clauses.marks import Mark
from agent.clauses.pattern import Element
from agent.clauses.texts import Texts
from agent.language.meanings import is_a
from agent.language.outcome import Unclear, Unheld
from agent.language.wordings import say
from agent.query.model import Aggregate, Itself


class Elements(Texts):
    """Places kinds."""

    def _kind(self, at: int, mark: Mark) -> None:
        kind = mark.means("kind")[0]
        following = self._adjacent(at)
        if following is not None and following.means("kind"):
            other = following.means("kind")[0]
            if self.growing.ways.overlap(kind, other):
                self.used.add(at + 1)
                kind = kind if is_a(self.schema, kind, other) else other
                following = self._adjacent(at + 1)
        element = self._element(kind, at, mark)
        values, self.values = self.values, []
        for value in values:
            self._prefixed(value, element, at, again=len(values) > 1)
        attached = self._attach(element)
        self.last = element
        named = following is not None and bool(following.means("attribute") or following.means("kind"))
        if self.number is not None and self.operator is not None:
            self._bound(element)
        elif self.most:
            self._most(element)
        elif self.counting:
            self._counted(element)
        elif self.grouping:
            if not named:
                self._group(Itself(element.name), mark)
        elif self.ordering and not named:
            raise Unclear(say("by_what", "en"))
        elif self.function is not None and not named:
            if self.function != "sum":
                raise Unheld(mark.text)
            self.function = None
            self._counted(element)
        elif self.zone == "ask" and not named and not attached and self._asked_for(at, mark):
            self._show(element)
        if self.asked.target is None and not self.asked.groups:
            self.asked.target = element

    def _counted_property(self, at: int, mark: Mark) -> bool:
        """Whether a word that is a kind is a property of a relation here: interacted in book 2."""
        following = self._next(at)
        if following is None or following.number is None or following.before or not mark.means("attribute"):
            return False
        return any(self._on_relation(name) for name in mark.means("attribute"))

    def _asked_for(self, at: int, mark: Mark) -> bool:
        """Whether a kind stands where what is asked for does: first, behind a word that asks, or listed with what is."""
        if (set(mark.before) & {"of"} and self._something_asked()) or (at == 0 and mark.before):
            return False
        before = at - 1
        while before >= 0 and (
            self.marks[before].valued or self.marks[before].turns & {"distinct", "those", "they"} or before in self.used
        ):
            before -= 1
        if before < 0 or "ask" in self.marks[before].turns or "top" in self.marks[before].turns:
            return True
        return (
            "and" in self.marks[before].turns and bool(self.asked.shown or self.asked.outputs) and not self.asked.groups
        )

    def _show(self, element: Element) -> None:
        if element not in self.asked.shown:
            self.asked.shown.append(element)

    def _bound(self, element: Element) -> None:
        number, operator = self.number, self.operator
        self.number, self.operator = None, None
        assert number is not None
        assert operator is not None
        if (operator, number) not in ((">=", 1.0), (">", 0.0)):
            self.asked.bounds.append((element, operator, number))

    def _most(self, element: Element) -> None:
        descending, self.most = self.most == "most", ""
        self.counting = False
        self.asked.order.append((Aggregate("count", Itself(element.name)), descending))
        if self.asked.limit is None:
            self.asked.limit = 1
