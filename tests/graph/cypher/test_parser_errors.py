"""What is no query is refused with the place, and with what could stand there."""

from __future__ import annotations

import pytest

from graph.cypher.diagnostics import CypherError, CypherSyntaxError, QueryTooLargeError
from graph.cypher.parser import parse


def refusal(text: str) -> CypherError:
    with pytest.raises(CypherError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        pytest.param("", 0, 0, "MATCH", id="nothing"),
        pytest.param("MATCH (n", 1, 9, "')' to close the node", id="node left open"),
        pytest.param("MATCH (n) RETURN", 1, 17, "an expression", id="nothing to return"),
        pytest.param("MATCH (n)", 1, 10, "RETURN", id="no RETURN"),
        pytest.param("MATCH (n) WHERE n.x = RETURN n", 1, 23, "an expression", id="missing operand"),
        pytest.param("MATCH n RETURN n", 1, 7, "a node pattern such as (n:Server)", id="node without brackets"),
        pytest.param(
            "MATCH (n)-[:X->(m) RETURN n", 1, 14, "']' to close the relationship", id="relationship left open"
        ),
        pytest.param("MATCH (n)-[:X] (m) RETURN n", 1, 16, "'-' after the relationship", id="arrow without end"),
        pytest.param(
            "MATCH (n)-[:X]-> RETURN n", 1, 18, "a node pattern after the relationship", id="arrow to nowhere"
        ),
        pytest.param("MATCH (n)\nRETURN n\nORDER n", 3, 7, "BY", id="ORDER without BY"),
        pytest.param("RETURN 1 2", 1, 10, "ORDER BY", id="two values"),
        pytest.param("RETURN 1; RETURN 2", 1, 11, "the end of the query", id="two statements"),
        pytest.param("WITH 1 + 1 RETURN 2", 1, 12, "AS", id="WITH without name"),
        pytest.param("UNWIND [1] RETURN 1", 1, 12, "AS", id="UNWIND without name"),
        pytest.param("RETURN [1, 2", 1, 13, "']' to close the list", id="list left open"),
        pytest.param("RETURN {a 1}", 1, 11, "':' after a key", id="map without colon"),
        pytest.param("RETURN f(1", 1, 11, "')' to close f(", id="call left open"),
        pytest.param("RETURN CASE 1 END", 1, 15, "WHEN", id="CASE without WHEN"),
        pytest.param("RETURN CASE WHEN 1 THEN 2", 1, 26, "END", id="CASE without END"),
        pytest.param("MATCH (n) RETURN n MATCH (m)", 1, 20, "UNION", id="clause after RETURN"),
        pytest.param("MATCH (n) RETRUN n", 1, 11, "RETURN", id="misspelt clause"),
        pytest.param("EXPLAIN MATCH (n) RETURN n", 1, 1, "MATCH", id="EXPLAIN"),
        pytest.param("RETURN n.*", 1, 10, "a property name", id="star outside a map projection"),
        pytest.param("RETURN 1 IS 2", 1, 13, "NULL or NOT NULL", id="IS without NULL"),
        pytest.param("RETURN any(x IN l)", 1, 18, "WHERE", id="quantifier without condition"),
        pytest.param("MATCH (n) CALL { RETURN 1 AS a RETURN a", 1, 32, "'}'", id="subquery left open"),
        pytest.param("OPTIONAL (n) RETURN n", 1, 10, "MATCH", id="OPTIONAL alone"),
        pytest.param("MATCH (n)) RETURN n", 1, 10, "RETURN", id="bracket too many"),
    ],
)
def test_the_first_wrong_token_is_shown_with_what_was_expected(
    text: str, line: int, column: int, expected: str
) -> None:
    diagnostic = refusal(text).diagnostic
    assert (diagnostic.code, diagnostic.line, diagnostic.column) == ("SYNTAX", line, column)
    assert expected in diagnostic.expected


def test_the_excerpt_is_the_line_with_carets_under_the_token() -> None:
    error = refusal("MATCH (n)\nWHERE n.x == 1\nRETURN n")
    assert error.diagnostic.excerpt == "WHERE n.x == 1\n           ^"
    assert "line 2, column 12" in str(error)


def test_the_excerpt_of_a_long_line_is_a_window_around_the_token() -> None:
    lines = refusal("RETURN " + "1 + " * 100 + ")").diagnostic.excerpt.splitlines()
    assert len(lines[0]) <= 100
    assert lines[0][lines[1].index("^")] == ")"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RETURN 99999999999999999999", "too large for an integer"),
        ("RETURN 9223372036854775808", "too large for an integer"),
        ("RETURN 1e999", "too large for a float"),
        ("MATCH p = shortestPath((a)-->(b)-->(c)) RETURN p", "one relationship"),
        ("MATCH (a) ((x:X)-[:R]-(y)){2} (b) RETURN a", "does not reduce"),
        ("MATCH (a) ((x)-[:R]->(y)){2} (b) RETURN x", "does not reduce"),
        ("RETURN 1 AS a UNION RETURN 2 AS a UNION ALL RETURN 3 AS a", "cannot be mixed"),
    ],
)
def test_a_rule_of_form_is_explained(text: str, message: str) -> None:
    assert message in refusal(text).seen


def test_a_reserved_word_as_variable_gets_the_hint_of_backticks() -> None:
    assert "backticks" in (refusal("RETURN where").hint or "")
    assert parse("RETURN `where`").parts


_DEEP = {
    "brackets": "RETURN " + "(" * 5000 + "1" + ")" * 5000,
    "open brackets": "RETURN " + "(" * 10_000,
    "lists": "RETURN " + "[" * 5000,
    "maps": "RETURN " + "{a: " * 2500,
    "calls": "RETURN " + "abs(" * 2500,
    "cases": "RETURN " + "CASE WHEN " * 1000,
    "negations": "RETURN " + "NOT " * 2500 + "true",
    "signs": "RETURN " + "- " * 5000 + "x",
    "sums": "RETURN " + "1 + " * 2500 + "1",
    "conjunctions": "RETURN " + "x AND " * 1700 + "x",
    "powers": "RETURN " + "2 ^ " * 2500 + "2",
    "properties": "RETURN a" + ".b" * 5000,
    "indexes": "RETURN a" + "[0]" * 3000,
    "null tests": "RETURN a" + " IS NULL" * 1200,
    "subqueries": "RETURN " + "EXISTS { MATCH (a) WHERE " * 400,
    "calls of subqueries": "CALL { " * 1400,
    "labels": "MATCH (a:" + "(" * 9000,
    "negated labels": "MATCH (a:" + "!" * 9000 + "A) RETURN a",
    "patterns in patterns": "RETURN " + "(a {x: " * 1400,
    "comprehensions": "RETURN " + "[x IN " * 1600,
    "mixed": "RETURN " + "1 + (2 * (true AND NOT [" * 400,
}


@pytest.mark.parametrize("shape", _DEEP)
def test_deep_nesting_is_an_error_and_never_a_crash(shape: str) -> None:
    text = _DEEP[shape]
    assert len(text) >= 5_000
    assert isinstance(refusal(text), QueryTooLargeError | CypherSyntaxError)


def test_a_long_flat_query_is_no_deep_one() -> None:
    assert parse("RETURN [" + ", ".join(["1 + 2"] * 1000) + "]").parts
    assert parse("RETURN " + " AND ".join(f"n.a{number} = {number}" for number in range(150))).parts
