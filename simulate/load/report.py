"""What is said of a loaded component: how busy it is, how long is waited, when growth fills it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from simulate.load.component import LoadedItem
from simulate.load.growth import Growth, Saturation, saturation, supposed
from simulate.load.queue import most_arrivals

DAYS: Final = 365.25
QUEUE: Final = "scenario"
"""The basis of rows that are queues of a scenario."""


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One component. `basis` says where its load was read; `utilisation` is of what it carries when everything is up.

    Waits in seconds; `servers` and `needed` where it is a queue. `growth` is per year (0.2: 20 %), with its 95 % interval where three
    `points` or more were seen. Dates are when the limit is reached: today's where it is already, absent where it never is or nobody knows.
    `simulated` is the utilisation of a queue in a run, of the servers that are up, with its interval.
    """

    id: str
    name: str
    kind: str
    basis: str
    utilisation: float
    limit: float
    arrivals: float | None
    capacity: float | None
    wait: float | None
    servers: int | None
    needed: int | None
    growth: float | None
    growth_low: float | None
    growth_high: float | None
    points: int
    saturated: bool
    saturation_on: date | None
    earliest: date | None
    latest: date | None
    simulated: float | None = None
    simulated_low: float | None = None
    simulated_high: float | None = None


def queue_row(item: LoadedItem, today: date) -> LoadRow:
    """A queue of a scenario."""
    load = item.load
    growth = None if item.growth is None else supposed(item.growth)
    most = most_arrivals(load, item.limit, item.longest_wait)
    reached = saturation(load.arrivals / most if most > 0.0 else 1.0, 1.0, growth)
    return _row(
        (item.id, item.name, item.kind, QUEUE),
        load.utilisation,
        item.limit,
        (load.arrivals, load.capacity, None if load.utilisation >= 1.0 else load.wait, load.servers, item.needed),
        growth,
        reached,
        today,
    )


def measured_row(
    about: tuple[str, str, str, str],
    used: float,
    capacity: float,
    limit: float,
    growth: Growth | None,
    today: date,
    *,
    arrivals: bool = False,
) -> LoadRow:
    """Something measured (identity, name, kind, basis): so much used of so much."""
    numbers = (used, capacity, None, None, None) if arrivals else (None, None, None, None, None)
    utilisation = used / capacity
    return _row(about, utilisation, limit, numbers, growth, saturation(utilisation, limit, growth), today)


def _row(
    about: tuple[str, str, str, str],
    utilisation: float,
    limit: float,
    numbers: tuple[float | None, float | None, float | None, int | None, int | None],
    growth: Growth | None,
    reached: Saturation,
    today: date,
) -> LoadRow:
    arrivals, capacity, wait, servers, needed = numbers
    return LoadRow(
        *about,
        utilisation,
        limit,
        arrivals,
        capacity,
        wait,
        servers,
        needed,
        _per_year(None if growth is None else growth.rate),
        _per_year(None if growth is None else growth.low),
        _per_year(None if growth is None else growth.high),
        0 if growth is None else growth.points,
        reached.years == 0.0,
        _date(reached.years, today),
        _date(reached.earliest, today),
        _date(reached.latest, today),
    )


def _per_year(rate: float | None) -> float | None:
    return None if rate is None else math.expm1(min(rate, 50.0))


def _date(years: float | None, today: date) -> date | None:
    return None if years is None else today + timedelta(days=round(years * DAYS))
