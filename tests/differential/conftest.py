"""One of each backend for the whole folder: each batch is loaded into all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.registry import BackendOptions, open_backend
from tests.differential.backends import Backends
from tests.differential.schema import SCHEMA
from tests.neo4j_server import Neo4jServer


@pytest.fixture(scope="package")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """The backends that need no server."""
    folder = tmp_path_factory.mktemp("differential")
    url = f"embedded:{folder / 'store.lbug'}"
    backends = Backends(
        {
            "networkx": open_backend("networkx", SCHEMA, BackendOptions()),
            "embedded": open_backend(url, SCHEMA, BackendOptions(buffer_pool_mb=256)),
        }
    )
    yield backends
    backends.close()


@pytest.fixture(scope="package")
def backends(local: Backends, neo4j_server: Neo4jServer) -> Iterator[Backends]:
    """All three."""
    options = BackendOptions(user=neo4j_server.user, password=neo4j_server.password)
    server = open_backend(neo4j_server.url, SCHEMA, options)
    server.reset()
    server.close()
    server = open_backend(neo4j_server.url, SCHEMA, options)
    yield Backends({**local.repositories, "neo4j": server})
    server.reset()
    server.close()
