"""Elements and relations: which are new, which are spoken of again, and how they hang together."""

from __future__ import annotations

import re
from typing import Final

from agent.clauses.asked import Figure
from agent.clauses.marks import Mark, load_words
from agent.clauses.pattern import Element, Fit
from agent.clauses.state import State
from agent.clauses.terms import Held
from agent.language.meanings import is_a
from agent.language.outcome import Unclear, Unheld
from agent.language.wordings import say
from agent.query.model import Aggregate, Attribute, Itself, Value

_AGENT: Final = re.compile(r"(?:er|or|ist)s?$")
"""How nouns of those who do something end."""


class Joins(State):
    """Brings elements in and joins them."""

    def _element(self, kind: str, at: int, mark: Mark) -> Element:
        known = self.growing.like(kind, unnamed=mark.plural)
        if known in self.asked.shown and not mark.plural and self._named_next(at):
            known = None  # which ships did the ship Aurore ram: another one
        target = self.asked.target
        if (
            self.zone == "ask"
            and known is not None
            and target is not None
            and self.growing.ways.overlap(target.kind, kind)
        ):
            known = known if self.growing.called(target) and not self.growing.called(known) else target
        if known is not None and not self._another(known, kind):
            if is_a(self.schema, kind, known.kind) and kind != known.kind:
                if known.name in {value.of for value in self._values() if isinstance(value, Attribute | Itself)}:
                    raise Unclear(say("which_figure", "en"))  # the age of persons, and of the dead ones: two patterns
                known.kind = kind
            known.at = at
            return known
        element = self.growing.new(kind, at)
        self._join(element, passive="by" in mark.before)
        return element

    def _named_next(self, at: int) -> bool:
        """Whether a name follows a kind at once."""
        following, beyond = self._next(at), self._next(at + 1)
        if following is None or following.gap:
            return False
        return following.valued if "named" not in following.turns else beyond is not None and beyond.valued

    def _another(self, known: Element, kind: str) -> bool:
        """Whether a relation between elements of one kind was said, whose other end is still to come."""
        if self.hint_used:
            return False
        if any(fit.mutual for name in self.hint for fit in self.growing.fits(name, known.kind, kind)):
            return True
        subjects = [e for e in (self.subject, self.asked.target) if e is not None]
        return self.also and any(self.growing.fits(name, e.kind, kind) for name in self.hint for e in subjects)

    def _join(self, element: Element, *, passive: bool = False) -> None:
        """By the relation that was said (`passive`: by its subject), else later."""
        if len(self.growing.elements) == 1:
            return
        if self.hint:
            for other in self._others(element):
                start, end = (element, other) if passive else (other, element)
                if self.growing.by(self.hint, start, end, sure=self.sure) is not None:
                    self.hint_used = True
                    return
        self.growing.waiting.append(element)

    def _attach(self, element: Element) -> bool:
        """Give an element the properties that were said before it: the titles of the movies."""
        attributes = self.schema.kinds[element.kind].attributes
        attached = False
        for waiting in list(self.pending):
            _, names, use = waiting
            if name := next((name for name in names if name in attributes), None):
                self.pending.remove(waiting)
                use(element, name)
                attached = True
        return attached

    def _counted(self, element: Element) -> None:
        self.counting = False
        if self.function == "average":
            raise Unclear(say("of_what", "en"))  # of how many each has: of whom is not said
        self.function = None
        of = Itself(element.name)
        if self.ordering:
            self._order(Aggregate("count", of))
        else:
            self.asked.figures.append(Figure("count", of))

    def _group(self, value: Value, mark: Mark | None = None) -> None:
        self.grouping, self.grouped = False, mark
        if value not in self.asked.groups:
            self.asked.groups.append(value)

    def _order(self, value: Value) -> None:
        self.asked.order.append((value, bool(self.descending)))
        self.ordering, self.descending = False, None

    def _on_relation(self, attribute: str) -> bool:
        names = self.hint or [link.relation for link in self.growing.links[-1:]]
        return any(attribute in self.schema.relations[name].attributes for name in names)

    def _relation(self, mark: Mark) -> None:
        whole = [term.name for term in mark.terms if term.sort == "relation" and term.whole]
        names, self.sure = whole or mark.means("relation"), bool(whole)
        self._unused()
        if self._agents(mark, names):
            return
        self.zone = "rel" if self._something_asked() or self.asked.groups else self.zone
        self.hint, self.hinted, self.hint_used = names, mark, False
        for element in list(self.growing.waiting):
            for other in self._others(element):
                if (
                    self.growing.by(names, element, other, sure=self.sure) is not None
                ):  # what stands last is the subject
                    self.hint_used = True
                    return

    def _agents(self, mark: Mark, names: list[str]) -> bool:
        """Those who do what a relation says, as a noun: the age of its members, the number of attacker commanders."""
        if not _AGENT.search(mark.text) or not (self.pending or self.counting or set(mark.before) & {"of"}):
            return False
        near = next(
            (
                e
                for e in self._others_of_hint()
                for name in names
                if self.growing.fits(name, e.kind, self.schema.relations[name].triples[0].start)
            ),
            None,
        )
        if near is None:
            return False
        kind = self.schema.relations[names[0]].triples[0].start
        known = self.growing.like(kind)
        if known is not None:
            return False
        element = self.growing.new(kind, self.marks.index(mark))
        self.growing.by(names, element, near)
        self._attach(element)
        if self.counting:
            self._counted(element)
        self.last = element
        return True

    def _unused(self) -> None:
        """A relation that was said and joins nothing: it is there already, or its other end was left out."""
        if self.hint_used or self.hinted is None:
            return
        self.hint_used = True
        if any(link.relation in self.hint for link in self.growing.links):
            return
        if any(
            n in self.schema.relations[r].attributes for _, names, _ in self.pending for n in names for r in self.hint
        ):
            return  # the highest count of what was watched: the property brings the relation in
        if self.hinted.text.split()[0].casefold() in load_words().empty:
            return  # belong to, related to: also said of what another relation joins
        if self.asked.figures:
            raise Unclear(say("which_figure", "en"))
        for element in self._others_of_hint():
            for name in self.hint:
                for triple in self.schema.relations[name].triples:
                    for near, far in ((triple.start, triple.end), (triple.end, triple.start)):
                        if self.growing.ways.overlap(element.kind, near):
                            made = self.growing.new(far, -1, own=False)
                            self.growing.by([name], element, made)
                            return
        raise Unheld(self.hinted.text)

    def _alike(self, element: Element, shared: Element) -> bool:
        """Join an element to what another one has as well: the same house as Reek."""
        for link in self.growing.links:
            if shared in (link.start, link.end):
                other = link.start if link.end is shared else link.end
                if self.growing.ways.overlap(other.kind, element.kind):
                    self.growing.link(
                        element, Fit(link.relation, link.direction, True), shared
                    ) if link.end is shared else (
                        self.growing.link(shared, Fit(link.relation, link.direction, True), element)
                    )
                    return True
        return False

    def _reachable(self, owners: dict[str, Held]) -> dict[str, Held]:
        """Those that the relation which was said leads to."""
        return {
            owner: held
            for owner, held in owners.items()
            if any(self.growing.fits(name, e.kind, owner) for name in self.hint for e in self.growing.elements)
        }
