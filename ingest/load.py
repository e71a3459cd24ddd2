"""Loads batches of assertions: validate, identify, reconcile, then one ledger batch with the reader's cursor.

A row is taken whole or not at all. While a run is resumed, rows that were committed before are only registered (`replay`), so
that duplicates and references among them are seen as in an undisturbed run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from time import perf_counter

from core.failpoints import reach
from core.ids import relation_id
from graph.history.ledger import Event, Run, State
from graph.history.sightings import packed
from graph.model import Operation, Scalar
from graph.schema.model import Schema
from graph.schema.records import RecordValidator
from ingest.assertion import EdgeAssertion, NodeAssertion, Place, Rejection, SeenRow, Told
from ingest.containment import RelationRules
from ingest.discrepancies import Discrepancies
from ingest.identity import KnownElements, NaturalKeys, element_of, reference_key, source_key
from ingest.matching import Matcher
from ingest.precedence import Precedence
from ingest.quarantine import Quarantine
from ingest.reconcile import Claim, Reconciler
from ingest.refusals import (
    ambiguous,
    bad_key,
    cyclic,
    dangling,
    duplicate,
    incomplete,
    is_key,
    keyless,
    refusal,
    too_many,
)
from ingest.report import COUNTERS, SHOWN_ROWS, RejectedRow
from ingest.retirement import SparedRows
from ingest.seen_rows import SeenRows
from ingest.settling import KeyedRow, Settlement
from ingest.target import LoadTarget
from ingest.testimony import state_of

Typed = dict[str, Scalar]


@dataclass(slots=True)
class _Batch:
    """What becomes of one batch."""

    events: list[Event] = field(default_factory=list)
    identities: dict[str, tuple[str, str]] = field(default_factory=dict)
    rejections: dict[Place, Rejection] = field(default_factory=dict)
    notes: list[Event] = field(default_factory=list)  # of where sources disagree: not counted
    unchanged: int = 0
    rows: dict[Place, list[str]] = field(
        default_factory=dict
    )  # those that may be known the next time, and what they tell

    def told(self, place: Place, element: str) -> None:
        """Note what a row tells."""
        self.rows.setdefault(place, []).append(element)

    def reject(self, rejection: Rejection) -> None:
        """Note a rejected row; reasons of the same row are put together."""
        former = self.rejections.get(rejection.place)
        if former is not None and rejection.reason not in former.reason:
            rejection = former._replace(reason=f"{former.reason}; {rejection.reason}")
        self.rejections[rejection.place] = rejection


class Loader:
    """Loads one run. Not thread-safe; `counters` and `stages` (seconds) grow as batches go through."""

    def __init__(
        self,
        schema: Schema,
        ledger: LoadTarget,
        run: Run,
        precedence: Precedence,
        quarantine: Quarantine,
        *,
        empty: bool,
        matcher: Matcher | None = None,
        seen: SeenRows | None = None,
    ) -> None:
        self.counters = {name: int(run.cursor.get("counters", {}).get(name, 0)) for name in COUNTERS}
        self.rejected: list[RejectedRow] = []
        self.stages: dict[str, float] = dict.fromkeys(("validate", "identify", "reconcile", "ledger"), 0.0)
        self._schema = schema
        self._ledger = ledger
        self._run = run
        self._source = run.source
        self._quarantine = quarantine
        self._validator = RecordValidator(schema)
        self._natural = NaturalKeys(schema)
        self._known = KnownElements(ledger, empty)
        self._matcher = None if empty else matcher
        self._seen = seen or SeenRows()
        self._held: list[list[KeyedRow]] = []
        self._rules = RelationRules(schema, ledger, empty=empty)
        self._reconciler = Reconciler(schema, run.source, precedence)
        self._discrepancies = Discrepancies(schema)
        self._required = {
            kind.name: frozenset(a.name for a in kind.attributes.values() if a.required)
            for kind in schema.concrete_kinds()
        }
        self._refused_rows: set[Place] = set()
        self.rows = 0  # of the last phase
        self.spared = SparedRows(run.source)

    def told(self) -> set[bytes]:
        """The elements that this run told, packed; rows before its cursor included."""
        return self._seen.elements.union(map(packed, self._known.told))

    def load(self, told: Sequence[Told], phase: str, rows: int, *, replay: bool = False) -> None:
        """Take one batch of a phase. `rows` is the number of rows of the phase up to its end.

        Raises LedgerError, ContradictedRowError before anything of the batch is committed.
        """
        batch = _Batch()
        self.rows = rows
        seen: list[SeenRow] = []
        nodes: list[NodeAssertion] = []
        edges: list[EdgeAssertion] = []
        for item in told:
            if isinstance(item, SeenRow):
                seen.append(item)
            elif isinstance(item, NodeAssertion):
                nodes.append(item)
            elif isinstance(item, EdgeAssertion):
                edges.append(item)
            elif item.place not in self._refused_rows:
                batch.reject(item)
        if seen:
            self._pass_over(seen, batch)
        if nodes:
            self._nodes(nodes, batch, shared=phase == "references", replay=replay)
        if edges and not replay:
            self._edges(edges, batch)
        elif edges:
            self._register_edges(edges, batch)
        self._note_refused(told, batch, phase)
        if not replay:
            self._note_taken(batch)
            self._commit(batch, phase, rows)

    def _pass_over(self, rows: list[SeenRow], batch: _Batch) -> None:
        """Rows that are known change nothing; those that were refused in a phase before are left alone."""
        if self._refused_rows:
            refused = [row for row in rows if row.place in self._refused_rows]
            self.spared.note_elements(self._seen.spared(refused))
            rows = [row for row in rows if row.place not in self._refused_rows]
        batch.unchanged += self._seen.pass_over(rows)

    def _note_taken(self, batch: _Batch) -> None:
        refused = [place for place in batch.rows if place in batch.rejections]
        for place in refused:
            del batch.rows[place]
        self._seen.take(batch.rows, (event.element for event in batch.events))
        self._seen.forget(batch.rejections)

    def _note_refused(self, told: Sequence[Told], batch: _Batch, phase: str) -> None:
        self.spared.note(told, batch.rejections.keys() | self._refused_rows)
        if phase != "relations":
            self._refused_rows.update(batch.rejections)
        for row in list(batch.rejections.values())[: SHOWN_ROWS - len(self.rejected)]:
            self.rejected.append(RejectedRow(str(row.place), row.code, row.reason, row.hint))

    # --- nodes -----------------------------------------------------------------------------------------------------

    def _nodes(self, told: list[NodeAssertion], batch: _Batch, *, shared: bool, replay: bool) -> None:
        started = perf_counter()
        valid = self._validated(told, batch)
        validated = perf_counter()
        known = self._known
        keyed = [(a, typed, self._keys(a, typed)) for a, typed in valid]
        known.look_up(key for _, _, keys in keyed for key in keys)
        states = {} if known.empty or replay else self._stored(keyed)
        identified = perf_counter()
        may_match = self._matcher is not None and not shared
        for place, rows in _by_place(keyed):
            if place in batch.rejections:
                continue
            if may_match and self._is_held(rows):
                self._held.append(rows)
                continue
            self._take_row(rows, batch, states, shared=shared, held=False)
        ended = perf_counter()
        self.stages["validate"] += validated - started
        self.stages["identify"] += identified - validated
        self.stages["reconcile"] += ended - identified

    def _stored(self, keyed: Sequence[KeyedRow]) -> Mapping[str, State]:
        """The present states of what these rows tell, as far as this run has not told it."""
        known = self._known
        elements = {known.keys[key] for _, _, keys in keyed for key in keys if key in known.keys}
        elements |= {known.matched[keys[-1]] for _, _, keys in keyed if keys and keys[-1] in known.matched}
        return self._ledger.states([e for e in elements if e in known.stored and e not in known.told])

    def _take_row(
        self,
        rows: list[KeyedRow],
        batch: _Batch,
        states: Mapping[str, State],
        *,
        shared: bool = False,
        held: bool = True,
    ) -> None:
        elements: list[str] = []
        for claim, keys, digest in self._claims(rows, batch, elements, shared=shared) or ():
            self._take(claim, keys, digest, batch, states.get(claim.element))
        if elements and not shared:
            batch.rows[rows[0][0].place] = elements
        if held:  # what it means was decided by what else there was
            self._seen.forget([rows[0][0].place])

    # --- nodes that another source may have told ---------------------------------------------------------------------

    def _is_held(self, rows: list[KeyedRow]) -> bool:
        """Whether a row waits until all nodes were read: its keys are new, and the twin has something that looks like it."""
        known, matcher = self._known.keys, self._matcher
        return matcher is not None and any(
            matcher.may_match(assertion.kind, typed)
            for assertion, typed, keys in rows
            if keys and not any(key in known for key in keys)
        )

    def settle(self, relations: Callable[[], Iterable[Told]], size: int, *, replay: bool = False) -> None:
        """Decide what the rows that waited mean, in batches of about `size`; `relations` tells where dependents run.

        Rows that cannot be decided are rejected, together in the last batch: it says that nodes are done. Raises LedgerError.
        """
        held, self._held = self._held, []
        if not held:
            return
        told = [assertion for rows in held for assertion, _, _ in rows]
        if replay:  # what is left of them was rejected before the run was taken up
            self._refused_rows.update(assertion.place for assertion in told)
            self.spared.note(told, self._refused_rows)
            return
        started = perf_counter()
        assert self._matcher is not None
        undecidable = Settlement(self._matcher, self._known, self._source).decide(held, relations)
        self.stages["identify"] += perf_counter() - started
        decided = [rows for rows in held if rows[0][0].place not in undecidable]
        for at in range(0, len(decided), size):
            batch, part = _Batch(), decided[at : at + size]
            states = self._stored([item for rows in part for item in rows])
            for rows in part:
                self._take_row(rows, batch, states)
            self._note_refused(told, batch, "nodes")
            self._note_taken(batch)
            self._commit(batch, "nodes", self.rows)
        last = _Batch()
        for rejection in undecidable.values():
            last.reject(rejection)
        self._note_refused(told, last, "nodes")
        self._commit(last, "references", 0)

    def _validated(self, told: list[NodeAssertion], batch: _Batch) -> list[tuple[NodeAssertion, Typed]]:
        validate, refused = self._validator.node, self._refused_rows
        valid = []
        for assertion in told:
            if refused and assertion.place in refused:
                continue
            typed, problems = validate(assertion.kind, assertion.values, complete=False)
            if problems:
                batch.reject(refusal(assertion, problems))
            elif not is_key(assertion.key):
                batch.reject(bad_key(assertion))
            else:
                valid.append((assertion, typed))
        return valid

    def _keys(self, assertion: NodeAssertion, typed: Typed) -> list[str]:
        keys = self._natural.of(assertion.kind, typed)
        if assertion.key is not None:
            keys.append(source_key(self._source, assertion.space, assertion.key))
        return keys

    def _claims(
        self,
        rows: list[tuple[NodeAssertion, Typed, list[str]]],
        batch: _Batch,
        elements: list[str],
        *,
        shared: bool,
    ) -> list[tuple[Claim, list[str], int]] | None:
        """The claims of one row, or None where it is refused; counts what was told before in this run.

        `elements` takes all that the row tells.
        """
        known = self._known
        claims: list[tuple[Claim, list[str], int]] = []
        unchanged = 0
        for assertion, typed, keys in rows:
            found = {known.keys[key] for key in keys if key in known.keys}
            if not found and keys and keys[-1] in known.matched:
                found = {known.matched[keys[-1]]}
            rejection = None
            if not keys:
                rejection = keyless(assertion, self._schema)
            elif len(found) > 1:
                rejection = ambiguous(assertion, sorted(found))
            if rejection is not None:
                batch.reject(rejection)
                return None
            element = found.pop() if found else element_of(keys[0])
            digest = hash((assertion.kind, frozenset(typed.items())))
            elements.append(element)
            if shared and self._seen.passed(element):
                self._register(keys, element, assertion.kind, batch)
                continue
            told = known.told.get(element)
            if told is not None:
                if told != digest and not shared:
                    batch.reject(duplicate(assertion, keys[-1]))
                    return None
                self._register(keys, element, assertion.kind, batch)
                unchanged += not shared
                continue
            required = self._required[assertion.kind] - typed.keys()
            if required and (element not in known.kinds or required & assertion.spoken):
                batch.reject(incomplete(assertion, sorted(required)))
                return None
            claims.append((Claim(element, False, assertion.kind, typed, assertion.spoken), keys, digest))
        batch.unchanged += unchanged
        return claims

    def _take(self, claim: Claim, keys: list[str], digest: int, batch: _Batch, state: State | None) -> None:
        known, element = self._known, claim.element
        known.told[element] = digest
        self._register(keys, element, claim.kind, batch)
        event = self._reconciler.event(state, claim)
        if event is not None and event.operation is Operation.RECLASSIFY:
            known.kinds[element] = event.kind
        else:
            known.kinds.setdefault(element, claim.kind)
        if event is None:
            batch.unchanged += 1
            return
        batch.events.append(event)
        if state is not None and (event.provenance or state.provenance):
            batch.notes.extend(self._discrepancies.changes(state, state_of(event, self._source)))
        if event.operation is Operation.RECLASSIFY:
            batch.events.extend(list(self._impossible_relations(event, batch)))

    def _register(self, keys: list[str], element: str, kind: str, batch: _Batch) -> None:
        known = self._known.keys
        for key in keys:
            if key not in known:
                known[key] = element
                batch.identities[key] = (element, kind)

    def _impossible_relations(self, event: Event, batch: _Batch) -> Iterable[Event]:
        """Relations that the new kind of a node does not allow end with its old kind."""
        ended = {former.element for former in batch.events}
        relations = [edge for edge in self._ledger.edges_of([event.element]) if edge.element not in ended]
        others = [end for edge in relations for end in (edge.start, edge.end) if end is not None]
        kinds = {**self._ledger.kinds(others), **self._known.kinds, event.element: event.kind}
        for edge in relations:
            if (kinds.get(edge.start or ""), kinds.get(edge.end or "")) not in self._schema.pairs[edge.kind]:
                yield Event(
                    Operation.DELETE, edge.element, True, edge.kind, edge.properties, None, edge.start, edge.end
                )

    # --- relations -------------------------------------------------------------------------------------------------

    def _edges(self, told: list[EdgeAssertion], batch: _Batch) -> None:
        started = perf_counter()
        claims = list(self._edge_claims(told, batch))
        identified = perf_counter()
        known = self._known
        states: Mapping[str, State] = {}
        if not known.empty:
            states = self._ledger.states([claim.element for _, claim in claims if claim.element not in known.told])
        for assertion, claim in claims:
            digest = hash(frozenset(claim.values.items()))
            former = known.told.get(claim.element)
            if former is not None:
                if former == digest:
                    batch.unchanged += 1
                    batch.told(assertion.place, claim.element)
                else:
                    batch.reject(duplicate(assertion, f"{assertion.start} -> {assertion.end}"))
                continue
            state = states.get(claim.element)
            if state is None and self._rules.watches(claim.kind):
                rejection = self._forbidden(assertion, claim)
                if rejection is not None:
                    batch.reject(rejection)
                    continue
                self._rules.add(claim.kind, claim.start or "", claim.end or "")
            known.told[claim.element] = digest
            batch.told(assertion.place, claim.element)
            event = self._reconciler.event(state, claim)
            if event is None:
                batch.unchanged += 1
            else:
                batch.events.append(event)
        self.stages["identify"] += identified - started
        self.stages["reconcile"] += perf_counter() - identified

    def _edge_claims(self, told: list[EdgeAssertion], batch: _Batch) -> Iterator[tuple[EdgeAssertion, Claim]]:
        known, source, refused = self._known, self._source, self._refused_rows
        known.look_up(reference_key(source, end) for edge in told for end in (edge.start, edge.end))
        for edge in told:
            if refused and edge.place in refused:
                continue
            start, end = known.resolve(source, edge.start), known.resolve(source, edge.end)
            if start is None or end is None:
                batch.reject(dangling(edge, edge.start if start is None else edge.end))
                continue
            typed, problems = self._validator.edge(edge.type, known.kinds[start], known.kinds[end], edge.values)
            if problems:
                batch.reject(refusal(edge, problems))
                continue
            yield edge, Claim(relation_id(edge.type, start, end), True, edge.type, typed, edge.spoken, start, end)

    def _register_edges(self, told: list[EdgeAssertion], batch: _Batch) -> None:
        """Remember relations that were committed before this run was taken up again."""
        for _, claim in self._edge_claims(told, batch):
            self._known.told.setdefault(claim.element, hash(frozenset(claim.values.items())))

    def _forbidden(self, edge: EdgeAssertion, claim: Claim) -> Rejection | None:
        start, end = claim.start or "", claim.end or ""
        kinds = self._known.kinds
        cycle = self._rules.cycle(claim.kind, start, end, kinds[start], kinds[end])
        if cycle:
            return cyclic(edge, claim, self._names(cycle))
        excess = self._rules.excess(claim.kind, start, end)
        return too_many(edge, excess) if excess else None

    def _names(self, elements: list[str]) -> list[str]:
        states = self._ledger.states(list(dict.fromkeys(elements)))
        return [str(states[e].properties.get("name", e)) if e in states else e for e in elements]

    # --- commit ----------------------------------------------------------------------------------------------------

    def _commit(self, batch: _Batch, phase: str, rows: int) -> None:
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
        self._ledger.append(
            self._run,
            events,
            identities=batch.identities,
            cursor={"phase": phase, "rows": rows, "counters": self.counters},
            counters=self.counters,
            also=self._quarantine.keeper(self._run, rejections) if rejections else None,
        )
        reach("ingest.batch.committed")
        self.stages["ledger"] += perf_counter() - started


def _by_place(
    keyed: list[KeyedRow],
) -> Iterator[tuple[Place, list[KeyedRow]]]:
    return ((place, list(rows)) for place, rows in groupby(keyed, key=lambda item: itemgetter(0)(item).place))
