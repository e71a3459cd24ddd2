"""How commands find a running server, and what happens to the traces of a dead one."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from services.rendezvous import FILE, ServerError, announce, running_server, withdraw


class Answering(BaseHTTPRequestHandler):
    """A server that is healthy and refuses every question."""

    def do_GET(self) -> None:
        self._answer(200, {"status": "ok"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        error = {
            "code": "UNKNOWN_KIND",
            "message": "no kind Sever",
            "where": "line 1",
            "hint": "Server?",
            "details": {},
        }
        self._answer(400, {"error": error})

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_announced_server_is_found_and_a_withdrawn_one_is_not(tmp_path: Path, url: str) -> None:
    announce(tmp_path, url)
    found = running_server(tmp_path)
    assert found is not None
    assert (found.url, found.pid) == (url, os.getpid())
    withdraw(tmp_path)
    assert running_server(tmp_path) is None
    assert not (tmp_path / FILE).exists()


def test_the_address_is_readable_by_its_owner_only(tmp_path: Path, url: str) -> None:
    announce(tmp_path, url)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('{"url": "http://127.0.0.1:9", "pid": 999999999}', id="process gone"),
        pytest.param('{"url": "http://127.0.0.1:9", "pid": 1}', id="process id taken by another program"),
        pytest.param("{", id="half written"),
        pytest.param("{}", id="empty"),
    ],
)
def test_what_a_dead_server_left_behind_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert running_server(tmp_path) is None


def test_another_process_cannot_withdraw_the_address(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"url": "http://127.0.0.1:9", "pid": 1}')
    withdraw(tmp_path)
    assert (tmp_path / FILE).exists()


def test_the_servers_own_error_reaches_the_caller(tmp_path: Path, url: str) -> None:
    announce(tmp_path, url)
    found = running_server(tmp_path)
    assert found is not None
    with pytest.raises(ServerError) as caught:
        found.post("/api/query", {"query": "x"})
    assert (caught.value.code, caught.value.exit_code) == ("UNKNOWN_KIND", 2)
    assert caught.value.hint == "Server?"
