"""Answers that are put in order after they were read are in the order that the executor gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from core.ids import uuid_of
from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.prepare import prepare
from graph.model import GraphDelta, NodeChange, Operation
from graph.repository import Answer, GraphRepository
from graph.schema.model import Schema
from tests.graph.backends.embedded.conftest import OPTIONS
from tests.graph.backends.embedded.samples import CONTEXT

HERE = "// in order here"
NAMES = ["b", "a", "B", "é", "\U0001f512", "\ue000", "", "aa"]


def estate() -> GraphDelta:
    draw = Random(3)
    nodes = []
    for at in range(40):
        values = {
            "name": draw.choice(NAMES),
            "environment": draw.choice([None, "production", "test"]),
            "cpu_cores": draw.choice([None, 2, 4]),
            "memory_gb": draw.choice([None, 1.5, 2.5]),
            "internet_exposed": draw.choice([None, True, False]),
        }
        known = {name: value for name, value in values.items() if value is not None}
        nodes.append(NodeChange(Operation.CREATE, uuid_of("sorted", str(at)), "PhysicalServer", known))
    return GraphDelta(1, 1, nodes)


@pytest.fixture(scope="module")
def both(
    schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[EmbeddedRepository, GraphRepository]]:
    folder: Path = tmp_path_factory.mktemp("sorted")
    store, executor = open_repository(f"embedded:{folder}/s.lbug", schema, OPTIONS), NetworkXRepository(schema)
    for repository in (store, executor):
        repository.apply(estate())
    yield store, executor
    store.close()


def ask(repository: GraphRepository, text: str, cap: int = 100) -> Answer:
    return repository.run(prepare(text, repository.schema), {}, replace(CONTEXT, row_cap=cap))


@pytest.mark.parametrize(
    "order",
    [
        "name, n.id",
        "name DESC, n.id",
        "environment, cores DESC, n.id DESC",
        "environment DESC, n.internet_exposed, name, n.id",
        "n.environment, n.name, n.id",
        "cores, n.internet_exposed DESC, n.id",
    ],
)
def test_rows_are_in_the_order_of_the_executor(both: tuple[EmbeddedRepository, GraphRepository], order: str) -> None:
    text = (
        f"MATCH (n:Server) RETURN n.name AS name, n.environment AS environment, n.cpu_cores AS cores ORDER BY {order}"
    )
    answer, wanted = (ask(repository, text) for repository in both)
    assert HERE in (answer.statement or "")
    assert answer.rows == wanted.rows
    assert len(answer.rows) == 40


@pytest.mark.parametrize(
    "order", ["n.memory_gb, n.id", "name, n.id LIMIT 7", "toLower(name), n.id", "name, n.id SKIP 3"]
)
def test_what_the_store_has_to_sort_it_sorts(both: tuple[EmbeddedRepository, GraphRepository], order: str) -> None:
    text = f"MATCH (n:Server) RETURN n.name AS name ORDER BY {order}"
    answer, wanted = (ask(repository, text) for repository in both)
    assert "ORDER BY" in (answer.statement or "")
    assert answer.rows == wanted.rows


def test_of_more_rows_than_the_cap_the_first_in_order_are_told(
    both: tuple[EmbeddedRepository, GraphRepository],
) -> None:
    text = "MATCH (n:Server) RETURN n.name AS name, n.environment AS environment ORDER BY environment DESC, name, n.id"
    for _ in range(2):
        answer, wanted = (ask(repository, text, 6) for repository in both)
        assert answer.rows == wanted.rows
        assert answer.truncated
        assert wanted.truncated
