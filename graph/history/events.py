"""What the ledger holds, as values: events, the batches they were committed in, runs, and the state they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from graph.model import Operation, Properties

_NOBODY: Mapping[str, str] = MappingProxyType({})


class Event(NamedTuple):
    """One change of one element, with its whole old and new state.

    `kind` is the relation type for an edge; `previous_kind` is set by a reclassification only. A tuple, because a load makes
    one per row.
    """

    operation: Operation
    element: str
    edge: bool
    kind: str
    before: Properties | None
    after: Properties | None
    start: str | None = None
    end: str | None = None
    provenance: Mapping[str, str] = _NOBODY
    previous_kind: str | None = None

    def outcome(self) -> Outcome:
        """What it did to its element."""
        return Outcome(
            self.operation, self.element, self.edge, self.kind, self.previous_kind, self.start, self.end, self.after
        )


class Outcome(NamedTuple):
    """What an event did to its element, without what that was before and who said so: all that a backend is told.

    A tuple, because a first load makes one per row beside the load itself.
    """

    operation: Operation
    element: str
    edge: bool
    kind: str
    previous_kind: str | None
    start: str | None
    end: str | None
    after: Properties | None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its place in the order, and the place of the element's event before it."""

    sequence: int
    batch: int
    event: Event
    previous: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that were committed together, and who did."""

    number: int
    run: str
    source: str
    actor: str
    first: int
    last: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """The present state of an element, and the sequence number of the event that gave it."""

    element: str
    edge: bool
    kind: str
    properties: Properties
    provenance: Mapping[str, str]
    sequence: int
    start: str | None = None
    end: str | None = None
    source: str = ""  # of the run that wrote the last event


@dataclass(frozen=True, slots=True)
class Run:
    """One load of one source. `cursor` is where its last committed batch left the reader ({} before the first)."""

    id: str
    source: str
    actor: str
    location: str
    fingerprint: str
    started_at: datetime
    status: str
    cursor: Mapping[str, Any] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)


def deletion_of(state: State) -> Event:
    """The event that ends an element as it is."""
    return Event(
        Operation.DELETE, state.element, state.edge, state.kind, state.properties, None, state.start, state.end
    )


def order_of(event: Event) -> int:
    """Where an event stands in a batch: relations go before their nodes and come after them."""
    gone = event.operation is Operation.DELETE
    return (0 if event.edge else 1) if gone else (3 if event.edge else 2)
