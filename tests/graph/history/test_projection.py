"""A backend follows its ledger: net deltas, exactly once, and what a crash left unapplied is applied later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from core.ids import relation_id, uuid_of
from graph.history import projection
from graph.history.ledger import Event, Ledger, Run
from graph.history.projection import BackendAheadError, Projector, net_delta
from graph.history.verify import verify
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation, Properties
from graph.registry import open_backend
from graph.schema.model import Schema
from tests.conftest import NIGHTLY

A, B = uuid_of("a"), uuid_of("b")
AB = relation_id("CONNECTED_THROUGH", A, B)


@pytest.fixture
def ledger(tmp_path: Path, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield opened
    opened.close()


@pytest.fixture
def run(ledger: Ledger) -> Run:
    return ledger.begin_run("csv", "tester", "export/", "f1")


def node(operation: Operation, element: str, before: Properties | None, after: Properties | None) -> Event:
    return Event(operation, element, False, "NetworkDevice", before, after)


def created(element: str, **properties: str) -> Event:
    return node(Operation.CREATE, element, None, properties)


def linked() -> Event:
    return Event(Operation.CREATE, AB, True, "CONNECTED_THROUGH", None, {}, A, B)


def folded(first: int, last: int, events: list[Event], kinds: Callable[[list[str]], dict[str, str]]) -> GraphDelta:
    return net_delta(first, last, (event.outcome() for event in events), kinds)


def test_what_is_created_and_deleted_in_between_is_never_seen_by_the_backend() -> None:
    events = [created(A, name="a"), node(Operation.DELETE, A, {"name": "a"}, None)]
    assert folded(1, 2, events, lambda _: {}) == GraphDelta(1, 2, [], [])


def test_several_changes_of_one_element_become_one() -> None:
    events = [created(A, name="a"), node(Operation.UPDATE, A, {"name": "a"}, {"name": "b"})]
    delta = folded(1, 2, events, lambda _: {})
    assert delta.nodes == [NodeChange(Operation.CREATE, A, "NetworkDevice", {"name": "b"})]


def test_an_element_deleted_and_created_again_is_an_update() -> None:
    events = [node(Operation.DELETE, A, {"name": "a"}, None), created(A, name="b")]
    delta = folded(5, 6, events, lambda _: {})
    assert delta.nodes == [NodeChange(Operation.UPDATE, A, "NetworkDevice", {"name": "b"})]


def test_an_update_followed_by_a_delete_is_a_delete() -> None:
    events = [
        node(Operation.UPDATE, A, {"name": "a"}, {"name": "b"}),
        node(Operation.DELETE, A, {"name": "b"}, None),
    ]
    delta = folded(5, 6, events, lambda _: {})
    assert delta.nodes == [NodeChange(Operation.DELETE, A, "NetworkDevice", {})]


def test_a_reclassification_keeps_the_kind_that_the_backend_knows() -> None:
    events = [
        Event(Operation.RECLASSIFY, A, False, "Hypervisor", {}, {}, previous_kind="PhysicalServer"),
        Event(Operation.RECLASSIFY, A, False, "VirtualMachine", {}, {}, previous_kind="Hypervisor"),
    ]
    delta = folded(5, 6, events, lambda _: {})
    assert delta.nodes == [NodeChange(Operation.RECLASSIFY, A, "VirtualMachine", {}, "PhysicalServer")]


def test_a_relation_carries_the_kinds_of_its_ends_from_the_delta_or_the_ledger() -> None:
    delta = folded(1, 2, [created(A), linked()], lambda missing: dict.fromkeys(missing, "LoadBalancer"))
    assert delta.edges == [
        EdgeChange(Operation.CREATE, AB, "CONNECTED_THROUGH", A, B, {}, "NetworkDevice", "LoadBalancer")
    ]


def test_catching_up_twice_applies_nothing_the_second_time(ledger: Ledger, run: Run, schema: Schema) -> None:
    ledger.append(run, [created(A, name="a"), created(B, name="b")])
    ledger.append(run, [linked()])
    repository = open_backend("networkx", schema)
    assert Projector(ledger, repository).catch_up() == 3
    before = repository.counts()
    assert Projector(ledger, repository).catch_up() == 3
    assert repository.counts() == before == {"NetworkDevice": 2, "CONNECTED_THROUGH": 1}


def test_a_backend_ahead_of_its_ledger_is_refused(ledger: Ledger, schema: Schema) -> None:
    repository = open_backend("networkx", schema)
    repository.apply(GraphDelta(1, 7, [NodeChange(Operation.CREATE, A, "NetworkDevice", {"name": "a"})]))
    with pytest.raises(BackendAheadError, match="sequence 7"):
        Projector(ledger, repository).catch_up()


def test_deltas_end_where_batches_end(
    ledger: Ledger, run: Run, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "DELTA_EVENTS", 5)
    for batch in range(4):
        ledger.append(run, [created(uuid_of(str(batch), str(i))) for i in range(3)])
    repository = open_backend("networkx", schema)
    projector = Projector(ledger, repository)
    projector._size = 5
    reached: list[int] = []
    projector.catch_up(lambda applied, _: reached.append(applied))
    assert reached == [3, 6, 9, 12]


STEPS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["set", "delete"]), st.integers(0, 5)), max_size=30)


@settings(max_examples=60 if NIGHTLY else 20, deadline=None)
@given(steps=STEPS, size=st.integers(1, 12), per_batch=st.integers(1, 4))
def test_however_events_are_cut_into_deltas_the_backend_ends_equal_to_the_ledger(
    steps: list[tuple[int, str, int]],
    size: int,
    per_batch: int,
    schema: Schema,
    clock: FrozenClock,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('law') / 'ledger.db'}", schema, clock)
    run = ledger.begin_run("csv", "tester", "x", "f")
    states: dict[str, Properties] = {}
    batch: dict[str, Event] = {}

    def flush() -> None:
        if batch:
            ledger.append(run, list(batch.values()))
            batch.clear()

    for number, action, value in steps:
        element = uuid_of(str(number))
        if element in batch or len(batch) == per_batch:
            flush()
        before, after = states.get(element), {"name": str(value)}
        if action == "delete" and before is not None:
            batch[element] = node(Operation.DELETE, element, before, None)
            del states[element]
        elif action == "set":
            operation = Operation.CREATE if before is None else Operation.UPDATE
            batch[element] = node(operation, element, before, after)
            states[element] = after
    flush()
    repository = open_backend("networkx", schema)
    projector = Projector(ledger, repository)
    projector._size = size
    projector.catch_up()
    assert {n.id: {k: v for k, v in n.properties.items() if k != "id"} for n in repository.nodes()} == states
    assert verify(ledger, schema, [repository]).equal
    ledger.close()
