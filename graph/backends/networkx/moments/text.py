"""Moments read from text: the forms of ISO 8601 that the language admits, with and without separators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from graph.backends.networkx.errors import EvaluationError
from graph.backends.networkx.moments.days import day_of_parts
from graph.backends.networkx.moments.values import (
    DAY_NANOS,
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Time,
    at_zone,
    of_instant,
)
from graph.backends.networkx.moments.zones import NANOS, offset_of_text

_YEAR: Final = r"(?P<year>\d{4}|[+-]\d{4,9})"
_DATES: Final = tuple(
    re.compile(form)
    for form in (
        _YEAR,
        _YEAR + r"-(?P<month>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})",
        _YEAR + r"-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        _YEAR + r"-?W(?P<week>\d{2})",
        _YEAR + r"-W(?P<week>\d{2})-(?P<dayOfWeek>\d)",
        r"(?P<year>\d{4})W(?P<week>\d{2})(?P<dayOfWeek>\d)",
        _YEAR + r"-?Q(?P<quarter>\d)",
        _YEAR + r"-Q(?P<quarter>\d)-(?P<dayOfQuarter>\d{1,2})",
        r"(?P<year>\d{4})Q(?P<quarter>\d)(?P<dayOfQuarter>\d{2})",
        _YEAR + r"-(?P<ordinalDay>\d{3})",
        r"(?P<year>\d{4})(?P<ordinalDay>\d{3})",
    )
)
_CLOCK: Final = re.compile(
    r"(?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
)
_ZONED: Final = re.compile(r"(?P<clock>[\d:.,]+)(?P<offset>[Zz]|[+-][\d:]+)?(?:\[(?P<zone>[^\]]+)\])?")


def date_of(text: str) -> Date:
    """`date('2015-W30-2')`. Raises EvaluationError."""
    for form in _DATES:
        found = form.fullmatch(text)
        if found is not None:
            return Date(day_of_parts({name: int(part) for name, part in found.groupdict().items()}, None))
    raise _not_a(text, "date", "2025-01-31")


def local_time_of(text: str) -> LocalTime:
    """`localtime('21:40:32.142')`. Raises EvaluationError."""
    return LocalTime(_clock(text, text, "local time"))


def time_of(text: str) -> Time:
    """`time('21:40:32+01:00')`; UTC where no offset is written. Raises EvaluationError."""
    clock, offset, zone = _zoned(text, text, "time")
    if zone is not None:
        raise _not_a(text, "time", "08:00:00+01:00")
    return Time(clock, offset or 0)


def local_datetime_of(text: str) -> LocalDateTime:
    """`localdatetime('2015-07-21T21:40:32')`. Raises EvaluationError."""
    day, clock = _split(text, "local datetime")
    return LocalDateTime(date_of(day).days, 0 if clock is None else _clock(clock, text, "local datetime"))


def datetime_of(text: str) -> DateTime:
    """`datetime('2015-07-21T21:40:32+02:00[Europe/Stockholm]')`; UTC where nothing else is written."""
    day, clock = _split(text, "date and time")
    days = date_of(day).days
    if clock is None:
        return DateTime(days, 0, 0)
    nanos, offset, zone = _zoned(clock, text, "date and time")
    if zone is None:
        return DateTime(days, nanos, offset or 0)
    if offset is None:
        return at_zone(days, nanos, zone)
    return of_instant(days * DAY_NANOS + nanos - offset * NANOS, zone)


def _split(text: str, what: str) -> tuple[str, str | None]:
    day, mark, clock = text.partition("T")
    if mark and not clock:
        raise _not_a(text, what, "2025-01-31T08:00:00")
    return day, clock if mark else None


def _zoned(clock: str, text: str, what: str) -> tuple[int, int | None, str | None]:
    found = _ZONED.fullmatch(clock)
    if found is None:
        raise _not_a(text, what, "2025-01-31T08:00:00+01:00")
    offset = None
    if found["offset"] is not None:
        offset = offset_of_text(found["offset"])
        if offset is None:
            raise _not_a(text, what, "2025-01-31T08:00:00+01:00")
    return _clock(found["clock"], text, what), offset, found["zone"]


def _clock(clock: str, text: str, what: str) -> int:
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise _not_a(text, what, "08:00:00")
    return nanos_of(
        {name: int(found[name] or 0) for name in ("hour", "minute", "second")},
        int((found["fraction"] or "0").ljust(9, "0")),
    )


def nanos_of(parts: Mapping[str, int], fraction: int) -> int:
    """Nanoseconds since midnight. Raises EvaluationError where a part is out of its range."""
    for name, limit in (("hour", 24), ("minute", 60), ("second", 60)):
        if not 0 <= parts[name] < limit:
            raise EvaluationError(f"{name} {parts[name]} is out of range", hint=f"0 to {limit - 1}")
    return ((parts["hour"] * 60 + parts["minute"]) * 60 + parts["second"]) * NANOS + fraction


def _not_a(text: str, what: str, example: str) -> EvaluationError:
    return EvaluationError(f"{text!r} is not a {what}", hint=f"write it as {example}")
