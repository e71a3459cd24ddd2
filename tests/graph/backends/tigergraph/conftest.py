"""The schema pack, compiled queries and the checker, for the tests of the GSQL dialect."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.backends.tigergraph.checker import Catalog, check
from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.prepare import prepare
from graph.schema.load import load_schema
from graph.schema.model import Schema


@pytest.fixture(scope="session")
def schema() -> Schema:
    return load_schema("it_estate")


@pytest.fixture(scope="session")
def catalog(schema: Schema) -> Catalog:
    return Catalog.of(schema)


@pytest.fixture
def gsql(schema: Schema, catalog: Catalog) -> Callable[[str], str]:
    """Cypher to GSQL that the checker accepts."""

    def compiled(text: str) -> str:
        found = GsqlCompiler(prepare(text, schema), schema, name="tested").text()
        problem = check(found, catalog)
        assert problem is None, f"{problem}\n{found}"
        return found

    return compiled
