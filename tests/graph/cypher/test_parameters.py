"""Values of parameters become what the query's use of them asks for, or are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from graph.cypher.diagnostics import CypherError
from graph.cypher.parameters import coerce_parameters, complete_parameters
from graph.cypher.prepare import prepare
from tests.graph.cypher.small_schema import SCHEMA

NOON = datetime(2025, 1, 31, 12, 0, tzinfo=UTC)


def coerced(condition: str, value: Any) -> Any:
    bound = prepare(f"MATCH (n:Server) WHERE {condition} RETURN n", SCHEMA)
    return coerce_parameters(bound, {"p": value, "unused": 1})["p"]


@pytest.mark.parametrize(
    ("condition", "given", "value"),
    [
        ("n.commissioned_on < $p", "2025-01-31", date(2025, 1, 31)),
        ("n.commissioned_on < $p", date(2025, 1, 31), date(2025, 1, 31)),
        ("n.commissioned_on IN $p", ["2025-01-31", None], [date(2025, 1, 31), None]),
        ("n.last_restart < $p", "2025-01-31T12:00:00Z", NOON),
        ("n.last_restart < $p", "2025-01-31T14:00:00+02:00", NOON),
        ("n.last_restart < $p", "2025-01-31", datetime(2025, 1, 31, tzinfo=UTC)),
        ("n.last_restart < $p", date(2025, 1, 31), datetime(2025, 1, 31, tzinfo=UTC)),
        ("n.last_restart < $p", datetime(2025, 1, 31, 14, tzinfo=timezone(timedelta(hours=2))), NOON),
        ("n.cpu_cores = $p", 4, 4),
        ("n.cpu_cores = $p", 4.0, 4),
        ("n.cpu_cores > 2 * $p", 1.5, 1.5),
        ("n.name = $p", "a", "a"),
        ("n.internet_exposed = $p", True, True),
        ("$p IN n.aliases", "a", "a"),
        ("n.name IN $p", ("a", "b"), ["a", "b"]),
        ("n.name = $p", None, None),
        ("$p IS NULL", {"any": "thing"}, {"any": "thing"}),
    ],
)
def test_a_value_is_converted_to_the_type_of_its_use(condition: str, given: Any, value: Any) -> None:
    found = coerced(condition, given)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("condition", "given", "wanted"),
    [
        ("n.commissioned_on < $p", "31/01/2025", "date"),
        ("n.commissioned_on < $p", 20250131, "date"),
        ("n.commissioned_on < $p", NOON, "date"),
        ("n.last_restart < $p", "yesterday", "instant"),
        ("n.cpu_cores = $p", "4", "integer"),
        ("n.cpu_cores = $p", 4.5, "integer"),
        ("n.cpu_cores = $p", True, "integer"),
        ("n.cpu_cores = $p", 2**63, "integer"),
        ("n.name = $p", 4, "string"),
        ("n.internet_exposed = $p", "yes", "boolean"),
        ("n.name IN $p", "a", "list of string"),
        ("n.name IN $p", ["a", 1], "string"),
    ],
)
def test_a_value_that_does_not_convert_is_refused_with_the_wanted_type(condition: str, given: Any, wanted: str) -> None:
    with pytest.raises(CypherError) as caught:
        coerced(condition, given)
    assert caught.value.code == "PARAMETER_TYPE"
    assert f"must be of type {wanted}" in caught.value.seen


def test_a_missing_parameter_is_named() -> None:
    bound = prepare("MATCH (n:Server) WHERE n.commissioned_on < $from RETURN n", SCHEMA)
    with pytest.raises(CypherError) as caught:
        coerce_parameters(bound, {})
    assert caught.value.code == "MISSING_PARAMETER"
    assert caught.value.hint == "pass from, for instance --param from=2025-01-31"


def test_the_clock_is_read_once_per_query() -> None:
    bound = prepare("RETURN datetime() AS now, date() AS today, timestamp() AS millis, $p AS p", SCHEMA)
    assert complete_parameters(bound, {"p": 1}, NOON) == {
        "p": 1,
        "__now": NOON,
        "__today": date(2025, 1, 31),
        "__now_millis": 1_738_324_800_000,
    }


def test_the_clock_cannot_be_given_by_the_asker() -> None:
    bound = prepare("RETURN date() AS today", SCHEMA)
    assert complete_parameters(bound, {"__today": "1999-01-01"}, NOON) == {"__today": date(2025, 1, 31)}
    with pytest.raises(CypherError, match="kept for the clock"):
        prepare("RETURN $__now AS now", SCHEMA)


def test_converting_twice_changes_nothing() -> None:
    bound = prepare("MATCH (n:Server) WHERE n.last_restart < $a AND n.commissioned_on IN $b RETURN n", SCHEMA)
    once = coerce_parameters(bound, {"a": "2025-01-31", "b": ["2025-01-31"]})
    assert coerce_parameters(bound, once) == once
