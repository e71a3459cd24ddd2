"""Superlatives that waited for the end of a question: the oldest, the longest, the first by a measure, what comes next."""

from __future__ import annotations

from typing import Final

from agent.language.frame import Node
from agent.language.meanings import nearest
from agent.language.outcome import Unclear
from agent.language.reading.attributes import Attributes
from agent.language.reading.words import SUPERLATIVES, words
from agent.language.wordings import say
from agent.query.model import Attribute, Value

_LONG: Final = words("long")


class Extremes(Attributes):
    """Says what elements are put in order by."""

    def _put_first(self, value: Value, descending: bool, plural: bool) -> None:
        """Put elements in order; of one alone, what is ahead, with all that tie."""
        frame = self.frame
        frame.order_by.append((value, descending))
        if frame.limit is None and not plural:
            frame.limit, frame.ties = 1, True

    def _by_measure(self, target: Node) -> None:
        """The first by a measure: outages by duration, the outage with the longest duration."""
        descending = SUPERLATIVES[self.superlative][1] if self.superlative else self.sort_descending
        self._put_first(self.frame.measures.pop().value, descending, target.plural or not self.superlative)
        self.superlative = ""

    def _how_long(self, node: Node) -> Value | None:
        """What the longest and the shortest of elements are told by: how long they last, or took to be resolved."""
        if not set(self.items[self.superlative_at].folded.split()) & _LONG:
            return None
        return self._measure(node, "duration") or self._measure(node, "resolution_time")

    def _superlative(self) -> None:
        family, descending = SUPERLATIVES[self.superlative]
        candidates = ([self.frame.target] if self.frame.target else []) + self._recent()
        for node in candidates:
            attribute = nearest(self.schema, node.kind, self.idioms.adjectives.get(family, {})) if family else None
            value = Attribute(node.name, attribute) if attribute else self._how_long(node)
            if value is None:
                continue
            if attribute and self.superlative == "soonest":
                self._still_to_come(node, attribute)
            self._put_first(value, descending, node.plural)
            return
        raise Unclear(say("by_what", self.language))
