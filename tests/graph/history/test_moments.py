"""A past state is what replaying the ledger up to there gives, however it was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.errors import DiskFullError, UsageError
from core.ids import uuid_of
from graph.backends.embedded.repository import EmbeddedRepository
from graph.backends.networkx.repository import NetworkXRepository
from graph.history.branches import Branches
from graph.history.checkpoints import Checkpoints, Retention
from graph.history.columns import GraphColumns
from graph.history.difference import Form, changes_between
from graph.history.ledger import Event, Ledger
from graph.history.moment import Moment
from graph.history.moment_stores import MomentStores
from graph.history.projection import Projector
from graph.model import Operation
from graph.registry import BackendOptions
from graph.schema.model import Schema
from tests.conftest import NIGHTLY
from tests.graph.history.random_events import Estate, checksum, replayed, write

SEEDS = range(60 if NIGHTLY else 2)


@pytest.fixture
def ledger(tmp_path: Path, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield opened
    opened.close()


@pytest.fixture
def branches(ledger: Ledger, schema: Schema, clock: FrozenClock) -> Branches:
    return Branches(ledger, schema, clock)


@pytest.fixture
def checkpoints(ledger: Ledger, schema: Schema, clock: FrozenClock, tmp_path: Path) -> Checkpoints:
    return Checkpoints(ledger, schema, tmp_path, clock)


def forms(columns: GraphColumns) -> dict[str, Form]:
    nodes = {
        element: Form(False, kind, values)
        for kind, table in columns.nodes.items()
        for element, _, _, values in columns.rows(table)
    }
    edges = {
        element: Form(True, type_, values, start, end)
        for type_, table in columns.edges.items()
        for element, start, end, values in columns.rows(table)
    }
    return {**nodes, **edges}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_state_at_an_event_is_the_same_from_the_ledger_and_from_any_checkpoint(
    ledger: Ledger, checkpoints: Checkpoints, seed: int
) -> None:
    estate = Estate(seed)
    known = write(ledger, estate, 12)
    ends = [s for s, held in enumerate(known) if held]
    for sequence in ends:
        assert forms(checkpoints.columns(sequence)) == known[sequence]
    for sequence in estate.random.sample(ends, 3):
        checkpoints.make(sequence)
        for other in ends:
            assert forms(checkpoints.columns(other)) == known[other]


def test_postgresql_gives_the_same_states(
    postgresql_url: str, schema: Schema, clock: FrozenClock, tmp_path: Path
) -> None:
    opened = Ledger(postgresql_url, schema, clock)
    try:
        checkpoints = Checkpoints(opened, schema, tmp_path, clock)
        known = write(opened, Estate(7), 10)
        ends = [s for s, held in enumerate(known) if held]
        checkpoints.make(ends[len(ends) // 2])
        for sequence in ends:
            assert forms(checkpoints.columns(sequence)) == known[sequence]
            found = opened.states_at(sorted({e for held in known for e in held}), sequence)
            assert {e: Form(s.edge, s.kind, s.properties, s.start, s.end) for e, s in found.items()} == known[sequence]
        assert opened.sequence_at(clock.now()) == ends[-1]
        assert opened.sequence_at(clock.now() - timedelta(microseconds=1)) == 0
        branches = Branches(opened, schema, clock)
        branch = branches.create("plan", actor="tester")
        branch = branches.append(branch, Estate(8).batch(5), source="csv", actor="tester")
        assert len(changes_between(opened, branches, Moment(branch.base), branch.moment)) == branch.version
        branches.drop("plan")
        assert branches.all() == []
    finally:
        opened.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_states_of_elements_at_an_event_are_those_of_the_whole_graph(ledger: Ledger, seed: int) -> None:
    known = write(ledger, Estate(seed), 12)
    elements = sorted({element for held in known for element in held})
    for sequence, held in enumerate(known):
        if held:
            found = ledger.states_at(elements, sequence)
            assert {e: Form(s.edge, s.kind, s.properties, s.start, s.end) for e, s in found.items()} == held


@pytest.mark.parametrize("seed", SEEDS)
def test_the_difference_of_two_moments_leads_from_one_to_the_other(
    ledger: Ledger, branches: Branches, seed: int
) -> None:
    estate = Estate(seed)
    known = write(ledger, estate, 12)
    ends = [s for s, held in enumerate(known) if held]
    for _ in range(12):
        one, other = estate.random.choice(ends), estate.random.choice(ends)
        state = dict(known[one])
        for element, change in changes_between(ledger, branches, Moment(one), Moment(other)).items():
            assert state.get(element) == change.before
            if change.after is None:
                del state[element]
            else:
                state[element] = change.after
        assert state == known[other]


@pytest.mark.parametrize(
    ("small", "seed"),
    [(0, seed) for seed in SEEDS[: len(SEEDS) // 2]] + [(10_000, seed) for seed in SEEDS],
)
def test_the_graph_of_a_moment_is_the_replayed_one_with_who_may_see_what(
    ledger: Ledger,
    branches: Branches,
    checkpoints: Checkpoints,
    schema: Schema,
    tmp_path: Path,
    seed: int,
    small: int,
) -> None:
    estate = Estate(seed)
    write(ledger, estate, 10)
    live = EmbeddedRepository(tmp_path / "live.lbug", schema, BackendOptions())
    Projector(ledger, live).catch_up()
    try:
        ends = [last for _, _, last in ledger.batches(0)]
        checkpoints.make(ends[4])
        near = MomentStores(ledger, schema, branches, checkpoints, tmp_path / "near", live=live, small=small)
        far = MomentStores(ledger, schema, branches, checkpoints, tmp_path / "far", small=small, near=-1)
        for sequence in [ends[-1], *estate.random.sample(ends, 2 if small == 0 else 4)]:
            wanted = replayed(ledger, sequence, schema, tmp_path)
            for stores in (near, far):
                graph = stores.open(Moment(sequence))
                assert checksum(graph) == wanted
                assert isinstance(graph, EmbeddedRepository if small == 0 else NetworkXRepository)
                graph.close()
    finally:
        live.close()


@pytest.mark.parametrize("small", [0, 10_000], ids=["as a store", "in memory"])
def test_the_graph_of_a_branch_is_its_base_with_its_events(
    ledger: Ledger, branches: Branches, checkpoints: Checkpoints, schema: Schema, tmp_path: Path, small: int
) -> None:
    estate = Estate(3)
    write(ledger, estate, 8)
    branch = branches.create("plan", actor="tester")
    main = Estate(4)
    main.nodes, main.edges = dict(estate.nodes), dict(estate.edges)
    write(ledger, main, 4)  # main goes on: the branch does not see it
    stores = MomentStores(ledger, schema, branches, checkpoints, tmp_path, small=small)
    told: list[Event] = []
    for _ in range(3):
        events = estate.batch(10)
        told += events
        branch = branches.append(branch, events, source="csv", actor="tester")
        graph = stores.open(branch.moment)
        assert checksum(graph) == replayed(ledger, branch.base, schema, tmp_path, told)
        graph.close()


def test_before_the_first_event_there_is_nothing(
    ledger: Ledger, branches: Branches, checkpoints: Checkpoints, schema: Schema, tmp_path: Path
) -> None:
    for small in (-1, 100):
        graph = MomentStores(ledger, schema, branches, checkpoints, tmp_path, small=small).open(Moment(0))
        assert graph.counts() == {}
        graph.close()


def test_stores_are_kept_for_the_next_question_and_the_oldest_are_given_up(
    ledger: Ledger, branches: Branches, checkpoints: Checkpoints, schema: Schema, tmp_path: Path
) -> None:
    write(ledger, Estate(5), 6)
    stores = MomentStores(ledger, schema, branches, checkpoints, tmp_path, small=0, kept=2)
    ends = [last for _, _, last in ledger.batches(0)]
    held = [stores.open(Moment(sequence)) for sequence in ends[:4]]
    assert [graph.watermark() > 0 for graph in held] == [True] * 4
    for graph in held:
        graph.close()
    assert len(list(tmp_path.glob("moments/*/*.lbug"))) == 2
    assert list(tmp_path.glob("moments/*/.*")) == []
    read = stores.open(Moment(ends[3]))
    for sequence in ends[:3]:
        stores.open(Moment(sequence)).close()
    again = stores.open(Moment(ends[3]))
    assert read.counts() == again.counts()  # given up, and still read by whoever has it open
    again.close()
    read.close()


def test_a_moment_is_asked_before_its_store_is_written_out_and_answers_the_same_afterwards(
    ledger: Ledger, branches: Branches, checkpoints: Checkpoints, schema: Schema, tmp_path: Path
) -> None:
    write(ledger, Estate(5), 6)
    stores = MomentStores(ledger, schema, branches, checkpoints, tmp_path, small=0)
    moment = Moment(ledger.sequence())
    filled = stores.open(moment)
    assert [path.name[0] for path in tmp_path.glob("moments/*/*.lbug")] == ["."], "nothing has the name yet"
    told = checksum(filled)
    filled.close()
    filled.close()
    kept = stores.open(moment)
    assert checksum(kept) == told
    assert kept.watermark() == moment.sequence
    kept.close()


def test_a_store_that_cannot_be_written_out_is_given_up_and_made_again(
    ledger: Ledger,
    branches: Branches,
    checkpoints: Checkpoints,
    schema: Schema,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(ledger, Estate(5), 6)
    stores = MomentStores(ledger, schema, branches, checkpoints, tmp_path, small=0)
    moment = Moment(ledger.sequence())
    filled = stores.open(moment)
    told = checksum(filled)

    def full(_self: EmbeddedRepository) -> None:
        raise DiskFullError("the disk is full", where="moments")

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedRepository, "write_out", full)
        filled.close()
    assert list(tmp_path.glob("moments/*/*")) == []
    again = stores.open(moment)
    assert checksum(again) == told
    again.close()


def test_files_of_another_line_of_events_are_not_used(
    ledger: Ledger, checkpoints: Checkpoints, schema: Schema, clock: FrozenClock, tmp_path: Path
) -> None:
    """As after the ledger was restored from a backup and written to again."""
    server = uuid_of("server", "x")
    run = ledger.begin_run("csv", "tester", "", "f1")
    ledger.append(run, [Event(Operation.CREATE, server, False, "PhysicalServer", None, {"name": "old"})])
    made = checkpoints.make()
    manifest = made.path / "manifest.json"
    other = made.path.with_name(f"{made.sequence}-00000000")
    made.path.rename(other)
    assert checkpoints.all() == []
    assert forms(checkpoints.columns(1))[server].properties == {"name": "old"}
    other.rename(made.path)
    assert [c.sequence for c in checkpoints.all()] == [1]
    manifest.write_bytes(b"{")
    assert checkpoints.all() == []
    checkpoints.prune(Retention())
    assert not made.path.exists()


def test_a_checkpoint_is_not_made_twice_nor_of_what_is_not_there(ledger: Ledger, checkpoints: Checkpoints) -> None:
    write(ledger, Estate(1), 2)
    assert checkpoints.make().made_at == checkpoints.make().made_at
    assert len(checkpoints.all()) == 1
    with pytest.raises(UsageError, match="main has no event"):
        checkpoints.make(ledger.sequence() + 1)


def test_retention_keeps_the_newest_and_the_last_of_each_month(ledger: Ledger, checkpoints: Checkpoints) -> None:
    write(ledger, Estate(1), 8)
    ends = [last for _, _, last in ledger.batches(0)]
    for sequence in ends[:6]:
        checkpoints.make(sequence)
    gone = checkpoints.prune(Retention(newest=2, months=1))
    assert [c.sequence for c in gone] == ends[:4]
    assert [c.sequence for c in checkpoints.all()] == ends[4:6]
    assert [c.sequence for c in checkpoints.prune(Retention(newest=0, months=1))] == [ends[4]]
