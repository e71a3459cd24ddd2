"""Queries beyond the limit of cost are refused by the one road; statistics follow the graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import load_settings
from graph.cypher.ast import Direction
from graph.cypher.cost import TooCostlyError
from graph.cypher.parser import parse
from services.cost import CostGuard
from services.query import QueryService
from services.twin import Twin, open_twin
from tests.contract.estate import ESTATE, delta, node

TWO_STEPS = "MATCH (a:Server)-[:HOSTED_ON]->(b)-[:HOSTED_ON]->(c) RETURN a.name"


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Twin]:
    settings = load_settings(home=tmp_path, backend="networkx", now="2025-01-01", query_cost_limit=200)
    with open_twin(settings) as twin:
        twin.repository.apply(ESTATE)
        yield twin


def test_a_query_beyond_the_limit_does_not_run(twin: Twin) -> None:
    queries = QueryService(twin)
    assert len(queries.cypher(TWO_STEPS).answer.rows) == 2
    with pytest.raises(TooCostlyError) as caught:
        queries.cypher("MATCH (a:Element) MATCH (b:Element) RETURN a.name, b.name")
    assert "cartesian product" in caught.value.seen
    assert caught.value.where == "line 1, column 25"


def test_statistics_are_taken_once_and_again_when_the_graph_has_moved(twin: Twin) -> None:
    guard = CostGuard(twin)
    first = guard.statistics(0)
    assert first.count(["VirtualMachine"]) == 3
    assert first.sequence == ESTATE.last
    assert guard.statistics(ESTATE.last) is first
    start = ESTATE.last + 1
    twin.repository.apply(delta(start, *[node("Team", f"t{number}") for number in range(1_200)]))
    assert guard.statistics(ESTATE.last) is first
    assert guard.statistics(start + 1_199).count(["Team"]) == 1_202


def test_spreads_are_measured_before_a_query_is_refused(twin: Twin) -> None:
    guard = CostGuard(twin)
    bound = QueryService(twin).prepare(TWO_STEPS)
    measured = guard.measure(bound, guard.statistics(0))
    spread = measured.spreads["HOSTED_ON"]
    assert spread.pairs == {("VirtualMachine", "Hypervisor"): 2, ("Hypervisor", "PhysicalServer"): 1}
    assert measured.largest_degree("Hypervisor", "HOSTED_ON", Direction.IN) == 2
    assert measured.mean_degree("VirtualMachine", "HOSTED_ON", Direction.OUT) == pytest.approx(2 / 3)
    assert guard.measure(bound, measured) is measured


def test_a_tree_without_text_is_refused_as_well(twin: Twin) -> None:
    with pytest.raises(TooCostlyError) as caught:
        QueryService(twin).tree(parse("MATCH (a:Element) MATCH (b:Element) RETURN a.name, b.name"))
    assert caught.value.where is None
