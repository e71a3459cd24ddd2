"""Offsets and time zones: their texts, and what a zone's offset is at a moment.

Zone data are those of the `tzdata` package where it is installed, so that every machine answers alike, whatever history
its own system keeps.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from graph.backends.networkx.errors import EvaluationError

NANOS: Final = 1_000_000_000
DAY: Final = 86_400
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2})(?::?(?P<minutes>\d{2})(?::?(?P<seconds>\d{2}))?)?")
_NAME: Final = re.compile(r"[A-Za-z][\w+-]*(?:/[\w+-]+)*")
_WIDEST: Final = 18 * 3_600


def offset_of_text(text: str) -> int | None:
    """Seconds east of UTC of `Z`, `+01:00`, `-0130`, `+02:05:59`; None for any other text."""
    if text in ("Z", "z"):
        return 0
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    seconds = int(found["hours"]) * 3_600 + int(found["minutes"] or 0) * 60 + int(found["seconds"] or 0)
    if seconds > _WIDEST:
        return None
    return -seconds if found["sign"] == "-" else seconds


def offset_text(offset: int) -> str:
    """An offset as the language writes it."""
    if offset == 0:
        return "Z"
    hours, rest = divmod(abs(offset), 3_600)
    minutes, seconds = divmod(rest, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")


@lru_cache(maxsize=256)
def zone_named(name: str) -> ZoneInfo:
    """A time zone by its name. Raises EvaluationError."""
    if _NAME.fullmatch(name):
        *folders, last = name.split("/")
        try:
            found = resources.files(".".join(("tzdata.zoneinfo", *folders))) / last
            with found.open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (ModuleNotFoundError, OSError, ValueError):
            pass
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    raise EvaluationError(f"no time zone {name!r}", hint="an offset such as +02:00, or a name such as Europe/Paris")


def offset_of_local(zone: str, days: int, nanos: int) -> int:
    """The offset of a zone at a local moment; where a clock is put back, the first of the two."""
    return _offset(zone, days, nanos, local=True)


def offset_of_instant(zone: str, instant: int) -> int:
    """The offset of a zone at an instant, in nanoseconds since 1970."""
    days, nanos = divmod(instant, DAY * NANOS)
    return _offset(zone, days, nanos, local=False)


def _offset(zone: str, days: int, nanos: int, *, local: bool) -> int:
    info = zone_named(zone)
    try:
        moment = datetime(1970, 1, 1) + timedelta(days=days, seconds=nanos // NANOS)  # noqa: DTZ001 - the zone follows
        known = moment.replace(tzinfo=info) if local else moment.replace(tzinfo=UTC).astimezone(info)
    except OverflowError as error:
        raise EvaluationError("zones by name are known for the years 1 to 9999", hint="use an offset") from error
    found = known.utcoffset()
    assert found is not None
    return found.days * DAY + found.seconds
