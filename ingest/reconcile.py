"""Present state plus what a source says gives the change to record, or none. Pure: no clock, no store.

Each attribute belongs to the source that set it. A source that is believed less never overwrites one that is believed more;
a source that speaks of an attribute without a value clears what it set itself. The result does not depend on load order.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.history.ledger import Event, State
from graph.model import Operation, Properties, Scalar
from graph.schema.model import Schema
from ingest.precedence import KIND, Precedence


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says of one element, typed and identified. `start` and `end` are set for relations."""

    element: str
    edge: bool
    kind: str
    values: Properties
    spoken: frozenset[str]
    start: str | None = None
    end: str | None = None


class Reconciler:
    """Turns claims of one source into events."""

    def __init__(self, schema: Schema, source: str, precedence: Precedence) -> None:
        self._schema = schema
        self._source = source
        self._precedence = precedence

    def event(self, state: State | None, claim: Claim) -> Event | None:
        """The change that the claim makes; None where it changes nothing."""
        if state is None:
            return Event(
                Operation.CREATE, claim.element, claim.edge, claim.kind, None, claim.values, claim.start, claim.end
            )
        source = self._source
        if (
            state.kind == claim.kind
            and state.source == source
            and not state.provenance
            and state.properties == claim.values
        ):
            return None
        holders = {name: state.provenance.get(name, state.source) for name in state.properties}
        if not claim.edge:
            holders[KIND] = state.provenance.get(KIND, state.source)
        kind, after, owners = self._merge(state, claim, holders)
        if kind == state.kind and after == state.properties and owners == holders:
            return None
        provenance = {name: owner for name, owner in owners.items() if owner != source}
        reclassified = kind != state.kind
        return Event(
            Operation.RECLASSIFY if reclassified else Operation.UPDATE,
            claim.element,
            claim.edge,
            kind,
            state.properties,
            after,
            state.start,
            state.end,
            provenance,
            state.kind if reclassified else None,
        )

    def _merge(
        self, state: State, claim: Claim, holders: dict[str, str]
    ) -> tuple[str, dict[str, Scalar], dict[str, str]]:
        """The new kind, the new values, and who holds each of them."""
        outranks, source = self._precedence.outranks, self._source
        kind = state.kind
        after, owners = dict(state.properties), dict(holders)
        if not claim.edge and outranks(source, holders[KIND], claim.kind, KIND):
            kind = claim.kind
            owners[KIND] = source
        for name, value in claim.values.items():
            holder = owners.get(name)
            if holder is None or outranks(source, holder, kind, name):
                after[name] = value
                owners[name] = source
        for name in claim.spoken - claim.values.keys():
            if owners.get(name) == source:
                del after[name], owners[name]
        if kind != state.kind or claim.kind != kind:
            known = self._schema.kinds[kind].attributes
            after = {name: value for name, value in after.items() if name in known}
            owners = {name: owner for name, owner in owners.items() if name in known or name == KIND}
        return kind, after, owners
