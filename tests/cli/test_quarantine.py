"""`jumeau quarantine` and `jumeau review`: rejected rows are listed, replayed and dropped; a person decides who is who."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.ingest.test_identification import netbox, servicenow
from tests.ingest.twin import write_files


@pytest.fixture
def console(tmp_path: Path) -> Here:
    return Here(Console(tmp_path / "home", {"JUMEAU_NOW": "2025-01-01"}))


def test_rejected_rows_are_listed_replayed_and_dropped(console: Here, tmp_path: Path) -> None:
    located = "from_kind,from,to_kind,to\nRack,R1,Site,S1\n"
    racks = {"Rack.csv": "key,name\nR1,r\nR2,=SUM(A1)\n", "relations/LOCATED_IN.csv": located}
    assert console.run("ingest", str(write_files(tmp_path / "one", racks)), "--source", "csv").returncode == 1
    listed = console.json("quarantine", "list")
    assert {row["code"]: row["replayable"] for row in listed} == {"FORMULA_CELL": False, "DANGLING_REFERENCE": True}
    again = console.run("quarantine", "replay", "--source", "csv")
    assert again.returncode == 1
    assert "DANGLING_REFERENCE" in again.stderr
    site = write_files(tmp_path / "two", {"Site.csv": "key,name\nS1,Paris\n"})
    console.json("ingest", str(site), "--source", "csv")
    (report,) = console.json("quarantine", "replay")
    assert (report["counters"]["created"], report["counters"]["rejected"]) == (1, 0)
    (left,) = console.json("quarantine", "list")
    assert console.json("quarantine", "show", left["id"][:8])["position"] == "Rack.csv:3"
    assert console.run("quarantine", "drop").returncode == 2
    console.run("quarantine", "drop", left["id"])
    assert console.json("quarantine", "list") == []
    assert console.json("query", "MATCH (q:QuarantinedRow) RETURN count(q) AS n")["rows"] == [[0]]
    assert console.json("graph", "verify")["equal"]


def test_a_person_says_which_server_a_row_means(console: Here, tmp_path: Path) -> None:
    ours = write_files(tmp_path / "one", netbox({"name": "srv1", "serial": "A"}))
    theirs = write_files(tmp_path / "two", servicenow({"name": "srv1", "serial_number": "B"}))
    console.json("ingest", str(ours), "--source", "netbox")
    assert console.run("ingest", str(theirs), "--source", "servicenow_cmdb").returncode == 1
    (row,) = console.json("review", "list")
    shown = console.json("review", "show", row["id"])
    (choice,) = shown["choices"]
    assert choice["properties"]["serial_number"] == "A"
    assert console.run("review", "decide", row["id"], "--reason", "x").returncode == 2
    (report,) = console.json("review", "decide", row["id"], "--same-as", choice["element"], "--reason", "board changed")
    assert report["counters"]["rejected"] == 0
    assert console.json("review", "list") == []
    (found,) = console.json("discrepancies", "srv1", "--attribute", "serial_number")
    assert found["said"] == {"netbox": "A", "servicenow_cmdb": "B"}
