"""Distributions of durations: the families that every engine draws from, with their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, pstdev

from simulate.errors import DistributionError
from simulate.randomness import (
    DETERMINISTIC,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    LOGNORMAL,
    TRIANGULAR,
    UNIFORM,
    WEIBULL,
)

NAMES = ("exponential", "weibull", "lognormal", "gamma", "deterministic", "empirical", "uniform", "triangular")
"""Families by their number in `simulate.randomness`."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A positive random duration. `first` and `second` are those of `simulate.randomness.quantile`; make one below.

    `values` are those of an empirical law, or the lowest, likeliest and highest of a triangular one.
    """

    family: int
    first: float
    second: float = 0.0
    values: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        return NAMES[self.family]

    @property
    def mean(self) -> float:
        """The mean, in the unit of the duration."""
        if self.family == WEIBULL:
            return self.first * math.gamma(1.0 + 1.0 / self.second)
        if self.family == LOGNORMAL:
            return math.exp(self.first + self.second**2 / 2.0)
        if self.family == GAMMA:
            return self.first * self.second
        if self.family in (EMPIRICAL, TRIANGULAR):
            return fmean(self.values)
        if self.family == UNIFORM:
            return (self.first + self.second) / 2.0
        return self.first

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        if self.family == WEIBULL:
            return self.first * math.sqrt(
                max(math.gamma(1.0 + 2.0 / self.second) - math.gamma(1.0 + 1.0 / self.second) ** 2, 0.0)
            )
        if self.family == LOGNORMAL:
            return self.mean * math.sqrt(math.expm1(self.second**2))
        if self.family == GAMMA:
            return self.first * math.sqrt(self.second)
        if self.family == EMPIRICAL:
            return pstdev(self.values)
        if self.family == UNIFORM:
            return (self.second - self.first) / math.sqrt(12.0)
        if self.family == TRIANGULAR:
            return pstdev(self.values) / 2.0
        return self.first if self.family == EXPONENTIAL else 0.0

    def scaled(self, factor: float) -> Distribution:
        """The distribution of `factor` times the duration."""
        _positive(self.name, factor=factor)
        if self.family == LOGNORMAL:
            return lognormal(self.first + math.log(factor), self.second)
        if self.family == EMPIRICAL:
            return empirical([value * factor for value in self.values])
        if self.family == UNIFORM:
            return uniform(self.first * factor, self.second * factor)
        if self.family == TRIANGULAR:
            low, mode, high = (value * factor for value in self.values)
            return triangular(low, mode, high)
        return Distribution(self.family, self.first * factor, self.second)


def exponential(mean: float) -> Distribution:
    """Without memory. Raises DistributionError, as all of these do."""
    _positive("exponential", mean=mean)
    return Distribution(EXPONENTIAL, mean)


def weibull(scale: float, shape: float) -> Distribution:
    """Of a failure rate that falls (shape below 1) or rises with age."""
    _positive("weibull", scale=scale, shape=shape)
    if shape < 0.05:
        raise DistributionError(
            f"a Weibull distribution of shape {shape} has no mean that a computer can hold",
            hint="a shape of 0.05 at least",
        )
    return Distribution(WEIBULL, scale, shape)


def lognormal(log_mean: float, log_deviation: float) -> Distribution:
    """Whose logarithm is normal, of this mean and standard deviation."""
    _positive("lognormal", log_deviation=log_deviation)
    if not math.isfinite(log_mean) or log_mean + log_deviation**2 / 2.0 > 500.0:
        raise DistributionError(f"a lognormal distribution of {log_mean} and {log_deviation} has no finite mean")
    return Distribution(LOGNORMAL, log_mean, log_deviation)


def lognormal_of(mean: float, deviation: float) -> Distribution:
    """The lognormal distribution of this mean and standard deviation."""
    _positive("lognormal", mean=mean, deviation=deviation)
    variance = math.log1p((deviation / mean) ** 2)
    return lognormal(math.log(mean) - variance / 2.0, math.sqrt(variance))


def gamma(scale: float, shape: float) -> Distribution:
    """The sum of `shape` exponential durations of mean `scale`."""
    _positive("gamma", scale=scale, shape=shape)
    return Distribution(GAMMA, scale, shape)


def deterministic(value: float) -> Distribution:
    """Always the same."""
    _positive("deterministic", value=value)
    return Distribution(DETERMINISTIC, value)


def empirical(values: list[float]) -> Distribution:
    """One of the durations that were seen, each as likely."""
    if not values:
        raise DistributionError(
            "an empirical distribution without any value has no mean", hint="give the durations seen"
        )
    for value in values:
        _positive("empirical", value=value)
    return Distribution(EMPIRICAL, 0.0, float(len(values)), tuple(sorted(values)))


def uniform(low: float, high: float) -> Distribution:
    """Anything between the two, each as likely."""
    _ascending("uniform", low=low, high=high)
    return Distribution(UNIFORM, low, high)


def triangular(low: float, mode: float, high: float) -> Distribution:
    """Between two durations and most often near a third: what people estimate where nothing was measured."""
    _ascending("triangular", low=low, mode=mode, high=high)
    return Distribution(TRIANGULAR, 0.0, 3.0, (low, mode, high))


def _ascending(family: str, **parameters: float) -> None:
    values = list(parameters.values())
    if not (0.0 <= values[0] < values[-1] < math.inf and values == sorted(values)):
        shown = ", ".join(f"{name} {value}" for name, value in parameters.items())
        raise DistributionError(
            f"{family}: {shown}",
            hint=f"{' <= '.join(parameters)}, the first at least 0 and below the last",
            details={"family": family, **{name: str(value) for name, value in parameters.items()}},
        )


def _positive(family: str, **parameters: float) -> None:
    for name, value in parameters.items():
        if not (math.isfinite(value) and value > 0.0):
            raise DistributionError(
                f"{family}: {name} is {value}",
                hint="a positive, finite number",
                details={"family": family, name: str(value)},
            )
