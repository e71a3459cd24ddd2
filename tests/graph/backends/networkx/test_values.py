"""Equality is three-valued, order is total, grouping is by equivalence, arithmetic keeps its bounds."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryRuntimeError
from graph.backends.networkx.durations import Duration, between, from_map, from_text, shift
from graph.backends.networkx.values import add, compare, divide, equal, identity_key, modulo, multiply, power, sort_key

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=True),
    st.text(max_size=4),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(1, 1.0, True, id="integer and float"),
        pytest.param(2**53 + 1, float(2**53), False, id="beyond the precision of floats"),
        pytest.param(1, True, False, id="a number is no boolean"),
        pytest.param(1, "1", False, id="a number is no string"),
        pytest.param(None, None, None, id="null is unknown"),
        pytest.param(math.nan, math.nan, False, id="NaN equals nothing"),
        pytest.param([1, None], [1, None], None, id="a list with null is unknown"),
        pytest.param([1, None], [2, None], False, id="a list that differs elsewhere"),
        pytest.param([1], [1, 2], False, id="lists of other lengths"),
        pytest.param({"a": 1}, {"a": 1.0}, True, id="maps"),
        pytest.param({"a": None}, {"a": None}, None, id="a map with null is unknown"),
        pytest.param({"a": 1}, {"b": 1}, False, id="maps with other keys"),
        pytest.param(date(2025, 1, 1), datetime(2025, 1, 1, tzinfo=UTC), False, id="a date is no instant"),
    ],
)
def test_equality_is_three_valued(one: Any, other: Any, expected: bool | None) -> None:
    assert equal(one, other) is expected
    assert equal(other, one) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(1, 1.5, -1, id="numbers"),
        pytest.param("a", "b", -1, id="strings"),
        pytest.param("a", 1, None, id="a string and a number"),
        pytest.param(math.nan, 1.0, None, id="NaN"),
        pytest.param(False, True, -1, id="booleans"),
        pytest.param([1, 2], [1, 3], -1, id="lists"),
        pytest.param([1], [1, 0], -1, id="a list and a longer one"),
        pytest.param(date(2024, 1, 1), date(2025, 1, 1), -1, id="dates"),
        pytest.param(None, 1, None, id="null"),
    ],
)
def test_comparison_knows_only_values_of_one_type(one: Any, other: Any, expected: int | None) -> None:
    assert compare(one, other) == expected
    assert compare(other, one) == (None if expected is None else -expected)


@given(VALUES, VALUES, VALUES)
def test_the_order_of_values_is_total_and_transitive(a: Any, b: Any, c: Any) -> None:
    one, two, three = sort_key(a), sort_key(b), sort_key(c)
    assert (one < two) + (one == two) + (two < one) == 1
    if one <= two <= three:
        assert one <= three


@given(st.lists(VALUES, max_size=8))
def test_null_comes_last_and_nan_last_among_numbers(items: list[Any]) -> None:
    ordered = sorted(items, key=sort_key)
    nulls = [item is None for item in ordered]
    assert nulls == sorted(nulls)
    numbers = [item != item for item in ordered if type(item) in (int, float)]
    assert numbers == sorted(numbers)


@given(VALUES, VALUES)
def test_what_is_equal_is_grouped_together_and_nothing_else_but_null(a: Any, b: Any) -> None:
    same = identity_key(a) == identity_key(b)
    if equal(a, b) is True:
        assert same
    if equal(a, b) is False and "nan" not in repr((a, b)):
        assert not same
    if "nan" not in repr(a):  # NaN is equivalent to nothing, not to itself either
        assert identity_key(a) == identity_key(a)


@pytest.mark.parametrize(
    ("computed", "expected"),
    [
        pytest.param(lambda: divide(7, 2), 3, id="7 / 2"),
        pytest.param(lambda: divide(-7, 2), -3, id="-7 / 2"),
        pytest.param(lambda: divide(7, -2), -3, id="7 / -2"),
        pytest.param(lambda: modulo(-7, 3), -1, id="-7 % 3"),
        pytest.param(lambda: modulo(7, -3), 1, id="7 % -3"),
        pytest.param(lambda: divide(1.0, 0), math.inf, id="1.0 / 0"),
        pytest.param(lambda: power(2, 3), 8.0, id="2 ^ 3"),
        pytest.param(lambda: add("a", 1), "a1", id="a string and a number"),
        pytest.param(lambda: add([1], 2), [1, 2], id="a list and an item"),
        pytest.param(lambda: add(1, None), None, id="null"),
        pytest.param(lambda: multiply(Duration(months=1), 3), Duration(months=3), id="a duration thrice"),
    ],
)
def test_arithmetic(computed: Any, expected: Any) -> None:
    assert computed() == expected


@pytest.mark.parametrize(
    "computed",
    [
        pytest.param(lambda: add(2**63 - 1, 1), id="sum"),
        pytest.param(lambda: multiply(2**62, 2), id="product"),
        pytest.param(lambda: divide(-(2**63), -1), id="quotient"),
        pytest.param(lambda: divide(1, 0), id="division by zero"),
        pytest.param(lambda: modulo(1, 0), id="remainder by zero"),
        pytest.param(lambda: add(True, 1), id="a boolean in a sum"),
    ],
)
def test_arithmetic_that_has_no_answer_is_an_error(computed: Any) -> None:
    with pytest.raises(QueryRuntimeError):
        computed()


@pytest.mark.parametrize(
    ("moment", "by", "expected"),
    [
        pytest.param(date(2024, 1, 31), Duration(months=1), date(2024, 2, 29), id="the end of a month"),
        pytest.param(date(2024, 3, 31), Duration(months=-1), date(2024, 2, 29), id="back to a shorter month"),
        pytest.param(date(2024, 2, 29), Duration(months=12), date(2025, 2, 28), id="a leap day"),
        pytest.param(date(2024, 12, 31), Duration(days=1), date(2025, 1, 1), id="over the year's end"),
        pytest.param(
            date(2024, 1, 1), Duration(nanoseconds=3_600_000_000_000), date(2024, 1, 1), id="an hour on a date"
        ),
        pytest.param(
            datetime(2024, 1, 31, 23, tzinfo=UTC),
            Duration(1, 0, 7_200_000_000_000),
            datetime(2024, 3, 1, 1, tzinfo=UTC),
            id="month first, then time",
        ),
    ],
)
def test_durations_follow_the_calendar(moment: Any, by: Duration, expected: Any) -> None:
    assert shift(moment, by) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P3M", Duration(months=3)),
        ("P1Y2M10DT2H30M", Duration(14, 10, 9_000_000_000_000)),
        ("PT0.5S", Duration(nanoseconds=500_000_000)),
        ("P2W", Duration(days=14)),
        ("-P1D", Duration(days=-1)),
    ],
)
def test_a_duration_is_read_from_iso_8601(text: str, expected: Duration) -> None:
    assert from_text(text) == expected


@given(st.integers(-500, 500), st.integers(-500, 500), st.integers(-(10**15), 10**15))
def test_a_duration_written_and_read_again_is_the_same(months: int, days: int, nanoseconds: int) -> None:
    duration = Duration(months, days, nanoseconds)
    assert from_text(str(duration)) == duration


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_the_duration_between_two_moments_leads_from_one_to_the_other(start: datetime, end: datetime) -> None:
    assert shift(start, between(start, end)) == end


def test_an_unknown_component_of_a_duration_is_refused() -> None:
    with pytest.raises(QueryRuntimeError, match="fortnights"):
        from_map({"fortnights": 1})
