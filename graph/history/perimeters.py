"""Who may see a node: the names of its perimeters, drawn from the relations that the schema pack says give them.

A node that is given perimeters (`IN_PERIMETER`) is in those. One that is given none has those of the nodes that its
ownership relations lead to, however far, each way ending at the first node that is given some. A perimeter is in itself. A
node of a public kind is in the perimeter of everyone. What is in no perimeter is seen by unrestricted askers only.

docs/adr/0010-perimeters.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.principal import EVERYONE
from graph.history.ledger import Ledger
from graph.history.ownership import Ownership, rules_of, taker_and_source
from graph.model import GraphDelta, Operation, PerimeterChange
from graph.schema.model import Schema

MANY = 5_000
"""Nodes touched by one delta from which everything is derived at once, which costs less than many look-ups."""

Names = Mapping[str, frozenset[str]]
"""Node to the names of its perimeters; a node without any may be absent."""

_PUBLIC = (EVERYONE,)


def derive(ownerships: Iterable[Ownership], names: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The perimeters of every node among the ownerships; `names` are those of the perimeters, by id."""
    given: dict[str, set[str]] = {}
    takers: dict[str, list[str]] = {}
    for item in ownerships:
        if item.given:
            own = given.setdefault(item.taker, set())
            if names.get(item.source, EVERYONE) != EVERYONE:  # nobody can name a perimeter so that everyone holds it
                own.add(names[item.source])
        else:
            takers.setdefault(item.source, []).append(item.taker)
    shared: dict[frozenset[str], frozenset[str]] = {}
    found = {node: shared.setdefault(known, known) for node, of in given.items() if (known := frozenset(of))}
    pending = [node for node in found if node in takers]
    while pending:
        source = pending.pop()
        passed = found[source]
        for taker in takers[source]:
            before = found.get(taker, frozenset())
            if taker in given or passed <= before:
                continue
            merged = before | passed
            found[taker] = shared.setdefault(merged, merged)
            if taker in takers:
                pending.append(taker)
    return found


@dataclass(frozen=True, slots=True)
class _Everything:
    """What the whole ledger says at one sequence number."""

    sequence: int
    names: Names
    takers: Mapping[str, Sequence[str]]


class Perimeters:
    """Adds to deltas who may see what they create, and whose perimeters they change.

    What it says is what the ledger's present relations give, whichever part of the ledger a delta carries: the last delta
    leaves the backend as a rebuild would.
    """

    def __init__(self, ledger: Ledger, schema: Schema) -> None:
        self._ledger = ledger
        self._schema = schema
        self._rules = rules_of(schema)
        self._everything: _Everything | None = None
        self._told: dict[str, tuple[str, ...]] = {}  # what the deltas of this object wrote already

    def complete(self, delta: GraphDelta) -> GraphDelta:
        """The delta with the perimeters of its new nodes, and of the nodes there whose perimeters it changes."""
        new = {c.id for c in delta.nodes if c.operation in (Operation.CREATE, Operation.RECLASSIFY)}
        seeds = new | self._touched(delta)
        if not seeds:
            return delta
        found, affected = self._found(seeds)
        nodes = [replace(c, perimeters=self._tell(c.id, c.kind, found)) if c.id in new else c for c in delta.nodes]
        gone = {c.id for c in delta.nodes if c.operation is Operation.DELETE}
        others = sorted(node for node in affected - new - gone if not self._is_told(node, found))
        kinds = self._ledger.kinds(others)  # what a later delta deletes is not among them
        changes = [PerimeterChange(n, kinds[n], self._tell(n, kinds[n], found)) for n in others if n in kinds]
        return replace(delta, nodes=nodes, perimeters=changes)

    def _tell(self, node: str, kind: str, found: Names) -> tuple[str, ...]:
        names = self._told[node] = stored(kind, found.get(node, frozenset()), self._schema)
        return names

    def _is_told(self, node: str, found: Names) -> bool:
        told = self._told.get(node)
        return told is not None and (told == _PUBLIC or told == tuple(sorted(found.get(node, ()))))

    def _touched(self, delta: GraphDelta) -> set[str]:
        """The nodes whose perimeters the delta may change by itself."""
        touched = {c.id for c in delta.nodes if c.kind in self._rules.kinds and c.operation is not Operation.DELETE}
        for change in delta.edges:
            rule = self._rules.relations.get(change.type)
            if rule is not None and change.operation is not Operation.UPDATE:
                touched.add(taker_and_source(rule, change.start, change.end)[0])
        return touched

    def _found(self, seeds: set[str]) -> tuple[Names, set[str]]:
        """The perimeters of the seeds and of all that has theirs, with the set of these nodes."""
        sequence, known = self._ledger.sequence(), self._everything
        if known is not None and known.sequence == sequence:
            return known.names, _reached(seeds, lambda nodes: (t for n in nodes for t in known.takers.get(n, ())))
        if len(seeds) >= MANY:
            self._everything = _everything(self._ledger, sequence)
            return self._found(seeds)
        affected = _reached(seeds, lambda nodes: (item.taker for item in self._ledger.takers_of(nodes)))
        near = self._sources(affected)
        return derive(near, names_of(self._ledger, near)), affected

    def _sources(self, nodes: set[str]) -> list[Ownership]:
        """The ownerships from these nodes on, to wherever their perimeters come from."""
        seen, found = set(nodes), list[Ownership]()
        frontier = sorted(nodes)
        while frontier:
            read = self._ledger.sources_of(frontier)
            found += read
            given = {item.taker for item in read if item.given}
            following = {item.source for item in read if item.taker not in given} - seen
            seen |= following
            frontier = sorted(following)
        return found


def _reached(seeds: set[str], takers: Callable[[Sequence[str]], Iterable[str]]) -> set[str]:
    """The seeds and what has their perimeters, however far."""
    reached = set(seeds)
    frontier = sorted(seeds)
    while frontier:
        following = set(takers(frontier)) - reached
        reached |= following
        frontier = sorted(following)
    return reached


def _everything(ledger: Ledger, sequence: int) -> _Everything:
    ownerships = ledger.ownerships()
    takers: dict[str, list[str]] = {}
    for item in ownerships:
        takers.setdefault(item.source, []).append(item.taker)
    return _Everything(sequence, derive(ownerships, names_of(ledger, ownerships)), takers)


def every_perimeter(ledger: Ledger) -> dict[str, frozenset[str]]:
    """The perimeters of every node that has any, from the ledger alone; public kinds are not looked at."""
    ownerships = ledger.ownerships()
    return derive(ownerships, names_of(ledger, ownerships))


def names_of(ledger: Ledger, ownerships: Iterable[Ownership]) -> dict[str, str]:
    """The names of the perimeters that are given, by id."""
    states = ledger.states(sorted({item.source for item in ownerships if item.given}))
    return {s.element: str(s.properties["name"]) for s in states.values() if "name" in s.properties}


def stored(kind: str, names: frozenset[str], schema: Schema) -> tuple[str, ...]:
    """What a backend keeps with a node of a kind."""
    return _PUBLIC if kind in schema.public_kinds else tuple(sorted(names))
