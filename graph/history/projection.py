"""From the ledger to a graph backend: net deltas, applied exactly once, data and watermark in one transaction.

A crash between ledger and backend needs no repair of its own: the next `catch_up` applies what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from core.errors import BackendError
from core.failpoints import reach
from graph.history.ledger import Event, Ledger
from graph.history.perimeters import Perimeters
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation, Properties
from graph.repository import GraphRepository

DELTA_EVENTS = 100_000
"""Events per delta where the backend has no preference: bulk copies want few, large ones; memory wants them bounded."""

Progress = Callable[[int, int], None]
"""Called with (sequence applied, sequence wanted)."""


class BackendAheadError(BackendError):
    """The backend has applied events that this ledger does not hold."""

    code = "BACKEND_AHEAD"


@dataclass(frozen=True, slots=True)
class _Net:
    """What became of one element over a stretch of events: its first old state and its last new state."""

    before: Event | None  # None: did not exist before the stretch
    after: Event | None  # None: does not exist after it


class Projector:
    """Keeps one backend up to date with one ledger."""

    def __init__(self, ledger: Ledger, repository: GraphRepository) -> None:
        self._ledger = ledger
        self._repository = repository
        self._perimeters = Perimeters(ledger, repository.schema)
        self._size = int(getattr(repository, "preferred_delta_size", DELTA_EVENTS))

    def catch_up(self, progress: Progress | None = None) -> int:
        """Apply every event that the backend has not seen; returns the sequence reached. Raises BackendError."""
        applied, wanted = self._repository.watermark(), self._ledger.sequence()
        if applied > wanted:
            raise BackendAheadError(
                f"the backend is at sequence {applied}, the ledger at {wanted}",
                where=self._repository.url,
                hint="it belongs to another ledger, or the ledger was restored from a backup: `jumeau graph rebuild`",
            )
        for first, last in self._stretches(applied):
            delta = self._delta(first, last)
            reach("projection.apply.before")
            self._repository.apply(delta)
            reach("projection.apply.after")
            applied = last
            if progress is not None:
                progress(applied, wanted)
        return applied

    def _stretches(self, after: int) -> Iterator[tuple[int, int]]:
        """Consecutive ranges of whole batches, each of about the preferred size; none ends before the last migration."""
        first = after + 1
        last = after
        migrated = self._ledger.migrated_to()
        for _, start, end in self._ledger.batches(after):
            if end < start:
                continue
            if last >= max(first, migrated) and end - first + 1 > self._size:
                yield first, last
                first = last + 1
            last = end
        if last >= first:
            yield first, last

    def _delta(self, first: int, last: int) -> GraphDelta:
        events = (recorded.event for recorded in self._ledger.events(first, last))
        return self._perimeters.complete(net_delta(first, last, events, self._ledger.kinds))


def net_delta(
    first: int, last: int, events: Iterable[Event], kinds: Callable[[list[str]], dict[str, str]]
) -> GraphDelta:
    """Fold events into at most one change per element. `kinds` finds kinds of nodes that the stretch does not name."""
    nets: dict[str, _Net] = {}
    for item in events:
        known = nets.get(item.element)
        before = known.before if known else (None if item.operation is Operation.CREATE else item)
        nets[item.element] = _Net(before, None if item.operation is Operation.DELETE else item)
    nodes: list[NodeChange] = []
    edges: list[tuple[Operation, Event]] = []
    named: dict[str, str] = {}
    for element, net in nets.items():
        last_known = net.after or net.before
        if last_known is None:
            continue  # created and deleted within the stretch: the backend never sees it
        event, operation = last_known, _operation(net)
        if event.edge:
            edges.append((operation, event))
            continue
        named[element] = event.kind
        properties: Properties = {} if net.after is None else (event.after or {})
        previous = _kind_before(net.before) if operation is Operation.RECLASSIFY and net.before else None
        nodes.append(NodeChange(operation, element, event.kind, properties, previous))
    missing = {end for _, e in edges for end in (e.start, e.end) if end is not None and end not in named}
    named.update(kinds(sorted(missing)))
    return GraphDelta(first, last, nodes, [_edge_change(operation, event, named) for operation, event in edges])


def _operation(net: _Net) -> Operation:
    if net.before is None:
        return Operation.CREATE
    if net.after is None:
        return Operation.DELETE
    return Operation.RECLASSIFY if _kind_before(net.before) != net.after.kind else Operation.UPDATE


def _kind_before(event: Event) -> str:
    return event.previous_kind or event.kind


def _edge_change(operation: Operation, event: Event, kinds: dict[str, str]) -> EdgeChange:
    start, end = event.start or "", event.end or ""
    properties: Properties = {} if operation is Operation.DELETE else (event.after or {})
    return EdgeChange(
        operation, event.element, event.kind, start, end, properties, kinds.get(start, ""), kinds.get(end, "")
    )
