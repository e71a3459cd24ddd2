"""The demo estate, as files, as one delta, and in each backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.run import AS_OF, GOLDEN_SERVERS, SEED
from graph.model import GraphDelta
from graph.repository import GraphRepository
from graph.schema.model import Schema
from ingest.estate_generator import generate_estate
from tests.graph.queries.export_loader import delta_of
from tests.graph.queries.repositories import held


@pytest.fixture(scope="session")
def demo_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export that the golden answers were computed from."""
    folder = tmp_path_factory.mktemp("demo")
    generate_estate(folder, servers=GOLDEN_SERVERS, seed=SEED, as_of=AS_OF)
    return folder


@pytest.fixture(scope="session")
def demo_delta(demo_export: Path, schema: Schema) -> GraphDelta:
    return delta_of(demo_export, schema)


@pytest.fixture(scope="module", params=["networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def demo_graph(
    request: pytest.FixtureRequest, demo_delta: GraphDelta, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphRepository]:
    """The demo estate in a backend."""
    with held(request, demo_delta, schema, tmp_path_factory) as repository:
        yield repository
