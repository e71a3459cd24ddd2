"""Durations: months, days, seconds and microseconds kept apart, because a month has no fixed length.

Adding one to a date follows the calendar: 31 January plus one month is the last day of February (Neo4j does the same).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from graph.backends.networkx.errors import EvaluationError

_SECONDS_PER_DAY = 86_400
_MICROSECONDS = 1_000_000
_ISO = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>-?[\d.]+)Y)?(?:(?P<months>-?[\d.]+)M)?(?:(?P<weeks>-?[\d.]+)W)?(?:(?P<days>-?[\d.]+)D)?"
    r"(?:T(?:(?P<hours>-?[\d.]+)H)?(?:(?P<minutes>-?[\d.]+)M)?(?:(?P<seconds>-?[\d.]+)S)?)?"
)
_AVERAGE_MONTH_DAYS = 30.436875
"""Mean Gregorian month, what a fraction of a month is worth (as in Neo4j)."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar months, days, and microseconds of time."""

    months: int = 0
    days: int = 0
    microseconds: int = 0

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.months + other.months, self.days + other.days, self.microseconds + other.microseconds)

    def __neg__(self) -> Duration:
        return Duration(-self.months, -self.days, -self.microseconds)

    def scaled(self, factor: float) -> Duration:
        """The duration times a number; fractions of months become days, fractions of days become time."""
        return _normal(self.months * factor, self.days * factor, self.microseconds * factor)

    def average(self) -> float:
        """Microseconds with mean months: what durations are ordered by."""
        return ((self.months * _AVERAGE_MONTH_DAYS + self.days) * _SECONDS_PER_DAY) * _MICROSECONDS + self.microseconds

    def component(self, name: str) -> int | None:
        """A component as the language names it, such as `months`, `days`, `seconds`; None for an unknown one."""
        seconds = int(self.microseconds / _MICROSECONDS)
        values = {
            "years": int(self.months / 12),
            "months": self.months,
            "monthsOfYear": self.months % 12,
            "weeks": int(self.days / 7),
            "days": self.days,
            "hours": int(seconds / 3600),
            "minutes": int(seconds / 60),
            "seconds": seconds,
            "milliseconds": self.microseconds // 1000,
            "microseconds": self.microseconds,
        }
        return values.get(name)

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        text = "P" + (f"{sign}{years}Y" if years else "") + (f"{sign}{months}M" if months else "")
        text += f"{self.days}D" if self.days else ""
        if self.microseconds:
            seconds, micro = divmod(abs(self.microseconds), _MICROSECONDS)
            minus = "-" if self.microseconds < 0 else ""
            hours, rest = divmod(seconds, 3600)
            minutes, left = divmod(rest, 60)
            fraction = f".{micro:06d}".rstrip("0") if micro else ""
            text += "T" + (f"{minus}{hours}H" if hours else "") + (f"{minus}{minutes}M" if minutes else "")
            text += f"{minus}{left}{fraction}S" if left or micro else ""
        return text if text != "P" else "PT0S"


def _normal(months: float, days: float, microseconds: float) -> Duration:
    whole_months = int(months)
    days += (months - whole_months) * _AVERAGE_MONTH_DAYS
    whole_days = int(days)
    microseconds += (days - whole_days) * _SECONDS_PER_DAY * _MICROSECONDS
    return Duration(whole_months, whole_days, round(microseconds))


def from_map(parts: Mapping[str, Any]) -> Duration:
    """`duration({months: 3, days: 1})`. Raises EvaluationError on an unknown component."""
    scale = {
        "years": (12, 0, 0),
        "quarters": (3, 0, 0),
        "months": (1, 0, 0),
        "weeks": (0, 7, 0),
        "days": (0, 1, 0),
        "hours": (0, 0, 3600 * _MICROSECONDS),
        "minutes": (0, 0, 60 * _MICROSECONDS),
        "seconds": (0, 0, _MICROSECONDS),
        "milliseconds": (0, 0, 1000),
        "microseconds": (0, 0, 1),
    }
    total = [0.0, 0.0, 0.0]
    for name, value in parts.items():
        if name not in scale:
            raise EvaluationError(
                f"a duration has no component {name!r}", hint="months, days, hours, minutes, seconds ..."
            )
        for place, factor in enumerate(scale[name]):
            total[place] += factor * value
    return _normal(*total)


def from_text(text: str) -> Duration:
    """An ISO 8601 duration such as `P3M` or `PT1H30M`. Raises EvaluationError."""
    found = _ISO.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        raise EvaluationError(f"{text!r} is not a duration", hint="write it as P3M, P1DT12H or duration({months: 3})")
    sign = -1 if found["sign"] else 1
    return from_map({name: sign * float(part) for name, part in found.groupdict().items() if part and name != "sign"})


def shift(moment: Any, by: Duration) -> Any:
    """A date or an instant moved by a duration, months by the calendar, then days, then time (dropped for dates)."""
    year, month0 = divmod(moment.year * 12 + moment.month - 1 + by.months, 12)
    if not 1 <= year <= 9999:
        raise EvaluationError("the date lies outside the years 1 to 9999")
    day = min(moment.day, monthrange(year, month0 + 1)[1])
    moved = moment.replace(year=year, month=month0 + 1, day=day)
    if isinstance(moment, datetime):
        return moved + timedelta(days=by.days, microseconds=by.microseconds)
    return moved + timedelta(days=by.days + int(by.microseconds / (_SECONDS_PER_DAY * _MICROSECONDS)))


def between(start: Any, end: Any) -> Duration:
    """The duration that leads from one moment to another: whole months, then days, then time."""
    one, other = _instants(start, end)
    months = (other.year - one.year) * 12 + other.month - one.month
    if months > 0 and shift(one, Duration(months)) > other:
        months -= 1
    elif months < 0 and shift(one, Duration(months)) < other:
        months += 1
    rest = other - shift(one, Duration(months))
    microseconds = round(rest.total_seconds() * _MICROSECONDS)
    days = int(microseconds / (_SECONDS_PER_DAY * _MICROSECONDS))
    return Duration(months, days, microseconds - days * _SECONDS_PER_DAY * _MICROSECONDS)


def in_seconds(start: Any, end: Any) -> Duration:
    """The exact time between two moments."""
    one, other = _instants(start, end)
    return Duration(microseconds=round((other - one).total_seconds() * _MICROSECONDS))


def in_days(start: Any, end: Any) -> Duration:
    """Whole days between two moments."""
    one, other = _instants(start, end)
    return Duration(days=int((other - one).total_seconds() / _SECONDS_PER_DAY))


def in_months(start: Any, end: Any) -> Duration:
    """Whole months between two moments."""
    return Duration(months=between(start, end).months)


def _instants(start: date, end: date) -> tuple[datetime, datetime]:
    def instant(moment: date) -> datetime:
        if isinstance(moment, datetime):
            return moment.replace(tzinfo=None)
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - both ends are UTC

    return instant(start), instant(end)
