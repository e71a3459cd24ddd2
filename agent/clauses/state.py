"""What is known of a question so far, and small questions about it."""

from __future__ import annotations

from agent.clauses.asked import Asked
from agent.clauses.marks import Mark
from agent.clauses.pattern import Element, Growing
from agent.clauses.saying import Use
from agent.clauses.terms import Terms
from agent.language.ways import Ways
from agent.query.model import Aggregate, Attribute, Function, Operator, Value


class State:
    """The state of one reading."""

    def __init__(self, marks: tuple[Mark, ...], terms: Terms, ways: Ways) -> None:
        self.marks, self.terms, self.schema = marks, terms, terms.schema
        self.growing = Growing(terms.schema, ways)
        self.asked = Asked()
        self.zone = "ask"
        self.subject: Element | None = None
        self.last: Element | None = None
        self.hint: list[str] = []
        self.hinted: Mark | None = None
        self.hint_used = True
        self.pending: list[tuple[Mark, list[str], Use]] = []
        self.values: list[Mark] = []
        self.function: Function | None = None
        self.counting = self.grouping = self.ordering = self.same = self.theirs = False
        self.most: str = ""
        self.descending: bool | None = None
        self.operator: Operator | None = None
        self.number: float | None = None
        self.used: set[int] = set()
        self.grouped: Mark | None = None
        self.also = False
        self.sure = True

    def _something_asked(self) -> bool:
        return bool(self.asked.shown or self.asked.outputs or self.asked.figures or self.pending)

    def _next(self, at: int) -> Mark | None:
        return self.marks[at + 1] if at + 1 < len(self.marks) else None

    def _adjacent(self, at: int) -> Mark | None:
        """The mark behind another one, where at most an article stands between."""
        following = self._next(at)
        return (
            following
            if following is not None and following.near and not following.before and not following.gap
            else None
        )

    def _others(self, element: Element) -> list[Element]:
        """The other elements, those first that a clause is likely to go on about."""
        first = [e for e in (self.subject, self.asked.target, self.last) if e is not None]
        return [e for e in dict.fromkeys([*first, *reversed(self.growing.elements)]) if e is not element]

    def _others_of_hint(self) -> list[Element]:
        return [e for e in dict.fromkeys([self.subject, self.last, *reversed(self.growing.elements)]) if e is not None]

    def _values(self) -> list[Value]:
        asked = self.asked
        return [
            *(Attribute(holder.name, name) for holder, name in asked.outputs),
            *(figure.of for figure in asked.figures),
            *asked.groups,
            *(value.of if isinstance(value, Aggregate) and value.of else value for value, _ in asked.order),
        ]
