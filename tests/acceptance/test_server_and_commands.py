"""While a server has the store open, commands go through it; nobody ever meets a raw lock error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.console import Console
from tests.acceptance.server import serving

COUNT = "MATCH (s:Server) RETURN count(*) AS servers"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Console:
    home = tmp_path_factory.mktemp("twin")
    console = Console(home)
    assert console.run("generate", "--servers", "200", "--out", str(home / "export")).returncode == 0
    assert console.run("ingest", str(home / "export"), "--source", "csv").returncode == 0
    return console


@pytest.fixture
def server(console: Console) -> Iterator[str]:
    with serving(console) as url:
        yield url


def test_a_query_goes_through_the_running_server(console: Console, server: str) -> None:
    answer = console.json("query", COUNT)
    assert answer["rows"] == [[200]]
    assert (answer["backend"], answer["engine"]) == ("embedded", "native")
    assert answer["sequence"] == httpx.get(f"{server}/health", trust_env=False).json()["sequence"]


def test_a_load_beside_a_running_server_is_visible_in_it(console: Console, server: str, tmp_path: Path) -> None:
    (tmp_path / "Site.csv").write_text("key,name,city\nX1,Site of the test,Lyon\n")
    done = console.run("ingest", str(tmp_path), "--source", "csv")
    assert done.returncode == 0, done.stderr
    answer = console.json("query", "MATCH (s:Site {name: 'Site of the test'}) RETURN s.city AS city")
    assert answer["rows"] == [["Lyon"]]


def test_verification_goes_through_the_running_server(console: Console, server: str) -> None:
    report = console.json("graph", "verify")
    assert report["equal"]
    assert report["backends"][0]["sequence"] == report["ledger"]["sequence"]


def test_a_rebuild_of_the_store_that_a_server_has_open_is_refused_with_a_code(console: Console, server: str) -> None:
    done = console.run("graph", "rebuild", "--backend", "embedded")
    assert done.returncode == 4
    assert "STORE_LOCKED" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_query_gives_the_same_error_with_and_without_a_server(
    console: Console, request: pytest.FixtureRequest
) -> None:
    wrong = "MATCH (s:Sever) RETURN s"
    alone = console.run("query", wrong)
    request.getfixturevalue("server")
    served = console.run("query", wrong)
    assert alone.returncode == served.returncode == 2
    assert alone.stderr == served.stderr
    assert "Server" in alone.stderr


def test_the_address_of_a_dead_server_is_ignored(console: Console) -> None:
    (console.home / "server.json").write_text('{"url": "http://127.0.0.1:9", "pid": 999999999}')
    assert console.json("query", COUNT)["rows"] == [[200]]
    (console.home / "server.json").unlink()


def test_the_three_engines_answer_alike(console: Console) -> None:
    text = "MATCH (s:Server) RETURN s.os_family AS os, count(*) AS n ORDER BY n DESC, os"
    embedded = console.json("query", text)
    memory = console.json("query", text, "--backend", "networkx")
    assert embedded["rows"] == memory["rows"]
    assert len(embedded["rows"]) > 1
