"""Every GraphQL block of the documentation is answered without errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from api.deps import Services
from api.graphql.context import GraphQLContext
from api.graphql.root import build_schema
from api.graphql.schema import TwinSchema
from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from services.twin import open_twin
from tests.api.apps import shape_of
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{at}")
    for page in PAGES
    for at, block in enumerate(re.findall(r"```graphql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TwinSchema, dict[str, Any]]]:
    """A small bank, loaded as loads are, and elements of it to ask about."""
    home: Path = tmp_path_factory.mktemp("bank")
    settings = load_settings(home=home, backend="embedded", now="2025-01-01")
    generate_estate(home / "export", servers=60, seed=42, as_of=date(2025, 1, 1))
    ingest(settings, "csv", home / "export")
    with open_twin(settings) as twin:
        services = Services.of(twin)
        found = services.queries.cypher(
            "MATCH (a:ConfigurationItem)-[:RUNS_ON]->(s:Server) RETURN a.id AS id, s.id AS other ORDER BY a.name LIMIT 1"
        ).answer
        shape = shape_of(twin.schema)
        schema = TwinSchema(build_schema(shape), lambda _: GraphQLContext(shape, services))
        yield schema, dict(zip(found.columns, found.rows[0], strict=True))


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 7


@pytest.mark.parametrize("block", BLOCKS)
def test_a_graphql_block_is_answered(block: str, bank: tuple[TwinSchema, dict[str, Any]]) -> None:
    schema, elements = bank
    if block.lstrip().startswith(
        "subscription"
    ):  # answered over a websocket (tests/api/test_subscriptions.py); here its form
        assert validate(schema.schema, parse(block)) == []
        return
    variables = {name: elements[name] for name in elements if f"${name}:" in block}
    result = schema.execute_sync(block, variables)
    assert result.errors is None, result.errors
    assert result.data is not None
    assert all(value is not None for value in result.data.values())
