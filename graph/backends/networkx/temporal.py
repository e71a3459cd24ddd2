"""Dates and instants: built from text and from maps, truncated, taken apart, as Neo4j 5 does it for UTC instants.

A map names a day in one of four ways (calendar, week, ordinal, quarter), alone or over a base `date`; what is coarser than
a named unit must be named too. Instants are UTC at microseconds: an offset or a zone is applied, then forgotten.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from graph.backends.networkx.errors import EvaluationError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_DATE_FORMS: Final = tuple(
    re.compile(r"\+?(?P<year>\d{4})" + rest)
    for rest in (
        r"",
        r"-(?P<month>\d{1,2})",
        r"(?P<month>\d{2})",
        r"-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<month>\d{2})(?P<day>\d{2})",
        r"-?W(?P<week>\d{2})",
        r"-W(?P<week>\d{2})-(?P<dayOfWeek>\d)",
        r"W(?P<week>\d{2})(?P<dayOfWeek>\d)",
        r"-?Q(?P<quarter>\d)",
        r"-Q(?P<quarter>\d)-(?P<dayOfQuarter>\d{1,2})",
        r"Q(?P<quarter>\d)(?P<dayOfQuarter>\d{2})",
        r"-?(?P<ordinalDay>\d{3})",
    )
)
_TIME: Final = re.compile(
    r"(?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?(?:\[(?P<name>[\w/+-]+)\])?"
)
_CALENDAR, _WEEK, _ORDINAL, _QUARTER = (
    ("month", "day"),
    ("week", "dayOfWeek"),
    ("ordinalDay",),
    ("quarter", "dayOfQuarter"),
)
_WAYS: Final = (_CALENDAR, _WEEK, _ORDINAL, _QUARTER)
_DAY_FIELDS: Final = frozenset({"date", "year"}.union(*_WAYS))
_CLOCK: Final = ("hour", "minute", "second")
_FRACTIONS: Final = {"millisecond": 1_000_000, "microsecond": 1_000, "nanosecond": 1}
_CLOCK_FIELDS: Final = frozenset({*_CLOCK, *_FRACTIONS, "time", "datetime", "timezone", "epochSeconds", "epochMillis"})


# --- dates -----------------------------------------------------------------------------------------------------------


def to_date(value: Any) -> date:
    """`date(...)` of text, a map, an instant or a date. Raises EvaluationError."""
    if type(value) is datetime:
        return value.date()
    if type(value) is date:
        return value
    if isinstance(value, Mapping):
        return _day(_known(value, _DAY_FIELDS | {"datetime"}, "date"), None)
    found = _date_of_text(value)
    if found is None:
        raise EvaluationError(f"{value!r} is not a date", hint="write it as 2025-01-31")
    return found


def _date_of_text(text: str) -> date | None:
    for form in _DATE_FORMS:
        found = form.fullmatch(text)
        if found is not None:
            return _day({name: int(part) for name, part in found.groupdict().items()}, None)
    return None


def _day(parts: Mapping[str, Any], base: date | None) -> date:
    """The day that the parts name, over `base` or the map's own base if there is one."""
    given = parts.get("date", parts.get("datetime"))
    base = to_date(given) if given is not None else base
    ways = [way for way in _WAYS if any(name in parts for name in way)]
    if len(ways) > 1:
        raise EvaluationError(f"{ways[0][0]} and {ways[1][0]} do not name a day together", hint=_HINT)
    way = ways[0] if ways else _CALENDAR
    for coarse, fine in zip(("year", *way), way, strict=False):
        if base is None and fine in parts and coarse not in parts:
            raise EvaluationError(f"{fine} is given without {coarse}", hint=_HINT)
    if base is None and "year" not in parts:
        raise EvaluationError("a date needs a year", hint=_HINT)
    values = {name: _whole(name, parts[name]) for name in ("year", *way) if name in parts}
    try:
        if way is _WEEK:
            return _of_week(values, base)
        start = base if base is not None else date(values["year"], 1, 1)
        start = _clamped(values.get("year", start.year), start.month, start.day)
        if way is _ORDINAL:
            return _of_ordinal(start.year, values["ordinalDay"])
        return _of_quarter(values, start) if way is _QUARTER else _of_month(values, start)
    except (ValueError, OverflowError) as error:
        raise EvaluationError(f"no such date: {values}", hint=_HINT) from error


_HINT = "year, month and day; or year, week and dayOfWeek; year and ordinalDay; year, quarter and dayOfQuarter"


def _of_month(values: Mapping[str, int], start: date) -> date:
    month = values.get("month", start.month)
    if "day" in values:
        return date(start.year, month, values["day"])
    return _clamped(start.year, month, start.day)


