"""Whether relations may join what a hop joins, in the direction that it says."""

from __future__ import annotations

from collections.abc import Iterator

from agent.query import model as m
from agent.query.errors import Finding
from agent.query.scope import Scope
from graph.cypher.vocabulary import suggest

LONGEST = 30
"""Relations in a row that a closure may be asked for."""


def hop_findings(hop: m.Hop, scope: Scope, where: str) -> Iterator[Finding]:
    """What is wrong with a hop; nothing where the schema allows it."""
    for end in (hop.start, hop.end):
        if end not in scope.kinds:
            yield Finding("name", where, f"no entity is called {end!r}", tuple(scope.kinds))
    if hop.minimum < 0 or (hop.maximum is not None and not max(hop.minimum, 1) <= hop.maximum <= LONGEST):
        seen = f"a hop goes over {hop.minimum} to {hop.maximum} relations"
        yield Finding("shape", where, seen, (f"from 0 to {LONGEST}, the smaller number first",))
    unknown = [name for name in hop.relations if name not in scope.schema.relations]
    for name in unknown:
        wordings = {known: relation.wording for known, relation in scope.schema.relations.items()}
        choices = suggest(name, scope.schema.relations, wordings)
        yield Finding("relation", f"{where}.relations", f"the schema has no relation {name!r}", tuple(choices))
    if unknown or hop.start not in scope.kinds or hop.end not in scope.kinds:
        return
    if _joins(hop, scope, hop.direction):
        return
    other: m.Direction = "in" if hop.direction == "out" else "out"
    if hop.direction != "both" and _joins(hop, scope, other):
        seen = f"{_written(hop)} points the other way between {hop.start!r} and {hop.end!r}"
        yield Finding("direction", f"{where}.direction", seen, (other,))
        return
    seen = f"{_written(hop)} does not join {hop.start!r} and {hop.end!r}"
    yield Finding("relation", f"{where}.relations", seen, tuple(_joining(hop, scope)))


def _joins(hop: m.Hop, scope: Scope, direction: m.Direction) -> bool:
    """Whether one relation, or for a closure a first and a last one, may join the ends' kinds."""
    starts, ends = scope.kinds[hop.start], scope.kinds[hop.end]
    if hop.minimum == 0 and starts & ends:
        return True
    pairs = {pair for name in (hop.relations or scope.schema.relations) for pair in scope.schema.pairs[name]}
    if direction == "in":
        pairs = {(end, start) for start, end in pairs}
    elif direction == "both":
        pairs |= {(end, start) for start, end in pairs}
    if hop.minimum <= 1 and any(start in starts and end in ends for start, end in pairs):
        return True
    if hop.maximum == 1:
        return False
    return any(start in starts for start, _ in pairs) and any(end in ends for _, end in pairs)


def _joining(hop: m.Hop, scope: Scope) -> list[str]:
    """Relations that join the two, with their direction."""
    starts, ends = scope.kinds[hop.start], scope.kinds[hop.end]
    found = []
    for name, pairs in scope.schema.pairs.items():
        if any(start in starts and end in ends for start, end in pairs):
            found.append(f"{name} out")
        if any(start in ends and end in starts for start, end in pairs):
            found.append(f"{name} in")
    return found[:8]


def _written(hop: m.Hop) -> str:
    return "|".join(hop.relations) or "any relation"
