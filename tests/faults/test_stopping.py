"""A server that is told to stop ends in order and in time; a second one on the same embedded store does not begin."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from core.errors import StoreLockedError
from services.rendezvous import only_server, running_server
from services.twin import open_twin
from tests.acceptance.console import Console
from tests.acceptance.forked import Process
from tests.acceptance.server import started
from tests.patience import PATIENCE_S, until
from tests.services.backup.twins import settings_of

pytestmark = pytest.mark.faults

LONG = "UNWIND range(1, 400000) AS n RETURN sum(n) AS total"
VERY_LONG = "UNWIND range(1, 9000) AS a UNWIND range(1, 9000) AS b RETURN sum(a * b) AS total"
ENDLESS = {"JUMEAU_QUERY_COST_LIMIT": "1e15", "JUMEAU_QUERY_TIMEOUT_S": "600"}


@dataclass(frozen=True, slots=True)
class Serving:
    """A server of a test's own."""

    process: Process
    url: str

    def ask(self, query: str) -> Future[tuple[httpx.Response, float]]:
        """Ask beside this test: the answer, and when it came."""

        def post() -> tuple[httpx.Response, float]:
            answer = httpx.post(f"{self.url}/api/query", json={"query": query}, timeout=PATIENCE_S, trust_env=False)
            return answer, time.monotonic()

        with_one = ThreadPoolExecutor(1)
        asked = with_one.submit(post)
        with_one.shutdown(wait=False)
        return asked

    def is_at_work(self) -> bool:
        """Whether a question is under way."""
        told = httpx.get(f"{self.url}/metrics", timeout=PATIENCE_S, trust_env=False).text
        return "jumeau_requests_running 1.0" in told

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float, str]:
        """Exit code, seconds it took, and what was said."""
        began = time.monotonic()
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.wait(), time.monotonic() - began, said


@contextmanager
def serving(console: Console) -> Iterator[Serving]:
    with started(console) as (process, url):
        yield Serving(process, url)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_closes_everything_and_ends_well(how: signal.Signals, tmp_path: Path) -> None:
    console = Console(tmp_path / "home")
    with serving(console) as server:
        code, _, said = server.stop(how)
    assert code == 0, said
    assert "Traceback" not in said
    assert not (console.home / "server.json").exists()
    assert list(console.home.glob("*-wal")) == [], "the ledger and the store are closed"
    with only_server(console.home), open_twin(settings_of(console.home, "embedded")) as twin:
        assert twin.repository.watermark() == 0


def test_a_request_that_is_under_way_is_answered_before_the_server_ends(tmp_path: Path) -> None:
    with serving(Console(tmp_path / "home", {"JUMEAU_BACKEND": "networkx", **ENDLESS})) as server:
        asked = server.ask(LONG)
        until(server.is_at_work)
        told = time.monotonic()
        code, _, said = server.stop()
        answer, came = asked.result(PATIENCE_S)
    assert came > told, "the question was under way"
    assert answer.json()["rows"] == [[400000 * 400001 // 2]]
    assert code == 0, said


def test_a_server_that_drains_says_it_is_not_ready_and_answers_until_it_is_told_again(tmp_path: Path) -> None:
    with serving(Console(tmp_path / "home", {"JUMEAU_BACKEND": "networkx", "JUMEAU_DRAIN_S": "3600"})) as server:
        with httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as client:
            assert client.get("/health/ready").status_code == 200
            server.process.send_signal(signal.SIGTERM)
            until(lambda: client.get("/health/ready").status_code == 503)
        answers = [
            httpx.get(f"{server.url}{path}", timeout=PATIENCE_S, trust_env=False)
            for path in ("/health/ready", "/health/live")
        ]
        assert answers[0].json()["error"]["details"]["reason"] == "stopping"
        assert answers[1].status_code == 200
        assert server.ask("RETURN 1 AS one").result(PATIENCE_S)[0].json()["rows"] == [[1]]
        code, _, said = server.stop()
    assert code == 0, said
    assert not (tmp_path / "home" / "server.json").exists()


def test_a_request_without_an_end_does_not_keep_a_server_from_ending(tmp_path: Path) -> None:
    environment = {"JUMEAU_BACKEND": "networkx", "JUMEAU_STOP_S": "2", **ENDLESS}
    with serving(Console(tmp_path / "home", environment)) as server:
        asked = server.ask(VERY_LONG)
        until(server.is_at_work)
        code, took, said = server.stop()
        lost = asked.exception(PATIENCE_S)
        assert isinstance(lost, httpx.HTTPError) if lost is not None else asked.result()[0].status_code >= 500
    assert code == 4
    assert "stop_overdue" in said
    assert took >= 2


def test_a_second_server_on_an_embedded_store_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    console = Console(tmp_path / "home")
    with serving(console) as server:
        second = console.run("serve", "--port", "0")
        assert second.returncode == 4
        assert "STORE_LOCKED" in second.stderr
        assert f"process {server.process.pid}" in second.stderr
        assert "use Neo4j for several" in second.stderr
        assert httpx.get(f"{server.url}/health", trust_env=False).status_code == 200
        found = running_server(console.home)
        assert found is not None
        assert found.pid == server.process.pid


def test_a_server_that_is_still_starting_is_the_only_one_already(tmp_path: Path) -> None:
    console = Console(tmp_path / "home")
    with only_server(console.home):
        second = console.run("serve", "--port", "0")
    assert second.returncode == 4
    assert "STORE_LOCKED" in second.stderr
    with only_server(console.home), pytest.raises(StoreLockedError), only_server(console.home):
        pass
