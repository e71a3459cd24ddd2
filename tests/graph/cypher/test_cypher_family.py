"""The shared part of the Cypher dialects: tables applied, names left out, labels chosen, parameters collected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from core.errors import UnsupportedConstructError
from graph.backends.base_compiler import Lowering
from graph.backends.cypher_family import CypherFamilyCompiler
from graph.cypher.ast import ListComprehension
from graph.cypher.parameters import complete_parameters
from graph.cypher.parser import parse
from graph.cypher.prepare import prepare
from tests.graph.cypher.small_schema import SCHEMA

NOON = datetime(2025, 1, 31, 12, 0, tzinfo=UTC)


class Plain(CypherFamilyCompiler):
    """A dialect without differences."""

    DIALECT = "plain"


def _filtered(compiler: CypherFamilyCompiler, tree: ListComprehension) -> str:
    return f"filtered({compiler.expression(tree.source)})"


class Different(CypherFamilyCompiler):
    """A dialect with an entry in every table."""

    DIALECT = "different"
    RENAMED: ClassVar[Mapping[str, str]] = {"toUpper": "UCASE"}
    LOWERED: ClassVar[Mapping[str, Lowering]] = {
        "elementId": "{0}.id",
        "toString": "CAST({0} AS STRING)",
        "list comprehension": _filtered,
    }
    UNSUPPORTED: ClassVar[Mapping[str, str]] = {
        "reduce": "there is no fold",
        "COLLECT { }": "",
        "operator ^": "",
        "percentileCont": "",
        "UNION ALL": "",
        "allShortestPaths": "",
    }


def compiled(text: str, dialect: type[CypherFamilyCompiler] = Plain, **parameters: Any) -> tuple[str, dict[str, Any]]:
    bound = prepare(text, SCHEMA)
    statement = dialect(bound, SCHEMA).compile(complete_parameters(bound, parameters, NOON))
    return statement.text, dict(statement.parameters)


def test_names_that_nobody_reads_are_left_out() -> None:
    text, _ = compiled(
        "MATCH p = (a:Team)<-[r:OWNED_BY]-(b:Server)-[q:RUNS_VERSION]->(c) RETURN b.name AS name, type(q) AS t"
    )
    assert text == "MATCH (:Team)<-[:OWNED_BY]-(b:Server)-[q:RUNS_VERSION]->()\nRETURN b.name AS name, type(q) AS t"


def test_a_name_that_joins_two_patterns_stays() -> None:
    text, _ = compiled(
        "MATCH (a:Server)-[:OWNED_BY]->(t), (b:WebServer)-[:OWNED_BY]->(t) RETURN a.name AS a, b.name AS b"
    )
    assert "(a:Server)-[:OWNED_BY]->(t), (b:WebServer)-[:OWNED_BY]->(t)" in text


def test_labels_are_the_fewest_that_cover_what_the_schema_leaves_possible() -> None:
    text, _ = compiled("MATCH (a:ServiceInstance)-[:RUNS_ON]->(b:ConfigurationItem) RETURN b.name AS name")
    assert "->(b:Server)" in text
    text, _ = compiled("MATCH (a:ConfigurationItem)-[:HOSTED_ON]->(b) RETURN b.name AS name")
    assert text.startswith(("MATCH (:VirtualMachine|Hypervisor)", "MATCH (:Hypervisor|VirtualMachine)"))
    assert "->(b)" in text


def test_a_generic_stays_a_generic() -> None:
    assert compiled("MATCH (a:Server) RETURN a.name AS name")[0].startswith("MATCH (a:Server)")
    assert compiled("MATCH (a:Element) RETURN a.name AS name")[0].startswith("MATCH (a:Element)")
    assert compiled("MATCH (a) RETURN a.name AS name")[0].startswith("MATCH (a)")


def test_relation_types_are_those_that_are_possible() -> None:
    text, _ = compiled("MATCH (a:Incident)-[:AFFECTS|OWNED_BY]->(b) RETURN b.name AS name")
    assert "-[:AFFECTS]->" in text
    text, _ = compiled("MATCH (a:Server)-[:!OWNED_BY]->(b:SoftwareVersion) RETURN b.name AS name")
    assert "-[:RUNS_VERSION]->" in text


def test_every_column_has_its_name() -> None:
    text, _ = compiled("MATCH (a:Server) RETURN a.name, count(*)")
    assert text.endswith("RETURN a.name AS `a.name`, count(*) AS `count(*)`")


def test_only_the_parameters_that_are_mentioned_are_passed_on() -> None:
    text, parameters = compiled(
        "MATCH (a:Server {name: $name}) WHERE a.last_restart < datetime() RETURN a", name="x", other=1
    )
    assert parameters == {"name": "x", "__now": NOON}
    assert "a.last_restart < $__now" in text


def test_what_a_person_wrote_is_escaped() -> None:
    nasty = "'; MATCH (n) DETACH DELETE n //"
    text, _ = compiled("MATCH (a:Server {name: '\\'; MATCH (n) DETACH DELETE n //'}) RETURN a.name AS `x`` RETURN 1`")
    assert "'\\'; MATCH (n) DETACH DELETE n //'" in text
    assert text.endswith("AS `x`` RETURN 1`")
    clause = parse(text).parts[0].clauses[0]
    assert nasty in repr(clause)
    _, parameters = compiled("MATCH (a:Server {name: $p}) RETURN a", p=nasty)
    assert parameters["p"] == nasty


def test_functions_are_renamed_and_constructs_lowered_as_the_tables_say() -> None:
    text, _ = compiled(
        "MATCH (a:Server) "
        "RETURN toUpper(a.name) AS u, elementId(a) AS i, toString(1 + a.cpu_cores) AS s, [x IN a.aliases WHERE x > 'a'] AS l",
        Different,
    )
    assert text.endswith(
        "RETURN UCASE(a.name) AS u, a.id AS i, CAST((1 + a.cpu_cores) AS STRING) AS s, filtered(a.aliases) AS l"
    )


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ("MATCH (a:Server)\nRETURN reduce(s = 0, x IN [1] | s + x) AS r", "reduce"),
        ("MATCH (a:Server)\nRETURN COLLECT { MATCH (a) RETURN a.name } AS r", "COLLECT { }"),
        ("MATCH (a:Server)\nRETURN 2 ^ a.cpu_cores AS r", "operator ^"),
        ("MATCH (a:Server)\nRETURN percentileCont(a.cpu_cores, 0.5) AS r", "percentileCont"),
        ("RETURN 1 AS r UNION ALL RETURN 2 AS r", "UNION ALL"),
        ("MATCH p = allShortestPaths((a:Server)-[*..3]-(b:Server)) RETURN p", "allShortestPaths"),
    ],
)
def test_what_a_dialect_lacks_is_named(text: str, construct: str) -> None:
    with pytest.raises(UnsupportedConstructError) as caught:
        compiled(text, Different)
    assert f"different cannot express {construct}" in caught.value.seen
    assert caught.value.details["construct"] == construct
    assert caught.value.where is not None


def test_the_reason_is_told_where_there_is_one() -> None:
    with pytest.raises(UnsupportedConstructError, match="there is no fold"):
        compiled("RETURN reduce(s = 0, x IN [1] | s + x) AS r", Different)
