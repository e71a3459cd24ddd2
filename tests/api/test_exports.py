"""Exports over a real server: whole files, visible failures, and clients that go away."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from core.errors import BackendMemoryError
from graph.cypher.bound import BoundQuery
from graph.repository import AnswerStream, ReadContext, Rows
from graph.schema.model import Schema
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import Serve, Server, served
from tests.api.estate import opened, small_estate
from tests.patience import PATIENCE_S

MANY = "UNWIND range(1, 900000) AS n RETURN n, 'a text of some length so that no buffer holds it all' AS text"


@dataclass(slots=True)
class WatchedRepository:
    """The real repository; tells how far its streams were read and whether they ended, and may fail at a batch."""

    inner: Any
    fails_at: int = 0
    batches: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def stream(
        self, query: BoundQuery, parameters: Mapping[str, Any], context: ReadContext, batch_rows: int
    ) -> Iterator[AnswerStream]:
        try:
            with self.inner.stream(query, parameters, context, batch_rows) as found:
                yield AnswerStream(found.columns, self._watched(found.batches), found.sequence)
        finally:
            self.ended.set()

    def _watched(self, batches: Iterator[Rows]) -> Iterator[Rows]:
        for rows in batches:
            self.batches += 1
            if self.batches == self.fails_at:
                raise BackendMemoryError("no memory for the secret value 4711")
            yield rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture
def twin(schema: Schema, tmp_path: Path) -> Iterator[Twin]:
    with opened("embedded", schema, tmp_path, small_estate()) as twin:
        yield twin


@pytest.fixture
def watched(twin: Twin) -> WatchedRepository:
    watched = WatchedRepository(twin.repository)
    twin.repository = watched
    return watched


def export(server: Server, **body: Any) -> httpx.Response:
    return server.post("/api/exports", body)


def test_a_file_comes_with_its_name_its_type_and_what_is_known_of_the_answer(twin: Twin, serve: Serve) -> None:
    server, sequence = serve(twin), twin.ledger.sequence()
    text = "MATCH (t:Team) RETURN t.name AS name, '=1+1' AS note ORDER BY name"
    answer = export(server, format="csv", query=text)
    assert answer.content.decode() == "name,note\r\nDonnées,'=1+1\r\nRéseau,'=1+1\r\nSocle,'=1+1\r\n"
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == f'attachment; filename="answer-{sequence}.csv"'
    assert (answer.headers["jumeau-sequence"], answer.headers["jumeau-notes"]) == (str(sequence), "[]")
    assert answer.headers["transfer-encoding"] == "chunked"
    as_is = export(server, format="csv", query=text, formula_cells="as_is")
    assert as_is.text.splitlines()[1] == "Données,=1+1"


def test_parameters_perimeters_and_moments_are_those_of_the_other_doors(twin: Twin, serve: Serve) -> None:
    server = serve(twin)
    body = {"query": "MATCH (t:Team {name: $n}) RETURN t.code AS code", "parameters": {"n": "Socle"}}
    wanted = server.post("/api/query", body).json()
    lines = export(server, format="jsonl", **body).content.splitlines()
    assert [list(orjson.loads(line).values()) for line in lines] == wanted["rows"]
    limited = export(server, format="jsonl", perimeters=["nobody's"], **body)
    assert limited.content == b""
    assert "perimeter" in limited.headers["jumeau-notes"]
    assert export(server, format="jsonl", as_of="#0", **body).content == b""


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"format": "csv", "query": "MATCH (s:Sever) RETURN s"}, 400, "UNKNOWN_KIND"),
        ({"format": "csv", "query": "CREATE (s:Server) RETURN s"}, 403, "NOT_READ_ONLY"),
        ({"format": "csv"}, 400, "USAGE"),
        ({"format": "xlsx", "query": "RETURN 1 AS n"}, 422, "PAYLOAD"),
        ({"format": "csv", "query": "RETURN 1 AS n", "extra": 1}, 422, "PAYLOAD"),
        ({"format": "csv", "catalogue": "nothing"}, 404, "NOT_FOUND"),
        ({"format": "csv", "query": "RETURN 1 AS n", "branch": "nothing"}, 404, "NOT_FOUND"),
    ],
)
def test_what_is_wrong_is_answered_in_the_form_of_errors(
    body: Any, status: int, code: str, twin: Twin, serve: Serve
) -> None:
    answer = export(serve(twin), **body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("form", [{"format": "csv"}, {"format": "jsonl"}, {"format": "jsonl", "gzip": True}])
def test_what_fails_in_the_middle_breaks_the_transfer_off(
    form: dict[str, Any], twin: Twin, watched: WatchedRepository, serve: Serve
) -> None:
    server = serve(twin)
    watched.fails_at = 20
    with server.http.stream("POST", "/api/exports", json={"query": MANY, **form}) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            deque(answer.iter_raw(), maxlen=0)
    assert watched.ended.wait(PATIENCE_S)
    watched.fails_at = 0
    assert export(server, format="csv", query="RETURN 1 AS n").content == b"n\r\n1\r\n"  # it goes on answering


def test_a_client_that_goes_away_stops_the_work(twin: Twin, watched: WatchedRepository, serve: Serve) -> None:
    server = serve(twin)
    with server.http.stream("POST", "/api/exports", json={"format": "csv", "query": MANY}) as answer:
        next(answer.iter_raw(1_000))
    assert watched.ended.wait(PATIENCE_S)
    read = watched.batches
    assert read < 400  # of 450
    time.sleep(0.3)
    assert watched.batches == read


def test_one_more_export_than_may_run_at_once_is_told_to_come_back(schema: Schema, tmp_path: Path) -> None:
    with (
        opened("embedded", schema, tmp_path, small_estate(), {"exports_at_once": 1}) as twin,
        served(twin, create_app(twin)) as server,
        server.http.stream("POST", "/api/exports", json={"format": "csv", "query": MANY}),
    ):
        address = f"{server.http.base_url}/api/exports"
        busy = httpx.post(address, json={"format": "csv", "query": MANY}, trust_env=False, timeout=PATIENCE_S)
        assert (busy.status_code, busy.json()["error"]["code"]) == (503, "EXPORTS_BUSY")
        assert busy.headers["retry-after"] == "10"


def test_a_client_that_stops_reading_keeps_nothing_open(schema: Schema, tmp_path: Path) -> None:
    more = {"export_timeout_s": 2, "exports_at_once": 1}
    with opened("embedded", schema, tmp_path, small_estate(), more) as twin:
        watched = WatchedRepository(twin.repository)
        twin.repository = watched
        with served(twin, create_app(twin)) as server:
            with server.http.stream("POST", "/api/exports", json={"format": "csv", "query": MANY}):
                assert watched.ended.wait(PATIENCE_S)
                assert watched.batches < 450
            assert export(server, format="csv", query="RETURN 1 AS n").status_code == 200


def test_an_export_is_not_sent_where_its_end_would_not_show(twin: Twin, serve: Serve) -> None:
    server = serve(twin)
    body = orjson.dumps({"format": "csv", "query": "RETURN 1 AS n"})
    head = f"POST /api/exports HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(
        (server.http.base_url.host, server.http.base_url.port or 0), timeout=PATIENCE_S
    ) as line:
        line.sendall(head.encode() + body)
        answer = b""
        while part := line.recv(4096):
            answer += part
    assert answer.split(b"\r\n")[0].split()[1] == b"400"
    assert orjson.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "REQUEST"
