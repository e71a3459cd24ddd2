"""Bound queries on a real Neo4j: cells, semantics that the dialect must bend, limits of time and rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from neo4j import GraphDatabase

from core.errors import BackendError, QueryRuntimeError, QueryTimeoutError
from core.ids import relation_id, uuid_of
from graph.backends.neo4j.repository import Neo4jRepository, open_repository
from graph.cypher.prepare import prepare
from graph.model import Edge, Node, Path
from graph.registry import BackendOptions
from graph.repository import Answer, ReadContext
from tests.graph.backends.neo4j.estate import SCHEMA, SERVER_PROPERTIES, delta, edge, node
from tests.neo4j_server import Neo4jServer

pytestmark = pytest.mark.neo4j

NOW = datetime(2025, 1, 1, 12, tzinfo=UTC)
APP, VM, SRV, OTHER = (uuid_of(name) for name in ("app", "vm", "srv", "other"))
SERVER_LABELS = ["Server", "ComputeResource", "ConfigurationItem"]

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def estate(neo4j_server: Neo4jServer) -> Iterator[Neo4jRepository]:
    """app -DEPENDS_ON-> vm -RUNS_ON-> srv -DEPENDS_ON-> app (a cycle), and a server that nothing touches."""
    options = BackendOptions(user=neo4j_server.user, password=neo4j_server.password)
    opened = open_repository(neo4j_server.url, SCHEMA, options)
    opened.reset()
    opened.apply(
        delta(
            1,
            node("app", "BusinessApplication"),
            node("vm", "VmInstance", {"name": "vm", "memory": 4, "addresses": ("10.0.0.2",)}),
            node("srv", "Server", SERVER_PROPERTIES),
            node("other", "Server", {"name": "other"}),
            edge("app", "DEPENDS_ON", "vm"),
            edge("vm", "RUNS_ON", "srv", {"since": date(2020, 2, 29), "share": 0.5}),
            edge("srv", "DEPENDS_ON", "app"),
        )
    )
    yield opened
    opened.reset()
    opened.close()


@pytest.fixture
def ask(estate: Neo4jRepository) -> Ask:
    def run(text: str, *, timeout_s: float = 30.0, row_cap: int = 1000, **parameters: Any) -> Answer:
        context = ReadContext(NOW, timeout_s, row_cap)
        return estate.run(prepare(text, SCHEMA), parameters, context)

    return run


def test_a_node_comes_back_with_its_kind_its_ancestors_and_its_properties(ask: Ask) -> None:
    answer = ask("MATCH (n:Server {memory: 9223372036854775807}) RETURN n")
    ((found,),) = answer.rows
    assert isinstance(found, Node)
    assert (found.id, list(found.labels)) == (SRV, SERVER_LABELS)
    assert found.properties == {**SERVER_PROPERTIES, "id": SRV}
    assert answer.columns == ("n",)
    assert (answer.engine, answer.sequence, answer.truncated) == ("native", 7, False)


def test_a_relation_names_its_ends_by_our_ids_however_deep_it_stands(ask: Ask) -> None:
    ((alone, listed, mapped),) = ask("MATCH (:VmInstance)-[r]->() RETURN r, collect(r) AS l, {k: [r]} AS m").rows
    expected = Edge(relation_id("RUNS_ON", VM, SRV), "RUNS_ON", VM, SRV, {"since": date(2020, 2, 29), "share": 0.5})
    for found in (alone, listed[0], mapped["k"][0]):
        assert (found.id, found.type, found.start, found.end) == (expected.id, "RUNS_ON", VM, SRV)
        assert found.properties == expected.properties


def test_a_path_holds_nodes_and_relations_walked_in_either_direction(ask: Ask) -> None:
    ((path,),) = ask("MATCH p = (a:BusinessApplication)<-[:DEPENDS_ON]-(s:Server)<-[:RUNS_ON]-(v) RETURN p").rows
    assert isinstance(path, Path)
    assert [n.id for n in path.nodes] == [APP, SRV, VM]
    assert [(e.start, e.end) for e in path.edges] == [(SRV, APP), (VM, SRV)]


def test_values_keep_their_types_in_cells(ask: Ask) -> None:
    ((row),) = ask(
        "MATCH (n:Server {memory: 9223372036854775807}) RETURN n.installed_on, n.restarted_at, n.load, n.virtual, "
        "n.yearly_cost, n.addresses, n.environment, null AS nothing, {a: [1, 2.0]} AS map"
    ).rows
    assert row == (
        date(1999, 12, 31),
        datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC),
        0.1,
        False,
        -1,
        ["10.0.0.1", ""],
        "",
        None,
        {"a": [1, 2.0]},
    )
    assert row[1].tzinfo is UTC


def test_parameters_of_every_type_reach_the_server(ask: Ask) -> None:
    for name, value in SERVER_PROPERTIES.items():
        wanted = list(value) if isinstance(value, tuple) else value
        rows = ask(f"MATCH (n:Server) WHERE n.{name} = $value RETURN n.id", value=wanted).rows
        assert rows == [(SRV,)], name


def test_labels_give_the_concrete_kind_first_and_no_technical_label(ask: Ask) -> None:
    assert ask("MATCH (n) WHERE n.name = 'other' RETURN labels(n), labels(n)[0], labels(n)[-1]").rows == [
        (SERVER_LABELS, "Server", "ConfigurationItem")
    ]
    assert ask("MATCH (n) RETURN labels(n)[0] AS kind, count(*) AS n ORDER BY kind").rows == [
        ("BusinessApplication", 1),
        ("Server", 2),
        ("VmInstance", 1),
    ]
    assert ask("OPTIONAL MATCH (n:Server {name: 'nobody'}) RETURN labels(n), labels(n)[0]").rows == [(None, None)]


def test_an_inherited_kind_covers_its_concrete_kinds(ask: Ask) -> None:
    assert ask("MATCH (n:ComputeResource) RETURN count(n)").rows == [(3,)]
    assert ask("MATCH (n:ComputeResource&!Server) RETURN n.id").rows == [(VM,)]
    assert ask("MATCH (n:Server|BusinessApplication) RETURN count(n)").rows == [(3,)]
    assert ask("MATCH (n) WHERE n:Server OR n:VmInstance RETURN count(n)").rows == [(3,)]


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) RETURN count(n)",
        "MATCH (n) RETURN count(*)",
        "MATCH (n:!Server) MATCH (m:%) RETURN count(DISTINCT m)",
        "MATCH (n)-[*0..0]-(m) RETURN count(m)",
        "OPTIONAL MATCH (n) RETURN count(n)",
        "UNWIND [1] AS x CALL (x) { MATCH (n) RETURN count(n) AS c } RETURN c",
        "RETURN COUNT { MATCH (n) }",
    ],
)
def test_the_watermark_is_in_no_answer(ask: Ask, text: str) -> None:
    assert ask(text).rows == [(4,)]


def test_identity_is_ours_and_nothing_technical_is_a_property(ask: Ask) -> None:
    ((identity, keys, properties),) = ask(
        "MATCH (n {id: $id}) RETURN elementId(n), keys(n), properties(n)", id=OTHER
    ).rows
    assert (identity, sorted(keys), properties) == (OTHER, ["id", "name"], {"name": "other", "id": OTHER})
    assert ask("MATCH ()-[r:RUNS_ON]->() RETURN elementId(r), elementId(startNode(r))").rows == [
        (relation_id("RUNS_ON", VM, SRV), VM)
    ]


def test_a_look_up_by_id_or_by_an_indexed_attribute_uses_the_index(
    estate: Neo4jRepository, neo4j_server: Neo4jServer
) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("MATCH (n:ConfigurationItem {id: $x}) RETURN n", {"x": SRV}),
        ("MATCH (n:ConfigurationItem) WHERE elementId(n) = $x RETURN n", {"x": SRV}),
        ("MATCH (n:Server) WHERE n.name STARTS WITH $x RETURN n", {"x": "srv"}),
        ("MATCH (n) WHERE n.id IN $x RETURN n", {"x": [SRV]}),
    ]
    for text, parameters in cases:
        answer = estate.run(prepare(text, SCHEMA), parameters, ReadContext(NOW))
        assert len(answer.rows) == 1, text
        with GraphDatabase.driver(neo4j_server.url, auth=(neo4j_server.user, neo4j_server.password)) as driver:
            summary = driver.execute_query("EXPLAIN " + str(answer.statement), parameters).summary
        assert "Index" in str(summary.plan), (text, answer.statement)


def test_a_cycle_is_walked_once_and_may_come_back_to_its_start(ask: Ask) -> None:
    text = "MATCH (a:BusinessApplication)-[:DEPENDS_ON|RUNS_ON*1..5]->(n) RETURN DISTINCT n.id"
    assert {row[0] for row in ask(text).rows} == {VM, SRV, APP}
    assert ask("MATCH (a:BusinessApplication)-[*1..9]->(n) RETURN count(*)").rows == [(3,)]


def test_a_condition_on_each_step_of_a_variable_length_relationship_holds_for_every_step(ask: Ask) -> None:
    text = "MATCH (v:VmInstance)-[r:RUNS_ON|DEPENDS_ON*1..3 WHERE r.share = 0.5]->(n) RETURN n.id"
    assert ask(text).rows == [(SRV,)]
    text = "MATCH (v:VmInstance) RETURN [(v)-[:RUNS_ON|DEPENDS_ON*1..3 {share: 0.5}]->(n) | n.id] AS ids"
    assert ask(text).rows == [([SRV],)]


def test_the_present_is_the_context_s(ask: Ask) -> None:
    assert ask("RETURN datetime() AS now, date() AS today").rows == [(NOW, NOW.date())]


def test_the_same_instant_written_at_two_offsets_is_equal_and_in_utc(ask: Ask) -> None:
    text = (
        "UNWIND ['2024-01-01T01:00:00+01:00'] AS text "
        "RETURN datetime(text) = datetime('2024-01-01T00:00:00Z') AS same, toString(datetime(text)) AS text"
    )
    assert ask(text).rows == [(True, "2024-01-01T00:00:00Z")]
    assert ask("UNWIND [null] AS text RETURN datetime(text) AS d").rows == [(None,)]


def test_existence_in_its_old_form_is_understood(ask: Ask) -> None:
    assert ask("MATCH (n:VmInstance) WHERE exists(n.memory) RETURN n.id").rows == [(VM,)]


def test_rows_beyond_the_cap_are_cut_and_the_cut_is_said(ask: Ask) -> None:
    answer = ask("UNWIND range(1, 100) AS i RETURN i", row_cap=10)
    assert [row[0] for row in answer.rows] == list(range(1, 11))
    assert answer.truncated
    assert not ask("UNWIND range(1, 10) AS i RETURN i", row_cap=10).truncated


def test_a_query_that_runs_too_long_is_stopped(ask: Ask) -> None:
    slow = "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b WITH a + b AS c WHERE c = 0 RETURN count(c)"
    with pytest.raises(QueryTimeoutError) as caught:
        ask(slow, timeout_s=0.5)
    assert caught.value.details["statement"]
    assert ask("RETURN 1 AS one").rows == [(1,)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("UNWIND [0] AS zero RETURN 1 / zero AS x", "by zero"),
        ("UNWIND [9223372036854775807] AS big RETURN big + 1 AS x", "overflow"),
    ],
)
def test_an_error_of_arithmetic_is_the_query_s_and_not_the_backend_s(ask: Ask, text: str, message: str) -> None:
    with pytest.raises(QueryRuntimeError, match=message) as caught:
        ask(text)
    assert not isinstance(caught.value, BackendError)


def test_a_value_beyond_our_types_is_refused_and_the_next_query_runs(ask: Ask) -> None:
    with pytest.raises(QueryRuntimeError, match="cannot be sent"):
        ask("RETURN $big AS x", big=2**64)
    with pytest.raises(QueryRuntimeError):
        ask("UNWIND ['+12024-01-01T00:00:00Z'] AS text RETURN datetime(text) AS x")
    assert ask("RETURN 1 AS one").rows == [(1,)]


def test_a_name_with_a_backtick_does_not_leave_its_quotes(ask: Ask) -> None:
    assert ask("RETURN 1 AS `a``) DETACH DELETE n //`").rows == [(1,)]
    assert ask("RETURN $`p``q` AS x", **{"p`q": "it's"}).rows == [("it's",)]


def test_reading_cannot_write_even_if_a_statement_slipped_through(estate: Neo4jRepository) -> None:
    with estate._connection.reading() as session, pytest.raises(Exception, match=r"(?i)read"):
        session.run("CREATE (n) RETURN n").consume()


@pytest.mark.parametrize("kind", ["shortestPath", "allShortestPaths"])
def test_a_node_has_no_shortest_path_to_itself_and_the_other_rows_are_answered(ask: Ask, kind: str) -> None:
    text = f"MATCH p = {kind}((a:BusinessApplication)-[:DEPENDS_ON|RUNS_ON*..9]-(b)) RETURN b.id, length(p)"
    assert sorted(ask(text).rows) == sorted([(VM, 1), (SRV, 1)])
    text = f"MATCH (a:BusinessApplication), (b) OPTIONAL MATCH p = {kind}((a)-[*..9]->(b)) RETURN b.id, length(p) AS n"
    assert dict(ask(text).rows) == {VM: 1, SRV: 2, APP: None, OTHER: None}


def test_a_pattern_may_stand_where_a_value_stands(ask: Ask) -> None:
    text = "MATCH (n:Server) RETURN n.id, exists((n)<-[:RUNS_ON]-(:VmInstance)) AS hosts"
    assert dict(ask(text).rows) == {SRV: True, OTHER: False}
    assert ask("MATCH (n:Server) WHERE NOT (n)<-[:RUNS_ON]-() AND n.name = 'other' RETURN n.id").rows == [(OTHER,)]


def test_durations_shift_by_the_calendar_and_come_back_as_text(ask: Ask) -> None:
    text = "RETURN date('2024-01-31') + duration({months: 1}) AS day, duration('P1Y2M') AS d"
    assert ask(text).rows == [(date(2024, 2, 29), "P1Y2M")]
    assert ask("MATCH (n:VmInstance) RETURN datetime(date('2024-01-31')) AS d").rows == [
        (datetime(2024, 1, 31, tzinfo=UTC),)
    ]
