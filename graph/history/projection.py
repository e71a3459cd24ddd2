"""From the ledger to a graph backend: net deltas, applied exactly once, data and watermark in one transaction.

A crash between ledger and backend needs no repair of its own: the next `catch_up` applies what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

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


class Projector:
    """Keeps one backend up to date with one ledger."""

    def __init__(self, ledger: Ledger, repository: GraphRepository) -> None:
        self._ledger = ledger
        self._repository = repository
        self._perimeters = Perimeters(ledger, repository.schema, self._kinds_of)
        self._size = int(getattr(repository, "preferred_delta_size", DELTA_EVENTS))
        self._kinds: dict[str, str] = {}  # of the nodes that went through this projector

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
        delta = net_delta(first, last, events, self._kinds_of)
        self._kinds.update((change.id, change.kind) for change in delta.nodes)
        return self._perimeters.complete(delta)

    def _kinds_of(self, nodes: Sequence[str]) -> dict[str, str]:
        """The kinds that nodes have in the backend; of those that it was given before, as it was given them."""
        known = self._kinds
        unknown = [node for node in nodes if node not in known]
        found = self._ledger.kinds(unknown) if unknown else {}
        return found | {node: known[node] for node in nodes if node in known}


def net_delta(
    first: int, last: int, events: Iterable[Event], kinds: Callable[[list[str]], dict[str, str]]
) -> GraphDelta:
    """Fold events into at most one change per element. `kinds` finds kinds of nodes that the stretch does not name."""
    firsts: dict[str, Event] = {}
    lasts: dict[str, Event] = {}
    for item in events:
        firsts.setdefault(item.element, item)
        lasts[item.element] = item
    nodes: list[NodeChange] = []
    edges: list[tuple[Operation, Event]] = []
    named: dict[str, str] = {}
    for element, last_event in lasts.items():
        first_event = firsts[element]
        created, deleted = first_event.operation is Operation.CREATE, last_event.operation is Operation.DELETE
        if created and deleted:
            continue  # created and deleted within the stretch: the backend never sees it
        before = _kind_before(first_event)
        if created:
            operation = Operation.CREATE
        elif deleted:
            operation = Operation.DELETE
        else:
            operation = Operation.UPDATE if before == last_event.kind else Operation.RECLASSIFY
        if last_event.edge:
            edges.append((operation, last_event))
            continue
        kind = named[element] = before if deleted else last_event.kind
        properties: Properties = {} if deleted else (last_event.after or {})
        previous = before if operation is Operation.RECLASSIFY else None
        nodes.append(NodeChange(operation, element, kind, properties, previous))
    missing = {end for _, e in edges for end in (e.start, e.end) if end is not None and end not in named}
    named.update(kinds(sorted(missing)))
    return GraphDelta(first, last, nodes, [_edge_change(operation, event, named) for operation, event in edges])


def _kind_before(event: Event) -> str:
    return event.previous_kind or event.kind


def _edge_change(operation: Operation, event: Event, kinds: dict[str, str]) -> EdgeChange:
    start, end = event.start or "", event.end or ""
    properties: Properties = {} if operation is Operation.DELETE else (event.after or {})
    return EdgeChange(
        operation, event.element, event.kind, start, end, properties, kinds.get(start, ""), kinds.get(end, "")
    )
