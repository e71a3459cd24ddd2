"""Who may see a node: the names of its perimeters, drawn from the relations that the schema pack says give them.

A node that is given perimeters (`IN_PERIMETER`) is in those. One that is given none has those of the nodes that its
ownership relations lead to, however far, each way ending at the first node that is given some. A perimeter is in itself. A
node of a public kind is in the perimeter of everyone. What is in no perimeter is seen by unrestricted askers only.

docs/adr/0010-perimeters.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.principal import EVERYONE
from graph.history.ledger import Ledger
from graph.history.ownership import Ownership, rules_of, taker_and_source
from graph.model import GraphDelta, NodeChange, Operation, PerimeterChange
from graph.schema.model import PerimeterRule, Schema

MANY = 5_000
"""Nodes touched by one delta from which everything is derived at once, which costs less than many look-ups."""

Names = Mapping[str, frozenset[str]]
"""Node to the names of its perimeters; a node without any may be absent."""

_PUBLIC = (EVERYONE,)
_NONE: frozenset[str] = frozenset()


def derive(ownerships: Iterable[Ownership], names: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The perimeters of every node among the ownerships; `names` are those of the perimeters, by id."""
    everything = Inheritance()
    everything.add(ownerships, names)
    return everything.found


class Inheritance:
    """The perimeters of nodes, as ownerships become known. `found` has those of every node that has any."""

    def __init__(self) -> None:
        self.found: dict[str, frozenset[str]] = {}
        self.takers: dict[str, list[str]] = {}  # what is in a perimeter is among its takers
        self._given: set[str] = set()
        self._shared: dict[frozenset[str], frozenset[str]] = {}

    def add(self, ownerships: Iterable[Ownership], names: Mapping[str, str]) -> bool:
        """Take more ownerships in, known ones without effect; False, and of no more use, where perimeters would be lost by it."""
        pending: list[str] = []
        own: dict[str, set[str]] = {}
        fresh: list[tuple[str, str]] = []
        takers = self.takers
        for taker, source, is_given in ownerships:
            if source in takers:
                takers[source].append(taker)
            else:
                takers[source] = [taker]
            if is_given:
                named = own.setdefault(taker, set())
                if names.get(source, EVERYONE) != EVERYONE:  # nobody can name a perimeter so that everyone holds it
                    named.add(names[source])
            else:
                fresh.append((taker, source))
        for node, given in own.items():
            if node not in self._given and node in self.found:
                return False
            self._given.add(node)
            before = self.found.get(node)
            self._set(node, given if before is None else before | given)
            if node in self.takers and self.found[node] != before:
                pending.append(node)
        for taker, source in fresh:
            if source in self.found and self._pass_on(taker, self.found[source]):
                pending.append(taker)
        while pending:
            source = pending.pop()
            passed = self.found[source]
            pending += [taker for taker in self.takers[source] if self._pass_on(taker, passed)]
        return True

    def reached(self, seeds: set[str]) -> set[str]:
        """The seeds and what has their perimeters, however far."""
        takers, reached = self.takers, set(seeds)
        pending = [node for node in seeds if node in takers]
        while pending:
            fresh = [taker for taker in takers[pending.pop()] if taker not in reached]
            reached.update(fresh)
            pending += [taker for taker in fresh if taker in takers]
        return reached

    def _pass_on(self, taker: str, passed: frozenset[str]) -> bool:
        """Give a node what its source has; whether others have it from there."""
        before = self.found.get(taker, _NONE)
        if taker in self._given or passed <= before:
            return False
        self._set(taker, before | passed)
        return taker in self.takers

    def _set(self, node: str, names: Iterable[str]) -> None:
        merged = frozenset(names)
        self.found[node] = self._shared.setdefault(merged, merged)


@dataclass(slots=True)
class _Everything:
    """What the whole ledger says at one sequence number, or a later one."""

    sequence: int
    names: dict[str, str]
    inheritance: Inheritance


