"""Properties: shown, grouped by, sorted by, reckoned with."""

from __future__ import annotations

from typing import Final

from agent.clauses.asked import Figure, Holder
from agent.clauses.conditions import Conditions
from agent.clauses.marks import Mark
from agent.clauses.pattern import Element, Link
from agent.clauses.saying import NUMBERS, OPERATORS, Use, operator_of
from agent.language.outcome import Unheld
from agent.query.model import Attribute, Function

_OF: Final = frozenset(["of", "for", "in", "among", "across", "by"])
_POINTING: Final = frozenset(["those", "they", "distinct", "same"])


class Properties(Conditions):
    """Places properties."""

    def _attribute(self, at: int, mark: Mark) -> None:
        names = mark.means("attribute")
        values, self.values = self.values, []
        for value in values:
            self._when(
                mark, names, self._equal(value.said) if "in" not in mark.before else self._containing(value.said)
            )
        if values:
            return
        if self.function is not None and self._figure_bounded(at, mark, names):
            return
        if self._filtered(at, mark, names):
            return
        if mark.means("relation") and not self._possible(names):
            self._relation(mark)
            return
        if self.counting:
            self.counting = False
            self._place(
                at,
                mark,
                names,
                lambda holder, name: self.asked.figures.append(Figure("count", Attribute(holder.name, name))),
            )
        elif self.grouping:
            self.grouping, self.grouped = False, mark
            self._place(at, mark, names, self._grouped_by(len(self.asked.groups)))
        elif self.ordering or (self.asked.limit is not None and "by" in mark.before and not self.asked.order):
            descending = bool(self.descending) if self.ordering else True
            self.ordering, self.descending = False, None
            self._place(
                at,
                mark,
                names,
                lambda holder, name: self.asked.order.append((Attribute(holder.name, name), descending)),
            )
        elif self.function is not None or self.most:
            function: Function = self.function or ("maximum" if self.most == "most" else "minimum")
            self.function, self.most = None, ""
            self._figure(at, mark, names, function)
        elif self.zone == "ask" or self.theirs:
            self._place(at, mark, names, self._output)
        elif not self._spoken_of(names):
            raise Unheld(mark.text)

    def _figure_bounded(self, at: int, mark: Mark, names: list[str]) -> bool:
        """A bound on a figure: where the average weight is greater than 1."""
        following, beyond = self._next(at), self._next(at + 1)
        if following is None or beyond is None or beyond.number is None or not following.turns & set(OPERATORS):
            return False
        operator = operator_of(following)
        number, function = beyond.number, self.function
        assert function is not None
        self.function = None
        self.used |= {at + 1, at + 2}
        self._place(
            at,
            mark,
            names,
            lambda holder, name: self.asked.limits.append(
                (Figure(function, Attribute(holder.name, name)), operator, number)
            ),
        )
        return True

    def _spoken_of(self, names: list[str]) -> bool:
        """Whether a property is one that is grouped by or reckoned with already: of users in that state."""
        said = {value.name for value in self._values() if isinstance(value, Attribute)}
        waiting = {name for _, names, _ in self.pending for name in names}
        return bool((said | waiting) & set(names))

    def _possible(self, names: list[str]) -> bool:
        return any(name in self.schema.kinds[e.kind].attributes for e in self.growing.elements for name in names)

    def _output(self, holder: Holder, name: str) -> None:
        self.asked.outputs.append((holder, name))

    def _grouped_by(self, place: int) -> Use:
        def use(holder: Holder, name: str) -> None:
            value = Attribute(holder.name, name)
            if value not in self.asked.groups:
                self.asked.groups.insert(place, value)

        return use

    def _figure(self, at: int, mark: Mark, names: list[str], function: Function) -> None:
        """A figure; the highest of elements that are asked for is the first of them."""
        best = (
            function in ("maximum", "minimum")
            and bool(self.asked.shown or self.asked.outputs)
            and self.zone == "rel"
            and not self.asked.groups
        )
        if best:
            if self.asked.limit is None:
                self.asked.limit = 1
            self._place(
                at,
                mark,
                names,
                lambda holder, name: self.asked.order.append((Attribute(holder.name, name), function == "maximum")),
            )
            return
        self._place(at, mark, names, lambda holder, name: self._reckon(function, holder, name))

    def _reckon(self, function: Function, holder: Holder, name: str) -> None:
        table = self.schema.relation_attributes if isinstance(holder, Link) else self.schema.node_attributes
        if table[name] not in NUMBERS:
            raise Unheld(name)
        self.asked.figures.append(Figure(function, Attribute(holder.name, name)))

    def _place(self, at: int, mark: Mark, names: list[str], use: Use) -> None:
        """Whose property it is: of what follows with `of`, of what stands before, else of what comes."""
        theirs, self.theirs, place = self.theirs, False, at
        following, small = self._next(at), set[str]()
        while following is not None and following.turns & _POINTING:
            small |= set(following.before)
            at += 1
            following = self._next(at)
        if (
            following is not None
            and following.means("kind")
            and ((set(following.before) | small) & _OF or not self.growing.elements)
        ):
            kind = following.means("kind")[0]
            if any(name in self.schema.kinds[kind].attributes for name in names):
                self.pending.append((mark, names, use))
                return
        before = self.marks[place - 1] if place else None
        first: list[Element | None] = [self.asked.target]
        if before is not None and before.means("kind") and not mark.gap:
            first = [self.last, self.asked.target]
        elif theirs:
            first = [self.asked.target, self.last]
        held = self._holder(names, first)
        if held is None:
            self.pending.append((mark, names, use))
        else:
            use(*held)
