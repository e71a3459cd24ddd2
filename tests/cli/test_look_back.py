"""`jumeau query --as-of`, `diff`, `checkpoint`, `branch` and `ingest --branch`, alone and beside a server."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.acceptance.server import serving
from tests.cli.here import Here
from tests.conftest import NIGHTLY

NAMES = "MATCH (s:PhysicalServer) RETURN s.name AS name, s.model AS model ORDER BY name"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """Two servers of January; a model was told in March."""
    folder = tmp_path_factory.mktemp("loaded")
    first = Here(Console(folder / "home", {"JUMEAU_NOW": "2025-01-10T08:00:00Z"}))
    first.json("ingest", str(export(folder / "one", "P1,srv one,\nP2,srv two,m2\n")), "--source", "csv")
    later = Here(Console(folder / "home", {"JUMEAU_NOW": "2025-03-10T08:00:00Z"}))
    later.json("ingest", str(export(folder / "two", "P1,srv one,m1\nP2,srv two,m2\n")), "--source", "csv")
    return later


@pytest.fixture
def console(loaded: Here, tmp_path: Path) -> Here:
    return loaded.copied(tmp_path / "home")


@pytest.fixture(params=["alone", "beside a server"])
def anywhere(request: pytest.FixtureRequest, console: Here) -> Iterator[Here]:
    if request.param == "alone":
        yield console
        return
    with serving(console.console):
        yield console


def export(folder: Path, servers: str) -> Path:
    folder.mkdir()
    (folder / "PhysicalServer.csv").write_text("key,name,model\n" + servers, encoding="utf-8")
    return folder


def names(console: Here, *options: str) -> list[list[str | None]]:
    rows: list[list[str | None]] = console.json("query", NAMES, *options)["rows"]
    return rows


def server_id(console: Here, name: str) -> str:
    return str(console.json("history", name)["element"])


def test_a_query_and_the_catalogue_are_asked_about_a_day(anywhere: Here) -> None:
    now = [["srv one", "m1"], ["srv two", "m2"]]
    then = [["srv one", None], ["srv two", "m2"]]
    assert names(anywhere) == names(anywhere, "--as-of", "2025-03-10") == now
    assert names(anywhere, "--as-of", "2025-03-09") == names(anywhere, "--as-of", "2025-01-10T08:00:00Z") == then
    assert names(anywhere, "--as-of", "2024-12-31") == []
    told = anywhere.run("query", NAMES, "--as-of", "2025-02-01")
    assert "asked: main up to event" in told.stderr
    assert "2025-01-10T08:00:00Z" in told.stderr
    listed = anywhere.json("catalogue", "run", "servers_not_restarted", "--as-of", "2025-02-01")
    assert listed["moment"]["recorded_at"] == "2025-01-10T08:00:00Z"
    wrong = anywhere.run("query", NAMES, "--as-of", "last week")
    assert (wrong.returncode, "[USAGE]" in wrong.stderr) == (2, True)


def test_a_difference_names_elements_and_attributes(console: Here) -> None:
    content = console.json("diff", "2025-01-31", "--kind", "Server")
    (change,) = content["changes"]
    assert (change["operation"], change["kind"], change["name"]) == ("update", "PhysicalServer", "srv one")
    assert change["changes"] == [{"attribute": "model", "before": None, "after": "m1"}]
    back = console.json("diff", "now", "2025-01-31", "--kind", "Server")["changes"][0]
    assert back["changes"] == [{"attribute": "model", "before": "m1", "after": None}]
    everything = console.json("diff", "2024-01-01")
    assert {"kind": "PhysicalServer", "operation": "create", "count": 2} in everything["counts"]
    assert "ImportRun" not in {count["kind"] for count in everything["counts"]}
    assert "ImportRun" in {count["kind"] for count in console.json("diff", "2024-01-01", "--bookkeeping")["counts"]}
    table = console.run("diff", "2025-01-31", "--kind", "Server", "--output", "csv")
    assert table.stdout.splitlines() == [
        "what,kind,name,attribute,before,after",
        "update,PhysicalServer,srv one,model,,m1",
    ]


def test_checkpoints_are_made_listed_and_pruned_and_change_no_answer(console: Here) -> None:
    before = names(console, "--as-of", "2025-02-01")
    (january,) = console.json("checkpoint", "make", "--at", "2025-01-31")
    (now,) = console.json("checkpoint", "make")
    assert january["recorded_at"] == "2025-01-10T08:00:00+00:00"
    assert [c["sequence"] for c in console.json("checkpoint", "list")] == [january["sequence"], now["sequence"]]
    assert names(console, "--as-of", "2025-02-01") == before
    gone = console.json("checkpoint", "prune", "--newest", "1", "--months", "0")
    assert [c["sequence"] for c in gone] == [january["sequence"]]
    assert names(console, "--as-of", "2025-02-01") == before


def test_a_branch_is_made_edited_asked_compared_and_applied(console: Here, tmp_path: Path) -> None:
    before = names(console)
    (made,) = console.json("branch", "create", "plan", "--note", "what if")
    assert (made["name"], made["events"], made["behind"]) == ("plan", 0, 0)
    changes = tmp_path / "changes.yml"
    one = server_id(console, "srv one")
    changes.write_text(
        json.dumps(
            {
                "nodes": [
                    {"kind": "PhysicalServer", "id": one, "properties": {"model": "m9"}},
                    {"kind": "PhysicalServer", "properties": {"name": "srv new"}},
                ]
            }
        ),
        encoding="utf-8",
    )
    edited = console.json("branch", "edit", "plan", str(changes))
    assert (edited["events"], edited["elements"][0]) == (2, one)
    after = [["srv new", None], ["srv one", "m9"], ["srv two", "m2"]]
    assert names(console, "--branch", "plan") == after
    assert names(console) == before
    difference = console.json("branch", "diff", "plan")
    assert [(c["operation"], c["name"]) for c in difference["changes"]] == [
        ("create", "srv new"),
        ("update", "srv one"),
    ]
    assert console.json("branch", "diff", "plan", "main")["changes"] == difference["changes"]
    tried = console.json("branch", "apply", "plan", "--dry-run")
    assert (tried["events"], tried["conflicts"]) == (2, [])
    assert names(console) == before
    console.json("branch", "apply", "plan")
    assert names(console) == after
    assert console.json("branch", "list")[0]["applied"] is not None
    console.run("branch", "drop", "plan")
    assert console.json("branch", "list") == []
    assert names(console) == after
    assert console.json("graph", "verify")["equal"]


def test_an_export_is_loaded_onto_a_branch_and_conflicts_with_main_are_shown(console: Here, tmp_path: Path) -> None:
    console.json("branch", "create", "plan")
    planned = export(tmp_path / "planned", "P1,srv one,planned\nP3,srv three,m3\nP4,,\n")
    report = console.json("ingest", str(planned), "--source", "csv", "--branch", "plan", code=1)
    assert report["counters"]["rejected"] == 1
    assert names(console, "--branch", "plan") == [["srv one", "planned"], ["srv three", "m3"], ["srv two", "m2"]]
    assert names(console) == [["srv one", "m1"], ["srv two", "m2"]]
    main = export(tmp_path / "main", "P1,srv one,other\nP2,srv two,m2\n")
    console.json("ingest", str(main), "--source", "csv")
    refused = console.run("branch", "apply", "plan")
    assert refused.returncode == 1
    assert "BRANCH_CONFLICT" in refused.stderr
    assert "srv one model" in refused.stderr
    assert names(console) == [["srv one", "other"], ["srv two", "m2"]]
    (conflict,) = console.json("branch", "apply", "plan", "--dry-run", code=1)["conflicts"]
    assert [conflict[side] for side in ("base", "main", "branch")] == ["m1", "other", "planned"]
    console.json("branch", "apply", "plan", "--theirs")
    assert names(console) == [["srv one", "planned"], ["srv three", "m3"], ["srv two", "m2"]]
    again = console.json("ingest", str(planned), "--source", "csv", code=1)
    assert (again["counters"]["created"], again["counters"]["updated"]) == (0, 0)  # main knows what the branch knew


def test_a_complete_export_is_tried_against_a_branch_and_retires_what_is_gone_there_only(
    console: Here, tmp_path: Path
) -> None:
    console.json("branch", "create", "plan")
    planned = export(tmp_path / "planned", "P1,srv one,planned\n")
    asked = ("ingest", str(planned), "--source", "csv", "--branch", "plan", "--complete", "--brake", "0.9")
    tried = console.json(*asked, "--dry-run")
    assert {(c["kind"], c["operation"]): c["count"] for c in tried["difference"]["counts"]}[
        "PhysicalServer", "delete"
    ] == 1
    assert names(console, "--branch", "plan") == names(console)
    assert console.json(*asked)["difference"] == tried["difference"]
    assert names(console, "--branch", "plan") == [["srv one", "planned"]]
    assert names(console) == [["srv one", "m1"], ["srv two", "m2"]]


@pytest.mark.parametrize(
    "place",
    ["ledger.append.before", "ledger.append.uncommitted", "ledger.append.committed"]
    if NIGHTLY
    else ["ledger.append.uncommitted"],
)
def test_an_application_that_is_killed_is_done_whole_or_not_at_all(console: Here, tmp_path: Path, place: str) -> None:
    before = names(console)
    console.json("branch", "create", "plan")
    changes = tmp_path / "changes.json"
    ids = [server_id(console, name) for name in ("srv one", "srv two")]
    nodes = [{"kind": "PhysicalServer", "id": node, "properties": {"model": "m9"}} for node in ids]
    changes.write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    console.json("branch", "edit", "plan", str(changes))
    killed = Console(console.console.home, {**console.console.environment, "JUMEAU_FAILPOINT": place})
    assert killed.run("branch", "apply", "plan").returncode == -signal.SIGKILL
    after = [["srv one", "m9"], ["srv two", "m9"]]
    if place == "ledger.append.committed":
        assert names(console) == after
        assert console.run("branch", "apply", "plan").returncode == 2
    else:
        assert names(console) == before
        console.json("branch", "apply", "plan")
        assert names(console) == after
    assert console.json("graph", "verify")["equal"]
