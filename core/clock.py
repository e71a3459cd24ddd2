"""Time, injected: the only place that reads the machine's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the present instant, in UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FrozenClock:
    """A clock that stands still, for tests and for `JUMEAU_NOW`."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


def parse_instant(text: str) -> datetime:
    """An ISO 8601 date or date-time as a UTC instant; a bare date is its midnight, a naive time is UTC.

    Raises ValueError.
    """
    return in_utc(datetime.fromisoformat(text))


def in_utc(instant: datetime) -> datetime:
    """An instant with its zone, UTC where it has none: SQLite gives those of the ledger back without."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def clock_for(frozen: str | None) -> Clock:
    """The clock that the setting `JUMEAU_NOW` asks for: frozen at that instant, or the machine's."""
    return FrozenClock(parse_instant(frozen)) if frozen else SystemClock()
