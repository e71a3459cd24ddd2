"""Random histories of a small estate: nodes that come, change, change kind, go and come back, relations, perimeters."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.clock import FrozenClock
from core.ids import relation_id, uuid_of
from graph.backends.networkx.repository import NetworkXRepository
from graph.history.checksum import checksum_of
from graph.history.difference import Form
from graph.history.ledger import Event, Ledger
from graph.history.projection import Projector
from graph.model import Operation, Properties
from graph.repository import GraphRepository
from graph.schema.model import Schema

SERVERS = [uuid_of("server", str(n)) for n in range(12)]
PERIMETERS = [uuid_of("perimeter", str(n)) for n in range(3)]
RELATED = [(type_, a, b) for type_ in ("DEPENDS_ON", "RUNS_ON") for a in SERVERS[:6] for b in SERVERS[6:]]
GIVEN = [("IN_PERIMETER", a, p) for a in SERVERS for p in PERIMETERS]
KINDS = ("PhysicalServer", "Hypervisor", "VirtualMachine")


class Estate:
    """What exists now, and random events that fit it. Each batch names an element once at most."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.nodes: dict[str, tuple[str, Properties]] = {}
        self.edges: dict[str, tuple[str, str, str, Properties]] = {}

    def batch(self, size: int) -> list[Event]:
        """Up to `size` events, in an order that the ledger takes."""
        events: dict[str, Event] = {}
        for _ in range(size):
            event = self._event(events)
            if event is not None:
                events[event.element] = event
                self._take(event)
        return sorted(events.values(), key=_order)

    def _take(self, event: Event) -> None:
        if event.edge:
            if event.after is None:
                del self.edges[event.element]
            else:
                self.edges[event.element] = (event.kind, event.start or "", event.end or "", event.after)
        elif event.after is None:
            del self.nodes[event.element]
        else:
            self.nodes[event.element] = (event.kind, event.after)

    def _event(self, busy: Mapping[str, Event]) -> Event | None:
        if self.random.random() < 0.5:
            return self._node_event(self.random.choice(SERVERS + PERIMETERS), busy)
        type_, start, end = self.random.choice(RELATED + GIVEN)
        edge = relation_id(type_, start, end)
        if edge in busy:
            return None
        if edge in self.edges:
            before = self.edges[edge][3]
            if self.random.random() < 0.5 or type_ != "DEPENDS_ON":
                return Event(Operation.DELETE, edge, True, type_, before, None, start, end)
            after = {"criticality": self.random.choice(("hard", "soft"))}
            return Event(Operation.UPDATE, edge, True, type_, before, after, start, end)
        ends = (start, end)
        gone = any(e in busy and busy[e].operation is Operation.DELETE for e in ends)
        if gone or any(e not in self.nodes for e in ends):
            return None
        return Event(Operation.CREATE, edge, True, type_, None, {}, start, end)

    def _node_event(self, node: str, busy: Mapping[str, Event]) -> Event | None:
        if node in busy:
            return None
        kind = "Perimeter" if node in PERIMETERS else self.random.choice(KINDS)
        values: Properties = {"name": f"name {self.random.randrange(4)}"}
        if kind != "Perimeter" and self.random.random() < 0.5:
            values = {**values, "aliases": ("one", f"two {self.random.randrange(9)}")}
        if node not in self.nodes:
            return Event(Operation.CREATE, node, False, kind, None, values)
        held, before = self.nodes[node]
        chance = self.random.random()
        attached = any(node in (start, end) for _, start, end, _ in self.edges.values())
        touched = any(node in (e.start, e.end) for e in busy.values())
        if chance < 0.3 and not attached and not touched:
            return Event(Operation.DELETE, node, False, held, before, None)
        if chance < 0.5 and kind != held:
            return Event(Operation.RECLASSIFY, node, False, kind, before, values, previous_kind=held)
        return Event(Operation.UPDATE, node, False, held, before, values) if values != before else None


def write(ledger: Ledger, estate: Estate, batches: int, size: int = 12) -> list[dict[str, Form]]:
    """Append random batches; what exists after each event number, from 0 on, at the ends of batches (others are empty)."""
    run = ledger.begin_run("csv", "tester", "export/", f"f{estate.random.random()}")
    known = dict(_forms(estate))
    found = [known] + [{}] * ledger.sequence()
    found[-1] = known
    for _ in range(batches):
        events = estate.batch(size)
        if events:
            _, last = ledger.append(run, events)
            found += [{}] * (last + 1 - len(found))
            found[last] = dict(_forms(estate))
    return found


def _forms(estate: Estate) -> Iterable[tuple[str, Form]]:
    for node, (kind, values) in estate.nodes.items():
        yield node, Form(False, kind, values)
    for edge, (type_, start, end, values) in estate.edges.items():
        yield edge, Form(True, type_, values, start, end)


def replayed(ledger: Ledger, sequence: int, schema: Schema, folder: Path, more: Iterable[Event] = ()) -> str:
    """The checksum, perimeters included, of a graph made by replaying every event up to one, and then some more."""
    path = folder / f"replay-{len(list(folder.glob('replay-*.db')))}.db"
    other = Ledger(f"sqlite:///{path}", schema, FrozenClock(ledger.runs()[0].started_at))
    try:
        run = other.begin_run("replay", "tester", "", "f")
        for _, first, last in ledger.batches(0):
            if first <= sequence:
                other.append(run, [r.event for r in ledger.events(first, min(last, sequence))])
        for event in more:
            other.append(run, [event])
        graph = NetworkXRepository(schema)
        Projector(other, graph).catch_up()
        return checksum(graph)
    finally:
        other.close()


def checksum(repository: GraphRepository) -> str:
    return checksum_of(repository).checksum()


def _order(event: Event) -> int:
    gone = event.operation is Operation.DELETE
    return (0 if event.edge else 1) if gone else (3 if event.edge else 2)
