"""Moments made of maps and of other moments: `datetime({date: d, hour: 10, timezone: 'Europe/Paris'})`.

A map may hold other moments (`date`, `time`, `datetime`) and parts; parts win. A `timezone` beside a moment that has one
moves it there; beside one that has none it is where the moment is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graph.backends.networkx.errors import EvaluationError
from graph.backends.networkx.moments import text
from graph.backends.networkx.moments.days import DAY_PARTS, WAYS, day_of_parts, whole
from graph.backends.networkx.moments.values import (
    Date,
    DateTime,
    LocalDateTime,
    LocalTime,
    Moment,
    Time,
    at_zone,
    of_instant,
)
from graph.backends.networkx.moments.zones import NANOS, offset_of_text, zone_named

_CLOCK: Final = ("hour", "minute", "second")
_FRACTIONS: Final = {"millisecond": 1_000_000, "microsecond": 1_000, "nanosecond": 1}
_CLOCK_PARTS: Final = frozenset({*_CLOCK, *_FRACTIONS})
_EPOCH: Final = frozenset({"epochSeconds", "epochMillis"})
_TAKEN: Final[Mapping[type[Moment], frozenset[str]]] = {
    Date: DAY_PARTS | {"date", "datetime"},
    LocalTime: _CLOCK_PARTS | {"time", "datetime"},
    Time: _CLOCK_PARTS | {"time", "datetime", "timezone"},
    LocalDateTime: DAY_PARTS | _CLOCK_PARTS | {"date", "time", "datetime"},
    DateTime: DAY_PARTS | _CLOCK_PARTS | {"date", "time", "datetime", "timezone"} | _EPOCH,
}


@dataclass(frozen=True, slots=True)
class _Whole:
    """What a moment holds: its day, its time of day, its zone or offset; None for what its sort has not."""

    days: int | None
    nanos: int | None
    zone: int | str | None


def to_date(value: Any) -> Date:
    """`date(...)`. Raises EvaluationError, as all of these do."""
    if isinstance(value, str):
        return text.date_of(value)
    if isinstance(value, Mapping):
        return Date(_day(_known(value, Date)))
    return Date(_needed(_whole(value).days, value, Date))


def to_local_time(value: Any) -> LocalTime:
    """`localtime(...)`."""
    if isinstance(value, str):
        return text.local_time_of(value)
    if isinstance(value, Mapping):
        return LocalTime(_clock(_known(value, LocalTime))[0])
    return LocalTime(_needed(_whole(value).nanos, value, LocalTime))


def to_time(value: Any) -> Time:
    """`time(...)`."""
    if isinstance(value, str):
        return text.time_of(value)
    if not isinstance(value, Mapping):
        nanos = _needed(_whole(value).nanos, value, Time)
        return Time(nanos, getattr(value, "offset", 0))
    parts = _known(value, Time)
    nanos, base = _clock(parts)
    given = parts.get("time", parts.get("datetime"))
    known = getattr(given, "offset", None) if base is not None else None
    if "timezone" not in parts:
        return Time(nanos, known or 0)
    offset = zone_of(parts["timezone"])
    if not isinstance(offset, int):
        raise EvaluationError("a time needs an offset, not the name of a zone", hint="timezone: '+01:00'")
    moved = 0 if known is None else (offset - known) * NANOS
    return Time((nanos + moved) % (86_400 * NANOS), offset)


def to_local_datetime(value: Any) -> LocalDateTime:
    """`localdatetime(...)`."""
    if isinstance(value, str):
        return text.local_datetime_of(value)
    if isinstance(value, Mapping):
        parts = _known(value, LocalDateTime)
        _check_chain(parts)
        return LocalDateTime(_day(parts), _clock(parts)[0])
    found = _whole(value)
    return LocalDateTime(_needed(found.days, value, LocalDateTime), found.nanos or 0)


def to_datetime(value: Any) -> DateTime:
    """`datetime(...)`."""
    if isinstance(value, str):
        return text.datetime_of(value)
    if not isinstance(value, Mapping):
        found = _whole(value)
        days = _needed(found.days, value, DateTime)
        return value if isinstance(value, DateTime) else at_zone(days, found.nanos or 0, 0)
    parts = _known(value, DateTime)
    zone = zone_of(parts["timezone"]) if "timezone" in parts else None
    if _EPOCH & parts.keys():
        return _of_epoch(parts, zone or 0)
    _check_chain(parts)
    nanos, base = _clock(parts)
    days = _day(parts)
    if base is None:
        return at_zone(days, nanos, zone or 0)
    found_there = at_zone(days, nanos, base)
    return found_there if zone is None else of_instant(found_there.instant, zone)


def _of_epoch(parts: Mapping[str, Any], zone: int | str) -> DateTime:
    seconds = whole("epochSeconds", parts.get("epochSeconds", 0))
    millis = whole("epochMillis", parts.get("epochMillis", 0))
    return of_instant(seconds * NANOS + millis * 1_000_000 + fraction(parts), zone)


def zone_of(value: Any) -> int | str:
    """An offset in seconds, or the name of a zone. Raises EvaluationError."""
    if not isinstance(value, str) or not value:
        raise EvaluationError(f"{value!r} is no time zone", hint="'+01:00' or 'Europe/Paris'")
    offset = offset_of_text(value)
    if offset is not None:
        return offset
    zone_named(value)
    return value


# --- parts -----------------------------------------------------------------------------------------------------------


def _whole(value: Any) -> _Whole:
    zone = value.zone or value.offset if isinstance(value, DateTime) else getattr(value, "offset", None)
    if isinstance(value, Moment):
        return _Whole(getattr(value, "days", None), getattr(value, "nanos", None), zone)
    raise EvaluationError(f"{value!r} is no date and no time", hint="give a text, a map or another moment")


def _needed(found: int | None, value: Any, wanted: type[Moment]) -> int:
    if found is None:
        raise EvaluationError(f"a {value.name} does not hold what a {wanted.name} needs")
    return found


def _day(parts: Mapping[str, Any]) -> int:
    given = parts.get("date", parts.get("datetime"))
    base = None if given is None else _needed(_whole(given).days, given, Date)
    return day_of_parts({name: value for name, value in parts.items() if name in DAY_PARTS}, base)


def _clock(parts: Mapping[str, Any]) -> tuple[int, int | str | None]:
    """The time of day that parts name, and the zone or offset of the moment that they stand beside."""
    given = parts.get("time", parts.get("datetime"))
    base = None if given is None else _whole(given)
    nanos = 0 if base is None else base.nanos
    if nanos is None:
        if "time" in parts:
            raise EvaluationError(f"a {given.name} has no time of day")
        nanos = 0
    if given is None:
        _check_clock(parts)
    seconds, kept = divmod(nanos, NANOS)
    minutes, second = divmod(seconds, 60)
    known = {"hour": minutes // 60, "minute": minutes % 60, "second": second}
    values = {name: whole(name, parts.get(name, known[name])) for name in _CLOCK}
    found = fraction(parts) if _FRACTIONS.keys() & parts.keys() else kept
    return text.nanos_of(values, found), None if base is None else base.zone


def fraction(parts: Mapping[str, Any]) -> int:
    """Nanoseconds of millisecond, microsecond and nanosecond, each within the one before it."""
    nanos, limit = 0, NANOS
    for name, scale in _FRACTIONS.items():
        if name in parts:
            value = whole(name, parts[name])
            if not 0 <= value * scale < limit:
                raise EvaluationError(f"{name} {value} is out of range", hint=f"0 to {limit // scale - 1}")
            nanos, limit = nanos + value * scale, scale
    return nanos


def _check_clock(parts: Mapping[str, Any]) -> None:
    """Refuse a unit whose coarser unit is missing: 8:??:30 is no time."""
    present = [name in parts for name in _CLOCK] + [bool(_FRACTIONS.keys() & parts.keys())]
    for place in range(1, len(present)):
        if present[place] and not present[place - 1]:
            raise EvaluationError(f"{_CLOCK[place - 1]} must be given", hint="name every coarser unit too")


def _check_chain(parts: Mapping[str, Any]) -> None:
    """Refuse a time of day beside a day that is not named to the end."""
    if "hour" not in parts or {"date", "datetime"} & parts.keys():
        return
    way = next((way for way in WAYS if any(name in parts for name in way)), WAYS[0])
    if way[-1] not in parts:
        raise EvaluationError(f"{way[-1]} must be given", hint="name every coarser unit too")


def _known(parts: Mapping[str, Any], wanted: type[Moment]) -> Mapping[str, Any]:
    """The parts that have a value. Raises EvaluationError on one that the sort has not, and where there is none."""
    unknown = [name for name in parts if name not in _TAKEN[wanted]]
    if unknown:
        raise EvaluationError(f"a {wanted.name} has no part {unknown[0]!r}", hint=", ".join(sorted(_TAKEN[wanted])))
    if not parts:
        raise EvaluationError(f"a {wanted.name} needs at least one part", hint=", ".join(sorted(_TAKEN[wanted])))
    return {name: value for name, value in parts.items() if value is not None}
