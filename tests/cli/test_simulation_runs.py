"""`jumeau simulate run --keep`, `runs`, `show`, `drop`: simulated state in the twin, from the console, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here

SCENARIO = """\
name: A year
replications: 4
seed: 7
kinds:
  Server: {failure: {mean: 30 days}, repair: {mean: 1 day}}
"""
FILES = {
    "BusinessService.csv": "key,name\nS1,Payments\n",
    "BusinessApplication.csv": "key,name\nA1,Ledger\n",
    "PhysicalServer.csv": "key,name\nP1,one\nP2,two\n",
    "relations/USES.csv": "from_kind,from,to_kind,to\nBusinessService,S1,BusinessApplication,A1\n",
    "relations/RUNS_ON.csv": "from_kind,from,to_kind,to\n"
    "BusinessApplication,A1,PhysicalServer,P1\nBusinessApplication,A1,PhysicalServer,P2\n",
}
SIMULATED = ("SimulationRun", "SimulatedSummary", "SimulatedIncident", "Scenario")


@pytest.fixture
def console(tmp_path: Path) -> Here:
    console = Here(Console(tmp_path / "home", {"JUMEAU_NOW": "2025-01-01", "JUMEAU_BACKEND": "networkx"}))
    export = tmp_path / "export"
    (export / "relations").mkdir(parents=True)
    for name, text in FILES.items():
        (export / name).write_text(text, encoding="utf-8")
    console.json("ingest", str(export), "--source", "csv")
    (tmp_path / "year.yml").write_text(SCENARIO, encoding="utf-8")
    return console


def kept(console: Here, tmp_path: Path, *more: str) -> dict[str, object]:
    told = console.json("simulate", "run", "--scenario", str(tmp_path / "year.yml"), "--keep", *more)
    found: dict[str, object] = told["kept"]
    assert told["simulated"] is True
    return found


def counts(console: Here) -> dict[str, int]:
    return {kind: console.json("query", f"MATCH (n:{kind}) RETURN count(n)")["rows"][0][0] for kind in SIMULATED}


def test_a_run_is_kept_listed_shown_and_dropped(console: Here, tmp_path: Path) -> None:
    run = kept(console, tmp_path, "--incidents", "5")
    assert (run["summaries"], run["incidents"]) == (4, 5)
    (listed,) = console.json("simulate", "runs")
    assert (listed["id"], listed["scenario"], listed["seed"], listed["replications"]) == (run["run"], "A year", 7, 4)
    shown = console.json("simulate", "show", str(run["run"])[:8])
    assert shown["simulated"] is True
    assert {row["kind"] for row in shown["summaries"]} == {"BusinessService", "BusinessApplication", "PhysicalServer"}
    assert all(row["low"] <= row["availability"] <= row["high"] for row in shown["summaries"])
    assert len(shown["incidents"]) == 5
    assert shown["notes"][0].startswith("simulated: ")
    table = console.run("simulate", "show", str(run["run"]))
    assert "simulated incidents" in table.stdout
    dropped = console.run("simulate", "drop", str(run["run"]))
    assert dropped.returncode == 0, dropped.stderr
    assert console.json("simulate", "runs") == []
    assert counts(console) == dict.fromkeys(SIMULATED, 0)
    assert console.json("graph", "verify")["equal"] is True


def test_the_past_and_exports_have_what_was_kept_and_differences_do_not_tell_it(console: Here, tmp_path: Path) -> None:
    before = console.json("query", "RETURN 1")["ledger_sequence"]
    run = kept(console, tmp_path, "--incidents", "0")
    after = console.json("query", "RETURN 1")["ledger_sequence"]
    console.run("simulate", "drop", str(run["run"]))
    assert [row["id"] for row in console.json("simulate", "runs", "--as-of", f"#{after}")] == [run["run"]]
    assert console.json("diff", f"#{before}", f"#{after}")["elements"] == 0
    named = console.json("diff", f"#{before}", f"#{after}", "--kind", "SimulatedSummary")
    assert named["counts"] == [{"kind": "SimulatedSummary", "operation": "create", "count": 4}]
    file = tmp_path / "summaries.jsonl"
    asked = console.run("query", "MATCH (s:SimulatedSummary) RETURN s.name", "--as-of", f"#{after}", "--to", str(file))
    assert asked.returncode == 0, asked.stderr
    assert len(file.read_text().splitlines()) == 4


def test_taking_a_load_back_takes_what_was_simulated_of_it_away(console: Here, tmp_path: Path) -> None:
    kept(console, tmp_path, "--incidents", "3")
    load = next(run["run"] for run in console.json("ingest", "runs") if run["source"] == "csv")
    console.json("ingest", "undo", load)
    assert console.json("query", "MATCH (s:Server) RETURN count(s)")["rows"] == [[0]]
    assert console.json("query", "MATCH (:SimulatedSummary)-[r:STATE_OF]->() RETURN count(r)")["rows"] == [[0]]
    assert len(console.json("simulate", "runs")) == 1
    assert console.json("graph", "verify")["equal"] is True


def test_a_branch_may_delete_what_was_simulated_since(console: Here, tmp_path: Path) -> None:
    console.json("branch", "create", "less")
    kept(console, tmp_path, "--incidents", "0")
    (server,) = console.json("query", "MATCH (s:Server {name: 'two'}) RETURN s.id")["rows"][0]
    (tmp_path / "less.json").write_text(json.dumps({"delete": [server]}), encoding="utf-8")
    console.json("branch", "edit", "less", str(tmp_path / "less.json"))
    console.json("branch", "apply", "less")
    assert console.json("query", "MATCH (s:SimulatedSummary)-[:STATE_OF]->(c) RETURN count(c)")["rows"] == [[3]]
    assert console.json("graph", "verify")["equal"] is True


def test_a_run_on_a_branch_is_kept_on_main_and_speaks_of_what_only_the_branch_has_by_name(
    console: Here, tmp_path: Path
) -> None:
    (application,) = console.json("query", "MATCH (a:BusinessApplication) RETURN a.id")["rows"][0]
    console.json("branch", "create", "more")
    node = {"kind": "PhysicalServer", "properties": {"name": "three"}}
    (tmp_path / "node.json").write_text(json.dumps({"nodes": [node]}), encoding="utf-8")
    console.json("branch", "edit", "more", str(tmp_path / "node.json"))
    (new,) = console.json("query", "MATCH (s:Server {name: 'three'}) RETURN s.id", "--branch", "more")["rows"][0]
    edge = {"type": "RUNS_ON", "start": application, "end": new}
    (tmp_path / "edge.json").write_text(json.dumps({"relations": [edge]}), encoding="utf-8")
    console.json("branch", "edit", "more", str(tmp_path / "edge.json"))
    run = kept(console, tmp_path, "--branch", "more", "--incidents", "0")
    (listed,) = console.json("simulate", "runs")
    assert listed["branch"] == "more"
    shown = console.json("simulate", "show", str(run["run"]))
    assert [row["kind"] for row in shown["summaries"] if row["name"] == "three"] == [None]
    assert console.json("query", "MATCH (s:Server) RETURN count(s)")["rows"] == [[2]]


@pytest.mark.parametrize("moment", ["ledger.append.before", "ledger.append.uncommitted", "simulation.written"])
def test_a_kill_leaves_a_whole_run_or_none(console: Here, tmp_path: Path, moment: str) -> None:
    killed = Console(console.console.home, {**console.console.environment, "JUMEAU_FAILPOINT": f"{moment}:1"}).run(
        "simulate", "run", "--scenario", str(tmp_path / "year.yml"), "--keep", "--incidents", "7"
    )
    assert killed.returncode == -9
    whole = moment == "simulation.written"
    assert counts(console) == dict(zip(SIMULATED, (1, 4, 7, 1) if whole else (0, 0, 0, 0), strict=True))
    assert console.json("graph", "verify")["equal"] is True
    assert kept(console, tmp_path)["summaries"] == 4


@pytest.mark.parametrize("given", [("--seed", str(2**63)), ("--incidents", "10001")])
def test_what_cannot_be_kept_is_refused_before_it_is_played(
    console: Here, tmp_path: Path, given: tuple[str, ...]
) -> None:
    refused = console.run("simulate", "run", "--scenario", str(tmp_path / "year.yml"), "--keep", *given)
    assert refused.returncode == 2
    assert counts(console) == dict.fromkeys(SIMULATED, 0)


def test_a_clock_tells_each_change_and_none_twice(console: Here, tmp_path: Path) -> None:
    year = str(tmp_path / "year.yml")
    told = console.run("simulate", "live", "--scenario", year, "--speed", "1s=48week", "--output", "json")
    assert told.returncode == 0, told.stderr
    changes = [json.loads(line) for line in told.stdout.splitlines()]
    (run,) = console.json("simulate", "runs")
    count = "MATCH (i:SimulatedIncident)-[:STATE_OF]->(s:PhysicalServer) WHERE i.started_at IS NOT NULL RETURN count(i)"
    servers = [change for change in changes if change["kind"] == "PhysicalServer" and change["state"] == "down"]
    assert 0 < len(servers) <= console.json("query", count)["rows"][0][0]
    assert [change["at"] for change in changes] == sorted(change["at"] for change in changes)
    assert {change["kind"] for change in changes} == {"PhysicalServer", "BusinessService"}
    assert all(change["simulated"] is True for change in changes)
    again = console.run("simulate", "live", "--run", run["id"], "--speed", "1s=48week", "--output", "json")
    assert [json.loads(line) for line in again.stdout.splitlines()] == changes
    for wrong in ((), ("--run", "x", "--scenario", year), ("--run", "gone"), ("--run", run["id"], "--speed", "fast")):
        assert console.run("simulate", "live", *wrong).returncode == 2
