"""The duration from one moment to another, in whole months, days and time.

What one moment lacks is taken from the other: a time of day is set on the other's day, what has no zone is read in the
other's. Where neither or only one has a day, only time is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.backends.networkx.durations import Duration
from graph.backends.networkx.moments.calendar import year_month_day
from graph.backends.networkx.moments.values import DAY_NANOS, DateTime, Moment, Time, at_zone, of_instant


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both moments as clocks of one zone; `dated` where both have a day."""

    start: DateTime
    end: DateTime
    dated: bool


def between(start: Moment, end: Moment) -> Duration:
    """`duration.between(...)`: months, then days, then what is left."""
    ends = _ends(start, end)
    if not ends.dated:
        return Duration(nanoseconds=ends.end.instant - ends.start.instant)
    months = _months(ends.start, ends.end)
    moved = ends.start.plus(Duration(months))
    days = _days(moved, ends.end)
    moved = moved.plus(Duration(days=days))
    return Duration(months, days, ends.end.instant - moved.instant)


def in_months(start: Moment, end: Moment) -> Duration:
    """`duration.inMonths(...)`: whole months."""
    ends = _ends(start, end)
    return Duration(months=_months(ends.start, ends.end)) if ends.dated else Duration()


def in_days(start: Moment, end: Moment) -> Duration:
    """`duration.inDays(...)`: whole days."""
    ends = _ends(start, end)
    return Duration(days=_days(ends.start, ends.end)) if ends.dated else Duration()


def in_seconds(start: Moment, end: Moment) -> Duration:
    """`duration.inSeconds(...)`: exact time."""
    ends = _ends(start, end)
    return Duration(nanoseconds=ends.end.instant - ends.start.instant)


def _ends(start: Moment, end: Moment) -> _Ends:
    days, other_days = getattr(start, "days", None), getattr(end, "days", None)
    zone, other_zone = _zone(start), _zone(end)
    here = zone if zone is not None else other_zone if other_zone is not None else 0
    first = _at(start, days if days is not None else other_days, here)
    last = _at(end, other_days if other_days is not None else days, other_zone if other_zone is not None else here)
    dated = days is not None and other_days is not None
    return _Ends(first, of_instant(last.instant, here) if dated else last, dated)


def _at(moment: Moment, days: int | None, zone: int | str) -> DateTime:
    return at_zone(days or 0, getattr(moment, "nanos", 0), zone)


def _zone(moment: Moment) -> int | str | None:
    if isinstance(moment, DateTime):
        return moment.offset if moment.zone is None else moment.zone
    return moment.offset if isinstance(moment, Time) else None


def _months(start: DateTime, end: DateTime) -> int:
    """Complete months: a last day that is begun but not complete does not count."""
    days = end.days
    if days > start.days and end.nanos < start.nanos:
        days -= 1
    elif days < start.days and end.nanos > start.nanos:
        days += 1
    year, month, day = year_month_day(days)
    first_year, first_month, first_day = year_month_day(start.days)
    return _toward_zero(((year - first_year) * 12 + month - first_month) * 32 + day - first_day, 32)


def _days(start: DateTime, end: DateTime) -> int:
    """Complete days, as the clocks show them."""
    return _toward_zero((end.days - start.days) * DAY_NANOS + end.nanos - start.nanos, DAY_NANOS)


def _toward_zero(value: int, unit: int) -> int:
    return value // unit if value >= 0 else -(-value // unit)
