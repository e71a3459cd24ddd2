"""Loads batches of assertions: validate, identify, reconcile, then one ledger batch with the reader's cursor.

A row is taken whole or not at all. While a run is resumed, rows that were committed before are only registered (`replay`), so
that duplicates and references among them are seen as in an undisturbed run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter

from core.failpoints import reach
from graph.history.ledger import Run
from graph.history.sightings import one_by_one, packed
from graph.model import Operation
from graph.schema.model import Schema
from graph.schema.records import RecordValidator
from ingest.assertion import EdgeAssertion, NodeAssertion, PassedRows, Place, Told
from ingest.identity import KnownElements
from ingest.load_edges import EdgeLoader
from ingest.load_nodes import NodeLoader
from ingest.load_state import Batch, LoadState
from ingest.matching import Matcher
from ingest.precedence import Precedence
from ingest.quarantine import Quarantine
from ingest.reconcile import Reconciler
from ingest.report import COUNTERS, SHOWN_ROWS, RejectedRow
from ingest.retirement import SparedRows
from ingest.seen_rows import SeenRows
from ingest.target import LoadTarget


class Loader:
    """Loads one run. Not thread-safe; `counters` and `stages` (seconds) grow as batches go through.

    `known_to` is the ledger's sequence number when it was `empty` but for what the run has written.
    """

    def __init__(
        self,
        schema: Schema,
        ledger: LoadTarget,
        run: Run,
        precedence: Precedence,
        quarantine: Quarantine,
        *,
        empty: bool,
        known_to: int = 0,
        matcher: Matcher | None = None,
        seen: SeenRows | None = None,
    ) -> None:
        self.counters = {name: int(run.cursor.get("counters", {}).get(name, 0)) for name in COUNTERS}
        self.rejected: list[RejectedRow] = []
        self.rows = 0  # of the last phase
        self.spared = SparedRows(run.source)
        self._known_to = known_to
        self._run = run
        self._quarantine = quarantine
        self._state = state = LoadState(
            schema,
            ledger,
            run.source,
            KnownElements(ledger, empty),
            seen or SeenRows(),
            RecordValidator(schema),
            Reconciler(schema, run.source, precedence),
        )
        self._nodes = NodeLoader(state, None if empty else matcher)
        self._edges = EdgeLoader(state)

    @property
    def stages(self) -> dict[str, float]:
        """Seconds by stage, so far."""
        return self._state.stages

    def told(self) -> set[bytes]:
        """The elements that this run told, packed; rows before its cursor included."""
        return self._state.seen.elements.union(map(packed, self._state.known.told))

    def load(self, told: Sequence[Told], phase: str, rows: int, *, replay: bool = False) -> None:
        """Take one batch of a phase. `rows` is the number of rows of the phase up to its end.

        Raises LedgerError, ContradictedRowError before anything of the batch is committed.
        """
        batch = Batch()
        self.rows = rows
        if not self._state.known.empty:  # what is there is asked batch by batch
            self._known_to = self._state.ledger.sequence()
        seen: list[PassedRows] = []
        nodes: list[NodeAssertion] = []
        edges: list[EdgeAssertion] = []
        for item in told:
            if isinstance(item, EdgeAssertion):
                edges.append(item)
            elif isinstance(item, NodeAssertion):
                nodes.append(item)
            elif isinstance(item, PassedRows):
                seen.append(item)
            elif item.place not in self._state.refused:
                batch.reject(item)
        if seen:
            self._pass_over(seen, batch)
        if nodes:
            self._nodes.take(nodes, batch, shared=phase == "references", replay=replay)
        if edges and not replay:
            self._edges.take(edges, batch)
        elif edges:
            self._edges.register(edges, batch)
        self._note_refused(told, batch, phase)
        if not replay:
            self._note_taken(batch)
            self._commit(batch, phase, rows)

    def _pass_over(self, rows: list[PassedRows], batch: Batch) -> None:
        """Rows that are known change nothing; those that were refused in a phase before are left alone."""
        refused = self._state.refused
        if refused:
            files = {place.file for place in refused}
            rows = [part for some in rows for part in (self._unrefused(some) if some.file in files else (some,))]
        batch.unchanged += self._state.seen.pass_over(rows)

    def _unrefused(self, rows: PassedRows) -> Iterator[PassedRows]:
        """The rows but for those that were refused, whose elements are spared."""
        file, positions, digests, elements = rows
        for position, digest, told in zip(positions, digests, elements, strict=True):
            if Place(file, position) in self._state.refused:
                self.spared.note_elements(set(one_by_one(told)))
            else:
                yield PassedRows(file, (position,), (digest,), (told,))

    def _note_taken(self, batch: Batch) -> None:
        if batch.rejections:
            for place in [place for place in batch.rows if place in batch.rejections]:
                del batch.rows[place]
        self._state.seen.take(batch.rows, (event.element for event in batch.events))
        self._state.seen.forget(batch.rejections)

    def _note_refused(self, told: Sequence[Told], batch: Batch, phase: str) -> None:
        self.spared.note(told, batch.rejections.keys() | self._state.refused)
        if phase != "relations":
            self._state.refused.update(batch.rejections)
        for row in list(batch.rejections.values())[: SHOWN_ROWS - len(self.rejected)]:
            self.rejected.append(RejectedRow(str(row.place), row.code, row.reason, row.hint))

    def settle(self, relations: Callable[[], Iterable[Told]], size: int, *, replay: bool = False) -> None:
        """Decide what the rows that waited mean, in batches of about `size`; `relations` tells where dependents run.

        Rows that cannot be decided are rejected, together in the last batch: it says that nodes are done. Raises LedgerError.
        """
        if replay:  # what is left of them was rejected before the run was taken up
            told = self._nodes.give_up()
            self._state.refused.update(assertion.place for assertion in told)
            self.spared.note(told, self._state.refused)
            return
        told, parts, undecidable = self._nodes.settle(relations, size)
        for take in parts:
            batch = Batch()
            take(batch)
            self._note_refused(told, batch, "nodes")
            self._note_taken(batch)
            self._commit(batch, "nodes", self.rows)
        if told:
            last = Batch()
            for rejection in undecidable:
                last.reject(rejection)
            self._note_refused(told, last, "nodes")
            self._commit(last, "references", 0)

    def _commit(self, batch: Batch, phase: str, rows: int) -> None:
        started = perf_counter()
        rejections = list(batch.rejections.values())
        created = sum(event.operation is Operation.CREATE for event in batch.events)
        self.counters["created"] += created
        self.counters["updated"] += len(batch.events) - created
        self.counters["unchanged"] += batch.unchanged
        self.counters["rejected"] += len(rejections)
        events = [*batch.events, *batch.notes] if batch.notes else batch.events
        if rejections:
            events = [*events, *self._quarantine.events(rejections)]
        reach("ingest.batch.ready")
        first, last = self._state.ledger.append(
            self._run,
            events,
            identities=batch.identities,
            cursor={"phase": phase, "rows": rows, "counters": self.counters},
            counters=self.counters,
            known_to=self._known_to,
            also=self._quarantine.keeper(self._run, rejections) if rejections else None,
        )
        if first == self._known_to + 1:
            self._known_to = last
        reach("ingest.batch.committed")
        self._state.stages["ledger"] += perf_counter() - started
