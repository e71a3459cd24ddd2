"""Maximum-likelihood estimates of durations, some of which were still running when looking stopped (right-censored).

A duration seen to end contributes the density, one that still ran contributes the probability to last longer. The exponential
estimate is closed: total time over ends. The Weibull one solves one equation for its shape (Lawless, "Statistical models and
methods for lifetime data", 2nd ed., section 5.2). Lognormal and gamma are closed or one equation where nothing is censored,
else their likelihood is climbed from there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from scipy import optimize, special, stats

from simulate.calibration.sample import Floats
from simulate.distributions import Distribution, exponential, gamma, lognormal, weibull

Estimate = Callable[[Floats, Floats], Distribution]
_SMALLEST, _LARGEST = 0.06, 200.0
"""Bounds of a shape: beyond them a sample is a constant, or has no mean."""


def log_likelihood(fitted: Distribution, ended: Floats, running: Floats) -> float:
    """The logarithm of the likelihood of a sample, in hours."""
    law = law_of(fitted)
    return float(np.sum(law.logpdf(ended)) + np.sum(law.logsf(running)))


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution as scipy knows it. Not one of its frozen ones: each of these writes its documentation when it is made."""

    family: Any
    shapes: tuple[float, ...]
    scale: float

    def logpdf(self, at: Floats) -> Floats:
        """Logarithm of the density."""
        return np.asarray(self.family.logpdf(at, *self.shapes, scale=self.scale))

    def logsf(self, at: Floats) -> Floats:
        """Logarithm of the probability to last longer."""
        return np.asarray(self.family.logsf(at, *self.shapes, scale=self.scale))

    def sf(self, at: Floats) -> Floats:
        """Probability to last longer."""
        return np.asarray(self.family.sf(at, *self.shapes, scale=self.scale))

    def cdf(self, at: Floats) -> Floats:
        """Probability to have ended."""
        return np.asarray(self.family.cdf(at, *self.shapes, scale=self.scale))

    def ppf(self, share: Floats) -> Floats:
        """By when this share has ended."""
        return np.asarray(self.family.ppf(share, *self.shapes, scale=self.scale))

    def isf(self, share: Floats) -> Floats:
        """What this share lasts longer than."""
        return np.asarray(self.family.isf(share, *self.shapes, scale=self.scale))


def law_of(fitted: Distribution) -> Law:
    """The law of a fitted family; an empirical distribution has none."""
    if fitted.name == "exponential":
        return Law(stats.expon, (), fitted.first)
    if fitted.name == "weibull":
        return Law(stats.weibull_min, (fitted.second,), fitted.first)
    if fitted.name == "lognormal":
        return Law(stats.lognorm, (fitted.second,), math.exp(fitted.first))
    if fitted.name == "gamma":
        return Law(stats.gamma, (fitted.second,), fitted.first)
    raise ValueError(f"no density of {fitted.name}")


def fit_exponential(ended: Floats, running: Floats) -> Distribution:
    """Mean = all the time that was looked at, over the number of ends."""
    return exponential(float(ended.sum() + running.sum()) / len(ended))


def fit_weibull(ended: Floats, running: Floats) -> Distribution:
    """Shape by the root of the profile score, scale from it."""
    top = float(max(ended.max(), running.max(initial=0.0)))
    everything = np.concatenate([ended, running]) / top
    logs = np.log(everything)
    mean_log = float(np.log(ended / top).mean())

    def score(shape: float) -> float:
        powers = everything**shape
        return float((powers * logs).sum() / powers.sum()) - 1.0 / shape - mean_log

    shape = _root(score)
    scale = top * float((everything**shape).sum() / len(ended)) ** (1.0 / shape)
    return weibull(scale, shape)


def fit_lognormal(ended: Floats, running: Floats) -> Distribution:
    """Mean and standard deviation of the logarithms; climbed from there where some still ran."""
    logs = np.log(ended)
    mean, deviation = float(logs.mean()), max(float(logs.std()), 1e-3)
    if not len(running):
        return lognormal(mean, deviation)
    still = np.log(running)

    def negative(at: Floats) -> float:
        spread = math.exp(at[1])
        seen = -0.5 * (((logs - at[0]) / spread) ** 2).sum() - len(logs) * at[1]
        return -float(seen + special.log_ndtr((at[0] - still) / spread).sum())

    best = _climb(negative, [mean, math.log(deviation)])
    return lognormal(float(best[0]), math.exp(best[1]))


def fit_gamma(ended: Floats, running: Floats) -> Distribution:
    """Shape by the root of log(shape) - digamma(shape); climbed from there where some still ran."""
    mean, mean_log = float(ended.mean()), float(np.log(ended).mean())
    gap = math.log(mean) - mean_log
    shape = _root(lambda at: gap - math.log(at) + float(special.digamma(at)))
    if not len(running):
        return gamma(mean / shape, shape)
    total, count = float(ended.sum()), len(ended)

    def negative(at: Floats) -> float:
        power, scale = math.exp(at[0]), math.exp(at[1])
        seen = (power - 1.0) * mean_log * count - total / scale - count * (special.gammaln(power) + power * at[1])
        with np.errstate(divide="ignore"):
            lasting = np.log(special.gammaincc(power, running / scale)).sum()
        return -float(seen + lasting)

    best = _climb(negative, [math.log(shape), math.log(mean / shape)])
    power = min(max(math.exp(best[0]), _SMALLEST), _LARGEST)
    return gamma(math.exp(best[1]), power)


def _root(score: Callable[[float], float]) -> float:
    """Where a rising score passes zero, within the bounds of a shape."""
    if score(_SMALLEST) >= 0.0:
        return _SMALLEST
    if score(_LARGEST) <= 0.0:
        return _LARGEST
    return float(optimize.brentq(score, _SMALLEST, _LARGEST, xtol=1e-10))


def _climb(negative: Callable[[Floats], float], start: list[float]) -> Floats:
    found = optimize.minimize(
        negative, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2_000}
    )
    return np.asarray(found.x)


ESTIMATES: Final[Mapping[str, Estimate]] = MappingProxyType(
    {"exponential": fit_exponential, "weibull": fit_weibull, "lognormal": fit_lognormal, "gamma": fit_gamma}
)
PARAMETERS: Final[Mapping[str, int]] = MappingProxyType({"exponential": 1, "weibull": 2, "lognormal": 2, "gamma": 2})
