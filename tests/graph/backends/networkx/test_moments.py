"""Moments of open mode: what they are read from, moved by and written as; checked against the kit elsewhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryRuntimeError
from graph.backends.networkx.durations import Duration
from graph.backends.networkx.moments import build, spans, text, truncation
from graph.backends.networkx.moments.calendar import day_number, weekday, year_and_week, year_month_day
from graph.backends.networkx.moments.values import (
    Date,
    DateTime,
    LocalTime,
    Moment,
    Time,
    at_zone,
    of_instant,
    of_python,
)

EPOCH = date(1970, 1, 1)
DAYS = st.dates()
INSTANTS = st.integers(-(10**18), 10**19)
ZONES = st.sampled_from([0, 3600, -5400, "Europe/Paris", "America/New_York", "Australia/Eucla", "Asia/Kathmandu"])


@given(DAYS)
def test_the_calendar_agrees_with_pythons(day: date) -> None:
    number = (day - EPOCH).days
    assert day_number(day.year, day.month, day.day) == number
    assert year_month_day(number) == (day.year, day.month, day.day)
    assert weekday(number) == day.isoweekday()
    iso = day.isocalendar()
    if 1 < day.year < 9_999:
        assert year_and_week(number) == (iso.year, iso.week)


@given(st.integers(-(10**9), 10**9))
def test_every_day_of_any_year_has_one_number(number: int) -> None:
    assert day_number(*year_month_day(number)) == number


@given(INSTANTS, ZONES)
def test_an_instant_written_and_read_again_is_the_same(instant: int, zone: int | str) -> None:
    moment = of_instant(instant, zone)
    assert moment.instant == instant
    assert text.datetime_of(str(moment)) == moment


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-(10**6), 10**6))
def test_an_instant_is_moved_as_python_moves_it(start: datetime, seconds: int) -> None:
    try:
        expected = of_python(start + timedelta(seconds=seconds))
    except OverflowError:
        return
    assert of_python(start).plus(Duration(nanoseconds=seconds * 10**9)) == expected


@given(st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7), st.integers(0, 10**13), st.integers(0, 10**13))
def test_the_duration_between_two_moments_leads_from_one_to_the_other(a: int, b: int, one: int, other: int) -> None:
    day = 86_400 * 10**9
    start, end = DateTime(a, one % day, 0), DateTime(b, other % day, 0)
    found = spans.between(start, end)
    moved = start.plus(Duration(months=found.months)).plus(Duration(days=found.days))
    assert moved.plus(Duration(nanoseconds=found.nanoseconds)) == end


@pytest.mark.parametrize(
    ("local", "written"),
    [
        ("2025-03-30T02:30[Europe/Paris]", "2025-03-30T03:30+02:00[Europe/Paris]"),
        ("2025-10-26T02:30[Europe/Paris]", "2025-10-26T02:30+02:00[Europe/Paris]"),
        ("2025-10-26T02:30+01:00[Europe/Paris]", "2025-10-26T02:30+01:00[Europe/Paris]"),
        ("2025-01-01T00:00:00.100", "2025-01-01T00:00:00.100Z"),
        ("-0044-03-15T12:00-18:00", "-0044-03-15T12:00-18:00"),
        ("+12025-01-01", "+12025-01-01T00:00Z"),
    ],
)
def test_clocks_put_forward_and_back_offsets_and_far_years(local: str, written: str) -> None:
    assert str(text.datetime_of(local)) == written


def test_a_day_in_a_zone_is_moved_by_the_calendar_and_a_time_by_the_clock() -> None:
    before = at_zone(day_number(2025, 3, 29), 12 * 3600 * 10**9, "Europe/Paris")
    assert str(before.plus(Duration(days=1))) == "2025-03-30T12:00+02:00[Europe/Paris]"
    assert str(before.plus(Duration(nanoseconds=24 * 3600 * 10**9))) == "2025-03-30T13:00+02:00[Europe/Paris]"


def test_moments_are_ordered_by_instant_and_equal_where_they_are_written_alike() -> None:
    paris, utc = text.datetime_of("2025-01-01T13:00+01:00"), text.datetime_of("2025-01-01T12:00Z")
    assert paris.instant == utc.instant
    assert paris != utc
    assert text.time_of("10:00+01:00").order < text.time_of("09:35Z").order


@pytest.mark.parametrize(
    "made",
    [
        lambda: build.to_date({"year": 2025, "month": 13}),
        lambda: build.to_date({"year": 2025, "week": 53}),
        lambda: build.to_date({"year": 2025, "day": 1}),
        lambda: build.to_date({"month": 1}),
        lambda: build.to_date({}),
        lambda: build.to_date({"year": 2025, "hour": 1}),
        lambda: build.to_date(LocalTime(0)),
        lambda: build.to_local_time({"minute": 1}),
        lambda: build.to_local_time({"hour": 24}),
        lambda: build.to_local_time({"time": Date(0)}),
        lambda: build.to_time({"hour": 1, "timezone": "Europe/Paris"}),
        lambda: build.to_datetime({"year": 2025, "timezone": "Mars/Olympus"}),
        lambda: build.to_datetime({"year": 2025, "hour": 1}),
        lambda: build.to_datetime({"year": 2025, "millisecond": 1_000}),
        lambda: text.date_of("2025-02-30"),
        lambda: text.local_time_of("25:00"),
        lambda: text.time_of("10:00+19:00"),
        lambda: text.datetime_of("2025-01-01T"),
        lambda: truncation.date("hour", Date(0)),
        lambda: truncation.local_time("year", LocalTime(0)),
        lambda: truncation.local_time("hour", Date(0)),
    ],
)
def test_what_is_no_moment_is_refused(made: Any) -> None:
    with pytest.raises(QueryRuntimeError):
        made()


@pytest.mark.parametrize("moment", [Date(0), LocalTime(1), Time(1, 3600), at_zone(0, 1, "Europe/Paris")])
def test_a_moment_has_no_component_that_its_sort_has_not(moment: Moment) -> None:
    assert moment.component("fortnight") is None
    assert (moment.component("hour") is None) == isinstance(moment, Date)
    assert (moment.component("year") is None) == isinstance(moment, LocalTime | Time)
