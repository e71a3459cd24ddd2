"""What was said and not read: a word that nothing of the query stands for makes no answer."""

from __future__ import annotations

from typing import Final

from agent.language.frame import Measure
from agent.language.meanings import nearest
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.settling import Settling
from agent.language.reading.words import DATES, words
from agent.language.wordings import say
from agent.query.model import Attribute, Elapsed, Value
from graph.schema.model import ValueType

_WE: Final = words("persons speaking")
_CONCERNED: Final = words("concerned")
_ASKED: Final = words("which") | words("what")


def _parts(value: Value) -> list[Attribute]:
    parts = (value.start, value.end) if isinstance(value, Elapsed) else (value,)
    return [part for part in parts if isinstance(part, Attribute)]


class Guards(Settling):
    """Looks back over what was read. Raises Unheld, Unclear."""

    def _guard(self) -> None:
        self._verbs_lead_somewhere()
        self._sides_are_told()
        self._a_date_is_told()
        self._columns_are_shown()
        self._figures_are_of_one()
        self._something_is_told_apart()
        self._who_is_told()

    def _sides_are_told(self) -> None:
        """Which of two alike depends on the other, a verb says."""
        said = {relation.name for _, relations in self.verbs for relation in relations}
        for node in self.frame.nodes:
            if node.parent is None or node.way is None or len(node.way.steps) != 1:
                continue
            relation = node.way.steps[0].relation
            alike = self.ways.overlap(node.parent.kind, node.kind)
            if alike and relation not in said and relation in ("DEPENDS_ON", "REPLICATES_TO", "FAILS_OVER_TO"):
                raise Unheld(
                    say("no_link", self.language, names=f"{self._label(node.parent.kind)} / {self._label(node.kind)}")
                )

    def _a_date_is_told(self) -> None:
        """Where it is asked when, a date is what is answered."""
        frame = self.frame
        values = [self._type(name) for _, name in frame.outputs]
        values += [self._type(value.name) for value, _ in frame.order_by if isinstance(value, Attribute)]
        if not self.when_asked or any(one in DATES for one in values):
            return
        target = frame.target
        known = {**self.idioms.times, **self.idioms.ahead}
        date = None if target is None else nearest(self.schema, target.kind, known)
        if (
            target is None
            or not target.named
            or len(frame.nodes) > 1
            or date is None
            or frame.mode != "list"
            or target.where
        ):
            raise Unclear(say("which_date", self.language))
        frame.outputs.append((target, date))  # CHG0000280, when is it planned?

    def _columns_are_shown(self) -> None:
        """What is asked beside groups or a yes is a figure of them, or nobody knows what."""
        frame = self.frame
        if frame.groups and frame.outputs and not frame.measures and not frame.function and frame.mode != "ratio":
            money = [one for one in frame.outputs if self._type(one[1]) is ValueType.MONEY]
            if len(money) != len(frame.outputs):
                raise Unclear(say("which_figure", self.language))
            frame.outputs.clear()
            frame.measures += [Measure(Attribute(node.name, name), name, node.at) for node, name in money]
            frame.functions.append((0, "sum"))
        if frame.mode == "yes" and frame.outputs:
            raise Unclear(say("which_figure", self.language))
        counted = frame.mode == "count" and not (frame.groups or frame.measures)
        named = frame.target is not None and frame.target.named
        if counted and not named and any(self._type(name) not in DATES for _, name in frame.outputs):
            raise Unclear(say("which_figure", self.language))  # dates are verbs here: incidents that came by monitoring

    def _figures_are_of_one(self) -> None:
        """Figures of two sorts of elements that hang from a third would be of all pairs of them."""
        holders = {part.of for one in self.frame.measures for part in _parts(one.value)}
        if len(holders) > 1:
            raise Unclear(say("which_figure", self.language))

    def _something_is_told_apart(self) -> None:
        """The server, in the singular, is one that was told apart; those concerned are concerned by something."""
        frame, target = self.frame, self.frame.target
        assert target is not None
        one = self._definite(target.at) and not (target.plural or target.named)
        if frame.mode == "count" and one and target.at == 1 < self.count_at:
            raise Unclear(say("which_this", self.language))  # the bank, it is served by how many applications?
        plain = not (target.where or target.named or frame.groups or frame.order_by or frame.most or frame.measures)
        if not plain or frame.outputs:
            return
        if frame.mode == "yes" and not target.plural and self._definite(target.at):
            raise Unclear(say("which_this", self.language))
        if len(frame.nodes) == 1 and frame.mode == "list" and any(one.folded in _CONCERNED for one in self.items):
            raise Unclear(say("which_this", self.language))

    def _who_is_told(self) -> None:
        """Where it is asked who does something, and the verb was read as a date, nobody is answered: who renews them."""
        target = self.frame.target
        said = self.items[1].means("attribute") if "who" in self.items[0].turns and len(self.items) > 1 else ()
        verb = bool(said) and all(self._type(one.name) in DATES for one in said)
        if verb and target is not None and self.schema.kinds[target.kind].category not in ("organisation", "reference"):
            raise Unclear(say("which_this", self.language))

    def _definite(self, at: int) -> bool:
        before = self.items[at - 1].folded if 0 < at <= len(self.items) else ""
        return before in ("le", "la", "l", "the", "ce", "cet", "cette", "this")

    def _verbs_lead_somewhere(self) -> None:
        """A verb that names a relation is what joins two elements, or says what a value behind it is of."""
        followed = {step.relation for node in self.frame.nodes if node.way is not None for step in node.way.steps}
        for at, relations in self.verbs:
            if followed & {relation.name for relation in relations} or self._small(at):
                continue
            if self.items[at].means("attribute") or self._says_a_value(at) or self._leads_to_a_neighbour(at):
                continue
            if self._says_that_they_have_it(at):
                continue
            raise Unheld(self.items[at].text)

    def _says_that_they_have_it(self, at: int) -> bool:
        """Whether a verb at the end only says that elements have what is asked of them: which OS do the servers in Lyon run?"""
        target, head = self.frame.target, set(self.items[0].folded.split()) & _ASKED
        asked = any(place < at for place, _ in self.pending_attributes) and bool(self.frame.outputs)
        behind = all(item.empty for item in self.items[at + 1 :])
        return bool(head) and asked and behind and target is not None and target.at < at

    def _small(self, at: int) -> bool:
        """Whether a relation is said by words without content of their own, or of us: in, on, with; the servers we run."""
        turns = self.lexicon.turns
        before = self.items[at - 1].folded if at else ""
        return before in _WE or all(turns.empty(word) for word in self.items[at].folded.split())

    def _says_a_value(self, at: int) -> bool:
        after = self._next(at)
        item = self.items[after] if after is not None else None
        said = item is not None and bool(item.means("value") or item.means("predicate"))
        return said and item is not None and item.name is None and not item.means("kind")

    def _leads_to_a_neighbour(self, at: int) -> bool:
        """Whether the element behind a verb is joined by a relation of its own, or by a way that people mean."""
        node = next((one for one in self.frame.nodes if one.at > at and one.way is not None), None)
        if node is None or node.way is None or node.parent is None:
            return False
        return len(node.way.steps) == 1 or any(
            way.steps == node.way.steps for way in self.ways.preferred(node.parent.kind, node.kind)
        )
