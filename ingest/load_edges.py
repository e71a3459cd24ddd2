"""Relations of a batch: their ends resolved, validated, held against the rules of their type, reconciled."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Final

from core.ids import relation_id
from ingest.assertion import EdgeAssertion, Rejection
from ingest.containment import RelationRules
from ingest.identity import reference_key
from ingest.load_state import Batch, LoadState, States
from ingest.reconcile import Claim
from ingest.refusals import cyclic, dangling, duplicate, refusal, too_many
from ingest.seen_rows import ContradictedRowError

_NOTHING: Final = hash(frozenset(()))


class EdgeLoader:
    """Takes the relations that rows tell into batches. Not thread-safe."""

    def __init__(self, state: LoadState) -> None:
        self._state = state
        self._rules = RelationRules(state.schema, state.ledger, empty=state.known.empty)

    def take(self, told: list[EdgeAssertion], batch: Batch) -> None:
        """Take relations into a batch."""
        started = perf_counter()
        claims = list(self._claims(told, batch))
        identified = perf_counter()
        known = self._state.known
        states: States = {}
        if not known.empty:
            states = self._state.ledger.states(
                [claim.element for _, claim in claims if claim.element not in known.told]
            )
        was_told, is_watched, event_of = known.told, self._rules.watches, self._state.reconciler.event
        passed = self._state.seen.passed if self._state.seen.elements else None
        for assertion, claim in claims:
            element, values = claim.element, claim.values
            digest = hash(frozenset(values.items())) if values else _NOTHING
            former = was_told.get(element)
            if former is not None:
                if former == digest:
                    batch.unchanged += 1
                    batch.told(assertion.place, element)
                else:
                    batch.reject(duplicate(assertion, f"{assertion.start} -> {assertion.end}"))
                continue
            if passed is not None and passed(element):
                raise ContradictedRowError
            state = states.get(element) if states else None
            if state is None and is_watched(claim.kind):
                rejection = self._forbidden(assertion, claim)
                if rejection is not None:
                    batch.reject(rejection)
                    continue
                self._rules.add(claim.kind, claim.start or "", claim.end or "")
            was_told[element] = digest
            batch.told(assertion.place, element)
            event = event_of(state, claim)
            if event is None:
                batch.unchanged += 1
            else:
                batch.events.append(event)
        self._state.stages["identify"] += identified - started
        self._state.stages["reconcile"] += perf_counter() - identified

    def _claims(self, told: list[EdgeAssertion], batch: Batch) -> Iterator[tuple[EdgeAssertion, Claim]]:
        known, source, refused = self._state.known, self._state.source, self._state.refused
        resolve, kinds, checked = known.resolve, known.kinds, self._state.validator.edge
        known.look_up(reference_key(source, end) for edge in told for end in (edge.start, edge.end))
        for edge in told:
            if refused and edge.place in refused:
                continue
            start, end = resolve(source, edge.start), resolve(source, edge.end)
            if start is None or end is None:
                batch.reject(dangling(edge, edge.start if start is None else edge.end))
                continue
            typed, problems = checked(edge.type, kinds[start], kinds[end], edge.values)
            if problems:
                batch.reject(refusal(edge, problems))
                continue
            yield edge, Claim(relation_id(edge.type, start, end), True, edge.type, typed, edge.spoken, start, end)

    def register(self, told: list[EdgeAssertion], batch: Batch) -> None:
        """Remember relations that were committed before this run was taken up again."""
        for _, claim in self._claims(told, batch):
            self._state.known.told.setdefault(claim.element, hash(frozenset(claim.values.items())))

    def _forbidden(self, edge: EdgeAssertion, claim: Claim) -> Rejection | None:
        start, end = claim.start or "", claim.end or ""
        kinds = self._state.known.kinds
        cycle = self._rules.cycle(claim.kind, start, end, kinds[start], kinds[end])
        if cycle:
            return cyclic(edge, claim, self._names(cycle))
        excess = self._rules.excess(claim.kind, start, end)
        return too_many(edge, excess) if excess else None

    def _names(self, elements: list[str]) -> list[str]:
        states = self._state.ledger.states(list(dict.fromkeys(elements)))
        return [str(states[e].properties.get("name", e)) if e in states else e for e in elements]
