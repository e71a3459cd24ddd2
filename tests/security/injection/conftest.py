"""A twin on each backend, a file with a secret, and a server on loopback that notes who asks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from core.errors import JumeauError
from graph.history.checksum import checksum_of
from graph.schema.model import Schema
from tests.api.conftest import Asking, asking
from tests.api.estate import opened, small_estate
from tests.neo4j_server import Neo4jServer
from tests.security.injection.corpus import Places

SECRET = "canary-5f3a1c"
BACKENDS = ("networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j))


@dataclass(slots=True)
class Listener:
    """What was asked of the server."""

    url: str
    heard: list[str] = field(default_factory=list)


@pytest.fixture(scope="package")
def listener() -> Iterator[Listener]:
    heard: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        do_POST = do_HEAD = do_PUT = do_GET

        def log_message(self, *_arguments: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    Thread(target=server.serve_forever, daemon=True).start()
    yield Listener(f"http://127.0.0.1:{server.server_address[1]}", heard)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="package")
def places(listener: Listener, tmp_path_factory: pytest.TempPathFactory) -> Places:
    secret = tmp_path_factory.mktemp("outside") / "secret.csv"
    secret.write_text(f"a,b\n{SECRET},1\n")
    return Places(str(secret), listener.url)


@dataclass(slots=True)
class Target:
    """A twin on one backend, with its checksum before anything was tried."""

    name: str
    asking: Asking
    checksum: str

    def cypher(self, text: str, parameters: dict[str, Any]) -> tuple[str | None, list[list[Any]] | None]:
        """What comes of a query: the code of the refusal, or rows."""
        try:
            return None, self.asking.services.queries.cypher(text, parameters).to_dict()["rows"]
        except JumeauError as error:
            told = error
        assert SECRET not in str(told)
        return told.code, None

    def is_unchanged(self) -> bool:
        """Whether the graph holds what it held."""
        return checksum_of(self.asking.repository.inner).checksum() == self.checksum


@pytest.fixture(scope="package", params=BACKENDS)
def target(
    request: pytest.FixtureRequest, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The small estate on each backend in turn."""
    url, access = request.param, dict[str, object]()
    home = tmp_path_factory.mktemp("target")
    if url == "embedded":
        url = f"embedded:{home / 'store.lbug'}"
    elif url == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        url, access = server.url, {"neo4j_user": server.user, "neo4j_password": server.password}
    estate = small_estate()
    with opened(url, schema, home, estate, {"query_timeout_s": 10.0, **access}) as twin:
        checksum = checksum_of(twin.repository).checksum()
        yield Target(request.param, asking(twin, estate), checksum)