class Perimeters:
    """Adds to deltas who may see what they create, and whose perimeters they change.

    What it says is what the ledger's present relations give, whichever part of the ledger a delta carries: the last delta
    leaves the backend as a rebuild would.
    """

    def __init__(
        self, ledger: Ledger, schema: Schema, kinds: Callable[[Sequence[str]], Mapping[str, str]] | None = None
    ) -> None:
        """`kinds` says of which kinds nodes are in the backend; by default those that the ledger gives them."""
        self._ledger = ledger
        self._kinds_of = kinds or ledger.kinds
        self._schema = schema
        self._rules = rules_of(schema)
        self._everything: _Everything | None = None
        self._told: dict[str, tuple[str, ...]] = {}  # what the deltas of this object wrote already
        self._sorted: dict[frozenset[str], tuple[str, ...]] = {}

    def complete(self, delta: GraphDelta) -> GraphDelta:
        """The delta with the perimeters of its new nodes, and of the nodes there whose perimeters it changes."""
        new = {c.id for c in delta.nodes if c.operation in (Operation.CREATE, Operation.RECLASSIFY)}
        seeds = new | self._touched(delta)
        self._follow(delta)
        if not seeds:
            return delta
        found, affected = self._found(seeds)
        nodes = [self._in_perimeters(c, found) if c.id in new else c for c in delta.nodes]
        gone = {c.id for c in delta.nodes if c.operation is Operation.DELETE}
        others = sorted(self._untold(affected - new - gone, found))
        kinds = self._kinds_of(others)  # what a later delta deletes need not be among them
        changes = [PerimeterChange(n, kinds[n], self._tell(n, kinds[n], found)) for n in others if n in kinds]
        return replace(delta, nodes=nodes, perimeters=changes)

    def _in_perimeters(self, change: NodeChange, found: Names) -> NodeChange:
        perimeters = self._tell(change.id, change.kind, found)
        return NodeChange(change.operation, change.id, change.kind, change.properties, change.previous_kind, perimeters)

    def _tell(self, node: str, kind: str, found: Names) -> tuple[str, ...]:
        names = _PUBLIC if kind in self._schema.public_kinds else self._in_order(found.get(node, _NONE))
        self._told[node] = names
        return names

    def _untold(self, nodes: Iterable[str], found: Names) -> Iterator[str]:
        """The nodes that were not told yet, or are in other perimeters now. In one loop: a load asks of every element."""
        told, ordered = self._told, self._sorted
        for node in nodes:
            before = told.get(node)
            if before is None:
                yield node
            elif before != _PUBLIC:
                names = found.get(node, _NONE)
                now = ordered.get(names)
                if before != (self._in_order(names) if now is None else now):
                    yield node

    def _in_order(self, names: frozenset[str]) -> tuple[str, ...]:
        ordered = self._sorted.get(names)
        if ordered is None:
            ordered = self._sorted[names] = tuple(sorted(names))
        return ordered

    def _touched(self, delta: GraphDelta) -> set[str]:
        """The nodes whose perimeters the delta may change by itself."""
        touched = {c.id for c in delta.nodes if c.kind in self._rules.kinds and c.operation is not Operation.DELETE}
        for change in delta.edges:
            rule = self._rules.relations.get(change.type)
            if rule is not None and change.operation is not Operation.UPDATE:
                touched.add(taker_and_source(rule, change.start, change.end)[0])
        return touched

    def _follow(self, delta: GraphDelta) -> None:
        """Carry what is known of the whole ledger on by what the delta creates; forget it where more has happened."""
        known = self._everything
        if known is None or known.sequence >= delta.last:
            return
        added = self._created(delta) if known.sequence >= delta.first - 1 else None
        if added is None:
            self._everything = None
            return
        known.names.update(
            (c.id, str(c.properties["name"]))
            for c in delta.nodes
            if c.kind in self._rules.kinds and "name" in c.properties
        )
        unnamed = [item for item in added if item.given and item.source not in known.names]
        known.names.update(names_of(self._ledger, unnamed))
        self._everything = known if known.inheritance.add(added, known.names) else None
        known.sequence = delta.last

    def _created(self, delta: GraphDelta) -> list[Ownership] | None:
        """The ownerships that a delta adds; None where it changes more than that."""
        added: list[Ownership] = []
        for node in delta.nodes:
            if node.kind in self._rules.kinds or node.previous_kind in self._rules.kinds:
                if node.operation is not Operation.CREATE:
                    return None
                added.append(Ownership(node.id, node.id, True))
        for edge in delta.edges:
            rule = self._rules.relations.get(edge.type)
            if rule is None or edge.operation is Operation.UPDATE:
                continue
            if edge.operation is not Operation.CREATE:
                return None
            taker, source = taker_and_source(rule, edge.start, edge.end)
            added.append(Ownership(taker, source, rule is PerimeterRule.GIVEN))
        return added

    def _found(self, seeds: set[str]) -> tuple[Names, set[str]]:
        """The perimeters of the seeds and of all that has theirs, with the set of these nodes."""
        known = self._everything
        if known is None and len(seeds) >= MANY:
            known = self._everything = _everything(self._ledger, self._ledger.sequence())
        if known is not None:
            return known.inheritance.found, known.inheritance.reached(seeds)
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
    names = names_of(ledger, ownerships)
    inheritance = Inheritance()
    inheritance.add(ownerships, names)
    return _Everything(sequence, names, inheritance)


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
