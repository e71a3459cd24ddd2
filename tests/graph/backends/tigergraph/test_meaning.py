"""Generated texts mean what the query means, as TigerGraph's documentation has it and as Python reads it.

The interpreter is ours: what passes here is still only syntax-checked in the sense of the product.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.run import AS_OF, GOLDEN_SERVERS, SEED
from graph.backends.networkx.repository import NetworkXRepository
from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.backends.tigergraph.generate import compiler_of
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.queries.catalogue import load_catalogue
from graph.repository import ReadContext
from graph.schema.model import Schema
from ingest.estate_generator import generate_estate
from tests.graph.backends.embedded.test_same_answers import random_estate
from tests.graph.backends.tigergraph.interpreter import Estate
from tests.graph.backends.tigergraph.questions import PARAMETERS, QUESTIONS
from tests.graph.backends.tigergraph.reading import plain, rows_of
from tests.graph.queries.export_loader import delta_of, element_id
from tests.graph.queries.test_golden_answers import GOLDENS, golden

NOW = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Estate]:
    folder = tmp_path_factory.mktemp("demo")
    generate_estate(folder, servers=GOLDEN_SERVERS, seed=SEED, as_of=AS_OF)
    delta = delta_of(folder, schema)
    return folder, Estate(delta.nodes, delta.edges, schema)


@pytest.mark.parametrize("name", GOLDENS)
def test_a_query_of_the_catalogue_gives_its_golden_answer(name: str, demo: tuple[Path, Estate], schema: Schema) -> None:
    folder, estate = demo
    expected = golden(name)
    now = datetime.fromisoformat(expected["today"]).replace(tzinfo=UTC) if "today" in expected else NOW
    query = load_catalogue()[expected["query"]]
    values: dict[str, Any] = {}
    for parameter in query.parameters:
        value = expected["parameters"].get(parameter.name, parameter.default)
        if parameter.names_an_element:
            value = element_id(folder, value, *schema.descendants[parameter.type])
        values[parameter.name] = value
    compiler = compiler_of(query, schema)
    rows = rows_of(compiler, complete_parameters(compiler.bound, values, now), estate)
    assert rows == [tuple(plain(cell) for cell in row) for row in expected["rows"]]


@pytest.fixture(scope="module", params=[1, *range(2, 12 if os.environ.get("JUMEAU_NIGHTLY") else 2)])
def random_estates(request: pytest.FixtureRequest, schema: Schema) -> Iterator[tuple[Estate, NetworkXRepository]]:
    delta = random_estate(schema, request.param)
    reference = NetworkXRepository(schema)
    reference.apply(delta)
    yield Estate(delta.nodes, delta.edges, schema), reference
    reference.close()


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_has_the_rows_of_the_executor(
    text: str, random_estates: tuple[Estate, NetworkXRepository], schema: Schema
) -> None:
    estate, reference = random_estates
    bound = prepare(text, schema)
    values = complete_parameters(bound, PARAMETERS, NOW)
    found = rows_of(GsqlCompiler(bound, schema), values, estate)
    answer = reference.run(bound, values, ReadContext(NOW))
    wanted = [tuple(plain(cell) for cell in row) for row in answer.rows]
    assert counted(found, text) == counted(wanted, text)
    if " ORDER BY " in text.rpartition(" RETURN ")[2]:
        assert found == wanted


def counted(rows: list[tuple[Any, ...]], text: str) -> Counter[str]:
    """Rows without regard to their order, nor to that of lists which have none."""
    if "collect(" in text or "COLLECT" in text:
        rows = [tuple(sorted(c, key=repr) if isinstance(c, list) else c for c in row) for row in rows]
    return Counter(map(repr, rows))
