"""Days named by parts: by month, by week, by ordinal day or by quarter, alone or over a day that is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.backends.networkx.errors import EvaluationError
from graph.backends.networkx.moments.calendar import (
    day_number,
    first_week,
    is_leap,
    month_length,
    weekday,
    year_and_week,
    year_month_day,
)

MONTHLY, WEEKLY, ORDINAL, QUARTERLY = (
    ("month", "day"),
    ("week", "dayOfWeek"),
    ("ordinalDay",),
    ("quarter", "dayOfQuarter"),
)
WAYS: Final = (MONTHLY, WEEKLY, ORDINAL, QUARTERLY)
DAY_PARTS: Final = frozenset({"year"}.union(*WAYS))
LARGEST_YEAR: Final = 999_999_999
_HINT: Final = "year, month and day; or year, week and dayOfWeek; year and ordinalDay; year, quarter and dayOfQuarter"


def day_of_parts(parts: Mapping[str, Any], base: int | None) -> int:
    """The number of the day that parts name; what they leave open is taken from `base`. Raises EvaluationError."""
    ways = [way for way in WAYS if any(name in parts for name in way)]
    if len(ways) > 1:
        raise EvaluationError(f"{ways[0][0]} and {ways[1][0]} do not name a day together", hint=_HINT)
    way = ways[0] if ways else MONTHLY
    if base is None:
        for coarse, fine in zip(("year", *way), way, strict=False):
            if fine in parts and coarse not in parts:
                raise EvaluationError(f"{fine} is given without {coarse}", hint=_HINT)
        if "year" not in parts:
            raise EvaluationError("a date needs a year", hint=_HINT)
    values = {name: whole(name, parts[name]) for name in ("year", *way) if name in parts}
    if abs(values.get("year", 0)) > LARGEST_YEAR:
        raise EvaluationError(f"year {values['year']} is out of range", hint=f"at most {LARGEST_YEAR}")
    if way is WEEKLY:
        return _of_week(values, base)
    year, month, day = (values["year"], 1, 1) if base is None else year_month_day(base)
    year = values.get("year", year)
    if way is ORDINAL:
        return day_number(year, 1, 1) + _within("ordinalDay", values["ordinalDay"], 365 + is_leap(year)) - 1
    if way is QUARTERLY:
        return _of_quarter(values, year, month, day)
    month = _within("month", values.get("month", month), 12)
    length = month_length(year, month)
    day = _within("day", values["day"], length) if "day" in values else min(day, length)
    return day_number(year, month, day)


def _of_week(values: Mapping[str, int], base: int | None) -> int:
    known_year, known_week = (0, 1) if base is None else year_and_week(base)
    known_day = 1 if base is None else weekday(base)
    year = values.get("year", known_year)
    start = first_week(year)
    weeks = (first_week(year + 1) - start) // 7
    week = values.get("week", known_week)
    week = _within("week", week, weeks) if "week" in values else min(week, weeks)
    return start + (week - 1) * 7 + _within("dayOfWeek", values.get("dayOfWeek", known_day), 7) - 1


def _of_quarter(values: Mapping[str, int], year: int, month: int, day: int) -> int:
    quarter = _within("quarter", values.get("quarter", (month - 1) // 3 + 1), 4)
    start = day_number(year, 3 * quarter - 2, 1)
    if "dayOfQuarter" in values:
        end = day_number(year + quarter // 4, 3 * quarter % 12 + 1, 1)
        return start + _within("dayOfQuarter", values["dayOfQuarter"], end - start) - 1
    month = 3 * quarter - 2 + (month - 1) % 3
    return day_number(year, month, min(day, month_length(year, month)))


def _within(name: str, value: int, limit: int) -> int:
    if not 1 <= value <= limit:
        raise EvaluationError(f"{name} {value} is out of range", hint=f"1 to {limit}")
    return value


def whole(name: str, value: Any) -> int:
    """A part, which is an integer. Raises EvaluationError."""
    if type(value) is not int:
        raise EvaluationError(f"{name} must be an integer, {value!r} was given", hint=_HINT)
    return value