def _of_week(values: Mapping[str, int], base: date | None) -> date:
    iso = base.isocalendar() if base is not None else None
    year = values.get("year", iso.year if iso is not None else 0)
    week = values.get("week", iso.week if iso is not None else 1)
    day = values.get("dayOfWeek", iso.weekday if iso is not None else 1)
    if not (1 <= week <= 53 and 1 <= day <= 7):
        raise ValueError
    return date.fromisocalendar(year, 1, 1) + timedelta(weeks=week - 1, days=day - 1)


def _of_ordinal(year: int, day: int) -> date:
    if not 1 <= day <= 365 + isleap(year):
        raise ValueError
    return date(year, 1, 1) + timedelta(days=day - 1)


def _of_quarter(values: Mapping[str, int], start: date) -> date:
    quarter = values.get("quarter", _quarter(start))
    if not 1 <= quarter <= 4:
        raise ValueError
    if "dayOfQuarter" not in values:
        return _clamped(start.year, start.month + 3 * (quarter - _quarter(start)), start.day)
    found = date(start.year, 3 * quarter - 2, 1) + timedelta(days=values["dayOfQuarter"] - 1)
    if _quarter(found) != quarter or found.year != start.year:
        raise ValueError
    return found


def _clamped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _quarter(day: date) -> int:
    return (day.month - 1) // 3 + 1


# --- instants --------------------------------------------------------------------------------------------------------


def to_instant(value: Any) -> datetime:
    """`datetime(...)` of text, a map, a date (its midnight) or an instant. Raises EvaluationError."""
    if type(value) is datetime:
        return value
    if type(value) is date:
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, Mapping):
        return _instant_of_map(_known(value, _DAY_FIELDS | _CLOCK_FIELDS, "datetime"))
    day, _, clock = value.partition("T")
    found = _date_of_text(day)
    if found is None or ("T" in value and not clock):
        raise _no_instant(value)
    return _with_clock(found, clock, value) if clock else to_instant(found)


def _with_clock(day: date, clock: str, text: str) -> datetime:
    found = _TIME.fullmatch(clock)
    if found is None:
        raise _no_instant(text)
    micro = int((found["fraction"] or "0").ljust(9, "0")) // 1000
    hour, minute, second = (int(found[name] or 0) for name in _CLOCK)
    try:
        zone = _zone(found["zone"] or found["name"] or "Z")
        return datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_instant(text) from error


def _instant_of_map(parts: Mapping[str, Any]) -> datetime:
    whole = parts.get("datetime")
    if "epochSeconds" in parts or "epochMillis" in parts:
        start = EPOCH + timedelta(seconds=parts.get("epochSeconds", 0), milliseconds=parts.get("epochMillis", 0))
        return start + timedelta(microseconds=_fraction(parts))
    base = to_instant(whole if whole is not None else parts["time"]) if {"datetime", "time"} & parts.keys() else None
    day = _day(parts, None)
    named = [name for name in (*_CLOCK, *_FRACTIONS) if name in parts]
    if base is None and named:
        _chained(parts)
    hour, minute, second = (_whole(n, parts[n]) if n in parts else int(getattr(base, n, 0)) for n in _CLOCK)
    kept = 0 if base is None else base.microsecond
    micro = _fraction(parts) if _FRACTIONS.keys() & parts.keys() else kept
    try:
        zone = _zone(parts.get("timezone", "Z"))
        return datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, TypeError) as error:
        raise EvaluationError(
            f"no such instant: {dict(parts)}", hint="hour, minute and second in their ranges"
        ) from error


def _chained(parts: Mapping[str, Any]) -> None:
    """Refuse a unit whose coarser unit is missing: 8:??:30 is no time."""
    fraction = bool(_FRACTIONS.keys() & parts.keys())
    chain = ["year", *(next((way for way in _WAYS if any(name in parts for name in way)), _CALENDAR))]
    present = [name in parts or "date" in parts for name in chain] + [name in parts for name in _CLOCK] + [fraction]
    for place in range(1, len(present)):
        if present[place] and not present[place - 1]:
            missing = [*chain, *_CLOCK][place - 1]
            raise EvaluationError(f"{missing} must be given", hint="name every coarser unit too")


def _fraction(parts: Mapping[str, Any]) -> int:
    """Microseconds of millisecond, microsecond and nanosecond, each within the one before it."""
    nanos, limit = 0, 1_000_000_000
    for name, scale in _FRACTIONS.items():
        if name in parts:
            value = _whole(name, parts[name])
            if not 0 <= value * scale < limit:
                raise EvaluationError(f"{name} {value} is out of range", hint=f"0 to {limit // scale - 1}")
            nanos, limit = nanos + value * scale, scale
    return nanos // 1000


