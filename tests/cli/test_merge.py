"""`jumeau merge`: a server that two sources loaded apart becomes one, and two again when that is undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.ingest.test_deduplication import DISCOVERY, SPREADSHEET
from tests.ingest.twin import write_files

SERVERS = "MATCH (s:Server) RETURN s.name AS name, s.memory_gb AS memory ORDER BY name"
APART = [["other", None], ["srv-new", 128.0], ["srv-old", 64.0]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Here:
    folder = tmp_path_factory.mktemp("loaded")
    loaded = Here(Console(folder / "home", {"JUMEAU_NOW": "2025-01-01"}))
    for source, files in (("csv", SPREADSHEET), ("servicenow_cmdb", DISCOVERY)):
        loaded.json("ingest", str(write_files(folder / source, files)), "--source", source)
    return loaded


@pytest.fixture
def here(loaded: Here, tmp_path: Path) -> Here:
    return loaded.copied(tmp_path / "home")


def test_two_servers_become_one_and_two_again(here: Here) -> None:
    shown = here.json("merge", "srv-old", "srv-new", "--reason", "same serial number", "--dry-run")
    assert (shown["run"], shown["keys"]) == (None, 1)
    assert here.json("query", SERVERS)["rows"] == APART
    merged = here.json("merge", "srv-old", "srv-new", "--reason", "same serial number")
    assert merged["difference"] == shown["difference"]
    assert here.json("query", SERVERS)["rows"] == [["other", None], ["srv-new", 128.0]]
    assert here.json("provenance", "srv-old")["element"] == merged["kept"], "the name that gave way still finds it"
    (latest, *_) = here.json("ingest", "runs", "--limit", "1")
    assert (latest["source"], latest["location"]) == ("merge", "same serial number")
    assert here.json("graph", "verify")["equal"]
    here.json("ingest", "undo", merged["run"])
    assert here.json("query", SERVERS)["rows"] == APART
    assert here.json("graph", "verify")["equal"]


def test_what_cannot_be_one_is_refused_with_what_to_do(here: Here) -> None:
    refused = here.run("merge", "srv-old", "other", "--reason", "I think so")
    assert (refused.returncode, "MERGE_REFUSED" in refused.stderr, "--complete" in refused.stderr) == (2, True, True)
    assert here.run("merge", "srv-old", "nobody", "--reason", "x").returncode != 0


def test_people_read_what_would_change_and_how_to_take_it_back(here: Here) -> None:
    done = here.run("merge", "srv-old", "srv-new", "--reason", "same serial number")
    assert done.returncode == 0
    assert "1 keys of sources passed" in done.stdout + done.stderr
    assert "PhysicalServer" in done.stdout


def test_pairs_that_look_like_one_are_listed_with_who_knows_them(here: Here, tmp_path: Path) -> None:
    assert here.json("review", "duplicates") == []
    numbered = "key,name,serial_number\n1,srv-old,S1\n2,other,\n"
    folder = write_files(tmp_path / "later", {"PhysicalServer.csv": numbered})
    here.json("ingest", str(folder), "--source", "csv")
    (pair,) = here.json("review", "duplicates", "--kind", "Server")
    assert (pair["by"], pair["values"]) == (["serial_number"], ["s1"])
    assert {side["name"]: side["sources"] for side in (pair["one"], pair["other"])} == {
        "srv-old": ["csv"],
        "srv-new": ["servicenow_cmdb"],
    }
    assert "serial_number s1" in here.run("review", "duplicates").stdout
    assert here.run("review", "duplicates", "--kind", "Sever").returncode == 2
