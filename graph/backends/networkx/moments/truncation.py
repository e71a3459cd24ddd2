"""Truncation: `datetime.truncate('week', moment, {dayOfWeek: 2})`; the map sets parts of what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.backends.networkx.errors import EvaluationError
from graph.backends.networkx.moments import build
from graph.backends.networkx.moments.calendar import day_number, weekday, year_month_day
from graph.backends.networkx.moments.values import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Moment,
    Time,
    at_zone,
    week_start,
)
from graph.backends.networkx.moments.zones import NANOS

_CLOCK_UNITS: Final = {
    "hour": 3_600 * NANOS,
    "minute": 60 * NANOS,
    "second": NANOS,
    "millisecond": 1_000_000,
    "microsecond": 1_000,
}
_YEARS: Final = {"decade": 10, "century": 100, "millennium": 1_000}


def date(unit: str, moment: Any, parts: Mapping[str, Any] | None = None) -> Date:
    """`date.truncate(...)`. Raises EvaluationError, as all of these do."""
    left = Date(_day(unit, _days_of(moment, unit)))
    return build.to_date({"date": left, **parts}) if parts else left


def local_time(unit: str, moment: Any, parts: Mapping[str, Any] | None = None) -> LocalTime:
    """`localtime.truncate(...)`."""
    left = LocalTime(_time(unit, _nanos_of(moment, unit)))
    return build.to_local_time({"time": left, **_kept(unit, left.nanos), **parts}) if parts else left


def time(unit: str, moment: Any, parts: Mapping[str, Any] | None = None) -> Time:
    """`time.truncate(...)`; a time zone among the parts takes the place of the moment's own."""
    parts = dict(parts or {})
    zone = build.zone_of(parts.pop("timezone")) if "timezone" in parts else getattr(moment, "offset", 0)
    if not isinstance(zone, int):
        raise EvaluationError("a time needs an offset, not the name of a zone", hint="timezone: '+01:00'")
    return Time(local_time(unit, moment, parts).nanos, zone)


def local_datetime(unit: str, moment: Any, parts: Mapping[str, Any] | None = None) -> LocalDateTime:
    """`localdatetime.truncate(...)`."""
    if unit in _CLOCK_UNITS:
        left = LocalDateTime(_days_of(moment, unit), _time(unit, _nanos_of(moment, unit)))
    else:
        left = LocalDateTime(_day(unit, _days_of(moment, unit)), 0)
    return build.to_local_datetime({"datetime": left, **_kept(unit, left.nanos), **parts}) if parts else left


def datetime(unit: str, moment: Any, parts: Mapping[str, Any] | None = None) -> DateTime:
    """`datetime.truncate(...)`; a time zone among the parts takes the place of the moment's own."""
    parts = dict(parts or {})
    zone: int | str = 0
    if "timezone" in parts:
        zone = build.zone_of(parts.pop("timezone"))
    elif isinstance(moment, DateTime):
        zone = moment.offset if moment.zone is None else moment.zone
    left = local_datetime(unit, moment, parts)
    return at_zone(left.days, left.nanos, zone)


def _kept(unit: str, nanos: int) -> dict[str, int]:
    """What a finer part is added to: `{nanosecond: 2}` after a truncation to milliseconds leaves these alone."""
    fraction = nanos % NANOS
    if unit == "millisecond":
        return {"millisecond": fraction // 1_000_000}
    return {"microsecond": fraction // 1_000} if unit == "microsecond" else {}


def _days_of(moment: Any, unit: str) -> int:
    days = getattr(moment, "days", None) if isinstance(moment, Moment) else None
    if days is None:
        raise EvaluationError(f"{moment} has no day to truncate to {unit!r}")
    return int(days)


def _nanos_of(moment: Any, unit: str) -> int:
    nanos = getattr(moment, "nanos", None) if isinstance(moment, Moment) else None
    if nanos is None:
        raise EvaluationError(f"{moment} has no time of day to truncate to {unit!r}")
    return int(nanos)


def _time(unit: str, nanos: int) -> int:
    if unit == "day":
        return 0
    if unit not in _CLOCK_UNITS:
        raise EvaluationError(f"{unit!r} is no unit of a time", hint=", ".join(("day", *_CLOCK_UNITS)))
    return nanos - nanos % _CLOCK_UNITS[unit]


def _day(unit: str, days: int) -> int:
    year, month, _ = year_month_day(days)
    match unit:
        case "day":
            return days
        case "week":
            return days - weekday(days) + 1
        case "month":
            return day_number(year, month, 1)
        case "quarter":
            return day_number(year, (month - 1) // 3 * 3 + 1, 1)
        case "year":
            return day_number(year, 1, 1)
        case "weekYear":
            return week_start(days)
        case "decade" | "century" | "millennium":
            return day_number(year - year % _YEARS[unit], 1, 1)
    raise EvaluationError(f"{unit!r} is no unit to truncate to", hint="year, quarter, month, week, day ...")
