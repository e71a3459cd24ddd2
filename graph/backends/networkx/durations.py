"""Durations: months, days and time (in nanoseconds) kept apart, because a month has no fixed length.

Adding one to a date follows the calendar: 31 January plus one month is the last day of February (Neo4j does the same).
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from graph.backends.networkx.errors import ArithmeticOverflowError, EvaluationError

_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
_ISO = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>-?[\d.]+)Y)?(?:(?P<months>-?[\d.]+)M)?(?:(?P<weeks>-?[\d.]+)W)?(?:(?P<days>-?[\d.]+)D)?"
    r"(?:T(?:(?P<hours>-?[\d.]+)H)?(?:(?P<minutes>-?[\d.]+)M)?(?:(?P<seconds>-?[\d.]+)S)?)?"
)
_AS_DATE = re.compile(
    r"P(?P<years>\d{4})-(?P<months>\d{2})-(?P<days>\d{2})"
    r"(?:T(?P<hours>\d{2}):(?P<minutes>\d{2}):(?P<seconds>\d{2}(?:\.\d{1,9})?))?"
)
_AVERAGE_MONTH_DAYS = Fraction("30.436875")
"""Mean Gregorian month, what a fraction of a month is worth (as in Neo4j)."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar months, days, and nanoseconds of time."""

    months: int = 0
    days: int = 0
    nanoseconds: int = 0

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.months + other.months, self.days + other.days, self.nanoseconds + other.nanoseconds)

    def __neg__(self) -> Duration:
        return Duration(-self.months, -self.days, -self.nanoseconds)

    def scaled(self, factor: float | Fraction) -> Duration:
        """The duration times a number; fractions of months become days, fractions of days become time."""
        exact = _exact(factor)
        return _normal(self.months * exact, self.days * exact, self.nanoseconds * exact)

    def average(self) -> Fraction:
        """Nanoseconds with mean months: what durations are ordered by."""
        return (self.months * _AVERAGE_MONTH_DAYS + self.days) * _DAY + self.nanoseconds

    def component(self, name: str) -> int | None:
        """A component as the language names it, such as `months`, `days`, `seconds`; None for an unknown one.

        Whole units truncate towards zero, except seconds, which round down and leave a positive fraction (as in Neo4j).
        """
        seconds, fraction = divmod(self.nanoseconds, _SECOND)
        minutes = _whole(seconds, 60)
        values = {
            "years": _whole(self.months, 12),
            "quarters": _whole(self.months, 3),
            "months": self.months,
            "quartersOfYear": _rest(_whole(self.months, 3), 4),
            "monthsOfYear": _rest(self.months, 12),
            "monthsOfQuarter": _rest(self.months, 3),
            "weeks": _whole(self.days, 7),
            "days": self.days,
            "daysOfWeek": _rest(self.days, 7),
            "hours": _whole(seconds, 3600),
            "minutes": minutes,
            "minutesOfHour": _rest(minutes, 60),
            "seconds": seconds,
            "secondsOfMinute": _rest(seconds, 60),
            "milliseconds": self.nanoseconds // 1_000_000,
            "microseconds": self.nanoseconds // 1_000,
            "nanoseconds": self.nanoseconds,
            "millisecondsOfSecond": fraction // 1_000_000,
            "microsecondsOfSecond": fraction // 1_000,
            "nanosecondsOfSecond": fraction,
        }
        return values.get(name)

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        text = "P" + (f"{sign}{years}Y" if years else "") + (f"{sign}{months}M" if months else "")
        text += f"{self.days}D" if self.days else ""
        if self.nanoseconds:
            seconds, nano = divmod(abs(self.nanoseconds), _SECOND)
            minus = "-" if self.nanoseconds < 0 else ""
            hours, rest = divmod(seconds, 3600)
            minutes, left = divmod(rest, 60)
            fraction = f".{nano:09d}".rstrip("0") if nano else ""
            text += "T" + (f"{minus}{hours}H" if hours else "") + (f"{minus}{minutes}M" if minutes else "")
            text += f"{minus}{left}{fraction}S" if left or nano else ""
        return text if text != "P" else "PT0S"


def _whole(value: int, unit: int) -> int:
    return value // unit if value >= 0 else -(-value // unit)


def _rest(value: int, unit: int) -> int:
    return value - _whole(value, unit) * unit


def _exact(number: float | Fraction) -> Fraction:
    """A number as it is written: 0.7 is seven tenths. Raises ArithmeticOverflowError on an infinite one."""
    if isinstance(number, float):
        if not math.isfinite(number):
            raise ArithmeticOverflowError("a duration would be infinite", hint="divide by a number other than 0")
        return Fraction(repr(number))
    return Fraction(number)


