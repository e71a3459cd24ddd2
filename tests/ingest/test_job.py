"""One load as a whole: progress, cancellation, what it notes about itself, and what it does not read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.history.ledger import Ledger
from ingest.job import IngestJob, Progress
from tests.conftest import NOW
from tests.ingest.twin import SECRET, TestTwin, write_files

ROWS = 50
RACKS = "key,name\n" + "".join(f"R{n},rack {n}\n" for n in range(ROWS))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_files(tmp_path / "export", {"Rack.csv": RACKS})


def job(twin: TestTwin, batch_rows: int = 10) -> IngestJob:
    return IngestJob(
        twin.schema, twin.ledger, actor="tester", batch_rows=batch_rows, clock=twin.clock, personal_secret=SECRET
    )


def stop_at_20(running: IngestJob) -> Progress:
    def watch(_stage: str, done: int, _total: int) -> None:
        if done == 20:
            running.cancel()

    return watch


def test_progress_is_told_batch_by_batch(twin: TestTwin, export: Path) -> None:
    told: list[tuple[str, int, int]] = []
    job(twin).run("csv", export, progress=lambda *step: told.append(step))
    assert told == [("look through", 0, 0), *(("nodes", done, ROWS) for done in range(10, ROWS + 1, 10))]


def test_a_cancelled_load_keeps_whole_batches_and_is_taken_up_by_the_next(twin: TestTwin, export: Path) -> None:
    first = job(twin)
    report = first.run("csv", export, progress=stop_at_20(first))
    assert (report.status, report.counters["created"], report.rows) == ("cancelled", 20, 20)
    assert len(twin.nodes()) == 20
    again = job(twin).run("csv", export)
    assert (again.run, again.resumed, again.status) == (report.run, True, "complete")
    assert again.counters == {"created": ROWS, "updated": 0, "unchanged": 0, "rejected": 0}
    assert len(twin.nodes()) == ROWS
    assert [run.status for run in twin.ledger.runs()] == ["complete"]


def test_a_run_and_its_source_are_nodes_of_the_twin(twin: TestTwin, export: Path) -> None:
    report = job(twin).run("csv", export)
    (run,) = twin.states("ImportRun")
    (source,) = twin.states("DataSource")
    assert {name: run.properties[name] for name in ("status", "created", "rejected", "started_at", "ended_at")} == {
        "status": "complete",
        "created": ROWS,
        "rejected": 0,
        "started_at": NOW,
        "ended_at": NOW,
    }
    assert source.properties["name"] == "csv"
    assert "freshness" in source.properties
    assert {(s.start, s.end) for s in twin.states("LOADED_FROM")} == {(run.element, source.element)}
    assert report.to_dict()["counters"]["created"] == ROWS


def test_an_export_that_was_just_loaded_whole_is_not_read_again(twin: TestTwin, export: Path) -> None:
    job(twin).run("csv", export)
    before = twin.checksum()
    report = job(twin).run("csv", export)
    assert report.status == "unchanged"
    assert report.counters == {"created": 0, "updated": 0, "unchanged": ROWS, "rejected": 0}
    assert twin.checksum() == before
    assert len(twin.states("ImportRun")) == 2


def test_an_export_is_read_again_after_another_one_of_the_same_source(
    twin: TestTwin, export: Path, tmp_path: Path
) -> None:
    job(twin).run("csv", export)
    other = write_files(tmp_path / "other", {"Rack.csv": "key,name\nR1,renamed\n"})
    assert job(twin).run("csv", other).counters["updated"] == 1
    report = job(twin).run("csv", export)
    assert (report.status, report.counters["updated"]) == ("complete", 1)
    assert ("Rack", "rack 1") in twin.nodes()


def test_an_export_with_rejected_rows_is_tried_again(twin: TestTwin) -> None:
    owned = {
        "Rack.csv": "key,name\nR1,r\n",
        "relations/OWNED_BY.csv": "from_kind,from,to_kind,to\nRack,R1,Team,T1\n",
    }
    twin.load("csv", owned)
    twin.load("csv", {"Team.csv": "key,name\nT1,Network\n"})
    job(twin).run("csv", twin.folder / "export1")
    assert twin.edges() == {("r", "OWNED_BY", "Network")}


def test_a_load_into_postgresql_gives_what_it_gives_in_sqlite(
    twin: TestTwin, postgresql_url: str, tmp_path: Path
) -> None:
    files = {
        "Team.csv": "key,name\nT1,Réseau\n",
        "Rack.csv": "key,name,height_units\nR1,r,42\nR2,r,tall\n",
        "relations/OWNED_BY.csv": "from_kind,from,to_kind,to\nRack,R1,Team,T1\nRack,R1,Team,T2\n",
    }
    here = twin.load("csv", files, batch_rows=2)
    ledger = Ledger(postgresql_url, twin.schema, twin.clock)
    try:
        other = TestTwin(twin.schema, ledger, twin.clock, tmp_path / "other")
        assert other.load("csv", files, batch_rows=2).counters == here.counters
        assert other.load("csv", files).counters["unchanged"] == 3
        assert other.checksum() == twin.checksum()
        assert other.quarantined() == twin.quarantined()
    finally:
        ledger.close()


def test_a_superseded_run_is_marked_as_such(twin: TestTwin, export: Path, tmp_path: Path) -> None:
    first = job(twin)
    first.run("csv", export, progress=stop_at_20(first))
    other = write_files(tmp_path / "other", {"Rack.csv": "key,name\nR1,r\n"})
    job(twin).run("csv", other)
    assert sorted(str(s.properties["status"]) for s in twin.states("ImportRun")) == ["complete", "superseded"]
