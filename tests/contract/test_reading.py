"""Behaviours 3.2 to 3.5, 4 and 5 of docs/reference/repository.md: what queries answer, and their bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.errors import JumeauError, QueryTimeoutError
from graph.model import Edge, Node, NodeChange, Operation
from graph.repository import GraphRepository
from tests.contract.estate import CONTEXT, ESTATE, NOW, ask, delta, edge, identity, node, rows
from tests.contract.test_writing import EXACT

Case = tuple[str, str, list[tuple[Any, ...]]]

QUERIES: list[Any] = [
    # number, text, expected rows; ordered texts are compared in order, others as multisets
    ("4.1 kind", "MATCH (n:VirtualMachine) RETURN count(*) AS n", [(3,)]),
    ("4.1 generic", "MATCH (n:Server) RETURN n.id = '' AS f, count(*) AS n", [(False, 6)]),
    ("4.1 all", "MATCH (n) RETURN count(*) AS n", [(17,)]),
    (
        "4.2",
        "MATCH (n {name: 'v1'})-[r:HOSTED_ON]->(m) RETURN labels(n) AS l, type(r) AS t, labels(m)[0] AS k",
        [(["VirtualMachine", "Server", "ConfigurationItem", "Element"], "HOSTED_ON", "Hypervisor")],
    ),
    ("4.3 either", "MATCH (n:Team|Hypervisor) RETURN n.name AS name", [("team1",), ("team2",), ("h1",)]),
    ("4.3 map", "MATCH (n:Server {os_family: 'linux'}) RETURN n.name AS name", [("p1",), ("v1",), ("v2",)]),
    ("4.3 where", "MATCH (n:Server) WHERE n.os_family = 'linux' RETURN n.name AS x", [("p1",), ("v1",), ("v2",)]),
    ("4.4 out", "MATCH (a {name: 'n2'})-[:CONNECTED_THROUGH]->(b) RETURN b.name AS b", [("n3",)]),
    ("4.4 in", "MATCH (a {name: 'n2'})<-[:CONNECTED_THROUGH]-(b) RETURN b.name AS b", [("n1",), ("n1",)]),
    ("4.4 both", "MATCH (a {name: 'n2'})-[:CONNECTED_THROUGH]-(b) RETURN b.name AS b", [("n1",), ("n1",), ("n3",)]),
    ("4.4 loop", "MATCH (a {name: 'app3'})-[:DEPENDS_ON]-(b) RETURN b.name AS b", [("app3",)]),
    (
        "4.5 one match",
        "MATCH (a:NetworkDevice {name: 'n1'})-[:CONNECTED_THROUGH]->(b)<-[:CONNECTED_THROUGH]-(c) RETURN c.name AS c",
        [("n1",), ("n1",)],
    ),
    (
        "4.5 across patterns",
        "MATCH (a)-[r:HOSTED_ON]->(b), (c)-[s:HOSTED_ON]->(d) RETURN count(*) AS n",
        [(6,)],
    ),
    (
        "4.5 two matches",
        "MATCH (a)-[r:HOSTED_ON]->(b) MATCH (c)-[s:HOSTED_ON]->(d) RETURN count(*) AS n",
        [(9,)],
    ),
    (
        "4.5 fixed and variable",
        "MATCH (a {name: 'n1'})-[r:CONNECTED_THROUGH]->(b)-[s:CONNECTED_THROUGH*1..2]-(c) RETURN c.name AS c",
        [("n1",), ("n3",), ("n1",), ("n3",)],
    ),
    (
        "4.6 bounds",
        "MATCH (a {name: 'db1'})-[:RUNS_ON|HOSTED_ON*1..2]->(b) RETURN b.name AS b",
        [("v1",), ("h1",)],
    ),
    (
        "4.6 zero",
        "MATCH (a {name: 'db1'})-[:RUNS_ON|HOSTED_ON*0..1]->(b) RETURN b.name AS b",
        [("db1",), ("v1",)],
    ),
    (
        "4.6 trails",
        "MATCH (a {name: 'n1'})-[r:CONNECTED_THROUGH*1..3]->(b) RETURN b.name AS b, size(r) AS hops",
        [("n2", 1), ("n2", 1), ("n3", 2), ("n3", 2)],
    ),
    (
        "4.6 cycle",
        "MATCH (a {name: 'app1'})-[r:DEPENDS_ON*1..5]->(b:BusinessApplication) RETURN b.name AS b, size(r) AS hops",
        [("app2", 1), ("app1", 2)],
    ),
    (
        "4.7 closure",
        "MATCH (a {name: 'app1'})-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*1..8]->(b) RETURN DISTINCT b.name AS b ORDER BY b",
        [("app1",), ("app2",), ("db1",), ("h1",), ("p1",), ("p2",), ("v1",), ("v2",)],
    ),
    (
        "4.7 reverse closure",
        "MATCH (a {name: 'p1'})<-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*1..8]-(b) RETURN DISTINCT b.name AS b ORDER BY b",
        [("app1",), ("app2",), ("db1",), ("h1",), ("v1",), ("v2",)],
    ),
    (
        "4.7 values of a closure",
        f"MATCH (a {{id: '{identity('p1')}'}})<-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*1..8]-(b) RETURN DISTINCT size(b.name) AS n",
        [(2,), (3,), (4,)],
    ),
    (
        "4.7 values of a closure, sorted by what they were",
        f"MATCH (a {{id: '{identity('p1')}'}})<-[:DEPENDS_ON|RUNS_ON|HOSTED_ON*1..8]-(b) "
        "WITH DISTINCT size(b.name) AS n ORDER BY size(b.name) DESC LIMIT 2 RETURN n",
        [(4,), (3,)],
    ),
    (
        "4.7 closure with the start",
        "MATCH (a {name: 'h1'})<-[:HOSTED_ON*0..8]-(b) RETURN count(DISTINCT b) AS n",
        [(3,)],
    ),
    (
        "4.8 counts of nothing",
        "MATCH (a:BusinessApplication) WHERE COUNT { (a)-[:OWNED_BY]->(:Team) } = 0 RETURN count(*) AS n",
        [(1,)],
    ),
    (
        "4.8 unknown values from outside, where nothing need match",
        "MATCH (a:BusinessApplication) OPTIONAL MATCH (t:Team {name: 'team1'}) WHERE a.criticality IS NULL "
        "RETURN a.name AS a, t.name AS t ORDER BY a",
        [("app1", None), ("app2", None), ("app3", "team1")],
    ),
    (
        "4.8 unknown values from outside, counted",
        "MATCH (a:BusinessApplication) "
        "RETURN a.name AS a, COUNT { MATCH (t:Team {name: 'team1'}) WHERE coalesce(a.criticality, 'none') = 'none' } AS n "
        "ORDER BY a",
        [("app1", 0), ("app2", 0), ("app3", 1)],
    ),
    (
        "4.8 unknown values from outside, asked for",
        "MATCH (a:BusinessApplication) WHERE EXISTS { MATCH (t:Team) WHERE a.criticality IS NULL } RETURN a.name AS a",
        [("app3",)],
    ),
    (
        "4.8 each count",
        "MATCH (a:BusinessApplication) RETURN COUNT { (a)-[:OWNED_BY]->(:Team) } AS n",
        [(0,), (1,), (1,)],
    ),
    (
        "4.8",
        "MATCH (a:BusinessApplication) OPTIONAL MATCH (a)-[:OWNED_BY]->(t) RETURN a.name AS a, t.name AS t ORDER BY a",
        [("app1", "team1"), ("app2", "team1"), ("app3", None)],
    ),
    (
        "4.8 with condition",
        "MATCH (a:BusinessApplication) OPTIONAL MATCH (a)-[:DEPENDS_ON]->(b) WHERE b.engine = 'oracle' "
        "RETURN a.name AS a, b.name AS b ORDER BY a",
        [("app1", "db1"), ("app2", None), ("app3", None)],
    ),
    ("4.9 null comparison", "MATCH (n:Server) WHERE n.cpu_cores > 8 RETURN n.name AS x", [("p1",), ("p2",), ("h1",)]),
    ("4.9 not", "MATCH (n:Server) WHERE NOT n.cpu_cores > 8 RETURN n.name AS x", [("v1",), ("v2",)]),
    (
        "4.9 or",
        "MATCH (n:Server) WHERE n.cpu_cores > 8 OR n.os_family = 'windows' RETURN count(*) AS n",
        [(4,)],
    ),
    ("4.9 is null", "MATCH (n:Server) WHERE n.cpu_cores IS NULL RETURN n.name AS x", [("É-zéro",)]),
    (
        "4.9 values",
        "RETURN null = 1 AS a, null AND false AS b, null OR true AS c, NOT null AS d",
        [(None, False, True, None)],
    ),
    ("4.10", "RETURN 1 IN [1, null] AS a, 2 IN [1, null] AS b, 2 IN [1] AS c", [(True, None, False)]),
    (
        "4.10 where",
        "MATCH (n:Server) WHERE NOT n.os_family IN ['linux', null] RETURN count(*) AS n",
        [(0,)],
    ),
    (
        "4.11 ascending",
        "MATCH (n:Server) RETURN n.cpu_cores AS c ORDER BY c",
        [(4,), (8,), (16,), (32,), (64,), (None,)],
    ),
    (
        "4.11 descending",
        "MATCH (n:Server) RETURN n.cpu_cores AS c ORDER BY c DESC",
        [(None,), (64,), (32,), (16,), (8,), (4,)],
    ),
    (
        "4.11 code points",
        "UNWIND ['b', 'É', 'a', 'Z', 'é', '\U0001f512', '\uffee'] AS x RETURN x ORDER BY x",
        [("Z",), ("a",), ("b",), ("É",), ("é",), ("\uffee",), ("\U0001f512",)],
    ),
    (
        "4.12 distinct",
        "MATCH (n:Server) RETURN DISTINCT n.os_family AS os ORDER BY os",
        [("linux",), ("windows",), (None,)],
    ),
    (
        "4.12 grouping",
        "MATCH (n:Server) RETURN n.os_family AS os, count(*) AS n ORDER BY n DESC, os",
        [("linux", 3), ("windows", 2), (None, 1)],
    ),
    (
        "4.13 nothing",
        "MATCH (n:Rack) RETURN count(n) AS c, sum(n.height_units) AS s, collect(n.name) AS l, avg(n.height_units) AS a, max(n.name) AS m",
        [(0, 0, [], None, None)],
    ),
    (
        "4.13 nulls",
        "MATCH (n:Server) RETURN count(n.cpu_cores) AS c, count(*) AS r, sum(n.cpu_cores) AS s, avg(n.cpu_cores) AS a",
        [(5, 6, 124, 24.8)],
    ),
    (
        "4.14",
        "MATCH (n:Server) RETURN count(DISTINCT n.os_family) AS c, sum(DISTINCT n.cpu_cores) AS s, min(n.name) AS m",
        [(2, 124, "h1")],
    ),
    (
        "4.15 having",
        "MATCH (a)-[:OWNED_BY]->(t) WITH t, count(*) AS n WHERE n > 1 RETURN t.name AS t, n",
        [("team1", 2)],
    ),
    (
        "4.15 page then match",
        "MATCH (a:BusinessApplication) WITH a ORDER BY a.name DESC LIMIT 2 MATCH (a)-[:DEPENDS_ON]->(b) "
        "RETURN a.name AS a, b.name AS b ORDER BY a, b",
        [("app2", "app1"), ("app3", "app3")],
    ),
    (
        "4.16 union",
        "MATCH (n:Team) RETURN n.name AS x UNION MATCH (n:Team) RETURN n.name AS x",
        [("team1",), ("team2",)],
    ),
    (
        "4.16 union all",
        "MATCH (n:Team) RETURN n.name AS x UNION ALL MATCH (n:Team) RETURN n.name AS x",
        [("team1",), ("team2",), ("team1",), ("team2",)],
    ),
    ("4.17", "RETURN 7 / 2 AS a, -7 / 2 AS b, -7 % 3 AS c, 7.0 / 2 AS d, 2 ^ 3 AS e", [(3, -3, -1, 3.5, 8.0)]),
    (
        "4.26 no number, compared",
        "UNWIND [0.0, 1.0] AS y WITH y / y AS x, y RETURN x < y AS a, y >= x AS b, x <> x AS c, NOT x < 2 AS d, "
        "x < CASE WHEN y > 5 THEN y END AS e ORDER BY y",
        [(False, False, True, True, None), (False, True, False, False, None)],
    ),
    (
        "4.26 no number, in order",
        "UNWIND [[1.0, 1.0], [0.0, 0.0], [-1.0, 0.0], [1.0, 0.0]] AS p WITH p[0] / p[1] AS x "
        "RETURN x <> x AS none, x = 1 AS one, x > 1 AS more ORDER BY x",
        [(False, False, False), (False, True, False), (False, False, True), (True, False, False)],
    ),
    (
        "4.26 zeros",
        "UNWIND [0.0] AS x RETURN toString(-x) AS a, toString(floor(x / -2)) AS b, sign(x / -2) AS c, "
        "toString(round(x / -2)) AS d",
        [("0.0", "-0.0", 0, "0.0")],
    ),
    (
        "4.18",
        "RETURN substring('jumeau', 1, 3) AS a, [1, 2, 3][0] AS b, [1, 2, 3][-1] AS c, [1, 2, 3][5] AS d, [1, 2, 3][0..2] AS e",
        [("ume", 1, 3, None, [1, 2])],
    ),
    (
        "4.18 strings",
        "RETURN toUpper('é') AS a, size('abc') AS b, split('a,b', ',') AS c, replace('aXa', 'X', '-') AS d, trim(' x ') AS e",
        [("É", 3, ["a", "b"], "a-a", "x")],
    ),
    (
        "4.18 conversions",
        "RETURN toString(1) AS a, toString(1.5) AS b, toString(true) AS c, toInteger('12') AS d, toInteger(1.9) AS e, toFloat('1.5') AS f",
        [("1", "1.5", "true", 12, 1, 1.5)],
    ),
    (
        "4.19 calendar",
        "MATCH (a:BusinessApplication {code: 'A2'}) RETURN a.commissioned_on + duration({months: 1}) AS d, "
        "a.commissioned_on.year AS y, a.commissioned_on.month AS m",
        [(date(2024, 2, 29), 2024, 1)],
    ),
    (
        "4.19 seconds before 1970",
        "WITH datetime('1969-12-31T23:00:00.5Z') AS t RETURN t.epochSeconds AS s, t.epochMillis AS m",
        [(-3599, -3599500)],
    ),
    (
        "4.19 compare",
        "MATCH (n:VirtualMachine) WHERE n.last_restart < datetime('2024-12-31T00:00:00Z') RETURN n.name AS x",
        [("v1",)],
    ),
    ("4.20", "RETURN date() AS d, datetime() AS t", [(date(2025, 1, 1), NOW)]),
    (
        "4.20 three months",
        "MATCH (n:VirtualMachine) WHERE n.last_restart < datetime() - duration({months: 3}) RETURN n.name AS x",
        [("v1",)],
    ),
    (
        "4.22 case",
        "MATCH (a:BusinessApplication) RETURN a.code AS c, CASE a.criticality WHEN 'vital' THEN 1 WHEN 'standard' THEN 2 "
        "ELSE 0 END AS r, coalesce(a.criticality, 'none') AS k ORDER BY c",
        [("A1", 1, "vital"), ("A2", 2, "standard"), ("A3", 0, "none")],
    ),
    (
        "4.22 predicates",
        "MATCH (n:Server) WHERE n.name STARTS WITH 'v' OR n.name CONTAINS 'zé' OR n.name ENDS WITH '2' RETURN count(*) AS n",
        [(4,)],
    ),
    ("4.22 regex", "MATCH (n:Server) WHERE n.name =~ '[pv]1' RETURN n.name AS x", [("p1",), ("v1",)]),
    (
        "4.22 list property",
        "MATCH (n) WHERE 'ora' IN n.aliases RETURN n.name AS x, n.aliases AS a",
        [("db1", ["base-1", "ora"])],
    ),
    (
        "4.24",
        "MATCH (t:Team) OPTIONAL MATCH (t)<-[:OWNED_BY]-(a) WITH t, a ORDER BY a.name "
        "RETURN t.name AS t, size(collect(a.name)) AS n ORDER BY t",
        [("team1", 2), ("team2", 1)],
    ),
    (
        "4.24 maps",
        "MATCH (t:Team {name: 'team2'})<-[:OWNED_BY]-(a) RETURN collect({name: a.name, team: t.name}) AS found",
        [([{"name": "db1", "team": "team2"}],)],
    ),
    ("4.24 lists", "RETURN [1, 2] + 3 AS a, [x IN [1, 2, 3] WHERE x > 1 | x * 10] AS b", [([1, 2, 3], [20, 30])]),
]


def outcome(repository: GraphRepository, text: str) -> list[tuple[Any, ...]]:
    """Rows, by the backend itself or, where its language lacks a construct, by the executor over the same content."""
    from core.errors import UnsupportedConstructError
    from graph.registry import open_backend

    try:
        return rows(repository, text)
    except UnsupportedConstructError:
        assert repository.capabilities.native_language is not None
        fallback = open_backend("networkx", repository.schema)
        fallback.apply(ESTATE)
        return rows(fallback, text)


@pytest.mark.parametrize(("text", "expected"), [pytest.param(t, e, id=n) for n, t, e in QUERIES])
def test_4_a_query_answers_alike(loaded: GraphRepository, text: str, expected: list[tuple[Any, ...]]) -> None:
    found = outcome(loaded, text)
    if "ORDER BY" in text.rsplit("RETURN", 1)[-1]:
        assert found == expected
    else:
        assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert [[type(cell) for cell in row] for row in sorted(found, key=repr)] == [
        [type(cell) for cell in row] for row in sorted(expected, key=repr)
    ]


def test_3_2_every_value_comes_back_exactly_in_queries(repository: GraphRepository) -> None:
    repository.apply(delta(1, NodeChange(Operation.CREATE, identity("x"), "PhysicalServer", EXACT)))
    columns = ", ".join(f"n.{name} AS {name}" for name in EXACT)
    (row,) = rows(repository, f"MATCH (n:PhysicalServer) RETURN {columns}")
    expected = [list(value) if isinstance(value, tuple) else value for value in EXACT.values()]
    assert list(row) == expected
    assert [type(cell) for cell in row] == [type(cell) for cell in expected]


def test_3_3_missing_is_null_and_empty_is_not(repository: GraphRepository) -> None:
    repository.apply(delta(1, node("Team", "t", description="", aliases=())))
    asked = "MATCH (t:Team) RETURN t.description AS d, t.aliases AS a, t.on_call AS c, t.on_call IS NULL AS n"
    assert rows(repository, asked) == [("", [], None, True)]
    (found,) = repository.nodes()
    assert "on_call" not in found.properties


def test_3_4_numbers_and_instants_are_exact(repository: GraphRepository) -> None:
    instant = datetime(2024, 12, 31, 23, 59, 59, 1, tzinfo=UTC)
    server = node("PhysicalServer", "s", cpu_cores=2**53 + 1, memory_gb=0.1 + 0.2, last_patch=instant)
    repository.apply(delta(1, server))
    asked = (
        "MATCH (s:Server) WHERE s.cpu_cores = $cores AND s.last_patch = $at RETURN s.cpu_cores AS c, s.memory_gb AS m"
    )
    assert rows(repository, asked, cores=2**53 + 1, at=instant) == [(2**53 + 1, 0.1 + 0.2)]
    assert rows(repository, asked, cores=2**53, at=instant) == []


def test_3_5_text_comes_back_unchanged(repository: GraphRepository) -> None:
    text = "'\"\\`$\n\r\t{}[] é 日本 \U0001f512 \u2028"
    repository.apply(delta(1, node("Team", "t", description=text)))
    assert rows(repository, "MATCH (t:Team {description: $wanted}) RETURN t.description AS d", wanted=text) == [(text,)]


def test_4_17_integer_overflow_is_an_error(loaded: GraphRepository) -> None:
    with pytest.raises(JumeauError):
        rows(loaded, "MATCH (t:Team) RETURN 9223372036854775807 + size(t.name) AS x")


def test_4_21_element_cells(loaded: GraphRepository) -> None:
    ((app, owned, team),) = rows(loaded, "MATCH (a {code: 'A1'})-[r:OWNED_BY]->(t) RETURN a, r, t")
    assert isinstance(app, Node)
    assert isinstance(owned, Edge)
    assert app.labels == loaded.schema.kinds["BusinessApplication"].labels
    assert app.properties == {
        "id": identity("app1"),
        "name": "app1",
        "code": "A1",
        "criticality": "vital",
        "commissioned_on": date(2020, 2, 29),
    }
    assert (owned.type, owned.start, owned.end) == ("OWNED_BY", app.id, team.id)
    assert owned.id == edge("OWNED_BY", "app1", "team1").id


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({"x": "app1"}, [("app1",)], id="string"),
        pytest.param({"x": None}, [], id="null"),
    ],
)
def test_4_23_parameters(loaded: GraphRepository, parameters: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    assert rows(loaded, "MATCH (a:BusinessApplication) WHERE a.name = $x RETURN a.name AS n", **parameters) == expected


def test_4_23_lists_dates_numbers_and_booleans_as_parameters(loaded: GraphRepository) -> None:
    asked = (
        "MATCH (a:BusinessApplication) WHERE a.name IN $names AND a.commissioned_on >= $since "
        "RETURN a.name AS n, $flag AS f ORDER BY n SKIP $skip LIMIT $limit"
    )
    given = {"names": ["app1", "app2", "x"], "since": "2020-01-01", "flag": True, "skip": 1, "limit": 5}
    assert rows(loaded, asked, **given) == [("app2", True)]


def test_4_25_the_backends_own_bookkeeping_is_invisible(loaded: GraphRepository) -> None:
    assert rows(loaded, "MATCH (n) RETURN count(*) AS n") == [(len(ESTATE.nodes),)]
    ((found,),) = rows(loaded, "MATCH (t:Team {name: 'team1'}) RETURN t")
    assert set(found.properties) == {"id", "name"}


def test_5_1_rows_are_capped_and_the_cut_is_told(loaded: GraphRepository) -> None:
    small = replace(CONTEXT, row_cap=3)
    cut = ask(loaded, "MATCH (n) RETURN n.name AS n", small)
    whole = ask(loaded, "MATCH (n:Team) RETURN n.name AS n", small)
    exact = ask(loaded, "MATCH (n:NetworkDevice) RETURN n.name AS n", small)
    assert (len(cut.rows), cut.truncated) == (3, True)
    assert (len(whole.rows), whole.truncated) == (2, False)
    assert (len(exact.rows), exact.truncated) == (3, False)


def test_5_2_a_query_that_takes_too_long_ends_and_the_backend_goes_on(loaded: GraphRepository) -> None:
    endless = (
        "MATCH (a), (b), (c), (d), (e), (f), (g) "
        "WHERE a.name + b.name + c.name + d.name + e.name = f.name + g.name + 'x' RETURN count(*) AS n"
    )
    with pytest.raises(QueryTimeoutError):
        ask(loaded, endless, replace(CONTEXT, timeout_s=0.3))
    assert rows(loaded, "MATCH (t:Team) RETURN count(*) AS n") == [(2,)]


def test_5_3_an_answer_carries_its_sequence(loaded: GraphRepository) -> None:
    assert ask(loaded, "MATCH (t:Team) RETURN t.name AS n").sequence == ESTATE.last
