"""Where sources disagree: one node of the twin for each attribute of an element on which they do, kept true as they speak.

The nodes are made and taken back in the batch that changes the element; they follow from what the sources say of it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from core.ids import relation_id, uuid_of
from graph.history.encoding import Decoder
from graph.history.events import Event, State
from graph.model import Operation, Scalar
from graph.schema.model import Schema
from ingest.precedence import KIND
from ingest.testimony import FORMER, MARK, said_of

DISCREPANCY = "Discrepancy"
DISAGREES_ON = "DISAGREES_ON"
_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An attribute of one element of which sources say different things. `said` is by source, the chosen one included."""

    attribute: str
    chosen: Scalar | None
    chosen_source: str
    said: Mapping[str, Scalar]

    def between(self, one: str, other: str) -> bool:
        """Whether these two sources say different things."""
        return one in self.said and other in self.said and self.said[one] != self.said[other]


class Discrepancies:
    """Finds disagreements in states, and makes the events that keep their nodes."""

    def __init__(self, schema: Schema) -> None:
        self._decoder = Decoder(schema)
        self._kept = DISCREPANCY in schema.kinds and DISAGREES_ON in schema.relations

    def of(self, state: State) -> dict[str, Disagreement]:
        """The disagreements about an element, by attribute."""
        if not any(MARK in key for key in state.provenance):
            return {}
        found = {}
        for name, by_source in said_of(state, self._decoder).items():
            words = {source: value for source, value in by_source.items() if source != FORMER}
            if len({_word(value) for value in words.values()}) > 1:
                holder = state.provenance.get(name, state.source)
                chosen = state.kind if name == KIND else state.properties.get(name)
                found[name] = Disagreement(name, chosen, holder, dict(sorted(words.items())))
        return found

    def changes(self, before: State | None, after: State | None) -> Iterator[Event]:
        """What becomes of the nodes of an element's disagreements when it goes from one state to another."""
        present = after or before
        if not self._kept or present is None or present.edge:
            return
        former = {} if before is None else {n: self._node(before, d) for n, d in self.of(before).items()}
        wanted = {} if after is None else {n: self._node(after, d) for n, d in self.of(after).items()}
        for name in sorted(former.keys() | wanted.keys()):
            node = uuid_of("discrepancy", present.element, name)
            edge = relation_id(DISAGREES_ON, node, present.element)
            old, new = former.get(name), wanted.get(name)
            if old == new:
                continue
            if old is None:
                yield Event(Operation.CREATE, node, False, DISCREPANCY, None, new)
                yield Event(Operation.CREATE, edge, True, DISAGREES_ON, None, {}, node, present.element)
            elif new is None:
                yield Event(Operation.DELETE, edge, True, DISAGREES_ON, {}, None, node, present.element)
                yield Event(Operation.DELETE, node, False, DISCREPANCY, old, None)
            else:
                yield Event(Operation.UPDATE, node, False, DISCREPANCY, old, new)

    def _node(self, state: State, found: Disagreement) -> dict[str, Scalar]:
        losing = {s: v for s, v in found.said.items() if s != found.chosen_source}
        different = {s: v for s, v in losing.items() if _word(v) != _word(found.said.get(found.chosen_source))}
        label = next((str(state.properties[n]) for n in ("name", "number") if n in state.properties), state.element)
        return {
            "name": f"{label}: {found.attribute}"[:_CHARACTERS],
            "attribute": found.attribute,
            "chosen": shown(found.chosen),
            "chosen_source": found.chosen_source,
            "rejected": len(different),
            "rejected_values": tuple(f"{source}: {shown(value)}" for source, value in different.items()),
        }


def shown(value: Any) -> str:
    """A value as text, cut."""
    if isinstance(value, str):
        return value[:_CHARACTERS]
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode().strip('"')[:_CHARACTERS]


def _word(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
