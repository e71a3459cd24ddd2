"""Nodes of a batch: validated, identified, reconciled. A row is taken whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from time import perf_counter

from graph.history.events import deletion_of
from graph.history.ledger import Event, State
from graph.model import Operation, Scalar
from ingest.assertion import NodeAssertion, Place, Rejection, Told
from ingest.discrepancies import Discrepancies
from ingest.identity import NaturalKeys, element_of, source_key
from ingest.load_state import Batch, LoadState, States
from ingest.matching import Matcher
from ingest.reconcile import Claim
from ingest.refusals import ambiguous, bad_key, duplicate, incomplete, is_key, keyless, refusal
from ingest.seen_rows import ContradictedRowError
from ingest.settling import KeyedRow, Settlement
from ingest.testimony import state_of

Typed = dict[str, Scalar]


class NodeLoader:
    """Takes the nodes that rows tell into batches. Not thread-safe."""

    def __init__(self, state: LoadState, matcher: Matcher | None) -> None:
        schema = state.schema
        self._state = state
        self._matcher = matcher
        self._natural = NaturalKeys(schema)
        self._discrepancies = Discrepancies(schema)
        self._required = {
            kind.name: frozenset(a.name for a in kind.attributes.values() if a.required)
            for kind in schema.concrete_kinds()
        }
        self._held: list[list[KeyedRow]] = []

    def take(self, told: list[NodeAssertion], batch: Batch, *, shared: bool, replay: bool) -> None:
        """Take nodes into a batch. `shared`: many rows tell them; `replay`: they were committed before."""
        started = perf_counter()
        valid = self._validated(told, batch)
        validated = perf_counter()
        known = self._state.known
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
        self._state.stages["validate"] += validated - started
        self._state.stages["identify"] += identified - validated
        self._state.stages["reconcile"] += ended - identified

    def settle(
        self, relations: Callable[[], Iterable[Told]], size: int
    ) -> tuple[list[NodeAssertion], list[Callable[[Batch], None]], list[Rejection]]:
        """Decide what the rows mean that waited until all nodes were read; `relations` tells where dependents run.

        All that waited, what takes the decided ones into batches of about `size`, and rejections of the others.
        """
        held, self._held = self._held, []
        if not held:
            return [], [], []
        started = perf_counter()
        assert self._matcher is not None
        state = self._state
        undecidable = Settlement(self._matcher, state.known, state.source).decide(held, relations)
        state.stages["identify"] += perf_counter() - started
        decided = [rows for rows in held if rows[0][0].place not in undecidable]
        parts: list[Callable[[Batch], None]] = [
            partial(self._take_held, decided[at : at + size]) for at in range(0, len(decided), size)
        ]
        return [assertion for rows in held for assertion, _, _ in rows], parts, list(undecidable.values())

    def give_up(self) -> list[NodeAssertion]:
        """What waited, where it was decided before the run was taken up; it waits no longer."""
        held, self._held = self._held, []
        return [assertion for rows in held for assertion, _, _ in rows]

    def _take_held(self, held: list[list[KeyedRow]], batch: Batch) -> None:
        states = self._stored([item for rows in held for item in rows])
        for rows in held:
            self._take_row(rows, batch, states)

    def _stored(self, keyed: Sequence[KeyedRow]) -> States:
        """The present states of what these rows tell, as far as this run has not told it."""
        known = self._state.known
        elements = {known.keys[key] for _, _, keys in keyed for key in keys if key in known.keys}
        elements |= {known.matched[keys[-1]] for _, _, keys in keyed if keys and keys[-1] in known.matched}
        return self._state.ledger.states([e for e in elements if e in known.stored and e not in known.told])

    def _take_row(
        self,
        rows: list[KeyedRow],
        batch: Batch,
        states: States,
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
            self._state.seen.forget([rows[0][0].place])

    def _is_held(self, rows: list[KeyedRow]) -> bool:
        """Whether a row waits until all nodes were read: its keys are new, and the twin has something that looks like it."""
        known, matcher = self._state.known.keys, self._matcher
        return matcher is not None and any(
            matcher.may_match(assertion.kind, typed)
            for assertion, typed, keys in rows
            if keys and not any(key in known for key in keys)
        )

    def _validated(self, told: list[NodeAssertion], batch: Batch) -> list[tuple[NodeAssertion, Typed]]:
        validate, refused = self._state.validator.node, self._state.refused
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
            keys.append(source_key(self._state.source, assertion.space, assertion.key))
        return keys

    def _claims(
        self,
        rows: list[tuple[NodeAssertion, Typed, list[str]]],
        batch: Batch,
        elements: list[str],
        *,
        shared: bool,
    ) -> list[tuple[Claim, list[str], int]] | None:
        """The claims of one row, or None where it is refused; counts what was told before in this run.

        `elements` takes all that the row tells.
        """
        known = self._state.known
        by_key = known.keys
        claims: list[tuple[Claim, list[str], int]] = []
        unchanged = 0
        for assertion, typed, keys in rows:
            found = {by_key[key] for key in keys if key in by_key}
            if not found and keys and keys[-1] in known.matched:
                found = {known.matched[keys[-1]]}
            rejection = None
            if not keys:
                rejection = keyless(assertion, self._state.schema)
            elif len(found) > 1:
                rejection = ambiguous(assertion, sorted(found))
            if rejection is not None:
                batch.reject(rejection)
                return None
            element = found.pop() if found else element_of(keys[0])
            digest = hash((assertion.kind, frozenset(typed.items())))
            elements.append(element)
            if self._state.seen.passed(element):
                if not shared:
                    raise ContradictedRowError
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

    def _take(self, claim: Claim, keys: list[str], digest: int, batch: Batch, state: State | None) -> None:
        known, element = self._state.known, claim.element
        known.told[element] = digest
        self._register(keys, element, claim.kind, batch)
        event = self._state.reconciler.event(state, claim)
        if event is not None and event.operation is Operation.RECLASSIFY:
            known.kinds[element] = event.kind
        else:
            known.kinds.setdefault(element, claim.kind)
        if event is None:
            batch.unchanged += 1
            return
        batch.events.append(event)
        if state is not None and (event.provenance or state.provenance):
            batch.notes.extend(self._discrepancies.changes(state, state_of(event, self._state.source)))
        if event.operation is Operation.RECLASSIFY:
            batch.events.extend(list(self._impossible_relations(event, batch)))

    def _register(self, keys: list[str], element: str, kind: str, batch: Batch) -> None:
        known = self._state.known.keys
        for key in keys:
            if key not in known:
                known[key] = element
                batch.identities[key] = (element, kind)

    def _impossible_relations(self, event: Event, batch: Batch) -> Iterable[Event]:
        """Relations that the new kind of a node does not allow end with its old kind."""
        ended = {former.element for former in batch.events}
        relations = [edge for edge in self._state.ledger.edges_of([event.element]) if edge.element not in ended]
        others = [end for edge in relations for end in (edge.start, edge.end) if end is not None]
        kinds = {**self._state.ledger.kinds(others), **self._state.known.kinds, event.element: event.kind}
        for edge in relations:
            if (kinds.get(edge.start or ""), kinds.get(edge.end or "")) not in self._state.schema.pairs[edge.kind]:
                yield deletion_of(edge)


def _by_place(
    keyed: list[KeyedRow],
) -> Iterator[tuple[Place, list[KeyedRow]]]:
    return ((place, list(rows)) for place, rows in groupby(keyed, key=lambda item: item[0].place))
