"""Neo4j goes away in the middle of a load: the ledger is loaded all the same, and the graph follows when it is back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.errors import BackendUnavailableError
from core.settings import Settings, load_settings
from graph.registry import open_backend
from graph.schema.model import Schema
from ingest.estate_generator import generate_estate
from services.following import Worthwhile
from services.ingestion import ingest, project
from services.maintenance import verification_to_dict, verify_backends
from services.query import QueryService
from services.twin import backend_options, open_ledger, open_twin
from tests.conftest import NIGHTLY
from tests.neo4j_server import Neo4jServer
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.faults, pytest.mark.neo4j]

DOWN_S = 30.0 if NIGHTLY else 1.0
AT_ONCE = Worthwhile(rows=0, events=0)


class Line:
    """The line to a server, which can be cut: who is connected is thrown off, and nobody gets through until it is mended."""

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._ends: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # cut
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._server)
                self._ends += (near, far)
                for start, end in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(start, end), daemon=True).start()

    @staticmethod
    def _carry(start: socket.socket, end: socket.socket) -> None:
        with suppress(OSError):
            while data := start.recv(65_536):
                end.sendall(data)
        for each in (start, end):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def cut(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._listener = self._listen(self.port)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    generate_estate(out, servers=60, seed=3, as_of=date(2025, 1, 1))
    return out


@pytest.fixture
def line(neo4j_server: Neo4jServer) -> Iterator[Line]:
    address = urlsplit(neo4j_server.url)
    line = Line(address.hostname or "", address.port or 0)
    yield line
    line.cut()


@pytest.fixture
def settings(line: Line, neo4j_server: Neo4jServer, schema: Schema, tmp_path: Path) -> Iterator[Settings]:
    """A twin whose graph is in Neo4j, at the end of the line."""
    made = load_settings(
        home=tmp_path / "home",
        backend=f"bolt://127.0.0.1:{line.port}",
        neo4j_user=neo4j_server.user,
        neo4j_password=neo4j_server.password,
        batch_rows=200,
        now="2025-01-01",
    )
    backend = open_backend(neo4j_server.url, schema, backend_options(made))
    backend.reset()
    yield made
    backend.reset()
    backend.close()


def checksum(settings: Settings, url: str) -> str:
    found = verification_to_dict(verify_backends(settings, [url]))
    assert found["equal"], found
    return str(found["ledger"]["checksum"])


@pytest.fixture(scope="module")
def undisturbed(export: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    alone = load_settings(home=tmp_path_factory.mktemp("undisturbed"), backend="networkx", now="2025-01-01")
    ingest(alone, "csv", export)
    return checksum(alone, "networkx")


def ledger_sequence(settings: Settings) -> int:
    _, ledger = open_ledger(settings)
    try:
        return ledger.sequence()
    finally:
        ledger.close()


def test_the_ledger_is_loaded_while_neo4j_is_down_and_the_graph_follows_when_it_is_back(
    settings: Settings, line: Line, export: Path, undisturbed: str
) -> None:
    projected = threading.Event()
    at: dict[str, int] = {}
    batches: list[int] = []

    def committed(stage: str, done: int, _total: int) -> None:
        if stage != "relations":
            return
        batches.append(done)
        if len(batches) == 1:
            assert projected.wait(PATIENCE_S), "what was committed before is in the graph"
            line.cut()
            at["cut"] = ledger_sequence(settings)
        elif len(batches) == 5:
            time.sleep(DOWN_S)
            at["mended"] = ledger_sequence(settings)
            line.mend()

    result = ingest(
        settings, "csv", export, loading=committed, projecting=lambda _done, _all: projected.set(), follow=AT_ONCE
    )
    assert at["mended"] >= at["cut"] + 3 * 100
    assert (result.report.status, result.sequence) == ("complete", ledger_sequence(settings))
    assert checksum(settings, settings.backend_url) == undisturbed


def test_where_neo4j_stays_down_the_load_ends_with_its_error_and_the_next_command_takes_the_graph_up(
    settings: Settings, line: Line, export: Path, undisturbed: str
) -> None:
    def committed(stage: str, done: int, _total: int) -> None:
        if (stage, done) == ("relations", 200):
            line.cut()

    with pytest.raises(BackendUnavailableError):
        ingest(settings, "csv", export, loading=committed)
    loaded = ledger_sequence(settings)
    line.mend()
    assert project(settings) == loaded
    assert checksum(settings, settings.backend_url) == undisturbed
    again = ingest(settings, "csv", export).report
    assert again.status == "unchanged"


def test_questions_are_answered_from_a_snapshot_while_neo4j_is_down_and_by_it_when_it_is_back(
    settings: Settings, line: Line, export: Path
) -> None:
    ingest(settings, "csv", export)
    question = "MATCH (t:Team)<-[:OWNED_BY]-(s:Server) RETURN t.name AS team, count(s) AS servers ORDER BY team"
    with open_twin(settings) as twin:
        queries = QueryService(twin)
        before = queries.cypher(question).answer
        line.cut()
        meanwhile = queries.cypher(question).answer
        line.mend()
        after = queries.cypher(question).answer
    assert before.rows == meanwhile.rows == after.rows != []
    assert (before.engine, meanwhile.engine, after.engine) == ("native", "fallback", "native")
    assert meanwhile.sequence == before.sequence
    assert "the graph backend is lost" in meanwhile.notes[-1]
