"""What benches compare does the same: each shape's text and its hand-written code give the same rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from bench.shapes_executor import CONTEXT
from bench.shapes_graph import Shape, build, shapes
from graph.backends.embedded.repository import open_repository
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.prepare import prepare
from graph.registry import BackendOptions
from graph.repository import GraphRepository
from graph.schema.model import Schema

GRAPH = build(scale=0.05)
SHAPES = {shape.name: shape for shape in shapes(GRAPH)}


@pytest.fixture(scope="module", params=["networkx", "embedded"])
def repository(request: pytest.FixtureRequest, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Any:
    opened: GraphRepository = NetworkXRepository(schema)
    if request.param == "embedded":
        path = tmp_path_factory.mktemp("shapes") / "twin.lbug"
        opened = open_repository(f"embedded:{path}", schema, BackendOptions())
    opened.apply(GRAPH.delta)
    yield opened
    opened.close()


def comparable(rows: Any) -> list[tuple[Any, ...]]:
    return [tuple(sorted(cell) if isinstance(cell, list) else cell for cell in row) for row in rows]


@pytest.mark.parametrize("name", SHAPES)
def test_the_text_and_the_code_by_hand_give_the_same_rows(repository: GraphRepository, name: str) -> None:
    shape: Shape = SHAPES[name]
    bound = prepare(shape.text, repository.schema)
    some = 0
    for parameters in shape.parameters:
        expected = comparable(shape.plain(GRAPH.plain, parameters))
        found = comparable(repository.run(bound, parameters, CONTEXT).rows)
        if shape.ordered:
            assert found == expected
        else:
            assert Counter(map(repr, found)) == Counter(map(repr, expected))
        some += bool(expected)
    assert some >= len(shape.parameters) / 2
