"""A clock that goes backwards changes no answer: what is latest is what was committed last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from graph.history.ledger import Ledger
from graph.schema.model import Schema
from ingest.job import IngestJob
from tests.conftest import NOW
from tests.ingest.twin import SECRET, TestTwin, write_files

pytestmark = pytest.mark.faults

FIRST = "key,name,description\nT1,Network,old\nT2,Systems,\n"
SECOND = "key,name,description\nT1,Network,new\nT2,Systems,\n"


class Backwards:
    """An hour earlier whenever it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def now(self) -> datetime:
        self.asked += 1
        return NOW - timedelta(hours=self.asked)


@pytest.fixture
def backwards(schema: Schema, tmp_path: Path) -> Iterator[TestTwin]:
    clock = Backwards()
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", schema, clock)
    yield TestTwin(schema, ledger, clock, tmp_path)
    ledger.close()


def description(twin: TestTwin) -> object:
    return twin.nodes()["Team", "Network"]["description"]


def test_the_export_that_was_loaded_last_is_the_one_that_holds(backwards: TestTwin) -> None:
    first = write_files(backwards.folder / "first", {"Team.csv": FIRST})
    second = write_files(backwards.folder / "second", {"Team.csv": SECOND})
    told = []
    for export in (first, second, first, first):
        report = backwards.load_path("csv", export, batch_rows=1, reread=False)
        told.append((report.status, description(backwards)))
    assert told == [("complete", "old"), ("complete", "new"), ("complete", "old"), ("unchanged", "old")]


def test_runs_and_batches_keep_the_order_in_which_they_were_committed(backwards: TestTwin) -> None:
    runs = [backwards.load("csv", {"Team.csv": text}, batch_rows=1).run for text in (FIRST, SECOND, FIRST)]
    assert [run.id for run in backwards.ledger.runs()] == runs[::-1]
    latest = backwards.ledger.latest_run("csv")
    assert latest is not None
    assert latest.id == runs[-1]
    sequences = [event.sequence for event in backwards.ledger.events(1, 10**9)]
    assert sequences == list(range(1, len(sequences) + 1))


def test_an_interrupted_load_is_taken_up_whatever_the_clock_says(backwards: TestTwin) -> None:
    export = write_files(backwards.folder / "export", {"Team.csv": FIRST})
    job = IngestJob(
        backwards.schema, backwards.ledger, actor="tester", batch_rows=1, clock=backwards.clock, personal_secret=SECRET
    )
    stopped = job.run(
        "csv", export, progress=lambda stage, done, _: job.cancel() if (stage, done) == ("nodes", 1) else None
    )
    again = backwards.load_path("csv", export, batch_rows=1)
    assert (stopped.status, again.status, again.resumed, again.run) == ("cancelled", "complete", True, stopped.run)
    assert {name for _, name in backwards.nodes()} == {"Network", "Systems"}
