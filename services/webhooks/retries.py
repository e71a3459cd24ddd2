"""When a message is sent again, and when that ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

Chance = Callable[[], float]
"""A number from 0 up to 1."""


@dataclass(frozen=True, slots=True)
class Retries:
    """Waits double from `first_s` up to `longest_s`, half of each by chance: receivers that come back are not stormed.

    What a receiver asks for (Retry-After) is waited at least, up to `patience_s`. A message that is refused for good is tried
    `refusals` times; a webhook is paused after `failures` in a row, of whatever messages.
    """

    failures: int
    first_s: float = 5.0
    longest_s: float = 3_600.0
    patience_s: float = 86_400.0
    refusals: int = 3

    def wait(self, failed: int, asked_s: float | None, chance: Chance) -> timedelta:
        """How long to wait after so many failures in a row (1 or more)."""
        doubled = min(self.first_s * 2.0 ** min(failed - 1, 40), self.longest_s)
        wait = doubled * (0.5 + chance() / 2)
        return timedelta(seconds=max(wait, min(asked_s or 0.0, self.patience_s)))
