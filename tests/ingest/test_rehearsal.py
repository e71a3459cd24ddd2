"""A dry run tells exactly what a load would do, and does nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.model import Operation
from graph.schema.model import Schema
from ingest.job import IngestJob
from ingest.report import IngestReport
from tests.conftest import NIGHTLY
from tests.ingest.twin import SECRET, TestTwin, write_files

BEFORE = {
    "Site.csv": "key,name,city\nS1,Site one,Paris\nS2,Site two,Lyon\n",
    "Rack.csv": "key,name\nR1,rack 1\nR2,rack 2\n",
    "DataCenter.csv": "key,name\nD1,north\nD2,south\n",
    "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\nRack,R1,DataCenter,D1\n",
}
AFTER = {
    "Site.csv": "key,name,city\nS1,Site one,Nantes\nS2,Site two,Lyon\nS3,Site three,\n",
    "Rack.csv": "key,name\nR1,rack 1\nR2,rack two\n",
    "DataCenter.csv": "key,name\nD1,north\nD2,south\n",
    "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\nRack,R1,DataCenter,D1\nRack,R2,DataCenter,D2\nRack,R9,DataCenter,D1\n",
}


def rehearse(twin: TestTwin, export: Path) -> IngestReport:
    return IngestJob(
        twin.schema, twin.ledger, actor="tester", batch_rows=2, clock=twin.clock, personal_secret=SECRET
    ).rehearse("csv", export)


def test_a_dry_run_shows_each_change_and_writes_nothing(twin: TestTwin) -> None:
    twin.load("csv", BEFORE)
    sequence, runs = twin.ledger.sequence(), len(twin.ledger.runs())
    report = rehearse(twin, write_files(twin.folder / "next", AFTER))
    assert (twin.ledger.sequence(), len(twin.ledger.runs())) == (sequence, runs)
    assert report.status == "rehearsed"
    assert report.difference is not None
    told = [(c.operation.value, c.kind, c.name, c.attribute, c.before, c.after) for c in report.difference.changes]
    assert sorted(told, key=repr) == [
        ("create", "LOCATED_IN", "rack two -> south", "", None, None),
        ("create", "Site", "Site three", "", None, None),
        ("update", "Rack", "rack two", "aliases", None, ("rack 2",)),
        ("update", "Rack", "rack two", "name", "rack 2", "rack two"),
        ("update", "Site", "Site one", "city", "Paris", "Nantes"),
    ]
    assert [row.code for row in report.quarantined] == ["DANGLING_REFERENCE"]
    assert twin.quarantined() == set()


ROW = st.tuples(st.integers(0, 5), st.sampled_from(["", "Paris", "Lyon"]))


def export_of(rows: list[tuple[int, str]]) -> dict[str, str]:
    return {"Site.csv": "key,name,city\n" + "".join(f"S{key},site {key},{city}\n" for key, city in rows)}


@settings(max_examples=500 if NIGHTLY else 12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(ROW, min_size=1, max_size=6), second=st.lists(ROW, min_size=1, max_size=6))
def test_the_load_after_a_dry_run_does_what_was_told(
    first: list[tuple[int, str]], second: list[tuple[int, str]], schema: Schema, clock: FrozenClock, tmp_path: Path
) -> None:
    ledger = Ledger("sqlite://", schema, clock)
    twin = TestTwin(schema, ledger, clock, tmp_path)
    twin.load("csv", export_of(first), batch_rows=2)
    export = write_files(tmp_path / "next", export_of(second))
    told = rehearse(twin, export)
    before = ledger.sequence()
    done = twin.load_path("csv", export, batch_rows=2)
    assert told.counters == done.counters
    happened: Counter[tuple[str, Operation]] = Counter()
    for recorded in ledger.events(before + 1, ledger.sequence()):
        if recorded.event.kind not in schema.bookkeeping_kinds | schema.bookkeeping_relations:
            happened[recorded.event.kind, recorded.event.operation] += 1
    assert told.difference is not None
    assert told.difference.counts == happened
    ledger.close()
