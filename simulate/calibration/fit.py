"""Which family a sample is of: every family is fitted, the most likely one is chosen, and one that does not fit is not taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulate.calibration.likelihood import ESTIMATES, PARAMETERS, log_likelihood
from simulate.calibration.sample import Durations, Floats
from simulate.calibration.survival import Lasting, lasting
from simulate.distributions import Distribution
from simulate.errors import CalibrationError, DistributionError
from simulate.randomness import draws

FEWEST: Final = 8
"""Ends that a fit needs."""
FARTHEST: Final = 0.1
"""A family farther than this from what was seen (Kolmogorov-Smirnov) is not taken, whatever its likelihood."""
BOOTSTRAP: Final = 99
SUBSAMPLE: Final = 300
"""The test of fit is made on so many durations at most: with many thousands, every family of two parameters is rejected."""
_STREAM = 7


@dataclass(frozen=True, slots=True)
class Candidate:
    """One family fitted. `distance` is Kolmogorov-Smirnov's to the product-limit estimate."""

    distribution: Distribution
    log_likelihood: float
    aic: float
    distance: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What was chosen, why, and what it was chosen among (most likely first).

    `p_value`: the share of samples, drawn from the fit and fitted again, that lie farther from their fit than this sample from
    its own (parametric bootstrap on a part of the sample); None for an empirical distribution, where too little has ended, and untested.
    """

    chosen: Distribution
    reason: str
    candidates: tuple[Candidate, ...]
    seen: int
    censored: int
    p_value: float | None


def fit(sample: Durations, seed: int | None) -> Fit:
    """Fit all families; without a seed the fit is not tested. Raises CalibrationError where fewer than FEWEST durations ended."""
    if len(sample.ended) < FEWEST:
        raise CalibrationError(
            f"{len(sample.ended)} durations were seen to end, {FEWEST} are needed",
            hint="take a longer log, or coarser groups",
        )
    ended, running = sample.arrays()
    seen = lasting(ended, running)
    candidates = _candidates(ended, running, seen)
    best = candidates[0] if candidates else None
    counts = {"candidates": candidates, "seen": len(ended), "censored": len(running)}
    if best is None or best.distance > FARTHEST:
        return Fit(seen.distribution(), _why_empirical(best), p_value=None, **counts)  # type: ignore[arg-type]
    p_value = None if seed is None else _bootstrap(best.distribution, ended, running, seed)
    return Fit(best.distribution, _why(candidates, p_value), p_value=p_value, **counts)  # type: ignore[arg-type]


def _candidates(ended: Floats, running: Floats, seen: Lasting) -> tuple[Candidate, ...]:
    found = []
    for family, estimate in ESTIMATES.items():
        try:
            distribution = estimate(ended, running)
        except DistributionError:  # the likelihood grows towards a distribution without a finite mean
            continue
        likelihood = log_likelihood(distribution, ended, running)
        if np.isfinite(likelihood):
            aic = 2.0 * PARAMETERS[family] - 2.0 * likelihood
            found.append(Candidate(distribution, likelihood, aic, seen.distance(distribution)))
    return tuple(sorted(found, key=lambda candidate: candidate.aic))


def _why(candidates: tuple[Candidate, ...], p_value: float | None) -> str:
    best = candidates[0]
    told = f"{best.distribution.name}: lowest AIC of {len(candidates)} families"
    if len(candidates) > 1:
        told += f", {candidates[1].aic - best.aic:.1f} below {candidates[1].distribution.name}"
    told += f"; distance to what was seen {best.distance:.3f} (at most {FARTHEST})"
    return told if p_value is None else f"{told}, p = {p_value:.2f}"


def _why_empirical(best: Candidate | None) -> str:
    if best is None:
        return "empirical: no family has a finite mean on these durations"
    name = best.distribution.name
    return f"empirical: the most likely family, {name}, is {best.distance:.3f} from what was seen (at most {FARTHEST})"


def _bootstrap(chosen: Distribution, ended: Floats, running: Floats, seed: int) -> float | None:
    """Of the family chosen only; censored durations stay censored where they were, as far as a drawn one lasts that long."""
    size = len(ended) + len(running)
    part = min(size, SUBSAMPLE)
    every = (np.arange(part) * size) // part
    limits = np.concatenate([np.full(len(ended), np.inf), running])[every]
    order = np.concatenate([ended, running])[every]
    is_running = np.isfinite(limits)
    if len(order) - is_running.sum() < FEWEST:
        return None
    family = ESTIMATES[chosen.name]
    observed = _distance(family(order[~is_running], order[is_running]), order[~is_running], order[is_running])
    table = np.empty(0)
    farther = 0
    for trial in range(BOOTSTRAP):
        drawn = draws(chosen.family, chosen.first, chosen.second, table, seed, trial, _STREAM, 0, part)
        cut = drawn > limits
        ends, still = np.sort(drawn[~cut]), np.sort(limits[cut])
        if len(ends) < 2:
            continue
        farther += _distance(family(ends, still), ends, still) >= observed
    return (farther + 1) / (BOOTSTRAP + 1)


def _distance(distribution: Distribution, ended: Floats, running: Floats) -> float:
    return lasting(ended, running).distance(distribution)
