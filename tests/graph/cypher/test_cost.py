"""The estimate of a query's cost: the catalogue passes on a large estate, runaway queries are refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.settings import Settings
from graph.cypher.ast import Direction
from graph.cypher.cost import TooCostlyError, check_cost, estimate, is_plainly_bounded
from graph.cypher.prepare import prepare
from graph.cypher.statistics import Statistics, TypeSpread
from graph.queries.catalogue import load_catalogue
from graph.schema.model import Schema
from tests.graph.cypher.small_schema import SCHEMA

LIMIT = Settings.model_fields["query_cost_limit"].default
COUNTS = Path(__file__).parent / "counts_of_28000_servers.json"
"""What the generated estate of 28,000 servers holds (seed 42)."""


@pytest.fixture(scope="module")
def large(schema: Schema) -> Statistics:
    return Statistics.of(schema, 1, json.loads(COUNTS.read_text()))


@pytest.mark.parametrize("name", load_catalogue())
def test_every_query_of_the_catalogue_passes_on_a_large_estate(name: str, large: Statistics, schema: Schema) -> None:
    found = estimate(prepare(load_catalogue()[name].text, schema), large)
    assert 0 < found.cost < LIMIT / 3


@pytest.mark.parametrize(
    ("text", "part", "column"),
    [
        ("MATCH (a:ConfigurationItem), (b:ConfigurationItem) RETURN a.name, b.name", "cartesian product", 30),
        ("MATCH (a) MATCH (b) RETURN count(*)", "cartesian product", 17),
        ("MATCH (a:Server), (b:Server), (c:Server) RETURN count(*)", "cartesian product", 31),
        ("MATCH (a)-[*1..30]-(b) RETURN count(*)", "up to 30 in a row", 10),
        ("MATCH (a)-[*1..30]-(b) RETURN count(DISTINCT b)", "up to 30 in a row", 10),
        ("MATCH (a:Server {name: 'x'})-[*1..30]-(b) RETURN b LIMIT 10", "up to 30 in a row", 29),
        ("MATCH p = allShortestPaths((a:Server)-[*]-(b:Server)) RETURN p", "up to 30 in a row", 38),
        ("MATCH (a)--(b)--(c)--(d)--(e) RETURN count(*)", "relations", 0),
        ("UNWIND range(1, 1000000000) AS x RETURN count(x)", "list", 8),
        ("RETURN reduce(s = 0, x IN range(1, 1000000000) | s + x) AS total", "list", 0),
        ("MATCH (a) CALL { MATCH (b) RETURN count(b) AS n } RETURN sum(n)", "looking at", 0),
        ("MATCH (a) WHERE COUNT { MATCH (b) } > 3 RETURN a", "looking at", 0),
        ("MATCH (a) RETURN [(a)-[*1..8]-(b) | b.id]", "up to 8 in a row", 0),
        ("MATCH (a) WITH collect(a) AS all UNWIND all AS x UNWIND all AS y RETURN count(*)", "list", 0),
    ],
)
def test_a_runaway_query_is_refused_where_it_runs_away(
    text: str, part: str, column: int, large: Statistics, schema: Schema
) -> None:
    bound = prepare(text, schema)
    with pytest.raises(TooCostlyError) as caught:
        check_cost(bound, estimate(bound, large), LIMIT)
    error = caught.value
    assert error.code == "TOO_COSTLY"
    assert error.status == 400
    assert part in error.seen
    assert error.diagnostic.line == 1
    assert "^" in error.diagnostic.excerpt
    assert error.hint
    if column:
        assert error.diagnostic.column == column


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a:Server) RETURN a",
        "MATCH (a)-[r]->(b) RETURN type(r) AS type, count(*) AS number",
        "MATCH (a), (b) RETURN a, b LIMIT 10",
        "MATCH (a:Server {name: 'x'}), (b:Server {name: 'y'}), p = shortestPath((a)-[*]-(b)) RETURN p",
        "MATCH (a:BusinessApplication)-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*1..8]->(s:Server) RETURN a.name, count(DISTINCT s)",
        "MATCH (n) WHERE NOT (n)--() RETURN count(n)",
        "MATCH (s:Server) WHERE EXISTS { (s)-[:OWNED_BY]->(:Team) } RETURN count(s)",
        "UNWIND range(1, 1000) AS x RETURN sum(x)",
    ],
)
def test_honest_questions_pass(text: str, large: Statistics, schema: Schema) -> None:
    assert estimate(prepare(text, schema), large).cost < LIMIT


def test_on_a_small_estate_nothing_is_too_costly_but_what_does_not_depend_on_it() -> None:
    few = Statistics.of(SCHEMA, 1, {"PhysicalServer": 10, "Team": 3, "OWNED_BY": 10})
    assert estimate(prepare("MATCH (a), (b), (c) RETURN count(*)", SCHEMA), few).cost < 10_000
    assert estimate(prepare("MATCH (a)-[*1..8]-(b) RETURN count(*)", SCHEMA), few).cost < 100_000
    assert estimate(prepare("UNWIND range(1, 1000000000) AS x RETURN count(x)", SCHEMA), few).cost > LIMIT


def test_degrees_follow_the_counts_until_they_are_measured() -> None:
    counts = {"PhysicalServer": 10, "VirtualMachine": 30, "Team": 4, "OWNED_BY": 40}
    supposed = Statistics.of(SCHEMA, 7, counts)
    assert supposed.mean_degree("PhysicalServer", "OWNED_BY", Direction.OUT) == pytest.approx(1.0)
    assert supposed.mean_degree("Team", "OWNED_BY", Direction.IN) == pytest.approx(10.0)
    assert supposed.largest_degree("Team", "OWNED_BY", Direction.IN) is None
    spread = TypeSpread({("PhysicalServer", "Team"): 40}, {"PhysicalServer": 9}, {"Team": 25})
    known = supposed.measured({"OWNED_BY": spread})
    assert known.mean_degree("PhysicalServer", "OWNED_BY", Direction.OUT) == pytest.approx(4.0)
    assert known.mean_degree("VirtualMachine", "OWNED_BY", Direction.OUT) == 0.0
    assert known.largest_degree("Team", "OWNED_BY", Direction.IN) == 25
    assert known.sequence == 7


def test_what_a_walk_reaches_is_no_more_than_there_is() -> None:
    counts = {"PhysicalServer": 10, "VirtualMachine": 30, "Team": 4, "OWNED_BY": 40}
    supposed = Statistics.of(SCHEMA, 7, counts)
    assert supposed.reached(["Team"], ("OWNED_BY",), Direction.IN, 1) == pytest.approx(10.0)
    assert supposed.reached(["Team"], ("OWNED_BY",), Direction.IN, 20) == pytest.approx(10.0), "servers own nothing"
    assert supposed.reached(["Team", "PhysicalServer"], ("OWNED_BY",), Direction.OUT, 5) == pytest.approx(10 / 14)
    assert supposed.reached(["Team"], ("OWNED_BY",), Direction.BOTH, 20) == pytest.approx(44.0), "everything, once"
    assert supposed.reached([], ("OWNED_BY",), Direction.OUT, 5) == 0.0


def test_rows_of_a_join_by_means() -> None:
    counts = {"PhysicalServer": 100, "Team": 10, "OWNED_BY": 100}
    found = estimate(
        prepare("MATCH (s:PhysicalServer)-[:OWNED_BY]->(t:Team) RETURN s, t", SCHEMA), Statistics.of(SCHEMA, 1, counts)
    )
    assert found.rows == pytest.approx(100)
    assert 100 <= found.cost <= 400
    one = estimate(
        prepare("MATCH (s)-[:OWNED_BY]->(t:Team {name: 'x'}) RETURN s", SCHEMA), Statistics.of(SCHEMA, 1, counts)
    )
    assert one.rows == pytest.approx(10)


def test_what_visits_no_more_than_the_store_holds_needs_no_estimate() -> None:
    assert is_plainly_bounded(prepare("MATCH (s:Server {name: $n})-[r]->(t) RETURN s, t ORDER BY t.name", SCHEMA))
    for text in (
        "MATCH (a), (b) RETURN a, b",
        "MATCH (a) MATCH (b) RETURN a, b",
        "MATCH (a)-->(b)-->(c) RETURN c",
        "MATCH (a)-[*1..2]->(b) RETURN b",
        "MATCH (a) WHERE (a)-->() RETURN a",
        "UNWIND range(1, 100000000) AS x RETURN x",
        "RETURN size(range(1, 100000000)) AS n",
        "MATCH (a) RETURN [x IN [1, 2] | x] AS l",
    ):
        assert not is_plainly_bounded(prepare(text, SCHEMA))
