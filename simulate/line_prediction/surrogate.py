"""A line learned from simulated runs: a Gaussian process for each metric, which says how sure it is, held against runs it has not seen.

What is learned is the difference to the closed form, or the figure itself where the runs are likelier so. The noise of each point is known
from its replications, and told to the process (stochastic kriging: B. Ankenman, B. L. Nelson and J. Staum, Operations Research 58, 2010).
Intervals are widened, or narrowed, until they hold the share that is wanted of further runs (split conformal prediction, scaled by the
process's own deviation: J. Lei and others, Journal of the American Statistical Association 113, 2018).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from simulate.compiled import missing
from simulate.engines.arrays import Floats
from simulate.line_prediction.closed_form import closed_form
from simulate.line_prediction.errors import PredictionError
from simulate.line_prediction.study import LineOfStudy, Range

try:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern
except ImportError as absent:
    raise missing(absent) from absent

FORMAT: Final = 1
_RESTARTS: Final = 1
_SHORTEST, _LONGEST = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Runs:
    """What was played: points (rows of shares of the ranges), and of one metric the means, their noise (a variance) and the closed form."""

    shares: Floats
    means: Floats
    noise: Floats
    formula: Floats


@dataclass(frozen=True, slots=True)
class Predicted:
    """A figure at a point, the interval in which the mean of as many replications as were learned from lies, and what formulas say."""

    mean: float
    low: float
    high: float
    closed_form: float | None


class Learned:
    """One metric. `factor` scales the process's deviation into an interval; `has_trend`: the difference to the closed form is learned."""

    def __init__(self, runs: Runs, theta: list[float] | None, factor: float, seed: int, *, has_trend: bool) -> None:
        rest = runs.means - runs.formula if has_trend else runs.means
        self.runs = runs
        self.factor = factor
        self.has_trend = has_trend
        self._centre = float(rest.mean())
        self._scale = float(rest.std()) or 1.0
        self._noise = float(np.median(runs.noise))
        kernel = ConstantKernel(1.0, (1e-3, 1e3)) * Matern(
            np.full(runs.shares.shape[1], 0.5), (_SHORTEST, _LONGEST), nu=2.5
        )
        if theta is not None:
            kernel.theta = np.array(theta)
        self._process = GaussianProcessRegressor(
            kernel,
            alpha=np.maximum(runs.noise / self._scale**2, 1e-8),
            optimizer="fmin_l_bfgs_b" if theta is None else None,
            n_restarts_optimizer=0 if theta is not None else _RESTARTS,
            random_state=seed % 2**32,
        )
        self._process.fit(runs.shares, (rest - self._centre) / self._scale)

    @property
    def theta(self) -> list[float]:
        """What of the kernel was chosen: with the runs, all that makes this again."""
        return [float(value) for value in self._process.kernel_.theta]

    @property
    def evidence(self) -> float:
        """How likely the runs are, as a logarithm (of the density of the figures themselves, so that two ways can be compared)."""
        return float(self._process.log_marginal_likelihood_value_) - len(self.runs.means) * math.log(self._scale)

    def at(self, shares: Floats, formula: Floats) -> tuple[Floats, Floats]:
        """Means and deviations, of the mean of a point's replications."""
        means, deviations = self._process.predict(shares, return_std=True)
        spread = np.sqrt((deviations * self._scale) ** 2 + self._noise)
        trend = formula if self.has_trend else np.zeros(len(shares))
        return trend + self._centre + means * self._scale, spread

    def widened(self, others: Runs, confidence: float) -> float:
        """The factor with which intervals hold a share `confidence` of other runs (the quantile of split conformal prediction)."""
        means, spread = self.at(others.shares, others.formula)
        scores = np.sort(np.abs(others.means - means) / np.maximum(spread, np.finfo(float).tiny))
        place = math.ceil((len(scores) + 1) * confidence)
        return float(scores[min(place, len(scores)) - 1])


@dataclass(frozen=True)
class Surrogate:
    """What was learned of a line, by metric; `held_out` tells how wrong it was on runs that it had not seen."""

    name: str
    line: LineOfStudy
    metrics: Mapping[str, Learned]
    held_out: Mapping[str, Mapping[str, Any]]
    replications: int
    confidence: float
    seed: int

    def predict(self, values: Mapping[str, float]) -> dict[str, Predicted]:
        """Each metric at a point within the ranges. Raises ExtrapolationError outside of them, PredictionError."""
        line = self.line.at(values)
        known = closed_form(line)
        given = self.line.checked(values)
        shares = np.array([[one.share(given[name]) for name, one in self.line.parameters.items()]])
        found = {}
        for metric, learned in self.metrics.items():
            formula = known.get(metric)
            means, spread = learned.at(shares, np.array([formula or 0.0]))
            half = learned.factor * float(spread[0])
            mean = float(means[0])
            found[metric] = Predicted(mean, mean - half, mean + half, formula)
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data: numbers alone, from which `surrogate_of` makes it again; nothing in it is ever run."""
        return {
            "format": FORMAT,
            "name": self.name,
            "line": dict(self.line.content),
            "parameters": {name: one.model_dump() for name, one in self.line.parameters.items()},
            "replications": self.replications,
            "confidence": self.confidence,
            "seed": self.seed,
            "shares": next(iter(self.metrics.values())).runs.shares.tolist(),
            "metrics": {
                name: {
                    "means": one.runs.means.tolist(),
                    "noise": one.runs.noise.tolist(),
                    "closed_form": one.runs.formula.tolist(),
                    "theta": one.theta,
                    "has_trend": one.has_trend,
                    "factor": one.factor,
                    "held_out": self.held_out[name],
                }
                for name, one in self.metrics.items()
            },
        }


def surrogate_of(told: Mapping[str, Any], shown: str) -> Surrogate:
    """What `to_dict` told, read back. Raises PredictionError for what it did not write."""
    if told.get("format") != FORMAT:
        raise PredictionError("it is no learned line", where=shown, hint="jumeau line learn STUDY --to FILE writes one")
    try:
        parameters = {str(name): Range.model_validate(one) for name, one in told["parameters"].items()}
        line = LineOfStudy(parameters, told["line"], shown)
        shares = np.array(told["shares"], float)
        seed = int(told["seed"])
        metrics = {
            str(name): Learned(
                Runs(shares, *(np.array(one[what], float) for what in ("means", "noise", "closed_form"))),
                one["theta"],
                float(one["factor"]),
                seed,
                has_trend=bool(one["has_trend"]),
            )
            for name, one in told["metrics"].items()
        }
        held_out = {str(name): one["held_out"] for name, one in told["metrics"].items()}
        replications, confidence = int(told["replications"]), float(told["confidence"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PredictionError(
            "what was learned is not whole", where=shown, hint="learn it again: jumeau line learn"
        ) from error
    return Surrogate(str(told["name"]), line, metrics, held_out, replications, confidence, seed)
