"""`jumeau ingest`: try a load, list loads, take one back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here


@pytest.fixture
def console(tmp_path: Path) -> Here:
    return Here(Console(tmp_path / "home", {"JUMEAU_NOW": "2025-01-01"}))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Site.csv").write_text("key,name,city\nS1,Site one,Paris\nS2,Site two,Lyon\n", encoding="utf-8")
    return folder


def sites(console: Here) -> list[list[str]]:
    answer = console.json("query", "MATCH (s:Site) RETURN s.name AS name ORDER BY name")
    rows: list[list[str]] = answer["rows"]
    return rows


def test_a_load_is_tried_done_listed_and_taken_back(console: Here, export: Path) -> None:
    tried = console.json("ingest", str(export), "--source", "csv", "--dry-run")
    assert (tried["status"], tried["counters"]["created"]) == ("rehearsed", 2)
    assert sites(console) == []
    done = console.json("ingest", "load", str(export), "--source", "csv")
    assert sites(console) == [["Site one"], ["Site two"]]
    (listed,) = console.json("ingest", "runs")
    assert (listed["run"], listed["status"], listed["created"]) == (done["run"], "complete", 2)
    taken = console.json("ingest", "undo", done["run"][:8])
    assert taken["difference"]["counts"] == [{"kind": "Site", "operation": "delete", "count": 2}]
    assert sites(console) == []
    assert console.json("graph", "verify")["equal"]
    again = console.run("ingest", "undo", done["run"])
    assert again.returncode == 3
    assert "NOT_UNDOABLE" in again.stderr


def test_what_was_built_upon_is_left_alone_and_told(console: Here, export: Path) -> None:
    first = console.json("ingest", str(export), "--source", "csv")["run"]
    (export / "Site.csv").write_text("key,name,city\nS1,Site one,Nantes\n", encoding="utf-8")
    console.json("ingest", str(export), "--source", "csv")
    refused = console.run("ingest", "undo", first)
    assert refused.returncode == 3
    assert "UNDO_CONFLICT" in refused.stderr
    assert "Site one: changed since by csv" in refused.stderr
    kept = console.json("ingest", "undo", first, "--keep-conflicts")
    assert [conflict["name"] for conflict in kept["conflicts"]] == ["Site one"]
    assert sites(console) == [["Site one"]]


def test_a_complete_export_retires_what_is_gone_and_the_brake_says_so(console: Here, export: Path) -> None:
    console.json("ingest", str(export), "--source", "csv", "--complete")
    (export / "Site.csv").write_text("key,name,city\nS1,Site one,Paris\n", encoding="utf-8")
    stopped = console.run("ingest", str(export), "--source", "csv", "--complete")
    assert stopped.returncode == 1
    assert "1 of 2 elements are missing (50.0%)" in stopped.stderr
    assert len(sites(console)) == 2
    done = console.json("ingest", str(export), "--source", "csv", "--complete", "--brake", "0.5")
    assert done["retirement"]["retired"] == 1
    assert sites(console) == [["Site one"]]
    assert console.json("graph", "verify")["equal"]
