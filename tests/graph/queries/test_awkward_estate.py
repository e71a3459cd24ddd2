"""On an estate full of boundaries, gaps and second owners, every query still gives what plain Python computes."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from core.errors import UnsupportedConstructError
from demo.plain_answers import ANSWERS as DEMO_ANSWERS
from demo.plain_answers import Export
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.queries.catalogue import CatalogueQuery, load_catalogue
from graph.repository import GraphRepository, ReadContext
from graph.schema.model import Schema
from ingest.estate_generator import generate_estate
from services.cells import to_json
from tests.conftest import NIGHTLY
from tests.graph.queries.awkward import make_awkward
from tests.graph.queries.export_loader import delta_of, element_id
from tests.graph.queries.plain.answers import ANSWERS
from tests.graph.queries.repositories import held

TODAY = date(2025, 1, 1)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
SERVERS = 600
SEEDS = (7, 8, 9, 10, 11, 12) if NIGHTLY else (7,)
ASKED_ABOUT = {"ConfigurationItem": ("BusinessService", "Hypervisor", "DatabaseInstance", "BusinessApplication")}
"""Kinds of which elements are asked about where a query takes any of them."""
EACH = 2
"""Elements of a kind that are asked about."""


@pytest.fixture(scope="module", params=SEEDS)
def awkward_export(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> Path:
    folder = tmp_path_factory.mktemp("awkward")
    generate_estate(folder, servers=SERVERS, seed=request.param, as_of=TODAY)
    make_awkward(folder, schema, TODAY, request.param)
    return folder


@pytest.fixture(scope="module")
def awkward_files(awkward_export: Path) -> Export:
    """The files as plain Python reads them, once for all questions."""
    return Export(awkward_export, TODAY)


@pytest.fixture(scope="module", params=["networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def awkward_graph(
    request: pytest.FixtureRequest, awkward_export: Path, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphRepository]:
    with held(request, delta_of(awkward_export, schema), schema, tmp_path_factory) as repository:
        yield repository


@pytest.mark.parametrize("name", load_catalogue())
def test_a_query_gives_what_plain_python_computes(
    name: str, awkward_graph: GraphRepository, awkward_export: Path, awkward_files: Export, schema: Schema
) -> None:
    query = load_catalogue()[name]
    bound = prepare(query.text, schema)
    for given in questions(query, awkward_export):
        values = dict(given)
        for parameter in query.parameters:
            if parameter.names_an_element:
                kinds = schema.descendants[parameter.type]
                values[parameter.name] = element_id(awkward_export, given[parameter.name], *kinds)
        try:
            answer = awkward_graph.run(bound, complete_parameters(bound, values, NOW), ReadContext(NOW))
        except UnsupportedConstructError as error:
            pytest.skip(f"{awkward_graph.capabilities.name} leaves this to the in-memory executor: {error.seen}")
        columns, rows = (ANSWERS.get(name) or DEMO_ANSWERS[name])(awkward_files, **given)
        assert list(answer.columns) == columns
        assert [[to_json(cell) for cell in row] for row in answer.rows] == rows, given


def questions(query: CatalogueQuery, folder: Path) -> list[Mapping[str, Any]]:
    """Parameters to ask with: the defaults, and for an element the first ones of its kinds with a name of their own."""
    rest = {parameter.name: parameter.default for parameter in query.parameters if not parameter.names_an_element}
    named = [parameter for parameter in query.parameters if parameter.names_an_element]
    if not named:
        return [rest]
    kinds = ASKED_ABOUT.get(named[0].type, (named[0].type,))
    count = EACH * len(named) if len(kinds) > 1 else EACH * len(named) * 4
    elements = [name for kind in kinds for name in names(folder, kind)[:count]]
    return [
        {**rest, **{p.name: elements[n + place] for place, p in enumerate(named)}}
        for n in range(0, len(elements) - len(named) + 1, len(named))
    ]


@cache
def names(folder: Path, kind: str) -> list[str]:
    """Names that one element alone has, in the order of the file."""
    counts = elements_by_name(folder)
    with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file) if counts[row["name"]] == 1]


@cache
def elements_by_name(folder: Path) -> Counter[str]:
    """How many elements have each name."""
    counts: Counter[str] = Counter()
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            counts.update(row["name"] for row in csv.DictReader(file))
    return counts
