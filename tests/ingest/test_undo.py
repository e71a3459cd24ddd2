"""Taking a run back leaves the twin as if the run had not been, or says who is in the way and leaves it alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from core.errors import NotFoundError
from graph.history.ledger import Ledger
from graph.schema.load import load_schema
from graph.schema.model import Schema
from ingest.undo import NotUndoableError, Undo, UndoConflictError, UndoReport
from tests.conftest import NIGHTLY, NOW
from tests.ingest.twin import TestTwin

SITES = {"Site.csv": "key,name,city\nS1,Site one,Paris\nS2,Site two,Lyon\n"}
CHANGED = {
    "Site.csv": "key,name,city\nS1,Site one,Nantes\nS2,Site two,\nS3,Site three,Lille\n",
    "DataCenter.csv": "key,name\nD1,north\n",
    "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\nDataCenter,D1,Site,S3\n",
}


def undo(twin: TestTwin, run: str, **how: bool) -> UndoReport:
    return Undo(twin.schema, twin.ledger, actor="tester").run(run, **how)


def test_a_run_taken_back_leaves_what_was_there_before_it(twin: TestTwin) -> None:
    twin.load("csv", SITES)
    before = (twin.nodes(), twin.edges(), twin.checksum())
    run = twin.load("csv", CHANGED).run
    report = undo(twin, run[:8])
    assert (twin.nodes(), twin.edges(), twin.checksum()) == before
    assert {(k, o.value): n for (k, o), n in report.difference.counts.items()} == {
        ("Site", "update"): 2,
        ("Site", "delete"): 1,
        ("DataCenter", "delete"): 1,
        ("LOCATED_IN", "delete"): 1,
    }
    assert {r.id: r.status for r in twin.ledger.runs()}[run] == "undone"
    assert {s.properties["status"] for s in twin.states("ImportRun")} == {"complete", "undone"}


def test_an_export_that_was_taken_back_can_be_loaded_again(twin: TestTwin, tmp_path: Path) -> None:
    twin.load("csv", SITES)
    run = twin.load("csv", CHANGED).run
    loaded = twin.checksum()
    undo(twin, run)
    assert twin.load_path("csv", twin.folder / "export2", reread=False).status == "complete"
    assert twin.checksum() == loaded


def test_a_dry_undo_shows_the_difference_and_writes_nothing(twin: TestTwin) -> None:
    run = twin.load("csv", SITES).run
    sequence = twin.ledger.sequence()
    report = undo(twin, run, dry_run=True)
    assert twin.ledger.sequence() == sequence
    assert [c.name for c in report.difference.changes] == ["Site one", "Site two"]


def test_what_was_changed_since_is_a_conflict_and_nothing_is_done(twin: TestTwin) -> None:
    first = twin.load("csv", SITES).run
    twin.load("csv", CHANGED)
    before = twin.checksum()
    with pytest.raises(UndoConflictError, match="changed since by csv") as caught:
        undo(twin, first)
    assert {c["name"] for c in caught.value.details["conflicts"]} == {"Site one", "Site two"}
    assert twin.checksum() == before


def test_conflicts_may_be_left_as_they_are(twin: TestTwin) -> None:
    first = twin.load(
        "csv", {"Site.csv": "key,name\nS1,Site one\n", "DataCenter.csv": "key,name\nD1,north\nD2,south\n"}
    ).run
    twin.load(
        "csv",
        {
            "Site.csv": "key,name\nS1,Site one\n",
            "DataCenter.csv": "key,name\nD1,north\n",
            "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\nDataCenter,D1,Site,S1\n",
        },
    )
    report = undo(twin, first, keep_conflicts=True)
    assert {(c.kind, c.name, c.reason) for c in report.conflicts} == {
        ("Site", "Site one", "a LOCATED_IN of it stays"),
        ("DataCenter", "north", "a LOCATED_IN of it stays"),
    }
    assert set(twin.nodes()) == {("Site", "Site one"), ("DataCenter", "north")}
    assert twin.edges() == {("north", "LOCATED_IN", "Site one")}


def test_runs_are_taken_back_one_after_the_other_newest_first(twin: TestTwin) -> None:
    runs = [twin.load("csv", SITES).run, twin.load("csv", CHANGED).run]
    for run in reversed(runs):
        undo(twin, run)
    assert (twin.nodes(), twin.edges()) == ({}, set())


def test_a_run_is_taken_back_once_and_an_undo_never(twin: TestTwin) -> None:
    run = twin.load("csv", SITES).run
    report = undo(twin, run)
    for name in (run, report.run):
        with pytest.raises(NotUndoableError):
            undo(twin, name)
    with pytest.raises(NotFoundError):
        undo(twin, "nobody")
    with pytest.raises(NotFoundError):
        undo(twin, "")


ROWS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["", "Paris", "Lyon"])), min_size=1, max_size=5)


def export_of(rows: list[tuple[int, str]]) -> dict[str, str]:
    known = dict(rows)
    links = "".join(f"DataCenter,D{key},Site,S{key}\n" for key, city in known.items() if city)
    return {
        "Site.csv": "key,name,city\n" + "".join(f"S{key},site {key},{city}\n" for key, city in known.items()),
        "DataCenter.csv": "key,name\n" + "".join(f"D{key},north {key}\n" for key in known),
        "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\n" + links,
    }


@cache
def it_estate() -> Schema:
    return load_schema("it_estate")


def empty_twin(folder: Path) -> TestTwin:
    clock = FrozenClock(NOW)
    return TestTwin(it_estate(), Ledger("sqlite://", it_estate(), clock), clock, folder)


@settings(max_examples=500 if NIGHTLY else 12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(loads=st.lists(ROWS, min_size=1, max_size=3), taken=ROWS, later=ROWS)
def test_after_an_undo_later_loads_do_what_they_would_have_done(
    loads: list[list[tuple[int, str]]],
    taken: list[tuple[int, str]],
    later: list[tuple[int, str]],
    tmp_path: Path,
) -> None:
    with_undo, without = (empty_twin(tmp_path / name) for name in ("with", "without"))
    for rows in loads:
        with_undo.load("csv", export_of(rows), batch_rows=2)
        without.load("csv", export_of(rows), batch_rows=2)
    undo(with_undo, with_undo.load("csv", export_of(taken), batch_rows=2).run)
    assert with_undo.checksum() == without.checksum()
    with_undo.load("csv", export_of(later))
    without.load("csv", export_of(later))
    assert with_undo.checksum() == without.checksum()
    for twin in (with_undo, without):
        twin.ledger.close()
