"""Seeded draws: one independent stream per section, skewed choices, moments of time.

A section that draws more or fewer numbers never shifts the draws of another, so the estate changes only where the
generator does. Moments are naive datetimes understood as UTC, cut to the minute.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def stream(seed: int, section: str) -> Random:
    """The random numbers of one section of the estate."""
    return Random(int.from_bytes(blake2b(f"{seed}/{section}".encode(), digest_size=8).digest(), "big"))


class Weighted(Generic[T]):
    """A choice among items with given weights."""

    __slots__ = ("_cumulated", "_items")

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        listed = list(pairs)
        self._items = [item for item, _ in listed]
        self._cumulated = list(accumulate(weight for _, weight in listed))

    def draw(self, rng: Random) -> T:
        last = len(self._items) - 1
        return self._items[bisect(self._cumulated, rng.random() * self._cumulated[-1], 0, last)]


def ranked(items: Sequence[T], exponent: float) -> Weighted[T]:
    """A Zipf-like choice: the item of rank r weighs 1 / r ** exponent, so the first ones become hubs."""
    return Weighted((item, (rank + 1) ** -exponent) for rank, item in enumerate(items))


def shares(total: int, weights: Sequence[float], least: int = 1) -> list[int]:
    """`total` split along the weights into integers of at least `least` that sum up exactly (largest remainder)."""
    free = total - least * len(weights)
    whole = sum(weights)
    exact = [free * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: free - sum(parts)]:
        parts[i] += 1
    return [part + least for part in parts]


def chance(rng: Random, probability: float) -> bool:
    return rng.random() < probability


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def day_between(rng: Random, first: date, last: date) -> date:
    """A day from `first` to `last`, both included; `first` where they are in the wrong order."""
    return first + timedelta(days=int(rng.random() * (max(0, (last - first).days) + 1)))


def moment_between(rng: Random, first: datetime, last: datetime) -> datetime:
    """A minute from `first` to before `last`."""
    minutes = max(1, int((last - first).total_seconds() // 60))
    return first + timedelta(minutes=int(rng.random() * minutes))


def working_moments(rng: Random, count: int, first: date, last: date) -> list[datetime]:
    """`count` minutes from `first` to before `last` in order of time: mostly working hours of working days."""
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    busy = Weighted(
        (day, (1.0 if day.weekday() < 5 else 0.3) * (1.25 if day.month in (1, 6, 9, 12) else 1.0)) for day in days
    )
    hours = Weighted((hour, 1.0 if 8 <= hour < 18 else 0.18) for hour in range(24))
    return sorted(datetime.combine(busy.draw(rng), time(hours.draw(rng), int(rng.random() * 60))) for _ in range(count))


def skewed_minutes(rng: Random, median: float, spread: float) -> timedelta:
    """A log-normal duration in minutes with that median; `spread` is the standard deviation of its logarithm."""
    return timedelta(minutes=max(1, int(median * rng.lognormvariate(0.0, spread))))


def months_before(day: date, months: int) -> date:
    """The same day that many calendar months earlier, or the last day of that month where it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    first = date(year, month + 1, 1)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def stamp(moment: datetime | None) -> str:
    """An instant as the export writes it."""
    return "" if moment is None else moment.isoformat() + "Z"


def truth(value: bool) -> str:
    """A boolean as the export writes it."""
    return "true" if value else "false"