def _zone(name: str) -> tzinfo:
    if name == "Z":
        return UTC
    if name[0] in "+-":
        digits = name[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(-offset if name[0] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise EvaluationError(
            f"no time zone {name!r}", hint="an offset such as +02:00, or a name such as Europe/Paris"
        ) from error


def _no_instant(text: Any) -> EvaluationError:
    return EvaluationError(f"{text!r} is not a date and time", hint="write it as 2025-01-31T08:00:00Z")


# --- truncation ------------------------------------------------------------------------------------------------------


def truncate_date(unit: str, moment: Any, fields: Mapping[str, Any] | None = None) -> date:
    """`date.truncate(...)`; `fields` are set on what is left. Raises EvaluationError."""
    day = _truncated(unit, to_date(moment))
    if not fields:
        return day
    return _day(_known(fields, _DAY_FIELDS, "date"), day)


def _truncated(unit: str, day: date) -> date:
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=3 * _quarter(day) - 2, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case "weekYear":
            return date.fromisocalendar(day.isocalendar().year, 1, 1)
        case "decade" | "century" | "millennium":
            span = {"decade": 10, "century": 100, "millennium": 1000}[unit]
            return date(max(1, day.year // span * span), 1, 1)
    raise EvaluationError(f"{unit!r} is no unit to truncate to", hint="year, quarter, month, week, day ...")


_TIME_UNITS: Final[Mapping[str, Mapping[str, int]]] = {
    "hour": {"minute": 0, "second": 0, "microsecond": 0},
    "minute": {"second": 0, "microsecond": 0},
    "second": {"microsecond": 0},
    "millisecond": {},
    "microsecond": {},
}


def truncate_instant(unit: str, moment: Any, fields: Mapping[str, Any] | None = None) -> datetime:
    """`datetime.truncate(...)`; `fields` are set on what is left. Raises EvaluationError."""
    if unit in _TIME_UNITS:
        if type(moment) is not datetime:
            raise EvaluationError(f"a date has no {unit} to truncate to", hint="truncate it to a day or more")
        zeroed = {"minute": moment.minute, "second": moment.second, "microsecond": moment.microsecond}
        zeroed |= _TIME_UNITS[unit]
        instant = moment.replace(minute=zeroed["minute"], second=zeroed["second"], microsecond=zeroed["microsecond"])
        if unit == "millisecond":
            instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    else:
        instant = to_instant(_truncated(unit, to_date(moment)))
    if not fields:
        return instant
    fields = _known(fields, _DAY_FIELDS | _CLOCK_FIELDS, "datetime")
    kept = {"millisecond": instant.microsecond // 1000} if unit in ("millisecond", "microsecond") else {}
    return _instant_of_map({"datetime": instant, **kept, **fields})


# --- components ------------------------------------------------------------------------------------------------------


def component_of(moment: date, key: str) -> Any:
    """A component of a date or an instant, such as `year` or `epochMillis`; None for an unknown one."""
    day = moment.date() if isinstance(moment, datetime) else moment
    iso = day.isocalendar()
    match key:
        case "year" | "month" | "day":
            return getattr(day, key)
        case "quarter":
            return _quarter(day)
        case "week":
            return iso.week
        case "weekYear":
            return iso.year
        case "dayOfWeek" | "weekDay":
            return iso.weekday
        case "ordinalDay":
            return day.timetuple().tm_yday
        case "dayOfQuarter":
            return (day - _truncated("quarter", day)).days + 1
    return _clock_component(moment, key) if isinstance(moment, datetime) else None


def _clock_component(instant: datetime, key: str) -> Any:
    match key:
        case "hour" | "minute" | "second" | "microsecond":
            return getattr(instant, key)
        case "millisecond":
            return instant.microsecond // 1000
        case "nanosecond":
            return instant.microsecond * 1000
        case "timezone" | "offset":
            return "Z"
        case "offsetMinutes" | "offsetSeconds":
            return 0
        case "epochSeconds":
            millis = (instant - EPOCH) // timedelta(milliseconds=1)
            return millis // 1000 if millis >= 0 else -(-millis // 1000)  # Neo4j cuts off towards 1970
        case "epochMillis":
            return (instant - EPOCH) // timedelta(milliseconds=1)
    return None


# --- checks ----------------------------------------------------------------------------------------------------------


def _known(parts: Mapping[str, Any], names: frozenset[str] | set[str], what: str) -> Mapping[str, Any]:
    """The fields that have a value. Raises EvaluationError on one that does not exist, and where there is none."""
    unknown = [name for name in parts if name not in names]
    if unknown:
        raise EvaluationError(f"a {what} has no field {unknown[0]!r}", hint=_HINT)
    if not parts:
        raise EvaluationError(f"a {what} needs at least one field", hint=_HINT)
    return {name: value for name, value in parts.items() if value is not None}


def _whole(name: str, value: Any) -> int:
    if type(value) is not int:
        raise EvaluationError(f"{name} must be an integer, {value!r} was given", hint=_HINT)
    return value
