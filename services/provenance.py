"""Who says what about one element: its attributes and its relations, each with its sources and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.settings import Settings
from graph.history.encoding import Decoder
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.selection import named
from graph.history.sightings import Sightings, packed
from graph.schema.model import Schema
from ingest.discrepancies import shown
from ingest.precedence import KIND, Precedence, load_precedence
from ingest.testimony import FORMER, said_of
from services.twin import open_ledger


@dataclass(frozen=True, slots=True)
class SourcedAttribute:
    """One attribute: the value that is believed, whose it is, and what every other source says (source, value)."""

    attribute: str
    value: str
    source: str
    others: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SourcedRelation:
    """One relation: its type, its other end, which way it goes, who tells it, and whether it was declared or observed."""

    type: str
    outgoing: bool
    other: str
    other_kind: str
    sources: tuple[str, ...]
    confidence: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything that is said about one element."""

    element: str
    kind: str
    name: str
    attributes: tuple[SourcedAttribute, ...]
    relations: tuple[SourcedRelation, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "element": self.element,
            "kind": self.kind,
            "name": self.name,
            "attributes": [
                {"attribute": a.attribute, "value": a.value, "source": a.source, "others": dict(a.others)}
                for a in self.attributes
            ],
            "relations": [
                {
                    "type": r.type,
                    "outgoing": r.outgoing,
                    "other": r.other,
                    "other_kind": r.other_kind,
                    "sources": list(r.sources),
                    "confidence": r.confidence,
                }
                for r in self.relations
            ],
        }


def provenance(settings: Settings, name: str) -> Provenance:
    """What is said about the element of that id, name, number, code or alias. Raises NotFoundError, UsageError."""
    schema, ledger = open_ledger(settings)
    try:
        state = named(ledger, name, schema.concrete)
        relations = _relations(ledger, schema, state, load_precedence(schema))
    finally:
        ledger.close()
    return Provenance(state.element, state.kind, _name(state), _attributes(schema, state), relations)


def _attributes(schema: Schema, state: State) -> tuple[SourcedAttribute, ...]:
    found = []
    for attribute, by_source in sorted(said_of(state, Decoder(schema)).items()):
        source = state.provenance.get(attribute, state.source)
        value = state.kind if attribute == KIND else state.properties.get(attribute)
        others = tuple((s, shown(v)) for s, v in sorted(by_source.items()) if s not in (source, FORMER))
        if value is not None or others:
            found.append(SourcedAttribute(attribute, "" if value is None else shown(value), source, others))
    return tuple(found)


def _relations(ledger: Ledger, schema: Schema, state: State, precedence: Precedence) -> tuple[SourcedRelation, ...]:
    edges = [e for e in ledger.edges_of([state.element]) if e.kind not in schema.bookkeeping_relations]
    told = Sightings(ledger).by_source()
    far = {e.element: (e.end if e.start == state.element else e.start) or "" for e in edges}
    ends = ledger.states(sorted(set(far.values())))
    found = []
    for edge in edges:
        key, other = packed(edge.element), ends.get(far[edge.element])
        sources = tuple(sorted({edge.source, *(s for s, elements in told.items() if key in elements)}))
        label = far[edge.element] if other is None else _name(other)
        confidence = precedence.confidence(sources)
        kind = "" if other is None else other.kind
        found.append(SourcedRelation(edge.kind, edge.start == state.element, label, kind, sources, confidence))
    return tuple(sorted(found, key=lambda r: (r.type, not r.outgoing, r.other_kind, r.other)))


def _name(state: State) -> str:
    return next((str(state.properties[n]) for n in ("name", "number", "cve") if n in state.properties), state.element)
