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

    def _by_measure(self, target: Node) -> None:
        """The first by a measure: outages by duration, the outage with the longest duration."""
        frame = self.frame
        descending = SUPERLATIVES[self.superlative][1] if self.superlative else self.sort_descending
        frame.order_by.append((frame.measures.pop().value, descending))
        if frame.limit is None and self.superlative and not target.plural:
            frame.limit, frame.ties = 1, True
        self.superlative = ""

    def _how_long(self, node: Node) -> Value | None:
        """What the longest and the shortest of elements are told by: how long they last, or took to be resolved."""
        if not set(self.items[self.superlative_at].folded.split()) & _LONG:
            return None
        return self._measure(node, "duration") or self._measure(node, "resolution_time")

    def _superlative(self) -> None:
        frame = self.frame
        family, descending = SUPERLATIVES[self.superlative]
        candidates = ([frame.target] if frame.target else []) + self._recent()
        for node in candidates:
            attribute = nearest(self.schema, node.kind, self.idioms.adjectives.get(family, {})) if family else None
            lasting = None if attribute else self._how_long(node)
            if lasting is not None:
                frame.order_by.append((lasting, descending))
                if frame.limit is None and not node.plural:
                    frame.limit, frame.ties = 1, True
                return
            if attribute:
                frame.order_by.append((Attribute(node.name, attribute), descending))
                if self.superlative == "soonest":
                    self._still_to_come(node, attribute)
                if frame.limit is None and not node.plural:
                    frame.limit, frame.ties = 1, True
                return
        raise Unclear(say("by_what", self.language))
