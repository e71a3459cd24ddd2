"""Open mode: without schema, times of day, moments of no zone and chance exist; on a schema they do not."""

from __future__ import annotations

import pytest

from graph.cypher import types
from graph.cypher.ast import FunctionCall, Parameter, Return
from graph.cypher.bound import CypherType
from graph.cypher.clock import NOW
from graph.cypher.diagnostics import CypherError, CypherSyntaxError, UnknownFunctionError
from graph.cypher.functions import FUNCTIONS, OPEN_FUNCTIONS
from graph.cypher.inference import TypeReader
from graph.cypher.prepare import prepare
from tests.graph.cypher.small_schema import SCHEMA


@pytest.mark.parametrize(
    ("expression", "of"),
    [
        ("time('10:00+01:00')", types.TIME),
        ("localtime()", types.LOCAL_TIME),
        ("localdatetime({year: 2025})", types.LOCAL_DATETIME),
        ("localdatetime.truncate('day', datetime(), {hour: 1})", types.LOCAL_DATETIME),
        ("time.statement()", types.TIME),
        ("datetime.realtime()", types.INSTANT),
        ("date.transaction()", types.DATE),
        ("time('10:00') + duration('PT1H')", types.TIME),
        ("duration('PT1H') + localdatetime()", types.LOCAL_DATETIME),
        ("localtime().hour", types.INTEGER),
        ("time().offset", types.STRING),
        ("datetime().offsetSeconds", types.INTEGER),
        ("duration.between(localtime(), datetime())", types.DURATION),
        ("rand()", types.FLOAT),
    ],
)
def test_a_moment_has_its_type_and_is_refused_on_a_schema(expression: str, of: CypherType) -> None:
    text = f"RETURN {expression} AS it"
    bound = prepare(text, None)
    assert bound.column_types == (of,)
    clause = bound.query.parts[0].clauses[-1]
    assert isinstance(clause, Return)
    assert TypeReader(bound, None).type_of(clause.projection.items[0].expression) == of
    with pytest.raises(CypherError):
        prepare(text, SCHEMA)


def test_the_present_of_a_moment_comes_from_the_one_clock_of_the_query() -> None:
    bound = prepare("RETURN localtime() AS it", None)
    clause = bound.query.parts[0].clauses[-1]
    assert isinstance(clause, Return)
    assert clause.projection.items[0].expression == FunctionCall("localtime", (Parameter(NOW),))
    assert bound.clock == {NOW}


@pytest.mark.parametrize("name", ["time", "localtime", "localdatetime", "rand", "time.truncate"])
def test_on_a_schema_they_are_unknown_functions(name: str) -> None:
    assert name in OPEN_FUNCTIONS
    assert name not in FUNCTIONS
    with pytest.raises(UnknownFunctionError):
        prepare(f"RETURN {name}() AS it", SCHEMA)


def test_chance_is_not_aggregated() -> None:
    with pytest.raises(CypherSyntaxError, match="aggregate of chance"):
        prepare("RETURN count(rand())", None)


def test_a_part_that_a_moment_lacks_is_refused() -> None:
    with pytest.raises(CypherError, match="a local time has no part 'day'"):
        prepare("RETURN localtime().day", None)


def test_skip_and_limit_take_no_variable() -> None:
    with pytest.raises(CypherSyntaxError, match="LIMIT takes a constant, 'n' differs from row to row"):
        prepare("MATCH (n) RETURN n LIMIT n.count", None)
