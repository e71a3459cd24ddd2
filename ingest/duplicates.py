"""Pairs of elements that look like one: what a person looks through before merging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from graph.history import tables
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from ingest.identity import NATURAL, SEPARATOR
from ingest.matching import Matcher


@dataclass(frozen=True, slots=True)
class Alike:
    """One element of a pair: who knows it."""

    element: str
    kind: str
    name: str
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"element": self.element, "kind": self.kind, "name": self.name, "sources": list(self.sources)}


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two elements that share what tells elements apart: the attributes `by` with `values`."""

    one: Alike
    other: Alike
    by: tuple[str, ...]
    values: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "one": self.one.to_dict(),
            "other": self.other.to_dict(),
            "by": list(self.by),
            "values": list(self.values),
        }


def find_duplicates(schema: Schema, ledger: Ledger, kind: str | None = None) -> list[Duplicate]:
    """The pairs that the rules of the pack would take for one, the most telling rules first; only of a kind or generic.

    Two records that one source knows under keys of its own are two, whatever they share.
    """
    matcher = Matcher(schema, ledger, "")
    wanted = None if kind is None else frozenset(schema.descendants[kind])
    pairs = [
        pair
        for pair in matcher.alike()
        if wanted is None or wanted.issuperset((matcher.kinds[pair[2]], matcher.kinds[pair[3]]))
    ]
    if not pairs:
        return []
    elements = sorted({element for _, _, *both in pairs for element in both})
    sources = _sources(ledger, frozenset(elements))
    states = ledger.states(elements)
    found = []
    for rule, values, one, other in pairs:
        if one in states and other in states and sources.get(one, set()).isdisjoint(sources.get(other, set())):
            sides = [
                Alike(e, states[e].kind, str(states[e].properties.get("name", e)), tuple(sorted(sources.get(e, ()))))
                for e in (one, other)
            ]
            rank = schema.kinds[states[one].kind].matching.index(rule)
            found.append((rank, sides[0].kind, sides[0].name, one, Duplicate(sides[0], sides[1], rule.by, values)))
    return [duplicate for *_, duplicate in sorted(found, key=lambda item: item[:4])]


def _sources(ledger: Ledger, elements: frozenset[str]) -> dict[str, set[str]]:
    """The sources that know each element under a key of their own."""
    query = select(tables.identity.c.key, tables.identity.c.element)
    found: dict[str, set[str]] = {}
    with ledger.reading() as connection:
        for key, element in connection.execution_options(yield_per=20_000).execute(query):
            source = key.partition(SEPARATOR)[0]
            if element in elements and source != NATURAL:
                found.setdefault(element, set()).add(source)
    return found
