"""Present state plus what a source says gives the change to record, or none. Pure: no clock, no store.

Each attribute belongs to the source that is believed most of those that speak of it; what the others say is kept beside it
(ingest.testimony). A source that speaks of an attribute without a value takes back what it said, and the next one is believed.
The result does not depend on load order.
"""

from __future__ import annotations

from typing import NamedTuple

from graph.history.encoding import Decoder
from graph.history.ledger import Event, State
from graph.model import Operation, Properties, Scalar
from graph.schema.model import Schema
from ingest.precedence import CONFIDENCE, KIND, OBSERVED, OBSERVED_BY, Precedence
from ingest.testimony import FORMER, Said, other_words, provenance_of, said_of

NAME, ALIASES = "name", "aliases"


class Claim(NamedTuple):
    """What one source says of one element, typed and identified. `start` and `end` are set for relations.

    A tuple, because there is one per row.
    """

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
        self.decoder = Decoder(schema)
        self._observed = {CONFIDENCE: OBSERVED, OBSERVED_BY: source} if source in precedence.observing else None

    def event(self, state: State | None, claim: Claim, *, partial: bool = False) -> Event | None:
        """The change that the claim makes; None where it changes nothing. A `partial` claim does not say what kind it is."""
        if claim.edge and self._observed:
            claim = self._with_confidence(claim)
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
        said = said_of(state, self.decoder)
        if not claim.edge and not partial:
            said.setdefault(KIND, {})[source] = claim.kind
        for name, value in claim.values.items():
            said.setdefault(name, {})[source] = value
        for name in claim.spoken - claim.values.keys():
            said.get(name, {}).pop(source, None)
        return self.settled(state, said)

    def _with_confidence(self, claim: Claim) -> Claim:
        """A relation that the source has seen says so, unless the source speaks of it itself."""
        known = self._schema.relations[claim.kind].attributes
        own = {n: v for n, v in (self._observed or {}).items() if n in known and n not in claim.spoken}
        return claim._replace(values={**own, **claim.values}, spoken=claim.spoken | own.keys())

    def settled(self, state: State, said: Said) -> Event | None:
        """The event that leads from a state to what is to be believed of what was said; None where nothing changes."""
        kind, after, owners = self._believed(state, said)
        self._keep_former_names(state, kind, said, after, owners)
        provenance = provenance_of(said, owners, after, self._source)
        if kind == state.kind and after == state.properties and self._is_same(state, owners, provenance):
            return None
        reclassified = kind != state.kind
        return Event(
            Operation.RECLASSIFY if reclassified else Operation.UPDATE,
            state.element,
            state.edge,
            kind,
            state.properties,
            after,
            state.start,
            state.end,
            provenance,
            state.kind if reclassified else None,
        )

    def _is_same(self, state: State, owners: dict[str, str], provenance: dict[str, str]) -> bool:
        """Whether values are held by those that held them, and others say what they said."""
        names = [*state.properties] if state.edge else [*state.properties, KIND]
        holders = {name: state.provenance.get(name, state.source) for name in names}
        return owners == holders and other_words(provenance) == other_words(state.provenance)

    def _believed(self, state: State, said: Said) -> tuple[str, dict[str, Scalar], dict[str, str]]:
        """The kind, the values, and who holds each of them."""
        rank = self._precedence.rank
        kind = state.kind
        owners: dict[str, str] = {}
        if not state.edge:
            owners[KIND] = min(said[KIND], key=lambda source: rank(source, kind, KIND))
            kind = str(said[KIND][owners[KIND]])
        known = (self._schema.relations if state.edge else self._schema.kinds)[kind].attributes
        after: dict[str, Scalar] = {}
        for name, by_source in said.items():
            if name == KIND or name not in known:
                continue
            sources = [source for source in by_source if source != FORMER]
            if sources:
                owner = sources[0] if len(sources) == 1 else min(sources, key=lambda s: rank(s, kind, name))
                owners[name], after[name] = owner, by_source[owner]
        return kind, after, owners

    def _keep_former_names(
        self, state: State, kind: str, said: Said, after: dict[str, Scalar], owners: dict[str, str]
    ) -> None:
        """A name that its own source gave up stays as an alias; one that was only believed less never was a name."""
        if state.edge or ALIASES not in self._schema.kinds[kind].attributes:
            return
        old, new = state.properties.get(NAME), after.get(NAME)
        former = _texts(said.get(ALIASES, {}).get(FORMER))
        holder = state.provenance.get(NAME, state.source)
        if old is not None and new is not None and old != new and holder == owners[NAME] == self._source:
            former = [*former, str(old)]
        former = [name for name in dict.fromkeys(former) if name != new]
        if not former:
            said.get(ALIASES, {}).pop(FORMER, None)
            return
        said.setdefault(ALIASES, {})[FORMER] = tuple(former)
        after[ALIASES] = tuple(dict.fromkeys([*_texts(after.get(ALIASES)), *former]))
        owners.setdefault(ALIASES, FORMER)


def _texts(value: Scalar | None) -> list[str]:
    return list(value) if isinstance(value, list | tuple) else []
