"""A rejected row waits whole, with its reason, until it is mended, told again, replayed or dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.held import HeldRows
from ingest.job import IngestJob
from ingest.mapping import read as mapping_files
from ingest.quarantine import release
from tests.ingest.twin import SECRET, TestTwin

DEVICE = (
    '[{"model": "dcim.site", "pk": 1, "fields": {"name": "Paris"}},'
    ' {"model": "dcim.devicerole", "pk": 1, "fields": {"name": "r", "slug": "server"}},'
    ' {"model": "dcim.device", "pk": 1, "fields": {"name": "srv1", "role": 1, "site": 1, "status": "mothballed"}}]'
)


def _held(twin: TestTwin) -> list[tuple[str, str, bool]]:
    return [(str(row.place), row.code, row.is_replayable) for row in HeldRows(twin.ledger).of()]


def _replay(twin: TestTwin, source: str) -> dict[str, int]:
    job = IngestJob(twin.schema, twin.ledger, actor="tester", clock=twin.clock, personal_secret=SECRET)
    rows = [row for row in HeldRows(twin.ledger).of(source) if row.is_replayable]
    return dict(job.replay(source, rows).counters)


def test_a_row_is_kept_whole_with_its_place_and_reason(twin: TestTwin) -> None:
    twin.load("netbox", {"x.json": DEVICE})
    (row,) = HeldRows(twin.ledger).of("netbox")
    assert (str(row.place), row.code, row.type) == ("x.json:3", "VALUE_NOT_MAPPED", "dcim.device")
    assert "mothballed" in row.reason
    assert row.content["name"] == "srv1"
    assert HeldRows(twin.ledger).find(row.element[:6]) == row


def test_after_the_mapping_is_mended_a_replay_takes_the_row_and_its_relations(
    twin: TestTwin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin.load("netbox", {"x.json": DEVICE})
    assert twin.edges() == set()
    again = _replay(twin, "netbox")
    assert (again["created"], again["rejected"]) == (0, 1)
    assert _held(twin) == [("x.json:3", "VALUE_NOT_MAPPED", True)]
    shelf = tmp_path / "mappings"
    mended = shelf / "it_estate" / "netbox.yml"
    mended.parent.mkdir(parents=True)
    original = (mapping_files.SHELF / "it_estate" / "netbox.yml").read_text(encoding="utf-8")
    mended.write_text(original.replace("offline: in_maintenance", "offline: in_maintenance, mothballed: planned"))
    text = mended.read_text().replace(
        "              offline: in_maintenance, mothballed: planned",
        ("              offline: in_maintenance\n              mothballed: planned"),
    )
    mended.write_text(text)
    monkeypatch.setattr(mapping_files, "SHELF", shelf)
    taken = _replay(twin, "netbox")
    assert (taken["created"], taken["rejected"]) == (2, 0)
    assert twin.edges() == {("srv1", "LOCATED_IN", "Paris")}
    assert _held(twin) == []
    assert twin.states("QuarantinedRow") == twin.states("REJECTED_BY") == []


def test_a_row_that_missed_what_it_refers_to_is_taken_once_that_is_there(twin: TestTwin) -> None:
    twin.load("csv", {"Rack.csv": "key,name\nR1,r\n", "relations/LOCATED_IN.csv": _located("R1", "S1")})
    assert _held(twin) == [("relations/LOCATED_IN.csv:2", "DANGLING_REFERENCE", True)]
    twin.load("csv", {"Site.csv": "key,name\nS1,Paris\n"})
    assert _replay(twin, "csv")["created"] == 1
    assert twin.edges() == {("r", "LOCATED_IN", "Paris")}
    assert _held(twin) == []


def _located(rack: str, site: str) -> str:
    return f"from_kind,from,to_kind,to\nRack,{rack},Site,{site}\n"


def test_a_row_that_is_mended_in_its_source_leaves_quarantine_with_the_next_load(twin: TestTwin) -> None:
    twin.load("csv", {"Rack.csv": "key,name,height_units\nR1,r,many\n"})
    twin.load("csv", {"Site.csv": "key,name\nS1,Paris\n"})
    assert _held(twin) == [("Rack.csv:2", "WRONG_TYPE", True)]
    twin.load("csv", {"Rack.csv": "key,name,height_units\nR1,r,42\n"})
    assert _held(twin) == []
    assert twin.states("QuarantinedRow") == []


def test_a_row_that_was_never_read_is_listed_and_not_replayed(twin: TestTwin) -> None:
    twin.load("csv", {"Rack.csv": "key,name\nR1,r,too many\nR2,=SUM(A1)\nR3,ok\n"})
    assert _held(twin) == [
        ("Rack.csv:2", "WRONG_COLUMN_COUNT", False),
        ("Rack.csv:3", "FORMULA_CELL", False),
    ]


def test_a_dropped_row_is_gone_with_its_node(twin: TestTwin) -> None:
    twin.load("csv", {"Rack.csv": "key,name,height_units\nR1,r,many\nR2,s,few\n"})
    first, second = HeldRows(twin.ledger).of()
    run = twin.ledger.begin_run("drop", "tester", "", "")
    release(twin.ledger, run, [first.element])
    assert HeldRows(twin.ledger).of() == [second]
    assert [s.element for s in twin.states("QuarantinedRow")] == [second.element]
