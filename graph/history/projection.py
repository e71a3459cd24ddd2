"""From the ledger to a graph backend: net deltas, applied exactly once, data and watermark in one transaction.

A crash between ledger and backend needs no repair of its own: the next `catch_up` applies what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from core.errors import BackendError
from core.failpoints import reach
from graph.history.events import Outcome
from graph.history.ledger import Ledger
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
        delta = net_delta(first, last, self._ledger.outcomes(first, last), self._kinds_of)
        self._kinds.update((change.id, change.kind) for change in delta.nodes)
        return self._perimeters.complete(delta)

    def _kinds_of(self, nodes: Sequence[str]) -> dict[str, str]:
        """The kinds that nodes have in the backend; of those that it was given before, as it was given them."""
        known = self._kinds
        unknown = [node for node in nodes if node not in known]
        found = self._ledger.kinds(unknown) if unknown else {}
        return found | {node: known[node] for node in nodes if node in known}


def net_delta(
    first: int, last: int, outcomes: Iterable[Outcome], kinds: Callable[[list[str]], dict[str, str]]
) -> GraphDelta:
    """Fold what events did into at most one change per element. `kinds` finds kinds of nodes that the stretch does not name."""
    told = list(outcomes)
    lasts = {item.element: item for item in told}
    firsts = lasts
    if len(lasts) < len(told):  # an element was changed more than once
        firsts = {item.element: item for item in reversed(told)}
    nodes: list[NodeChange] = []
    edges: list[tuple[Operation, Outcome]] = []
    named: dict[str, str] = {}
    for element, end in lasts.items():
        begin = firsts[element]
        created, deleted = begin.operation is Operation.CREATE, end.operation is Operation.DELETE
        if created and deleted:
            continue  # created and deleted within the stretch: the backend never sees it
        before = begin.previous_kind or begin.kind
        if created:
            operation = Operation.CREATE
        elif deleted:
            operation = Operation.DELETE
        else:
            operation = Operation.UPDATE if before == end.kind else Operation.RECLASSIFY
        if end.edge:
            edges.append((operation, end))
            continue
        kind = named[element] = before if deleted else end.kind
        properties: Properties = {} if deleted else (end.after or {})
        previous = before if operation is Operation.RECLASSIFY else None
        nodes.append(NodeChange(operation, element, kind, properties, previous))
    missing = {node for _, e in edges for node in (e.start, e.end) if node is not None and node not in named}
    named.update(kinds(list(missing)))
    return GraphDelta(first, last, nodes, [_edge_change(operation, outcome, named) for operation, outcome in edges])


def _edge_change(operation: Operation, outcome: Outcome, kinds: dict[str, str]) -> EdgeChange:
    start, end = outcome.start or "", outcome.end or ""
    properties: Properties = {} if operation is Operation.DELETE else (outcome.after or {})
    return EdgeChange(
        operation, outcome.element, outcome.kind, start, end, properties, kinds.get(start, ""), kinds.get(end, "")
    )