def _normal(months: Fraction, days: Fraction, nanoseconds: Fraction) -> Duration:
    """Fractions of months become days, fractions of days become time."""
    whole_months = int(months)
    days += (months - whole_months) * _AVERAGE_MONTH_DAYS
    whole_days = int(days)
    nanoseconds += (days - whole_days) * _DAY
    return Duration(whole_months, whole_days, int(nanoseconds))


_SCALE: Final[Mapping[str, tuple[int, int, int]]] = {
    "years": (12, 0, 0),
    "months": (1, 0, 0),
    "weeks": (0, 7, 0),
    "days": (0, 1, 0),
    "hours": (0, 0, 3_600 * _SECOND),
    "minutes": (0, 0, 60 * _SECOND),
    "seconds": (0, 0, _SECOND),
    "milliseconds": (0, 0, 1_000_000),
    "microseconds": (0, 0, 1_000),
    "nanoseconds": (0, 0, 1),
}


def from_map(parts: Mapping[str, Any]) -> Duration:
    """`duration({months: 3, days: 1})`. Raises EvaluationError on an unknown component, and where there is none."""
    if not parts:
        raise EvaluationError(
            "a duration needs at least one component", hint="months, days, hours, minutes, seconds ..."
        )
    total = [Fraction(0), Fraction(0), Fraction(0)]
    for name, value in parts.items():
        if name not in _SCALE:
            raise EvaluationError(
                f"a duration has no component {name!r}", hint="months, days, hours, minutes, seconds ..."
            )
        if type(value) not in (int, float):
            raise EvaluationError(f"{name} must be a number, {value!r} was given")
        for place, factor in enumerate(_SCALE[name]):
            if factor:
                total[place] += factor * _exact(value)
    return _normal(*total)


def from_text(text: str) -> Duration:
    """An ISO 8601 duration such as `P3M`, `PT1H30M` or `P0001-02-03T04:05:06`. Raises EvaluationError."""
    found = _ISO.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        found = _AS_DATE.fullmatch(text)
    if found is None:
        raise EvaluationError(f"{text!r} is not a duration", hint="write it as P3M, P1DT12H or duration({months: 3})")
    parts = found.groupdict()
    sign = -1 if parts.pop("sign", None) else 1
    return from_map({name: sign * _number(part) for name, part in parts.items() if part})


def _number(text: str) -> float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise EvaluationError(f"{text!r} is not a number of a duration", hint="write it as P3M or P1.5D") from error


def shift(moment: Any, by: Duration) -> Any:
    """A date or an instant moved by a duration, months by the calendar, then days, then time (dropped for dates).

    Raises EvaluationError outside the years 1 to 9999.
    """
    year, month0 = divmod(moment.year * 12 + moment.month - 1 + by.months, 12)
    try:
        day = min(moment.day, monthrange(year, month0 + 1)[1])
        moved = moment.replace(year=year, month=month0 + 1, day=day)
        if isinstance(moment, datetime):
            return moved + timedelta(days=by.days, microseconds=by.nanoseconds // 1_000)
        return moved + timedelta(days=by.days + _whole(by.nanoseconds, _DAY))
    except (ValueError, OverflowError) as error:
        raise EvaluationError("the date lies outside the years 1 to 9999", hint="shift it by less") from error


def between(start: Any, end: Any) -> Duration:
    """The duration that leads from one moment to another: whole months, then days, then time."""
    one, other = _instants(start, end)
    months = _months_until(one, other)
    rest = other - shift(one, Duration(months))
    nanoseconds = _nanoseconds(rest)
    days = _whole(nanoseconds, _DAY)
    return Duration(months, days, nanoseconds - days * _DAY)


def _months_until(one: datetime, other: datetime) -> int:
    """Complete months, as Java counts them: a last day that is begun but not complete does not count."""
    day = other.date()
    if day > one.date() and other.time() < one.time():
        day -= timedelta(days=1)
    elif day < one.date() and other.time() > one.time():
        day += timedelta(days=1)
    return _whole(((day.year - one.year) * 12 + day.month - one.month) * 32 + day.day - one.day, 32)


def in_seconds(start: Any, end: Any) -> Duration:
    """The exact time between two moments."""
    one, other = _instants(start, end)
    return Duration(nanoseconds=_nanoseconds(other - one))


def in_days(start: Any, end: Any) -> Duration:
    """Whole days between two moments."""
    one, other = _instants(start, end)
    return Duration(days=_whole(_nanoseconds(other - one), _DAY))


def in_months(start: Any, end: Any) -> Duration:
    """Whole months between two moments."""
    return Duration(months=between(start, end).months)


def _nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1_000


def _instants(start: date, end: date) -> tuple[datetime, datetime]:
    def instant(moment: date) -> datetime:
        if isinstance(moment, datetime):
            return moment.replace(tzinfo=None)
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - both ends are UTC

    return instant(start), instant(end)
