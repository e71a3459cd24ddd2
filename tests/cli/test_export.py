"""`--to FILE` and `jumeau graph export`, alone and beside a server."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.acceptance.server import serving
from tests.cli.here import Here
from tests.services.export import readers

NAMES = (
    "MATCH (s:PhysicalServer) WITH s, CASE s.name WHEN 'srv two' THEN '=' ELSE '' END AS sign "
    "RETURN sign + s.name AS name, s.model AS model ORDER BY name"
)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """Two servers."""
    home = tmp_path_factory.mktemp("home")
    source = tmp_path_factory.mktemp("source")
    (source / "PhysicalServer.csv").write_text("key,name,model\nP1,srv one,\nP2,srv two,m2\n", encoding="utf-8")
    console = Here(Console(home, {"JUMEAU_NOW": "2025-01-10T08:00:00Z"}))
    console.json("ingest", str(source), "--source", "csv")
    return console


@pytest.fixture(params=["alone", "beside a server"], scope="module")
def anywhere(request: pytest.FixtureRequest, console: Here) -> Iterator[Here]:
    if request.param == "alone":
        yield console
        return
    with serving(console.console):
        yield console


def test_an_answer_is_written_in_the_format_that_the_file_is_named_for(anywhere: Here, tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl.gz", "a.parquet"):
        done = anywhere.run("query", NAMES, "--to", str(tmp_path / name))
        assert (done.returncode, done.stdout) == (0, "")
        assert "bytes in" in done.stderr
    assert (tmp_path / "a.csv").read_bytes() == b"name,model\r\n'=srv two,m2\r\nsrv one,\r\n"
    lines = readers.json_lines(gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()))
    assert lines == readers.parquet((tmp_path / "a.parquet").read_bytes()).to_pylist()
    assert lines == [{"name": "=srv two", "model": "m2"}, {"name": "srv one", "model": None}]


def test_formulas_are_kept_where_that_is_wanted(anywhere: Here, tmp_path: Path) -> None:
    assert anywhere.run("query", NAMES, "--to", str(tmp_path / "a.csv"), "--keep-formulas").returncode == 0
    assert b"\r\n=srv two,m2\r\n" in (tmp_path / "a.csv").read_bytes()


def test_a_part_of_the_graph_is_written(anywhere: Here, tmp_path: Path) -> None:
    file = tmp_path / "servers.graphml"
    assert anywhere.run("graph", "export", str(file), "--kind", "Server").returncode == 0
    nodes, edges = readers.graphml(file.read_bytes())
    assert (sorted(data["name"] for data in nodes.values()), edges) == (["srv one", "srv two"], {})
    anywhere.run("graph", "export", str(file), "--kind", "Server", "--as-of", "2024-12-31")
    assert readers.graphml(file.read_bytes()) == ({}, {})


def test_a_named_query_is_written(anywhere: Here, tmp_path: Path) -> None:
    file = tmp_path / "found.jsonl"
    done = anywhere.run("catalogue", "run", "downstream_impact", "--param", "ci=srv one", "--to", str(file))
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("query", "RETURN 1 AS n", "--to", "answer.xlsx"), "USAGE"),
        (("query", "MATCH (s:Sever) RETURN s", "--to", "answer.csv"), "UNKNOWN_KIND"),
        (("query", "RETURN 1 AS n", "--explain", "--to", "answer.csv"), "USAGE"),
        (("query", "UNWIND range(1, 9000) AS n RETURN 1 / (n - 9000) AS n", "--to", "answer.csv"), "QUERY_RUNTIME"),
        (("query", "RETURN 1 AS n", "--to", "nowhere/answer.csv"), "EXPORT_FILE"),
        (("graph", "export", "graph.graphml", "--kind", "Sever"), "USAGE"),
    ],
)
def test_what_fails_leaves_no_file(
    arguments: tuple[str, ...], code: str, anywhere: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = anywhere.run(*arguments)
    assert done.returncode != 0
    assert f"[{code}]" in done.stderr
    assert list(tmp_path.iterdir()) == []
