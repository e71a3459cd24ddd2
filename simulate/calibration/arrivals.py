"""How many cases begin: a rate for each hour of the week, and how much more the counts of days vary than chance alone says.

Groups share the shape of the week, which takes the whole log to know, and have a level of their own. Counts of a day are
Poisson where their variance is their mean; mostly it is larger (a failure makes many incidents), and then a day's level is itself
random, with mean 1 and variance `overdispersion` (gamma-Poisson, so the count of a day is negative binomial).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from scipy import stats

from simulate.calibration.sample import HOUR_S, Floats
from simulate.errors import CalibrationError

WEEK_HOURS: Final = 168
SMOOTHING: Final = 1.0
"""Weeks of evenly spread arrivals that are added to each hour's evidence: an hour in which nothing was seen is not impossible."""


@dataclass(frozen=True, slots=True)
class Week:
    """The shape of a week: 168 factors from Monday 00:00 UTC on, with mean 1."""

    factors: tuple[float, ...]

    def between(self, begin: datetime, end: datetime) -> tuple[tuple[date, float], ...]:
        """For each calendar day that [begin, end) touches: its hours, weighted by the factors."""
        found: dict[date, float] = {}
        for at, following in _hours(begin, end):
            day = at.date()
            found[day] = found.get(day, 0.0) + _weight(self, at, following)
        return tuple(found.items())


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Arrivals of one group: cases per hour on the average of a week."""

    week: Week
    per_hour: float
    overdispersion: float
    seen: int

    def expected(self, begin: datetime, end: datetime) -> float:
        """How many begin in [begin, end) on average."""
        return self.per_hour * sum(weight for _day, weight in self.week.between(begin, end))


def shape_of_week(begins: Sequence[datetime], begin: datetime, end: datetime) -> Week:
    """The shape of the week of everything that began in [begin, end). Raises CalibrationError below one week."""
    if end - begin < timedelta(days=7):
        raise CalibrationError(
            f"the log covers {(end - begin).total_seconds() / 86_400:.1f} days, a week is needed",
            hint="take a longer log: the hours of the week differ",
        )
    counts = np.zeros(WEEK_HOURS)
    for at in begins:
        if begin <= at < end:
            counts[_hour_of_week(at)] += 1.0
    exposure = _exposure(begin, end)
    even = counts.sum() / exposure.sum()
    rates = (counts + SMOOTHING * even) / (exposure + SMOOTHING)
    return Week(tuple(float(rate) for rate in rates / rates.mean())) if even > 0.0 else Week((1.0,) * WEEK_HOURS)


def fit_arrivals(begins: Iterable[datetime], week: Week, begin: datetime, end: datetime) -> Arrivals:
    """The level of one group and its overdispersion (by moments, over calendar days) in [begin, end)."""
    inside = [at for at in begins if begin <= at < end]
    days = week.between(begin, end)
    per_hour = len(inside) / sum(weight for _day, weight in days)
    counted = dict.fromkeys((day for day, _weight in days), 0)
    for at in inside:
        counted[at.date()] += 1
    expected = np.asarray([per_hour * weight for _day, weight in days])
    gaps = np.asarray([counted[day] for day, _weight in days]) - expected
    squares = float((expected**2).sum())
    excess = float((gaps**2 - expected).sum()) / squares if squares > 0.0 else 0.0
    return Arrivals(week, per_hour, max(excess, 0.0), len(inside))


class Horizon:
    """A stretch of time for which arrivals are drawn again and again: its days are laid out once."""

    def __init__(self, arrivals: Arrivals, begin: datetime, end: datetime) -> None:
        days = arrivals.week.between(begin, end)
        self._expected = np.asarray([arrivals.per_hour * weight for _day, weight in days])
        self._size = 1.0 / arrivals.overdispersion if arrivals.overdispersion > 1e-9 else None
        self._days = [_hours_of(arrivals.week, day, begin, end) for day, _weight in days]

    def __len__(self) -> int:
        """Days that the stretch touches."""
        return len(self._days)

    def counts(self, shares: Floats) -> Floats:
        """How many begin on each day, by inversion of one uniform number a day."""
        if self._size is None:
            drawn = stats.poisson.ppf(shares, self._expected)
        else:
            drawn = stats.nbinom.ppf(shares, self._size, self._size / (self._size + np.maximum(self._expected, 1e-12)))
        return np.where(self._expected > 0.0, drawn, 0.0)

    def starts(self, counts: Floats, shares: Floats) -> Floats:
        """Hours after the begin of the stretch at which so many begin on each day, by one uniform number each."""
        ends = np.cumsum(counts).astype(int)
        found = [
            np.interp(shares[last - int(count) : last], passed, hours)
            for (hours, passed), count, last in zip(self._days, counts, ends, strict=True)
            if count > 0.0
        ]
        return np.concatenate(found) if found else np.empty(0)


def _hours_of(week: Week, day: date, begin: datetime, end: datetime) -> tuple[Floats, Floats]:
    """The full hours of a day within [begin, end), as hours after `begin`, and the share of its arrivals that has come by each."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=begin.tzinfo)
    at, finish = max(begin, midnight), min(end, midnight + timedelta(days=1))
    hours, passed = [(at - begin).total_seconds() / HOUR_S], [0.0]
    for start, following in _hours(at, finish):
        hours.append((following - begin).total_seconds() / HOUR_S)
        passed.append(passed[-1] + _weight(week, start, following))
    return np.asarray(hours), np.asarray(passed) / max(passed[-1], 1e-300)


def _exposure(begin: datetime, end: datetime) -> Floats:
    """Hours of [begin, end) that fall into each hour of the week."""
    found = np.zeros(WEEK_HOURS)
    for at, following in _hours(begin, end):
        found[_hour_of_week(at)] += (following - at).total_seconds() / HOUR_S
    return found


def _hour_of_week(at: datetime) -> int:
    """0 from Monday 00:00 on, up to 167."""
    return at.weekday() * 24 + at.hour


def _hours(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[begin, end) cut at the full hours."""
    at = begin
    while at < end:
        following = min(at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), end)
        yield at, following
        at = following


def _weight(week: Week, at: datetime, following: datetime) -> float:
    """Hours from one moment to another within the same hour of the week, weighted by its factor."""
    return (following - at).total_seconds() / HOUR_S * week.factors[_hour_of_week(at)]
