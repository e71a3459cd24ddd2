"""A repository of the kind that a test is run for, holding one graph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from graph.model import GraphDelta
from graph.registry import BackendOptions, open_backend
from graph.repository import GraphRepository
from graph.schema.model import Schema
from tests.neo4j_server import Neo4jServer


@contextmanager
def held(
    request: pytest.FixtureRequest, delta: GraphDelta, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphRepository]:
    """The graph of a delta in the backend that the fixture's parameter names; emptied and closed at the end."""
    url, options = f"{request.param}:", BackendOptions()
    if request.param == "embedded":
        url = f"embedded:{tmp_path_factory.mktemp('store') / 'graph'}"
    elif request.param == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        url, options = server.url, BackendOptions(user=server.user, password=server.password)
    repository = open_backend(url, schema, options)
    if repository.watermark():
        repository.reset()
    assert repository.apply(delta)
    yield repository
    if request.param == "neo4j":
        repository.reset()
    repository.close()
