"""A Neo4j that is down, refuses, or dies in the middle: a clear error, nothing half-applied, the next run repairs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from core.errors import BackendUnavailableError
from graph.backends.neo4j.errors import BackendAuthenticationError
from graph.backends.neo4j.repository import Neo4jRepository, open_repository
from graph.registry import BackendOptions
from scripts.neo4j.distribution import Neo4jUnavailableError, java, prepare_distribution
from scripts.neo4j.launch import Neo4jProcess, start
from tests.graph.backends.neo4j.estate import SCHEMA, big_delta, delta, node
from tests.neo4j_server import Neo4jServer, unavailable

pytestmark = [pytest.mark.neo4j, pytest.mark.faults]


@pytest.fixture(scope="module")
def distribution() -> Path:
    """The jars of a server that these tests may kill; a server that others use is never killed."""
    try:
        java()
        return prepare_distribution()
    except Neo4jUnavailableError as error:
        unavailable(str(error))
        raise


@pytest.fixture
def mortal(distribution: Path, tmp_path: Path) -> Iterator[Neo4jProcess]:
    server = start(tmp_path / "home", lib=distribution, brief=True)
    yield server
    server.stop()


def _open(server: Neo4jProcess) -> Neo4jRepository:
    return open_repository(server.url, SCHEMA, BackendOptions(user=server.user, password=server.password))


def test_a_wrong_password_is_said_at_once(neo4j_server: Neo4jServer) -> None:
    options = BackendOptions(user=neo4j_server.user, password="not-the-password")
    with pytest.raises(BackendAuthenticationError) as caught:
        open_repository(neo4j_server.url, SCHEMA, options)
    assert "not-the-password" not in str(caught.value)
    assert caught.value.where == neo4j_server.url


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_server_that_is_down_is_unavailable(scheme: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"{scheme}://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(BackendUnavailableError, match="cannot be reached"):
            open_repository(url, SCHEMA, BackendOptions(password="any-password"))


def test_something_that_is_no_neo4j_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=_answer_http, args=(other,), daemon=True).start()
        with pytest.raises(BackendUnavailableError):
            open_repository(
                f"bolt://127.0.0.1:{other.getsockname()[1]}", SCHEMA, BackendOptions(password="any-password")
            )


def _answer_http(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_server_killed_in_the_middle_of_a_delta_has_applied_nothing_and_takes_it_again(
    mortal: Neo4jProcess, distribution: Path
) -> None:
    repository = _open(mortal)
    repository.apply(delta(1, node("a", "Server")))
    delta_under_way = big_delta(2, 4_000, 4)
    killer = threading.Thread(target=_kill_once_busy, args=(mortal,))
    killer.start()
    with pytest.raises(BackendUnavailableError):
        repository.apply(delta_under_way)
    killer.join()
    assert not mortal.running
    with pytest.raises(BackendUnavailableError):
        repository.watermark()

    revived = start(mortal.home, mortal.port, mortal.password, lib=distribution, brief=True)
    try:
        assert repository.watermark() == 1  # the same repository: dead connections are replaced
        assert repository.counts() == {"Server": 1}
        assert repository.apply(delta_under_way)
        assert repository.watermark() == delta_under_way.last
        assert sum(repository.counts().values()) == 1 + len(delta_under_way.nodes) + len(delta_under_way.edges)
        repository.close()
    finally:
        revived.stop()


def _kill_once_busy(server: Neo4jProcess) -> None:
    """Kill it when it is writing elements that it has not committed."""
    deadline = time.monotonic() + 60
    with (
        GraphDatabase.driver(server.url, auth=(server.user, server.password)) as driver,
        driver.session(database="system") as session,
    ):
        while time.monotonic() < deadline:
            if session.run(_WRITERS).single(strict=True)["busy"]:
                break
            time.sleep(0.005)
        server.kill()


_WRITERS = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery STARTS WITH 'UNWIND $rows' RETURN count(*) AS busy"
