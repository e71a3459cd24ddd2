"""Texts of the graph and in quotation marks: what goes by them."""

from __future__ import annotations

from dataclasses import replace

from agent.clauses.marks import Mark
from agent.clauses.pattern import Element
from agent.clauses.properties import Properties
from agent.clauses.saying import constrain
from agent.clauses.terms import telling
from agent.language.outcome import Unclear, Unheld
from agent.query.model import Attribute, Compare, Constant


class Texts(Properties):
    """Places texts."""

    def _value(self, at: int, mark: Mark) -> None:
        following = self._next(at)
        near = following is not None and not following.gap
        if near and following is not None and not following.before and following.means("kind"):
            self.values.append(mark)
            return
        if self._listed_before_kind(at, mark):
            self.values.append(mark)
            return
        if near and following is not None and self._of_property(at, mark, following):
            self.values.append(mark)
            return
        if self._named_before(at) and self.last is not None and self._says(self.last, mark):
            return
        before = self.marks[at - 1] if at else None
        if before is not None and before.valued and not mark.gap and not mark.before and self.last is not None:
            said = {c.left.name for c in self.last.where if isinstance(c, Compare) and isinstance(c.left, Attribute)}
            rest = tuple(h for h in mark.held if h.attribute not in said)
            if rest and self._says(self.last, replace(mark, held=rest)):
                return
        self._found(at, mark)

    def _of_property(self, at: int, mark: Mark, following: Mark) -> bool:
        """Whether the property that a text is one of follows: 'Ser' as their title."""
        names = following.means("attribute")
        if not names or set(following.before) - {"as", "in"} or self._named_before(at):
            return False
        return not mark.held or any(held.attribute in names for held in mark.held)

    def _listed_before_kind(self, at: int, mark: Mark) -> bool:
        """Whether a text is the first of two before a kind: male and female users."""
        joined, other, kind = (self.marks[p] if p < len(self.marks) else None for p in (at + 1, at + 2, at + 3))
        if joined is None or other is None or kind is None or not joined.turns & {"and", "or"}:
            return False
        same = {h.attribute for h in mark.held} & {h.attribute for h in other.held}
        if same and kind.means("kind") and not kind.before:
            self.used.add(at + 1)
            return True
        return False

    def _named_before(self, at: int) -> bool:
        """Whether the text belongs to the kind right before it: the house 'Stark', the person named 'Reek'."""
        before = self.marks[at - 1] if at else None
        if before is None or self.marks[at].gap or not self.marks[at].near:
            return False
        if "named" in before.turns:
            return True
        return bool(before.means("kind")) and not self.marks[at].before

    def _says(self, element: Element, mark: Mark) -> bool:
        """Say that an element goes by a text."""
        kind = self.schema.kinds[element.kind]
        own = [
            h for h in mark.held if h.owner in self.schema.kinds and self.growing.ways.overlap(h.owner, element.kind)
        ]
        names = telling(kind)
        if own:
            best = min(
                own, key=lambda h: (h.attribute not in names, names.index(h.attribute) if h.attribute in names else 0)
            )
            constrain(element, best.attribute, best.text)
            return True
        words = mark.said.split()
        if len(names) == len(words) == 2:
            for name, word in zip(names, words, strict=True):
                constrain(element, name, word)
            return True
        if mark.held or not names:
            return False
        constrain(element, names[0], mark.said)
        return True

    def _prefixed(self, value: Mark, element: Element, at: int, *, again: bool = False) -> None:
        """A text right before a kind: the 'Animation' genre, a 'Horror' movie; `again`: one of several, which are told apart."""
        if again:
            held = next(
                (
                    h
                    for h in value.held
                    if h.owner in self.schema.kinds and self.growing.ways.overlap(h.owner, element.kind)
                ),
                None,
            )
            if held is None:
                raise Unheld(value.text)
            constrain(element, held.attribute, held.text, again=True)
            self._group(Attribute(element.name, held.attribute))
        elif not self._says(element, value):
            self._found(at, value)

    def _found(self, at: int, mark: Mark) -> None:
        """A text by itself: of a relation, of an element that is spoken of, else a new element that it names."""
        for link in reversed(self.growing.links):
            held = next((h for h in mark.held if h.owner == link.relation), None)
            if held is not None:
                constrain(link, held.attribute, held.text)
                return
        for element in self._others_of_hint():
            kind = self.schema.kinds[element.kind]
            for held in mark.held:
                if (
                    held.owner in self.schema.kinds
                    and held.attribute not in telling(kind)
                    and self.growing.ways.overlap(held.owner, kind.name)
                ):
                    constrain(element, held.attribute, held.text, again=self._listed(at))
                    return
        owners = {
            h.owner: h
            for h in mark.held
            if h.owner in self.schema.kinds and h.attribute in telling(self.schema.kinds[h.owner])
        }
        if len(owners) > 1:
            owners = self._reachable(owners) or owners
        if len(owners) != 1:
            if owners:
                raise Unclear("", tuple(owners))
            raise Unheld(mark.text)
        ((owner, held),) = owners.items()
        for known in self.growing.elements:
            if Compare(Attribute(known.name, held.attribute), "=", Constant(held.text)) in known.where:
                self.last = known
                return
        element = self.growing.new(owner, at)
        constrain(element, held.attribute, held.text)
        if self.same and self.last is not None and self._alike(element, self.last):
            self.same = False
            return
        self._join(element, passive="by" in mark.before)
        if self.hint_used and element not in self.growing.waiting:
            return
        self.last = element

    def _listed(self, at: int) -> bool:
        before = self.marks[at - 1] if at else None
        return before is not None and bool(before.turns & {"and", "or"})
