"""The console: help with examples, formats, exit codes, errors in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Console:
    home = tmp_path_factory.mktemp("twin")
    console = Console(home)
    export = home / "export"
    (export / "relations").mkdir(parents=True)
    (export / "Team.csv").write_text("key,name\nT1,Réseau\nT2,Bases\n", encoding="utf-8")
    (export / "PhysicalServer.csv").write_text("key,name,cpu_cores\nS1,srv-1,8\nS2,srv-2,\n")
    (export / "relations" / "OWNED_BY.csv").write_text(
        "from_kind,from,to_kind,to\nPhysicalServer,S1,Team,T1\nPhysicalServer,S2,Team,T2\n"
    )
    done = console.run("ingest", str(export), "--source", "csv")
    assert done.returncode == 0, done.stderr
    return console


@pytest.mark.parametrize(
    "command",
    [["--help"], ["query", "--help"], ["ingest", "--help"], ["graph", "verify", "--help"], ["generate", "--help"]],
    ids=lambda c: " ".join(c),
)
def test_help_is_there_for_every_command(console: Console, command: list[str]) -> None:
    done = console.run(*command)
    assert done.returncode == 0
    assert "jumeau" in done.stdout


def test_rows_come_as_json_csv_or_a_table(console: Console) -> None:
    text = "MATCH (s:Server)-[:OWNED_BY]->(t:Team) RETURN s.name AS server, s.cpu_cores AS cores, t.name AS team ORDER BY server"
    answer = console.json("query", text)
    assert answer["columns"] == ["server", "cores", "team"]
    assert answer["rows"] == [["srv-1", 8, "Réseau"], ["srv-2", None, "Bases"]]
    assert {"backend", "engine", "elapsed_ms", "sequence"} <= answer.keys()
    assert console.run("query", text, "-o", "csv").stdout == "server,cores,team\nsrv-1,8,Réseau\nsrv-2,,Bases\n"
    table = console.run("query", text).stdout
    assert "server" in table
    assert "srv-1" in table


def test_parameters_are_json_where_they_parse(console: Console) -> None:
    text = "MATCH (s:Server) WHERE s.cpu_cores >= $least AND s.name STARTS WITH $prefix RETURN s.name AS name"
    assert console.json("query", text, "-p", "least=4", "-p", "prefix=srv")["rows"] == [["srv-1"]]


def test_elements_come_as_objects_with_labels_and_properties(console: Console) -> None:
    answer = console.json("query", "MATCH (s:Server {name: 'srv-1'})-[r:OWNED_BY]->(t) RETURN s, r, t")
    server, relation, team = answer["rows"][0]
    assert server["labels"][:2] == ["PhysicalServer", "Server"]
    assert server["properties"]["cpu_cores"] == 8
    assert server["properties"]["id"] == server["id"]
    assert (relation["type"], relation["start"], relation["end"]) == ("OWNED_BY", server["id"], team["id"])


def test_a_query_is_read_from_standard_input(console: Console) -> None:
    done = console.run("query", "-", "-o", "csv", stdin="MATCH (t:Team) RETURN count(t) AS teams")
    assert done.stdout == "teams\n2\n"


@pytest.mark.parametrize(
    ("arguments", "code", "seen"),
    [
        pytest.param(["query", "MATCH (n RETURN n"], 2, "SYNTAX", id="syntax"),
        pytest.param(["query", "CREATE (n:Server) RETURN n"], 2, "NOT_READ_ONLY", id="writing"),
        pytest.param(["query", "MATCH (s:Server) RETURN s.nmae"], 2, "UNKNOWN_PROPERTY", id="unknown property"),
        pytest.param(["query", "RETURN $x", "-p", "x"], 2, "USAGE", id="parameter without value"),
        pytest.param(["query", "RETURN 1", "--backend", "oracle://x"], 2, "CONFIGURATION", id="unknown backend"),
        pytest.param(["catalogue", "run", "nothing"], 2, "NOT_FOUND", id="unknown catalogue query"),
        pytest.param(["ingest", "/nowhere", "--source", "csv"], 3, "", id="missing file"),
        pytest.param(["ingest", ".", "--source", "cobol"], 3, "cobol", id="unknown source"),
        pytest.param(["generate", "--out", "x", "--as-of", "yesterday"], 2, "USAGE", id="wrong date"),
    ],
)
def test_an_error_is_a_line_with_a_code_and_an_exit_code(
    console: Console, arguments: list[str], code: int, seen: str
) -> None:
    done = console.run(*arguments)
    assert done.returncode == code, done.stderr
    assert seen in done.stderr
    assert done.stderr.startswith("[")
    assert "Traceback" not in done.stderr


def test_a_neo4j_that_is_down_gives_a_clear_error(console: Console) -> None:
    away = "neo4j://127.0.0.1:9"
    done = console.run("graph", "rebuild", "--backend", away)
    assert done.returncode == 4
    assert "BACKEND_UNAVAILABLE" in done.stderr
    asked = console.run("query", "RETURN 1 AS one", "--backend", away)
    assert asked.returncode == 0, asked.stderr
    assert "the graph backend is lost" in asked.stderr, "a question is answered from the ledger, and the answer says so"


def test_rejected_rows_are_told_and_set_the_exit_code(console: Console, tmp_path: Path) -> None:
    (tmp_path / "PhysicalServer.csv").write_text("key,name,cpu_cores\nS8,srv-8,many\nS9,srv-9,4\n")
    done = console.run("ingest", str(tmp_path), "--source", "csv")
    assert done.returncode == 1
    assert "cpu_cores" in done.stderr
    names = console.json("query", "MATCH (s:Server) WHERE s.name IN ['srv-8', 'srv-9'] RETURN s.name AS name")
    assert names["rows"] == [["srv-9"]]


def test_a_sound_pack_and_a_broken_one(console: Console, tmp_path: Path) -> None:
    assert console.run("schema", "check").returncode == 0
    (tmp_path / "pack.yml").write_text("name: broken\nversion: one\n")
    done = console.run("schema", "check", str(tmp_path))
    assert done.returncode == 2
    assert "pack.yml" in done.stdout + done.stderr
