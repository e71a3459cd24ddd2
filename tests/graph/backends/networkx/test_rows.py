"""Rows stand apart: what one match tries leaves no trace in another, and a query keeps nothing from its last run."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from core.ids import uuid_of
from graph.backends.networkx.repository import NetworkXRepository
from graph.backends.networkx.store import GraphStore
from graph.cypher.bound import BoundQuery
from graph.cypher.prepare import prepare
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.repository import ReadContext
from graph.schema.model import Schema
from tests.graph.backends.networkx.test_matching import CONTEXT, answers, repository

CHAIN = [(0, 1), (1, 2), (2, 3)]


def rows(opened: NetworkXRepository, text: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    return list(opened.run(prepare(text, opened.schema), parameters or {}, CONTEXT).rows)


def test_a_path_that_an_optional_match_refused_is_null(schema: Schema) -> None:
    opened = repository(schema, CHAIN)
    text = "MATCH (a:NetworkDevice) OPTIONAL MATCH p = (a) WHERE length(p) > 3 RETURN DISTINCT p IS NULL AS none"
    assert rows(opened, text) == [(True,)]


def test_a_list_of_relations_is_walked_again_in_its_order_only(schema: Schema) -> None:
    opened = repository(schema, CHAIN)
    first = "MATCH (x:NetworkDevice {name: '0'})-[rs:CONNECTED_THROUGH*3]->(y) WITH x, y, rs "
    for pattern, found in {
        "(a)-[rs:CONNECTED_THROUGH*]->(b)": [("0", "3")],
        "(b)<-[rs:CONNECTED_THROUGH*]-(a)": [],
        "(a)-[rs:CONNECTED_THROUGH*]-(b)": [("0", "3")],
        "(a)<-[rs:CONNECTED_THROUGH*]-(b)": [],
        "(a)-[rs:CONNECTED_THROUGH*1..2]->(b)": [],
        "(x)-[rs:CONNECTED_THROUGH*]->(b)": [("0", "3")],
    }.items():
        start = "x" if "(x)" in pattern else "a"
        text = f"{first}MATCH {pattern} RETURN {start}.name AS a, b.name AS b"
        assert rows(opened, text) == found, pattern


def test_a_list_of_relations_turned_round_is_no_trail_forward(schema: Schema) -> None:
    opened = repository(schema, CHAIN)
    text = (
        "MATCH (x:NetworkDevice {name: '0'})-[forward:CONNECTED_THROUGH*3]->(y) WITH reverse(forward) AS rs "
        "MATCH (a)%s[rs:CONNECTED_THROUGH*]%s(b) RETURN a.name AS a, b.name AS b"
    )
    assert rows(opened, text % ("-", "->")) == []
    assert rows(opened, text % ("<-", "-")) == [("3", "0")]


def test_one_bound_query_answers_every_asker_with_its_own_values(schema: Schema) -> None:
    opened = repository(schema, CHAIN)
    bound = prepare(
        "MATCH (a:NetworkDevice {name: $name})-[:CONNECTED_THROUGH*0..3]->(b) RETURN b.name AS b ORDER BY b LIMIT $most",
        schema,
    )

    def ask(name: str, most: int) -> list[tuple[Any, ...]]:
        return list(opened.run(bound, {"name": name, "most": most}, CONTEXT).rows)

    assert ask("0", 2) == [("0",), ("1",)]
    assert ask("2", 9) == [("2",), ("3",)]
    assert ask("0", 0) == []
    assert ask("none", 5) == []
    assert ask("0", 2) == [("0",), ("1",)]


def test_one_bound_query_sees_each_present_instant(schema: Schema) -> None:
    opened = repository(schema, [])
    bound = prepare("RETURN date() AS today", schema)
    days = [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2)]
    assert [opened.run(bound, {}, ReadContext(now=day)).rows for day in days] == [[(day.date(),)] for day in days]


def test_one_bound_query_sees_what_was_written_since(schema: Schema) -> None:
    opened = repository(schema, CHAIN)
    bound = prepare("MATCH (a:NetworkDevice {name: '9'}) RETURN a.name AS name", schema)
    assert count(opened, bound) == 0
    opened.apply(GraphDelta(2, 2, [NodeChange(Operation.CREATE, uuid_of("9"), "NetworkDevice", {"name": "9"})], []))
    assert count(opened, bound) == 1
    opened.reset()
    assert count(opened, bound) == 0


def count(opened: NetworkXRepository, bound: BoundQuery) -> int:
    return len(opened.run(bound, {}, CONTEXT).rows)


@pytest.mark.parametrize("least", ["", " LIMIT 3", " LIMIT 30", " SKIP 2 LIMIT 3", " LIMIT 0", " SKIP 4"])
@pytest.mark.parametrize(
    "keys", ["x", "x DESC", "y, x DESC", "y DESC, x", "t, x", "t DESC, x DESC", "n, x", "n DESC, x"]
)
def test_the_foremost_rows_are_those_of_the_whole_order(schema: Schema, keys: str, least: str) -> None:
    opened = repository(schema, [])
    made = "UNWIND [5, 3, 9, 1, 7, 2, 8] AS x WITH x, x % 3 AS y, toString(x % 4) AS t, "
    made += "CASE WHEN x % 2 = 0 THEN null ELSE x % 4 END AS n "
    whole = rows(opened, f"{made}RETURN x, y, t, n ORDER BY {keys}")
    first, after = 0, None
    words = least.split()
    if "SKIP" in words:
        first = int(words[words.index("SKIP") + 1])
    if "LIMIT" in words:
        after = first + int(words[words.index("LIMIT") + 1])
    assert rows(opened, f"{made}RETURN x, y, t, n ORDER BY {keys}{least}") == whole[first:after]

    def place(row: tuple[Any, ...]) -> list[Any]:
        named = dict(zip("xytn", row, strict=True))
        return [(named[key.split()[0]] is None, named[key.split()[0]]) for key in keys.split(", ")]

    for one, other in pairwise(whole):
        for key, left, right in zip(keys.split(", "), place(one), place(other), strict=True):
            if left != right:
                assert (left > right) == key.endswith("DESC")
                break


def test_taking_a_relation_from_a_node_with_many_looks_at_no_other(schema: Schema) -> None:
    """The store compares no relation with another when one goes: a comparison would be an error here."""

    class Lonely(str):
        def __eq__(self, other: object) -> bool:
            raise AssertionError("a relation was compared")

        __hash__ = str.__hash__

    hub, ends = uuid_of("hub"), [uuid_of(str(number)) for number in range(200)]
    nodes = [NodeChange(Operation.CREATE, one, "NetworkDevice", {"name": one}) for one in (hub, *ends)]
    edges = [
        EdgeChange(Operation.CREATE, Lonely(one), "CONNECTED_THROUGH", one, hub, {}, "NetworkDevice", "NetworkDevice")
        for one in ends
    ]
    store = GraphStore(schema)
    store.apply(GraphDelta(1, 1, nodes, edges))
    store.apply(
        GraphDelta(2, 2, [], [EdgeChange(Operation.DELETE, edges[-1].id, "CONNECTED_THROUGH", ends[-1], hub, {})])
    )
    assert len(store.incoming(hub)["CONNECTED_THROUGH"]) == len(ends) - 1
    assert not store.outgoing(ends[-1]).get("CONNECTED_THROUGH")


def test_a_changed_relation_stands_once_at_both_ends(schema: Schema) -> None:
    opened = repository(schema, [(0, 1), (0, 1)])
    one, _ = opened.edges()
    change = EdgeChange(Operation.UPDATE, one.id, one.type, one.start, one.end, {"source": "again"})
    opened.apply(GraphDelta(2, 2, [], [change]))
    text = "MATCH (x:NetworkDevice)-[r:CONNECTED_THROUGH]->(y:NetworkDevice) RETURN x.name AS x, y.name AS y"
    assert answers(opened, text)["0", "1"] == 2
    assert answers(opened, text.replace("->", "-").replace("-[", "<-["))["1", "0"] == 2
