"""Whatever is typed, the answer is a bound query or a diagnostic: never another exception."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.cypher.ast import Literal, Projection, ProjectionItem, Query, Return, SinglePart, Unary, UnaryOperator
from graph.cypher.diagnostics import CypherError
from graph.cypher.prepare import prepare, prepare_ast
from tests.conftest import NIGHTLY
from tests.graph.cypher.small_schema import SCHEMA
from tests.graph.cypher.trees import queries

_WORDS = [
    "MATCH",
    "OPTIONAL",
    "WHERE",
    "RETURN",
    "WITH",
    "UNWIND",
    "UNION",
    "ALL",
    "CALL",
    "AS",
    "ORDER",
    "BY",
    "SKIP",
    "LIMIT",
    "DISTINCT",
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS",
    "NULL",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "EXISTS",
    "COUNT",
    "COLLECT",
    "reduce",
    "any",
    "shortestPath",
    "count",
    "n",
    "m",
    "r",
    "Server",
    "Team",
    "OWNED_BY",
    "name",
    "x",
    "1",
    "2.5",
    "'a'",
    "$p",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    ":",
    ";",
    "|",
    "&",
    "!",
    "%",
    "*",
    "+",
    "-",
    "/",
    "^",
    "=",
    "<>",
    "<",
    ">",
    "<=",
    "..",
    "->",
    "<-",
    "--",
    "=~",
    "STARTS",
    "WITH",
    "date()",
    "null",
    "true",
    "SET",
    "CREATE",
    "`q`",
]

_QUERIES = [
    "MATCH (n:Server {name: $p})-[r:OWNED_BY]->(t:Team) WHERE n.cpu_cores > 1 AND NOT t.name IS NULL "
    "RETURN DISTINCT n.name AS name, count(*) ORDER BY name LIMIT 3",
    "MATCH p = shortestPath((a:ServiceInstance)-[:DEPENDS_ON*..3]->(b:ServiceInstance)) RETURN length(p), "
    "[x IN nodes(p) WHERE x.name = 'a' | x.name]",
    "UNWIND [1, 2] AS x CALL (x) { MATCH (s:Server) WHERE s.cpu_cores = x RETURN s UNION MATCH "
    "(s:Hypervisor) RETURN s } RETURN x, s {.name, .*}",
    "MATCH (n:Server) WITH n.name AS name, collect(n) AS l WHERE size(l) > 1 RETURN reduce(s = 0, i IN l "
    "| s + i.cpu_cores), CASE name WHEN 'a' THEN 1 ELSE 2 END",
    "MATCH (n) WHERE EXISTS { (n)-[:OWNED_BY]->(t) WHERE t.name IN ['a', $p] } RETURN COUNT { (n)--() } "
    "AS c, n.last_restart < datetime() - duration({months: 3})",
]


def _survives(text: str) -> None:
    refusal: CypherError | None = None
    try:
        prepare(text, SCHEMA)
    except CypherError as error:
        refusal = error
    assert refusal is None or (refusal.seen and refusal.diagnostic.code == refusal.code)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=25))
def test_a_soup_of_words(words: list[str]) -> None:
    _survives(" ".join(words))
    _survives("MATCH (n:Server) RETURN " + " ".join(words))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_at_all(text: str) -> None:
    _survives(text)
    _survives(f"RETURN '{text}")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_QUERIES), st.integers(0, 2**32))
def test_a_query_with_words_lost_doubled_or_exchanged(text: str, seed: int) -> None:
    chance = random.Random(seed)
    words = text.split(" ")
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(len(words)), chance.randrange(len(words))
        change = chance.choice(["lose", "double", "exchange", "cut"])
        if change == "lose" and len(words) > 1:
            del words[at]
        elif change == "double":
            words.insert(at, words[other % len(words)])
        elif change == "exchange":
            words[at], words[other] = words[other], words[at]
        else:
            words[at] = words[at][: chance.randrange(len(words[at]) + 1)]
    _survives(" ".join(words))


@settings(max_examples=1_000 if NIGHTLY else 30, deadline=None, suppress_health_check=list(HealthCheck))
@given(queries)
def test_any_tree_with_and_without_schema(query: Query) -> None:
    refusals = []
    for schema in (SCHEMA, None):
        try:
            prepare_ast(query, schema)
        except CypherError as error:
            refusals.append(error)
    assert all(refusal.diagnostic.line == 0 for refusal in refusals)


def test_a_tree_deeper_than_any_text_is_refused() -> None:
    tree: Literal | Unary = Literal(True)
    for _ in range(5000):
        tree = Unary(UnaryOperator.NOT, tree)
    query = Query((SinglePart((Return(Projection((ProjectionItem(tree, "it"),))),)),))
    with pytest.raises(CypherError, match="TOO_LARGE"):
        prepare_ast(query, SCHEMA)


def test_a_number_of_a_thousand_digits_is_refused_wherever_it_stands() -> None:
    digits = "9" * 5000
    for text in (
        "RETURN {}",
        "MATCH (a)-[*1..{}]->(b) RETURN a",
        "MATCH (a)-[:USES]->{{{}}}(b) RETURN a",
        "RETURN 1e{}",
    ):
        with pytest.raises(CypherError):
            prepare(text.format(digits), SCHEMA)
