"""`jumeau history`: who changed an element, what, when, from which source."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here

HEADER = "key,name,hostname\n"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Here:
    folder = tmp_path_factory.mktemp("loaded")
    loaded = Here(Console(folder / "home", {"JUMEAU_NOW": "2025-01-01", "JUMEAU_ACTOR": "night shift"}))
    load(loaded, folder / "one", "P1,srv one,\nP2,srv two,h2\n", "PhysicalServer,P1,DataCenter,D1\n")
    load(loaded, folder / "two", "P1,srv one,h1\nP2,srv two,h2\n", "PhysicalServer,P2,DataCenter,D1\n")
    return loaded


@pytest.fixture
def console(loaded: Here, tmp_path: Path) -> Here:
    return loaded.copied(tmp_path / "home")


def load(console: Here, folder: Path, servers: str, located: str) -> None:
    (folder / "relations").mkdir(parents=True)
    (folder / "PhysicalServer.csv").write_text(HEADER + servers, encoding="utf-8")
    (folder / "DataCenter.csv").write_text("key,name\nD1,north\n", encoding="utf-8")
    (folder / "relations" / "LOCATED_IN.csv").write_text("from_kind,from,to_kind,to\n" + located, encoding="utf-8")
    console.json("ingest", str(folder), "--source", "csv")


def test_the_history_of_a_server_tells_each_attribute_with_its_source(console: Here) -> None:
    history = console.json("history", "srv one")
    first, second = history["entries"]
    assert (first["operation"], first["actor"], first["source"]) == ("create", "night shift", "csv")
    assert first["at"] == "2025-01-01T00:00:00Z"
    assert {c["attribute"]: c["after"] for c in first["changes"]} == {"name": "srv one"}
    assert second["changes"] == [{"attribute": "hostname", "before": None, "after": "h1"}]
    assert second["run"] != first["run"]


def test_the_history_of_a_place_tells_who_came_and_what_is_gone_has_one_by_its_id(console: Here) -> None:
    history = console.json("history", "north", "--relations")
    told = [(e["operation"], e["kind"], e["other_name"]) for e in history["entries"]]
    assert told == [
        ("create", "DataCenter", None),
        ("create", "LOCATED_IN", "srv one"),
        ("create", "LOCATED_IN", "srv two"),
    ]
    for run in [r["run"] for r in console.json("ingest", "runs")]:
        console.json("ingest", "undo", run)
    gone = console.json("history", history["element"])
    assert [e["operation"] for e in gone["entries"]] == ["create", "delete"]


def test_who_is_not_there_has_no_history(console: Here) -> None:
    done = console.run("history", "srv nine")
    assert done.returncode == 2
    assert "NOT_FOUND" in done.stderr
    unknown = console.run("history", "srv one", "--kind", "Sever")
    assert unknown.returncode == 2
