"""Take one run back: every element that it touched returns to what it was before, unless somebody changed it since.

The undo is a run of its own, committed as one batch. Each attribute returns to the source that held it, so that later loads
reconcile as if the run had not been. What the run noted about itself stays, marked `undone`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from core.errors import IngestError
from core.failpoints import reach
from graph.history.events import deletion_of, order_of
from graph.history.ledger import Batch, Event, Ledger, RecordedEvent, Run, State
from graph.model import Operation, Properties
from graph.schema.model import Schema
from ingest.bookkeeping import run_element
from ingest.discrepancies import Discrepancies
from ingest.merge_record import MERGE, returner, sources_of
from ingest.precedence import KIND
from ingest.rehearsal import Difference, Rehearsal
from ingest.testimony import other_words, state_of

SOURCE = "undo"
UNDONE = "undone"


class UndoConflictError(IngestError):
    """What the run did was built upon since; `details` lists the conflicts."""

    code = "UNDO_CONFLICT"


class NotUndoableError(IngestError):
    """The run cannot be taken back: it is not finished, or it was taken back already."""

    code = "NOT_UNDOABLE"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An element that cannot be taken back, why, and the source that is in the way."""

    element: str
    kind: str
    name: str
    reason: str
    source: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "element": self.element,
            "kind": self.kind,
            "name": self.name,
            "reason": self.reason,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What an undo did, or would do. `difference` counts the changes; `conflicts` were left as they are."""

    run: str
    undone: str
    difference: Difference
    conflicts: tuple[Conflict, ...]
    sequence: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "undone": self.undone,
            "difference": self.difference.to_dict(),
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "sequence": self.sequence,
        }


@dataclass(slots=True)
class _Touched:
    """What a run did to one element, from its first event on it to its last."""

    first: RecordedEvent
    last: RecordedEvent


@dataclass(slots=True)
class _Plan:
    events: dict[str, Event] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)

    def restores(self, element: str) -> bool:
        """Whether an element that is gone comes back."""
        event = self.events.get(element)
        return event is not None and event.operation is Operation.CREATE

    def refuse(self, event: Event, reason: str, source: str) -> None:
        shown = event.after or event.before or {}
        name = next((str(shown[n]) for n in ("name", "number", "cve") if n in shown), event.element)
        self.conflicts[event.element] = Conflict(event.element, event.kind, name, reason, source)
        self.events.pop(event.element, None)


class Undo:
    """Takes runs of a ledger back."""

    def __init__(self, schema: Schema, ledger: Ledger, *, actor: str) -> None:
        self._schema = schema
        self._ledger = ledger
        self._actor = actor
        self._ignored = schema.bookkeeping_kinds | schema.bookkeeping_relations

    def run(self, name: str, *, keep_conflicts: bool = False, dry_run: bool = False) -> UndoReport:
        """Take back the run of that identifier, or an unambiguous beginning of one.

        With conflicts nothing is done, unless `keep_conflicts` leaves those elements as they are. Raises NotFoundError,
        NotUndoableError, UndoConflictError, LoadInProgressError, LedgerError.
        """
        target = self._ledger.find_run(name)
        if target.status == UNDONE or target.source == SOURCE:
            what = "was taken back already" if target.status == UNDONE else "is itself an undo: load the source again"
            raise NotUndoableError(
                f"run {target.id} {what}", where=target.location, hint="`jumeau ingest runs` lists runs"
            )
        sources = {target.source, *(sources_of(self._ledger, target.id) if target.source == MERGE else ())}
        with ExitStack() as stack:
            for source in sorted(sources):
                stack.enter_context(self._ledger.loading(source))
            plan = self._plan(target)
            if plan.conflicts and not keep_conflicts and not dry_run:
                raise self._conflict(target, list(plan.conflicts.values()))
            return self._carry_out(target, plan, dry_run=dry_run)

    # --- planning --------------------------------------------------------------------------------------------------

    def _plan(self, target: Run) -> _Plan:
        touched = self._touched(target)
        elements = list(touched)
        states, heads = self._ledger.states(elements), self._ledger.last_events(elements)
        former = self._ledger.recorded([t.first.previous for t in touched.values() if t.first.previous is not None])
        sources = self._sources(former)
        plan = _Plan()
        for element, pair in touched.items():
            if heads[element] != pair.last.sequence and not _is_as_left(states.get(element), pair.last, target.source):
                plan.refuse(pair.last.event, "changed since", self._source_of(heads[element]))
                continue
            before = None if pair.first.previous is None else former[pair.first.previous]
            undone = _back(states.get(element), before, sources)
            if undone is not None:
                plan.events[element] = undone
        self._keep_whole(plan, touched)
        return plan

    def _touched(self, target: Run) -> dict[str, _Touched]:
        found: dict[str, _Touched] = {}
        for batch in self._ledger.batches_of(target.id):
            for recorded in self._ledger.events(batch.first, batch.last):
                if recorded.event.kind in self._ignored:
                    continue
                known = found.get(recorded.event.element)
                if known is None:
                    found[recorded.event.element] = _Touched(recorded, recorded)
                else:
                    known.last = recorded
        return found

    def _keep_whole(self, plan: _Plan, touched: Mapping[str, _Touched]) -> None:
        """A node stays while a relation that stays needs it; a relation stays away where an end is missing."""
        gone = [e for e, event in plan.events.items() if not event.edge and event.operation is Operation.DELETE]
        simulated: list[State] = []
        for edge in self._ledger.edges_of(gone):
            undone = plan.events.get(edge.element)
            if (undone is not None and undone.operation is Operation.DELETE) or edge.kind in self._ignored:
                continue
            if edge.kind in self._schema.simulated_relations:
                simulated.append(edge)
                continue
            for end in (edge.start, edge.end):
                if end in plan.events and plan.events[end].operation is Operation.DELETE:
                    plan.refuse(touched[end].last.event, f"a {edge.kind} of it stays", edge.source)
        for edge in simulated:  # what a simulation said of an element goes with it
            if any((undone := plan.events.get(end or "")) and undone.after is None for end in (edge.start, edge.end)):
                plan.events[edge.element] = deletion_of(edge)
        wanted = [e for e in plan.events.values() if e.edge and e.operation is Operation.CREATE]
        present = self._ledger.kinds([end for e in wanted for end in (e.start, e.end) if end is not None])
        for event in wanted:
            for end in (event.start or "", event.end or ""):
                coming = plan.events.get(end)
                there = end in present if coming is None else coming.operation is not Operation.DELETE
                if not there:
                    plan.refuse(event, "an end of it is gone", "")

    def _sources(self, former: Mapping[int, RecordedEvent]) -> dict[int, str]:
        """The source behind each former event."""
        batches = self._batches({recorded.batch for recorded in former.values()})
        return {sequence: batches[recorded.batch].source for sequence, recorded in former.items()}

    def _source_of(self, sequence: int) -> str:
        recorded = self._ledger.recorded([sequence])[sequence]
        return self._batches({recorded.batch})[recorded.batch].source

    def _batches(self, numbers: set[int]) -> dict[int, Batch]:
        return self._ledger.batches_by_number(sorted(numbers))

    # --- carrying out ----------------------------------------------------------------------------------------------

    def _carry_out(self, target: Run, plan: _Plan, *, dry_run: bool) -> UndoReport:
        events = sorted(plan.events.values(), key=order_of)
        rehearsal = Rehearsal(self._ledger, self._schema)
        rehearsal.append(target, events)
        report = UndoReport(
            "", target.id, rehearsal.difference(), tuple(plan.conflicts.values()), self._ledger.sequence()
        )
        if dry_run:
            return report
        run = self._ledger.begin_run(SOURCE, self._actor, f"run {target.id}", target.id)
        marks = [*self._marks(target), *self._disagreements(events)]
        counters = {"created": 0, "updated": len(events), "unchanged": 0, "rejected": 0}
        statuses = {target.id: UNDONE, run.id: "complete"}
        also = returner(self._ledger, target.id, plan.restores) if target.source == MERGE else None
        _, last = self._ledger.append(run, [*events, *marks], counters=counters, statuses=statuses, also=also)
        reach("ingest.undo.committed")
        return UndoReport(run.id, target.id, report.difference, report.conflicts, last)

    def _marks(self, target: Run) -> Iterator[Event]:
        """The run's own node says that it was taken back."""
        element = run_element(target)
        state = self._ledger.states([element]).get(element)
        if state is not None and state.properties.get("status") != UNDONE:
            after = {**state.properties, "status": UNDONE}
            yield Event(Operation.UPDATE, element, False, state.kind, state.properties, after)

    def _disagreements(self, events: list[Event]) -> Iterator[Event]:
        """Where sources disagree again, or no more."""
        states = self._ledger.states([event.element for event in events if not event.edge])
        discrepancies = Discrepancies(self._schema)
        for event in events:
            if not event.edge:
                after = None if event.after is None else state_of(event, SOURCE)
                yield from discrepancies.changes(states.get(event.element), after)

    def _conflict(self, target: Run, conflicts: list[Conflict]) -> UndoConflictError:
        first = "; ".join(f"{c.kind} {c.name}: {c.reason}{c.source and f' by {c.source}'}" for c in conflicts[:3])
        return UndoConflictError(
            f"{len(conflicts)} elements of run {target.id} cannot be taken back: {first}",
            where=target.location,
            hint="--dry-run lists them; --keep-conflicts leaves them as they are and takes back the others",
            details={"conflicts": [conflict.to_dict() for conflict in conflicts[:100]]},
        )


