"""From marks to what is asked: one pass from left to right, then what waits finds its place. What cannot be placed raises."""

from __future__ import annotations

from typing import Final

from agent.clauses.asked import Asked, Holder
from agent.clauses.marks import Mark, ends
from agent.clauses.phrases import Phrases
from agent.language.outcome import Unclear, Unheld
from agent.language.wordings import say
from agent.query.model import Attribute, HowMany, Itself

_ASIDE: Final = frozenset(["with", "from", "in", "within", "for", "among", "across", "at", "on", "by", "to"])
"""Small words behind which nothing is asked for any more: the movies in ..."""


class Reading(Phrases):
    """One question on its way from marks to what is asked."""

    def read(self) -> Asked:
        """Read all marks. Raises Unclear, Unheld."""
        for at, mark in enumerate(self.marks):
            if at in self.used:
                continue
            if ends(mark):
                self._end()
            self._mark(at, mark)
        self._end()
        self._settle()
        return self.asked

    def _mark(self, at: int, mark: Mark) -> None:
        if set(mark.before) & _ASIDE and not (self.grouping or mark.turns) and self._something_asked():
            self.zone = "rel"
        if mark.unknown:
            raise Unheld(mark.text)
        if mark.turns:
            self._turn(at, mark)
        elif mark.valued:
            self._value(at, mark)
        elif mark.number is not None:
            self._number(at, mark)
        elif mark.day:
            self._in_time(mark)
        elif mark.means("part"):
            self._part(at, mark)
        elif mark.means("kind") and not self._counted_property(at, mark):
            self._kind(at, mark)
        elif mark.means("attribute"):
            self._attribute(at, mark)
        else:
            self._relation(mark)

    def _end(self) -> None:
        """The end of a sentence."""
        self._unused()
        self.hint, self.hinted = [], None
        self.grouped = None
        for value in self.values:
            raise Unheld(value.text)

    def _settle(self) -> None:
        growing = self.growing
        for mark, names, use in list(self.pending):
            held = self._holder(names, [self.asked.target])
            if held is None:
                held = self._brought(names)
            if held is None:
                raise Unheld(mark.text)
            use(*held)
        growing.whole()
        if (
            self.counting
            or self.function
            or self.grouping
            or self.ordering
            or self.most
            or self.number is not None
            or self.operator
        ):
            raise Unclear(say("which_figure", "en"))
        if self.asked.limit is not None and not self.asked.order:
            raise Unclear(say("by_what", "en"))
        self._sound()
        spoken = {value.of for value in self._values() if isinstance(value, Attribute)}
        growing.spoken = frozenset(spoken)

    def _sound(self) -> None:
        """That figures mean what they say: bounds hold for each of one element, and no figure is multiplied by another's rows."""
        asked = self.asked
        told = [
            *asked.groups,
            *(Itself(e.name) for e in asked.shown),
            *(Attribute(h.name, n) for h, n in asked.outputs),
        ]
        figures = [figure.of for figure in asked.figures]
        keys = {value.of for value in told if isinstance(value, Attribute | Itself)}
        bounded = {element.name for element, *_ in asked.bounds}
        counted = {value.of for value in figures if isinstance(value, Itself)}
        if bounded and (len(keys) > 1 or counted - bounded or len(counted) < len(figures)):
            raise Unclear(say("which_figure", "en"))
        grouped = {value.of for value in asked.groups if isinstance(value, Itself)}
        of = [value.of for value in figures if isinstance(value, Attribute | Itself)]
        reckoned = any(figure.function in ("average", "sum") for figure in asked.figures)
        if reckoned and len(set(of)) > 1 and not self.growing.together(set(of), grouped):
            self._counted_apart(keys)

    def _counted_apart(self, keys: set[str]) -> None:
        """Count what hangs from the group by another branch for each group by itself; groups without any are left out,
        as they are where it is joined. Raises Unclear where the figures cannot be told apart so.
        """
        counts = [f for f in self.asked.figures if f.function == "count" and isinstance(f.of, Itself)]
        others = {f.of.of for f in self.asked.figures if f not in counts and isinstance(f.of, Attribute)}
        if len(keys) == 1 and len(counts) == 1 and isinstance(counts[0].of, Itself):
            counted = counts[0].of.of
            pattern = self.growing.cut(counted, keys, others)
            if pattern is not None:
                counts[0].of = HowMany(pattern, counted)
                return
        raise Unclear(say("which_figure", "en"))

    def _brought(self, names: list[str]) -> tuple[Holder, str] | None:
        """A property of a relation or a kind that nothing has brought in: the only one that has it."""
        relations = [(r, n) for r in self.schema.relations.values() for n in names if n in r.attributes]
        roots = [
            (k, n)
            for k in self.schema.concrete_kinds()
            for n in names
            if n in k.attributes and not any(n in self.schema.kinds[a].attributes for a in k.ancestors)
        ]
        if len(roots) == 1 and not relations:
            kind, name = roots[0]
            element = self.growing.new(kind.name, -1)
            self._join(element)
            return element, name
        if len(relations) == 1 and not roots:
            relation, name = relations[0]
            triple = relation.triples[0]
            start = self.growing.like(triple.start) or self.growing.new(triple.start, -1)
            end = self.growing.like(triple.end)
            if end is None or end is start:
                end = self.growing.new(triple.end, -1)
            link = self.growing.by([relation.name], start, end)
            return (link, name) if link is not None else None
        return None
