"""Twins that hold the small estate, ways to ask them, and a real server on loopback."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.deps import Services
from api.graphql.context import GraphQLContext
from api.graphql.root import build_schema
from api.graphql.schema import TwinSchema
from core.log import configure_logging
from core.principal import LOCAL_OPERATOR, Principal
from graph.cypher.bound import BoundQuery
from graph.repository import Answer, ReadContext
from graph.schema.model import Schema
from services.twin import Twin
from tests.api.apps import create_app, shape_of
from tests.api.estate import Estate, opened, small_estate
from tests.api.uvicorn_in_haste import in_haste
from tests.neo4j_server import Neo4jServer
from tests.patience import PATIENCE_S, until

BACKENDS = ("networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j))


@dataclass(slots=True)
class CountedRepository:
    """The real repository; counts what is asked of it."""

    inner: Any
    asked: list[BoundQuery] = field(default_factory=list)

    def run(self, query: BoundQuery, parameters: Mapping[str, Any], context: ReadContext) -> Answer:
        self.asked.append(query)
        answer: Answer = self.inner.run(query, parameters, context)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass(slots=True)
class Asking:
    """A twin that can be asked in GraphQL and in Cypher, and the queries that reached its backend."""

    twin: Twin
    services: Services
    schema: TwinSchema
    estate: Estate
    repository: CountedRepository

    def graphql(self, text: str, **variables: Any) -> Any:
        """The data of an answer without errors, whose queries all ran natively: none needed a snapshot."""
        result = self.schema.execute_sync(text, variables)
        assert result.errors is None, result.errors
        extensions = (result.extensions or {}).get("jumeau", {})
        assert extensions.get("engines", ["native"]) == ["native"], extensions
        return result.data

    def any_engine(self, text: str, **variables: Any) -> Any:
        """The data of an answer without errors, however it was run."""
        result = self.schema.execute_sync(text, variables)
        assert result.errors is None, result.errors
        return result.data

    def code(self, text: str, **variables: Any) -> str:
        """The code of the one error of an answer."""
        result = self.schema.execute_sync(text, variables)
        assert result.errors is not None
        assert len(result.errors) == 1, result.errors
        return str((result.errors[0].extensions or {})["code"])

    def cypher(self, text: str, **parameters: Any) -> list[list[Any]]:
        """The rows of a Cypher query, as JSON."""
        rows: list[list[Any]] = self.services.queries.cypher(text, parameters).to_dict()["rows"]
        return rows

    def counted(self, text: str, **variables: Any) -> int:
        """How many queries reach the backend for a document."""
        self.repository.asked.clear()
        self.graphql(text, **variables)
        return len(self.repository.asked)


def asking(twin: Twin, estate: Estate, principal: Principal = LOCAL_OPERATOR) -> Asking:
    """GraphQL and Cypher over a twin."""
    repository = CountedRepository(twin.repository)
    twin.repository = repository
    services = Services.of(twin, principal)
    shape = shape_of(twin.schema)
    schema = TwinSchema(build_schema(shape), lambda _: GraphQLContext(shape, services))
    return Asking(twin, services, schema, estate, repository)


@pytest.fixture(scope="session", autouse=True)
def _quiet_log() -> None:
    """Errors that tests provoke are not printed."""
    configure_logging("CRITICAL")


Open = Callable[[Path], AbstractContextManager[Asking]]
OpenAny = Callable[[Path, Estate], AbstractContextManager[Asking]]


@pytest.fixture(scope="session", params=BACKENDS)
def open_any(request: pytest.FixtureRequest, schema: Schema) -> OpenAny:
    """Opens an estate, with a ledger in the given folder, on each backend in turn."""
    url, access = request.param, dict[str, object]()
    if url == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        url, access = server.url, {"neo4j_user": server.user, "neo4j_password": server.password}

    @contextmanager
    def open_it(folder: Path, estate: Estate) -> Iterator[Asking]:
        with opened(url, schema, folder, estate, access) as twin:
            yield asking(twin, estate)

    return open_it


@pytest.fixture(scope="session")
def open_estate(open_any: OpenAny) -> Open:
    """Opens the small estate on each backend in turn."""
    return lambda folder: open_any(folder, small_estate())


@pytest.fixture(scope="module")
def ask(open_estate: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """The small estate on each backend, for tests that only read."""
    with open_estate(tmp_path_factory.mktemp("estate")) as asking:
        yield asking


@pytest.fixture(scope="session")
def memory(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """The small estate in memory, for what does not depend on the backend."""
    estate = small_estate()
    with opened("networkx", schema, tmp_path_factory.mktemp("memory"), estate) as twin:
        yield asking(twin, estate)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, asked over HTTP."""

    twin: Twin
    http: httpx.Client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(path, json=body)


Serve = Callable[[Twin], Server]
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak plain HTTP: each would read the certificates of all authorities otherwise."""


@pytest.fixture
def durable_twin(schema: Schema, tmp_path: Path) -> Iterator[Twin]:
    """A twin of its own on the embedded store."""
    with opened("embedded", schema, tmp_path, small_estate()) as twin:
        yield twin


@contextmanager
def served(twin: Twin, app: FastAPI) -> Iterator[Server]:
    """An application in a thread of this process, on a free port of loopback, until the end."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    with in_haste():
        thread.start()
        try:
            until(lambda: server.started or not thread.is_alive())
            assert thread.is_alive()
            port = server.servers[0].sockets[0].getsockname()[1]
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S, verify=NO_AUTHORITIES) as client:
                yield Server(twin, client)
        finally:  # a test that fails must not leave a thread behind, which would keep the process alive
            server.should_exit = True
            thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that end with the test."""
    with ExitStack() as running:
        yield lambda twin: running.enter_context(served(twin, create_app(twin)))
