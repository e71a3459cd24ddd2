"""One of each backend for the whole folder, of a schema with public kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.registry import BackendOptions, open_backend
from graph.repository import GraphRepository
from tests.neo4j_server import Neo4jServer
from tests.security.perimeter.cases import SCHEMA


@pytest.fixture(scope="package")
def whole() -> GraphRepository:
    """For what an unrestricted asker is answered."""
    return open_backend("networkx", SCHEMA, BackendOptions())


@pytest.fixture(scope="package")
def reduced() -> GraphRepository:
    """For the graph from which everything invisible was taken out."""
    return open_backend("networkx", SCHEMA, BackendOptions())


@pytest.fixture(scope="package")
def networkx() -> GraphRepository:
    return open_backend("networkx", SCHEMA, BackendOptions())


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphRepository]:
    url = f"embedded:{tmp_path_factory.mktemp('perimeter') / 'store.lbug'}"
    repository = open_backend(url, SCHEMA, BackendOptions(buffer_pool_mb=256))
    yield repository
    repository.close()


@pytest.fixture(scope="package")
def neo4j(neo4j_server: Neo4jServer) -> Iterator[GraphRepository]:
    options = BackendOptions(user=neo4j_server.user, password=neo4j_server.password)
    repository = open_backend(neo4j_server.url, SCHEMA, options)
    repository.reset()
    repository.close()
    repository = open_backend(neo4j_server.url, SCHEMA, options)
    yield repository
    repository.reset()
    repository.close()
