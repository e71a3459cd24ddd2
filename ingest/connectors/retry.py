"""How often a request is made again, and how long it waits in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from core.clock import in_utc

Sleep = Callable[[float], None]

PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may be another one in a while."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` in all; waits double from `first_wait_s` up to `longest_wait_s`.

    A wait that the server names (Retry-After) is honoured up to `patience_s`; a longer one ends the fetch, which can be resumed.
    """

    attempts: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    patience_s: float = 300.0

    def wait(self, failed: int) -> float:
        """Seconds to wait after so many failed attempts (1 or more)."""
        return float(min(self.first_wait_s * 2 ** (failed - 1), self.longest_wait_s))


def retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for: a number, or an HTTP date. None where it is absent or senseless."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    moment = http_date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def http_date(text: str | None) -> datetime | None:
    """The instant of an HTTP date; None where it is none."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return in_utc(moment)
