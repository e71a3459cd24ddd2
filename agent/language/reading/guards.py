"""What was said and not read: a word that nothing of the query stands for makes no answer."""

from __future__ import annotations

from typing import Final

from agent.language.outcome import Unheld
from agent.language.reading.settling import Settling

_WE: Final = frozenset({"we", "i", "you", "they", "on", "nous", "vous", "ils", "elles"})


class Guards(Settling):
    """Looks back over what was read. Raises Unheld, Unclear."""

    def _guard(self) -> None:
        self._verbs_lead_somewhere()

    def _verbs_lead_somewhere(self) -> None:
        """A verb that names a relation is what joins two elements, or says what a value behind it is of."""
        followed = {step.relation for node in self.frame.nodes if node.way is not None for step in node.way.steps}
        for at, relations in self.verbs:
            if followed & {relation.name for relation in relations} or self._small(at):
                continue
            if self.items[at].means("attribute") or self._says_a_value(at) or self._leads_to_a_neighbour(at):
                continue
            raise Unheld(self.items[at].text)

    def _small(self, at: int) -> bool:
        """Whether a relation is said by words without content of their own, or of us: in, on, with; the servers we run."""
        turns = self.lexicon.turns
        before = self.items[at - 1].folded if at else ""
        return before in _WE or all(turns.empty(word) for word in self.items[at].folded.split())

    def _says_a_value(self, at: int) -> bool:
        after = self._next(at)
        item = self.items[after] if after is not None else None
        return item is not None and bool(item.means("value") or item.means("predicate")) and not item.means("kind")

    def _leads_to_a_neighbour(self, at: int) -> bool:
        """Whether the element behind a verb is joined by a relation of its own, or by a way that people mean."""
        node = next((one for one in self.frame.nodes if one.at > at and one.way is not None), None)
        if node is None or node.way is None or node.parent is None:
            return False
        return len(node.way.steps) == 1 or any(
            way.steps == node.way.steps for way in self.ways.preferred(node.parent.kind, node.kind)
        )
