"""What a whole export no longer tells is retired, under a brake, and never by mistake."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.load import load_schema
from graph.schema.model import Schema
from ingest.job import IngestJob
from ingest.report import IngestReport
from ingest.undo import Undo
from tests.conftest import NIGHTLY, NOW
from tests.ingest.twin import SECRET, TestTwin, write_files


def load(
    twin: TestTwin, files: Mapping[str, str], *, whole: bool = True, brake: float = 1.0, source: str = "csv"
) -> IngestReport:
    twin.exports += 1
    export = write_files(twin.folder / f"export{twin.exports}", files)
    job = IngestJob(twin.schema, twin.ledger, actor="tester", batch_rows=2, clock=twin.clock, personal_secret=SECRET)
    return job.run(source, export, whole=whole, brake=brake)


def racks(*numbers: int) -> dict[str, str]:
    return {"Rack.csv": "key,name\n" + "".join(f"R{n},rack {n}\n" for n in numbers)}


def names(twin: TestTwin) -> set[str]:
    return {name for _, name in twin.nodes()}


def test_what_a_whole_export_no_longer_tells_is_retired_with_its_relations(twin: TestTwin) -> None:
    located = "from_kind,from,to_kind,to\nRack,R1,DataCenter,D1\n"
    site = {"DataCenter.csv": "key,name\nD1,north\n"}
    load(twin, {**racks(1, 2), **site, "relations/LOCATED_IN.csv": located + "Rack,R2,DataCenter,D1\n"})
    report = load(twin, {**racks(1), **site, "relations/LOCATED_IN.csv": located})
    assert report.retirement is not None
    assert (report.retirement.status, report.retirement.retired) == ("done", 2)
    assert names(twin) == {"rack 1", "north"}
    assert twin.edges() == {("rack 1", "LOCATED_IN", "north")}


def test_an_export_that_is_not_said_to_be_whole_retires_nothing_and_forgets_nothing(twin: TestTwin) -> None:
    load(twin, racks(1, 2))
    assert load(twin, racks(1), whole=False).retirement is None
    assert names(twin) == {"rack 1", "rack 2"}
    assert load(twin, racks(1, 3)).retirement is not None
    assert names(twin) == {"rack 1", "rack 3"}


def test_above_the_brake_nothing_is_retired_and_it_is_explained(twin: TestTwin) -> None:
    load(twin, racks(*range(100)))
    stopped = load(twin, racks(*range(94)), brake=0.05)
    assert stopped.retirement is not None
    assert (stopped.retirement.status, stopped.retirement.missing) == ("stopped", 6)
    assert "6 of 100 elements are missing (6.0%)" in stopped.retirement.explanation
    assert len(names(twin)) == 100
    again = load(twin, racks(*range(94)), brake=0.06)
    assert again.retirement is not None
    assert (again.status, again.retirement.retired) == ("complete", 6)
    assert len(names(twin)) == 94


def test_what_a_rejected_row_speaks_of_is_not_missing(twin: TestTwin) -> None:
    first = {"Rack.csv": "key,name,yearly_cost\nR1,rack 1,5\nR2,rack 2,5\nR3,rack 3,5\n"}
    load(twin, first)
    report = load(twin, {"Rack.csv": "key,name,yearly_cost\nR1,rack 1,5\nR2,rack 2,much\n"})
    assert report.counters["rejected"] == 1
    assert names(twin) == {"rack 1", "rack 2"}


def test_where_a_row_says_nothing_at_all_nothing_is_retired(twin: TestTwin) -> None:
    load(twin, racks(1, 2, 3))
    report = load(twin, {"Rack.csv": "key,name\nR1,rack 1\nR2\n"})
    assert report.retirement is not None
    assert report.retirement.status == "blind"
    assert names(twin) == {"rack 1", "rack 2", "rack 3"}


def test_what_another_source_tells_too_is_kept(twin: TestTwin) -> None:
    product = {"name": "postgresql", "cycle": "16"}
    catalogue = {"SoftwareProduct.csv": f"key,name\nP1,{product['name']}\nP2,oracle\n"}
    load(twin, catalogue)
    backstage = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata:\n  name: payments\nspec:\n  owner: team-a\n"
    load(twin, {"catalog.yaml": backstage}, source="backstage")
    before = names(twin)
    report = load(twin, {"SoftwareProduct.csv": "key,name\nP1,postgresql\n"})
    assert report.retirement is not None
    assert report.retirement.retired == 1
    assert names(twin) == before - {"oracle"}


def test_a_run_that_retired_can_be_taken_back(twin: TestTwin) -> None:
    load(twin, racks(1, 2))
    before = twin.checksum()
    run = load(twin, racks(1)).run
    assert twin.checksum() != before
    Undo(twin.schema, twin.ledger, actor="tester").run(run)
    assert twin.checksum() == before
    load(twin, racks(1, 2))
    assert twin.checksum() == before


def test_a_dry_run_shows_what_would_be_retired(twin: TestTwin) -> None:
    load(twin, racks(1, 2))
    export = write_files(twin.folder / "next", racks(1))
    job = IngestJob(twin.schema, twin.ledger, actor="tester", clock=twin.clock, personal_secret=SECRET)
    report = job.rehearse("csv", export, whole=True, brake=1.0)
    assert report.difference is not None
    assert [(c.operation.value, c.name) for c in report.difference.changes] == [("delete", "rack 2")]
    assert names(twin) == {"rack 1", "rack 2"}


def test_a_cancelled_run_retires_nothing(twin: TestTwin) -> None:
    load(twin, racks(*range(10)))
    export = write_files(twin.folder / "next", racks(*range(8)))
    job = IngestJob(twin.schema, twin.ledger, actor="tester", batch_rows=2, clock=twin.clock, personal_secret=SECRET)
    job.run(
        "csv", export, progress=lambda _stage, done, _total: job.cancel() if done >= 4 else None, whole=True, brake=1
    )
    assert len(names(twin)) == 10
    again = IngestJob(twin.schema, twin.ledger, actor="tester", batch_rows=2, clock=twin.clock, personal_secret=SECRET)
    report = again.run("csv", export, whole=True, brake=1)
    assert report.resumed
    assert len(names(twin)) == 8


@cache
def it_estate() -> Schema:
    return load_schema("it_estate")


LINKS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=6)
EXPORTS = st.lists(st.tuples(st.sets(st.integers(0, 4)), LINKS), min_size=2, max_size=4)


@settings(max_examples=300 if NIGHTLY else 10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exports=EXPORTS)
def test_after_whole_exports_the_twin_holds_the_last_one_and_no_more(
    exports: list[tuple[set[int], set[tuple[int, int]]]], tmp_path: Path
) -> None:
    clock = FrozenClock(NOW)
    twins = [TestTwin(it_estate(), Ledger("sqlite://", it_estate(), clock), clock, tmp_path / name) for name in "ab"]
    files = []
    for held, links in exports:
        located = "".join(f"Rack,R{a},DataCenter,D{b}\n" for a, b in sorted(links) if a in held)
        files.append(
            {
                **racks(*sorted(held)),
                "DataCenter.csv": "key,name\nD0,north\nD1,south\nD2,west\n",
                "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\n" + located,
            }
        )
    for content in files:
        load(twins[0], content)
    load(twins[1], files[-1])
    assert twins[0].checksum() == twins[1].checksum()
    for twin in twins:
        twin.ledger.close()


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_brake_is_a_share_of_what_was_told(twin: TestTwin, share: float) -> None:
    load(twin, racks(1, 2))
    report = load(twin, racks(1), brake=share)
    assert report.retirement is not None
    assert report.retirement.status == ("done" if share >= 0.5 else "stopped")
