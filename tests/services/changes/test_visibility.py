"""What somebody with perimeters hears leads from what they saw before to what they see after, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from core.ids import relation_id, uuid_of
from core.principal import Principal
from graph.history.events import Event, State
from graph.model import Operation
from graph.schema.model import Schema
from services.changes.change import Wanted
from services.changes.feed import ChangeFeed, ChangeReader, SubscriptionLaggedError
from services.query import QueryService
from services.twin import Twin
from tests.api.estate import created, opened, write

ASKERS = [
    Principal(name, frozenset({"reader"}), frozenset(seen)) for name, seen in (("p", "P"), ("pq", "PQ"), ("none", ""))
]
NODES = [("Team", f"team-{n}") for n in range(3)]
NODES += [("BusinessApplication", f"app-{n}") for n in range(4)] + [("PhysicalServer", f"server-{n}") for n in range(4)]
NODES += [("Perimeter", name) for name in ("P", "Q")]
RELATIONS = [
    ("OWNED_BY", "BusinessApplication", "Team"),
    ("OWNED_BY", "PhysicalServer", "Team"),
    ("IN_PERIMETER", "Team", "Perimeter"),
    ("IN_PERIMETER", "PhysicalServer", "Perimeter"),
    ("RUNS_ON", "BusinessApplication", "PhysicalServer"),
]


@pytest.fixture(params=["networkx", "embedded"])
def twin(request: pytest.FixtureRequest, schema: Schema, tmp_path: Path) -> Iterator[Twin]:
    with opened(request.param, schema, tmp_path) as twin:
        yield twin


def _deleted(state: State) -> Event:
    return Event(
        Operation.DELETE, state.element, state.edge, state.kind, state.properties, None, state.start, state.end
    )


class Happening:
    """Makes batches at random: nodes come, change, go; relations that give perimeters too; perimeters get other names."""

    def __init__(self, twin: Twin, seed: int) -> None:
        self.twin = twin
        self.random = Random(seed)
        self.number = 0

    def batch(self) -> None:
        present = {state.element: state for state in self.twin.ledger.present()}
        events: dict[str, Event] = {}
        gone: set[str] = set()
        for _ in range(self.random.randint(1, 5)):
            self._one(present, events, gone)
        edges = [e for e in events.values() if e.edge and e.operation is Operation.CREATE]
        for edge in edges:
            if {edge.start, edge.end} & gone:
                del events[edge.element]
        if events:
            ordered = sorted(events.values(), key=_order)
            self.number += 1
            write(self.twin.ledger, ordered, f"batch {self.number}")

    def _one(self, present: dict[str, State], events: dict[str, Event], gone: set[str]) -> None:
        kind, name = self.random.choice(NODES)
        node = uuid_of("tests", kind, name)
        choice = self.random.random()
        if node in present and choice < 0.15 and node not in events:
            state = present[node]
            edges = [s for s in present.values() if s.edge and node in (s.start, s.end)]
            events[node] = _deleted(state)
            events.update((s.element, _deleted(s)) for s in edges)
            gone.add(node)
        elif node in present and choice < 0.4 and node not in events:
            state = present[node]
            label = name if kind != "Perimeter" else self.random.choice("PQR")
            after = {**state.properties, "name": label, "description": str(self.random.random())}
            events[node] = Event(Operation.UPDATE, node, False, kind, state.properties, after)
        elif node not in present:
            events.setdefault(node, created(kind, name))
        else:
            self._relation(present, events, gone)

    def _relation(self, present: dict[str, State], events: dict[str, Event], gone: set[str]) -> None:
        relation, near, far = self.random.choice(RELATIONS)
        starts = [n for n, s in present.items() if s.kind == near and n not in gone]
        ends = [n for n, s in present.items() if s.kind == far and n not in gone]
        if not starts or not ends:
            return
        start, end = self.random.choice(starts), self.random.choice(ends)
        element = relation_id(relation, start, end)
        if element in events:
            return
        if element in present:
            events[element] = _deleted(present[element])
        else:
            events[element] = Event(Operation.CREATE, element, True, relation, None, {}, start, end)


def _order(event: Event) -> int:
    gone = event.operation is Operation.DELETE
    return (0 if event.edge else 1) if gone else (3 if event.edge else 2)


def seen_by(twin: Twin, asker: Principal) -> set[str]:
    answer = QueryService(twin).cypher("MATCH (n) RETURN n.id", principal=asker).answer
    return {row[0] for row in answer.rows}


def relations_seen_by(twin: Twin, asker: Principal) -> dict[str, tuple[str, str]]:
    text = "MATCH (a)-[r:RUNS_ON|OWNED_BY]->(b) RETURN elementId(r), a.id, b.id"
    return {row[0]: (row[1], row[2]) for row in QueryService(twin).cypher(text, principal=asker).answer.rows}


def _apply(reader: ChangeReader, asker: Principal, seen: set[str]) -> list[str]:
    """Carry on what is seen by what is told; every word must make sense to who hears it."""
    heard: list[str] = []
    while (told := reader.read(asker)) is not None:
        for change in told:
            heard.append(f"{change.sequence} {change.operation} {change.element}")
            assert not change.edge
            if change.operation is Operation.CREATE:
                assert change.element not in seen, change
                seen.add(change.element)
            else:
                assert change.element in seen, change
                if change.operation is Operation.DELETE:
                    assert change.after is None
                    seen.discard(change.element)
    return heard


@pytest.mark.parametrize("seed", range(4))
def test_what_is_heard_leads_to_what_is_seen(twin: Twin, seed: int) -> None:
    happening = Happening(twin, seed)
    feed = ChangeFeed(twin)
    wanted = Wanted.of(twin.schema, ["Element"], None, None)
    for _ in range(4):
        happening.batch()
    feed.publish(twin.catch_up())
    readers = [feed.reader(wanted, None) for _ in ASKERS]
    begun = feed.applied
    seen = [seen_by(twin, asker) for asker in ASKERS]
    heard: list[list[str]] = [[] for _ in ASKERS]
    first = [set(one) for one in seen]
    for _ in range(25):
        happening.batch()
        feed.publish(twin.catch_up())
        for asker, reader, known, words in zip(ASKERS, readers, seen, heard, strict=True):
            words += _apply(reader, asker, known)
            assert known == seen_by(twin, asker), asker.id
    for asker, words, known in zip(ASKERS, heard, first, strict=True):
        late = feed.reader(wanted, begun)
        assert _apply(late, asker, known) == words, "who comes later hears the same"
    assert not any(heard[-1])
    assert heard[0]


def test_relations_are_heard_of_by_who_sees_both_ends(twin: Twin) -> None:
    happening = Happening(twin, 11)
    feed = ChangeFeed(twin)
    wanted = Wanted.of(twin.schema, ["RUNS_ON", "OWNED_BY"], None, None)
    asker = ASKERS[1]
    nodes: set[str] = set()
    relations: dict[str, tuple[str, str]] = {}
    heard = 0
    for _ in range(60):
        reader = feed.reader(wanted, None)
        happening.batch()
        feed.publish(twin.catch_up())
        told = reader.read(asker) or []
        now = relations_seen_by(twin, asker)
        assert all(change.edge for change in told)
        came = {c.element for c in told if c.operation is Operation.CREATE}
        went = {c.element for c in told if c.operation is Operation.DELETE}
        assert came <= now.keys() - relations.keys()
        assert went <= relations.keys() - now.keys()
        staying = nodes & seen_by(twin, asker)
        assert {r for r, ends in now.items() if r not in relations and staying.issuperset(ends)} <= came
        assert {r for r, ends in relations.items() if r not in now and staying.issuperset(ends)} <= went
        nodes, relations, heard = seen_by(twin, asker), now, heard + len(told)
    assert heard


def test_a_listener_far_behind_is_told_its_place(twin: Twin) -> None:
    limited = Twin(
        twin.settings.model_copy(update={"subscription_backlog": 5}),
        twin.clock,
        twin.schema,
        twin.ledger,
        twin.repository,
        twin.write_lock,
    )
    feed = ChangeFeed(limited)
    everything = Principal("all", perimeters=None)
    reader = feed.reader(Wanted.of(twin.schema, None, None, None), None)
    place = reader.position
    write(twin.ledger, [created("Team", f"new-{n}") for n in range(5)], "five")
    feed.publish(twin.catch_up())
    assert len(reader.read(everything) or ()) == 5
    write(twin.ledger, [created("Team", f"newer-{n}") for n in range(6)], "six")
    feed.publish(twin.catch_up())
    with pytest.raises(SubscriptionLaggedError) as told:
        reader.read(everything)
    assert told.value.details == {"since": place + 5, "sequence": place + 11}
    with pytest.raises(SubscriptionLaggedError):
        feed.reader(Wanted.of(twin.schema, None, None, None), place)
