"""The past simulated: what was known at a moment is fitted, what came after it is simulated from the fit, and both are compared.

Each replication goes on from the cases that were open at the moment (how long they still take is drawn given how long they have
taken already) and adds those that begin afterwards. What is told for each group: how many begin, how many end and how many are
open at the end, each with the interval that 95 of 100 replications fall into, and how long those last that begin afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from simulate.calibration.arrivals import Arrivals, Horizon
from simulate.calibration.likelihood import law_of
from simulate.calibration.sample import HOUR_S, Case, Durations, Floats
from simulate.calibration.survival import lasting
from simulate.distributions import Distribution
from simulate.randomness import draws, quantile, seed_of_replication, uniforms

REPLICATIONS: Final = 200
_DAYS, _HOURS, _LASTING, _REMAINING = 1, 2, 3, 4
"""Streams of a group."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """One figure: its mean over the replications, the interval of 95 % of them, and what really came."""

    mean: float
    low: float
    high: float
    actual: float

    @property
    def error(self) -> float:
        """(predicted - actual) / actual; relative to 1 where nothing came."""
        return (self.mean - self.actual) / max(self.actual, 1.0)

    @property
    def is_covered(self) -> bool:
        """Whether what came lies within the interval."""
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True)
class BackTest:
    """One group. Medians are hours, of the cases that begin after the moment; None where half of them never ended."""

    begun: Predicted
    ended: Predicted
    open: Predicted
    median_predicted: float | None
    median_actual: float | None
    distance: float | None
    """Kolmogorov-Smirnov's distance between the durations of the cases that began afterwards and the fit."""


def back_test(
    arrivals: Arrivals,
    lasts: Distribution,
    cases: Sequence[Case],
    window: tuple[datetime, datetime],
    after: Durations,
    key: tuple[int, int],
    replications: int = REPLICATIONS,
) -> BackTest:
    """Simulate one group from the begin of the window to its end.

    `after`: how long the cases that began in the window lasted. `key` is (seed, number of the group).
    """
    cut, end = window
    ages = _ages(cases, cut)
    rows = np.empty((replications, 3))
    remaining = _remaining(lasts, ages)
    horizon = Horizon(arrivals, cut, end)
    span = (end - cut).total_seconds() / HOUR_S
    table = np.asarray(lasts.values, dtype=float)
    for at in range(replications):
        seed = seed_of_replication(key[0], at)
        left = remaining(uniforms(seed, key[1], _REMAINING, 0, len(ages)))
        counts = horizon.counts(uniforms(seed, key[1], _DAYS, 0, len(horizon)))
        starts = horizon.starts(counts, uniforms(seed, key[1], _HOURS, 0, int(counts.sum())))
        takes = draws(lasts.family, lasts.first, lasts.second, table, seed, key[1], _LASTING, 0, len(starts))
        done = int((left <= span).sum()) + int((starts + takes <= span).sum())
        rows[at] = len(starts), done, len(ages) + len(starts) - done
    actual = _actual(cases, cut, end)
    begun, ended, still = (_predicted(rows[:, column], actual[column]) for column in range(3))
    return BackTest(begun, ended, still, *_lasting_after(after, lasts))


def errors(tests: Mapping[str, BackTest]) -> Mapping[str, float]:
    """Over all groups, of each figure: the error weighted by what came (WAPE), and the share of groups whose interval covers it."""
    found: dict[str, float] = {}
    for name in ("begun", "ended", "open"):
        told: list[Predicted] = [getattr(test, name) for test in tests.values()]
        came = sum(one.actual for one in told)
        found[f"{name}_weighted_error"] = sum(abs(one.mean - one.actual) for one in told) / max(came, 1.0)
        found[f"{name}_covered"] = sum(one.is_covered for one in told) / max(len(told), 1)
    return found


def _ages(cases: Sequence[Case], cut: datetime) -> Floats:
    """How long each case that is open at a moment has lasted. One of which the end is not known is taken for ended."""
    is_open = (c for c in cases if c.begin < cut and (c.end > cut if c.end is not None else not c.ended))
    return np.asarray([(cut - case.begin).total_seconds() / HOUR_S for case in is_open], dtype=float)


def _actual(cases: Sequence[Case], cut: datetime, end: datetime) -> tuple[int, int, int]:
    known = [case for case in cases if case.begin < end and (case.end is not None or not case.ended)]
    begun = sum(cut <= case.begin for case in known)
    ended = sum(case.end is not None and cut < case.end <= end for case in known)
    still = sum(case.end is None or case.end > end for case in known)
    return begun, ended, still


def _remaining(lasts: Distribution, ages: Floats) -> Callable[[Floats], Floats]:
    """How much longer cases of these ages take, by inversion of the distribution given that it is larger than the age."""
    if lasts.name == "empirical":
        values = np.asarray(lasts.values)
        below = np.searchsorted(values, ages, side="right")

        def drawn(at: Floats) -> Floats:
            places = below + (at * (len(values) - below)).astype(int)
            longest = values[np.minimum(places, len(values) - 1)]
            return np.where(below < len(values), longest - ages, np.inf)

        return drawn
    law = law_of(lasts)
    over = law.sf(ages)

    def conditional(at: Floats) -> Floats:
        return np.maximum(law.isf(over * (1.0 - at)) - ages, 0.0)

    return conditional


def _predicted(values: Floats, actual: float) -> Predicted:
    low, high = np.quantile(values, [0.025, 0.975], method="inverted_cdf")
    return Predicted(float(values.mean()), float(low), float(high), float(actual))


def _lasting_after(after: Durations, lasts: Distribution) -> tuple[float | None, float | None, float | None]:
    table = np.asarray(lasts.values, dtype=float)
    median = float(quantile(lasts.family, lasts.first, lasts.second, table, 0.5))
    if not after.ended:
        return median, None, None
    ended, running = after.arrays()
    seen = lasting(ended, running)
    if lasts.name == "empirical":
        values = np.asarray(lasts.values)
        expected = np.searchsorted(values, seen.times, side="right") / len(values)
        return median, seen.quantile(0.5), float(np.abs(expected - seen.ended).max())
    return median, seen.quantile(0.5), seen.distance(lasts)
