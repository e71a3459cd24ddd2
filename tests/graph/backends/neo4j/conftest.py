"""A repository on an emptied database of the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.backends.neo4j.repository import Neo4jRepository, open_repository
from graph.registry import BackendOptions
from tests.graph.backends.neo4j.estate import SCHEMA
from tests.neo4j_server import Neo4jServer


@pytest.fixture
def options(neo4j_server: Neo4jServer) -> BackendOptions:
    return BackendOptions(user=neo4j_server.user, password=neo4j_server.password)


@pytest.fixture
def repository(neo4j_server: Neo4jServer, options: BackendOptions) -> Iterator[Neo4jRepository]:
    opened = open_repository(neo4j_server.url, SCHEMA, options)
    opened.reset()
    yield opened
    opened.reset()
    opened.close()
