"""Calls of procedures: listed ones are bound by their signature, others are refused."""

from __future__ import annotations

import pytest

from graph.cypher import types
from graph.cypher.ast import CallProcedure, Return
from graph.cypher.bound import BoundQuery
from graph.cypher.diagnostics import CypherError, NotReadOnlyError
from graph.cypher.prepare import prepare
from graph.cypher.printer import print_tree
from graph.cypher.procedures import Procedure
from tests.graph.cypher.small_schema import SCHEMA

PROCEDURES = {
    procedure.name: procedure
    for procedure in (
        Procedure("city.of", (("name", types.STRING), ("rank", types.FLOAT)), (("city", types.STRING),)),
        Procedure("nothing", (), ()),
    )
}


def bound(text: str) -> BoundQuery:
    return prepare(text, None, procedures=PROCEDURES)


def test_a_call_that_is_the_whole_query_writes_out_arguments_and_results() -> None:
    query = bound("CALL city.of")
    assert query.columns == ("city",)
    assert print_tree(query.query) == "CALL city.of($name, $rank) YIELD city AS city\nRETURN city AS city"
    assert query.parameters == {"name": types.STRING, "rank": types.FLOAT}
    assert bound("CALL city.of('a', 1) YIELD *").columns == ("city",)
    assert bound("CALL city.of('a', 1) YIELD city AS town").columns == ("town",)


def test_a_call_within_a_query_adds_its_results_as_variables() -> None:
    query = bound("UNWIND ['a'] AS x CALL city.of(x, 1) YIELD city AS town WHERE town <> 'b' RETURN x, town")
    call = query.query.parts[0].clauses[1]
    assert isinstance(call, CallProcedure)
    assert call.yields == (("city", "town"),)
    assert query.column_types == (types.STRING, types.STRING)


def test_a_call_without_results_has_no_columns() -> None:
    query = bound("CALL nothing")
    assert query.columns == ()
    assert not any(isinstance(clause, Return) for clause in query.query.parts[0].clauses)
    assert bound("UNWIND [1] AS x CALL nothing() RETURN x").columns == ("x",)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("CALL city.of('a')", "TYPE_MISMATCH", "was given 1 arguments"),
        ("CALL city.of(1, 1)", "TYPE_MISMATCH", "name of city.of takes string, this is an integer"),
        ("CALL city.of YIELD city RETURN city", "SYNTAX", "needs its arguments here"),
        ("CALL city.of('a', 1) YIELD * RETURN city", "SYNTAX", "YIELD * can stand"),
        ("CALL city.of('a', 1) YIELD town RETURN town", "UNKNOWN_VARIABLE", "has no result 'town'"),
        ("WITH 1 AS city CALL city.of('a', 1) YIELD city RETURN 1", "VARIABLE_CONFLICT", "already a variable"),
        ("MATCH (n) CALL city.of(max(n.x), 1) YIELD city RETURN 1", "INVALID_AGGREGATION", "WITH and RETURN only"),
        ("CALL cities.of('a')", "UNKNOWN_PROCEDURE", "there is no procedure cities.of"),
    ],
)
def test_what_a_signature_does_not_admit_is_refused(text: str, code: str, said: str) -> None:
    with pytest.raises(CypherError) as refused:
        bound(text)
    assert refused.value.code == code
    assert said in refused.value.seen


def test_on_a_schema_a_procedure_that_is_not_listed_is_refused_as_before() -> None:
    with pytest.raises(NotReadOnlyError) as refused:
        prepare("CALL db.labels() YIELD label RETURN label", SCHEMA)
    assert refused.value.code == "NOT_READ_ONLY"