def _is_as_left(state: State | None, last: RecordedEvent, source: str) -> bool:
    """Whether an element is as the run left it, whatever happened in between (a later run, taken back)."""
    left = last.event
    if state is None or left.after is None:
        return state is None and left.after is None
    return (state.kind, state.properties) == (left.kind, left.after) and _holders(
        state.properties, state.provenance, state.source, edge=state.edge
    ) == _holders(left.after, left.provenance, source, edge=left.edge)


def _holders(properties: Properties, provenance: Mapping[str, str], source: str, *, edge: bool) -> dict[str, str]:
    """The source that holds each attribute, and the kind of a node; and what other sources say."""
    names = [*properties] if edge else [*properties, KIND]
    return {**{name: provenance.get(name, source) for name in names}, **other_words(provenance)}


def _back(state: State | None, before: RecordedEvent | None, sources: Mapping[int, str]) -> Event | None:
    """The event that leads from the present state to what `before` left behind (nothing: no event, or a deletion)."""
    gone = before is None or before.event.operation is Operation.DELETE
    if state is None:
        if before is None or gone:
            return None
        return _restored(before, Operation.CREATE, None, None, sources)
    if before is None or gone:
        return deletion_of(state)
    reclassified = before.event.kind != state.kind
    operation = Operation.RECLASSIFY if reclassified else Operation.UPDATE
    return _restored(before, operation, state.properties, state.kind if reclassified else None, sources)


def _restored(
    before: RecordedEvent,
    operation: Operation,
    properties: Properties | None,
    previous_kind: str | None,
    sources: Mapping[int, str],
) -> Event:
    """An event with the state of a former one, each attribute held by the source that held it then."""
    former, source = before.event, sources[before.sequence]
    after = former.after or {}
    holders = _holders(after, former.provenance, source, edge=former.edge)
    return Event(
        operation,
        former.element,
        former.edge,
        former.kind,
        properties,
        after,
        former.start,
        former.end,
        holders,
        previous_kind,
    )
