"""The table of functions: complete signatures, one name per function."""

from __future__ import annotations

import pytest

from graph.cypher import types
from graph.cypher.bound import CypherType
from graph.cypher.functions import AGGREGATES, FUNCTIONS, REFUSED, Function, is_aggregate
from graph.cypher.types import describe


@pytest.mark.parametrize("function", dict.fromkeys(FUNCTIONS.values()), ids=lambda function: function.name)
def test_every_function_is_found_by_its_name_and_has_a_result(function: Function) -> None:
    assert FUNCTIONS[function.name.lower()] is function
    assert function.takes(function.required)
    assert isinstance(function.result_type([types.INTEGER] * function.required), CypherType)


def test_spellings_lead_to_one_function() -> None:
    assert FUNCTIONS["upper"] is FUNCTIONS["toupper"]
    assert FUNCTIONS["char_length"].name == "size"


def test_nothing_is_both_allowed_and_refused() -> None:
    assert not set(REFUSED) & set(FUNCTIONS)


def test_aggregates_are_known_without_regard_to_case() -> None:
    assert is_aggregate("COUNT")
    assert is_aggregate("percentileCont")
    assert not is_aggregate("size")
    assert {"count", "sum", "avg", "min", "max", "collect"} <= AGGREGATES


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("coalesce", [types.NULL, types.STRING], "string"),
        ("coalesce", [types.INTEGER, types.FLOAT], "number"),
        ("head", [types.STRING_LIST], "string"),
        ("tail", [types.STRING_LIST], "list of string"),
        ("collect", [types.DATE], "list of date"),
        ("sum", [types.INTEGER], "integer"),
        ("avg", [types.INTEGER], "float"),
        ("avg", [types.DURATION], "duration"),
        ("max", [types.INSTANT], "instant"),
        ("nodes", [types.PATH], "list of node"),
    ],
)
def test_results_follow_from_arguments(name: str, arguments: list[CypherType], result: str) -> None:
    assert describe(FUNCTIONS[name].result_type(arguments)) == result


def test_the_number_of_arguments_is_bounded_unless_the_last_repeats() -> None:
    assert FUNCTIONS["substring"].takes(2)
    assert FUNCTIONS["substring"].takes(3)
    assert not FUNCTIONS["substring"].takes(4)
    assert FUNCTIONS["coalesce"].takes(9)
