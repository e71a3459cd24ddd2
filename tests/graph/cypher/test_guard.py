"""The guard: nothing writes, nothing is unbounded, nothing is too large; and each refusal names what it refuses."""

from __future__ import annotations

import pytest

from bench.front_end import worst_cases
from graph.cypher.diagnostics import CypherError
from graph.cypher.guard import QueryLimits
from graph.cypher.prepare import prepare
from tests.graph.cypher.small_schema import SCHEMA


def refusal(text: str, limits: QueryLimits | None = None) -> CypherError:
    with pytest.raises(CypherError) as caught:
        prepare(text, SCHEMA, limits or QueryLimits())
    return caught.value


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("CREATE (n:Server)", "CREATE"),
        ("MERGE (n:Server {name: 'a'}) RETURN n", "MERGE"),
        ("MATCH (n) SET n.name = 'a' RETURN n", "SET"),
        ("MATCH (n) DELETE n", "DELETE"),
        ("MATCH (n) DETACH DELETE n", "DETACH DELETE"),
        ("MATCH (n) REMOVE n.name", "REMOVE"),
        ("LOAD CSV FROM 'https://example.org/x.csv' AS line RETURN line", "LOAD CSV"),
        ("MATCH (n) FOREACH (x IN [1] | SET n.name = 'a')", "FOREACH"),
        ("MATCH (n) CALL { WITH n SET n.name = 'a' } RETURN n", "SET"),
        ("MATCH (n) CALL { WITH n RETURN 1 AS one } IN TRANSACTIONS RETURN n", "CALL IN TRANSACTIONS"),
        ("MATCH (n) WHERE EXISTS { MATCH (n) DELETE n } RETURN n", "DELETE"),
        ("CALL dbms.shutdown()", "dbms.shutdown"),
        ("CALL apoc.load.json('http://example.org') YIELD value RETURN value", "apoc.load.json"),
        ("MATCH (n) RETURN 1 AS a UNION MATCH (n) DELETE n", "DELETE"),
        ("mAtCh (n) sEt n.name = 'a'", "SET"),
        ("MATCH (n) /* RETURN n */ DELETE n // RETURN n", "DELETE"),
        ("SHOW USERS", "SHOW"),
        ("USE system MATCH (n) RETURN n", "USE"),
        ("DROP DATABASE neo4j", "DROP"),
    ],
)
def test_whatever_writes_administers_or_reaches_outside_is_refused_by_name(text: str, named: str) -> None:
    error = refusal(text)
    assert error.code == "NOT_READ_ONLY"
    assert error.status == 403
    assert named in error.seen


def test_an_unknown_name_does_not_hide_that_a_query_writes() -> None:
    assert refusal("MATCH (n:Nope) SET n.x = 1").code == "NOT_READ_ONLY"


def test_text_in_strings_and_names_is_no_clause() -> None:
    assert prepare("MATCH (`n DELETE`:Server {name: 'x'}) RETURN 'MATCH (n) DELETE n' AS text", SCHEMA).columns == (
        "text",
    )


def test_a_query_of_a_hundred_kilobytes_is_accepted_and_a_larger_one_refused() -> None:
    text = "RETURN '{}' AS it"
    assert prepare(text.format("x" * (100_000 - len(text) + 2)), SCHEMA).columns == ("it",)
    error = refusal(text.format("x" * 100_000))
    assert error.code == "TOO_LARGE"
    assert refusal("RETURN '" + "é" * 60_000 + "'").code == "TOO_LARGE"


def test_a_bound_above_the_maximum_is_refused_where_it_stands() -> None:
    error = refusal("MATCH (a:ServiceInstance)-[:DEPENDS_ON*1..31]->(b) RETURN b")
    assert error.code == "UNBOUNDED"
    assert error.where == "line 1, column 39"
    assert refusal("MATCH (a:ServiceInstance)-[:DEPENDS_ON*40..]->(b) RETURN b").code == "UNBOUNDED"
    assert refusal("MATCH (a) WHERE COUNT { (a)-[*1..99]->() } > 1 RETURN a").code == "UNBOUNDED"
    assert prepare("MATCH (a:ServiceInstance)-[:DEPENDS_ON*1..30]->(b) RETURN b", SCHEMA).notes == ()


def test_limits_are_those_that_are_asked_for() -> None:
    limits = QueryLimits(default_hops=3, maximum_hops=5, maximum_bytes=60)
    bound = prepare("MATCH (a)-[:USES*]->(b) RETURN b", SCHEMA, QueryLimits(default_hops=1))
    assert "1 relations at most" in bound.notes[0]
    assert refusal("MATCH (a)-[*1..6]->(b) RETURN b", limits).code == "UNBOUNDED"
    assert refusal("MATCH (a)-[*1..2]->(b) RETURN b" + " " * 60, limits).code == "TOO_LARGE"


def test_a_query_of_more_patterns_or_clauses_than_anybody_writes_is_refused() -> None:
    assert prepare("MATCH (a)" + "--()" * 99 + " RETURN a", SCHEMA).columns == ("a",)
    error = refusal("MATCH (a)" + "--()" * 100 + " RETURN a")
    assert error.code == "TOO_LARGE"
    assert "more than 100 nodes" in error.seen
    assert error.where == "line 1, column 408"
    assert "more than 100 clauses" in refusal("MATCH (a) " + "WITH a " * 99 + "RETURN a").seen
    assert prepare("MATCH (a) " + "WITH a " * 98 + "RETURN a", SCHEMA).columns == ("a",)


REFUSALS = {"TOO_LARGE", "SYNTAX", "TYPE_MISMATCH", "INVALID_AGGREGATION", "VARIABLE_CONFLICT"} | {
    f"UNKNOWN_{what}" for what in ("KIND", "PROPERTY", "FUNCTION", "VARIABLE")
}


@pytest.mark.parametrize("case", list(worst_cases()), ids=lambda case: case[0].replace(" ", "-"))
def test_the_worst_texts_of_ten_kilobytes_are_answered_or_refused_and_never_crash(case: tuple[str, str]) -> None:
    codes = set()
    try:
        prepare(case[1], SCHEMA)
    except CypherError as error:
        codes.add(error.code)
    assert codes <= REFUSALS
