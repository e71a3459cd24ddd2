"""What every source says of one element, kept in the provenance of its last event: who holds a value, and what others say.

`provenance[attribute]` is the source that holds the value; `provenance[attribute + MARK + source]` is what another source says of
it, as JSON. So what lost is never lost: it comes with every state, past ones and those of branches too, and undo brings it back.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.history.encoding import Decoder, encode
from graph.history.events import Event, State
from graph.model import Properties, Scalar
from ingest.precedence import KIND

MARK = "\x1f"
FORMER = "(former)"
"""Stands where a source stands, for the former names of an element."""

Said = dict[str, dict[str, Scalar]]
"""attribute (or KIND) -> source -> what it says."""


def said_of(state: State, decoder: Decoder) -> Said:
    """What each source says of an element."""
    provenance, holder = state.provenance, state.source
    said: Said = {name: {provenance.get(name, holder): value} for name, value in state.properties.items()}
    if not state.edge:
        said[KIND] = {provenance.get(KIND, holder): state.kind}
    decode = decoder.edge if state.edge else decoder.node
    for key, text in provenance.items():
        name, mark, source = key.partition(MARK)
        if mark:
            said.setdefault(name, {})[source] = decode(text)[name]
    return said


def provenance_of(said: Said, owners: Mapping[str, str], after: Properties, source: str) -> dict[str, str]:
    """What to record beside the new values `after` in an event of `source`."""
    kept = {name: owner for name, owner in owners.items() if owner != source}
    for name, by_source in said.items():
        owner = owners.get(name)
        for other, value in by_source.items():
            # A list of aliases has former names beside what its holder says: the holder's own words are kept apart.
            if other != owner or (name in after and after[name] != value):
                kept[f"{name}{MARK}{other}"] = encode({name: value})
    return kept


def other_words(provenance: Mapping[str, str]) -> dict[str, str]:
    """The part of a provenance that says what sources say that hold nothing."""
    return {key: text for key, text in provenance.items() if MARK in key}


def holders_of(state: State) -> dict[str, str]:
    """The source that holds each attribute of a state, and the kind of a node, named one by one; and what others say."""
    names = [*state.properties] if state.edge else [*state.properties, KIND]
    return {**{name: state.provenance.get(name, state.source) for name in names}, **other_words(state.provenance)}


def state_of(event: Event, source: str) -> State:
    """The state that an event of `source` leaves behind."""
    return State(
        event.element,
        event.edge,
        event.kind,
        event.after or {},
        event.provenance,
        0,
        event.start,
        event.end,
        source,
    )
