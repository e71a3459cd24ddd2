"""What GSQL cannot say is refused by name, with its place, so that the product falls back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UnsupportedConstructError
from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.prepare import prepare
from graph.schema.model import Schema

REFUSED = {
    "operator =~": "MATCH (n:Team) WHERE n.name =~ 'a.*' RETURN n.name",
    "split": "MATCH (n:Team) RETURN split(n.name, ' ') AS parts",
    "properties": "MATCH (n:Team) RETURN properties(n) AS p",
    "keys": "MATCH (n:Team) RETURN keys(n) AS k",
    "stDev": "MATCH (n:Server) RETURN stDev(n.cpu_cores) AS s",
    "startNode": "MATCH (a)-[r:RUNS_ON]->(b) RETURN startNode(r).id AS s",
    "sqrt": "MATCH (n:Server) RETURN sqrt(n.cpu_cores) AS s",
    "toIntegerList": "RETURN toIntegerList(['1']) AS l",
    "list": "MATCH (n:Team) RETURN [n.name, n.code] AS l",
    "duration": "MATCH (n:Server) RETURN n.last_restart - duration('P1M') AS d",
    "comparison": "MATCH (n:Site) WHERE n.aliases = ['x'] RETURN n.id",
    "DISTINCT or a group": "MATCH (n:Site) RETURN DISTINCT n.aliases AS a",
    "collect": "MATCH (n:Team) RETURN collect({name: n.name}) AS c",
    "UNWIND": "UNWIND $names AS name MATCH (n:Team {name: name}) RETURN n.id",
    "shortestPath": (
        "MATCH (a:Server {id: 'a'}), (b:Server {id: 'b'}) MATCH p = shortestPath((a)-[:LOCATED_IN|HOSTED_ON*..5]-(b)) "
        "WHERE all(n IN nodes(p) WHERE n.name <> 'x') RETURN length(p) AS n"
    ),
    "SKIP or LIMIT in a subquery": (
        "MATCH (t:Team) CALL (t) { MATCH (t)<-[:OWNED_BY]-(a) RETURN a.id AS x LIMIT 1 } RETURN t.id, x"
    ),
    "map projection": "MATCH (n:Team) RETURN n {.*} AS m",
}


@pytest.mark.parametrize("construct", REFUSED)
def test_a_construct_is_refused_by_name(construct: str, schema: Schema) -> None:
    bound = prepare(REFUSED[construct], schema)
    with pytest.raises(UnsupportedConstructError) as refusal:
        GsqlCompiler(bound, schema).compile({"names": ["a"]})
    assert refusal.value.details == {"construct": construct, "dialect": "gsql"}
    assert "in-memory executor" in (refusal.value.hint or "")


def test_a_refusal_names_the_place(schema: Schema) -> None:
    bound = prepare("MATCH (n:Team)\nRETURN n.id AS id, split(n.name, ' ') AS parts", schema)
    with pytest.raises(UnsupportedConstructError, match="gsql cannot express split") as refusal:
        GsqlCompiler(bound, schema).text()
    assert refusal.value.where == "line 2, column 20"


def test_a_query_within_a_perimeter_is_refused(schema: Schema) -> None:
    bound = prepare("MATCH (n:Server) RETURN n.id", schema, restricted=True)
    assert bound.restricted
    with pytest.raises(UnsupportedConstructError) as refusal:
        GsqlCompiler(bound, schema).text()
    assert refusal.value.details["construct"] == "a perimeter"


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n:Server) RETURN n.id",
        "MATCH (n:Server {id: 'x'})-[:LOCATED_IN|HOSTED_ON*1..3]->(m) RETURN DISTINCT m.id",
        "MATCH (n:Server {id: 'x'})-[:LOCATED_IN|HOSTED_ON*1..3]->(m) RETURN m.id",
        "MATCH p = shortestPath((a:Server {id: 'x'})-[:LOCATED_IN|HOSTED_ON*..3]->(m:Site)) RETURN length(p) AS n",
        "MATCH (t:Team) RETURN COUNT { (t)<-[:OWNED_BY]-() } AS n",
    ],
)
def test_no_condition_of_a_perimeter_is_ever_left_out(text: str, schema: Schema) -> None:
    bound = replace(prepare(text, schema, restricted=True), bounded=False)
    with pytest.raises(UnsupportedConstructError):
        GsqlCompiler(bound, schema).text()
