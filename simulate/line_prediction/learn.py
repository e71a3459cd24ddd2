"""Learn a line from a designed experiment: play it at points that fill the ranges, fit, widen the intervals, and tell the error.

Points are a scrambled Sobol sequence of the study's seed, cut into what is learned from, what calibrates the intervals, and what is held
out. Each point has replications of its own: no two share their chance.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from scipy.stats import qmc
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from simulate.engines.arrays import Floats
from simulate.errors import SimulationError
from simulate.line.arrays import compile_line
from simulate.line.check import MOST_EVENTS_OF_A_RUN, check, expected_events
from simulate.line.model import Line
from simulate.line.result import METRICS, metrics_of, stage_metrics_of
from simulate.line.simulate import series_of
from simulate.line_prediction.closed_form import NAME, closed_form
from simulate.line_prediction.errors import PredictionError
from simulate.line_prediction.study import LineOfStudy, Study
from simulate.line_prediction.surrogate import Learned, Runs, Surrogate
from simulate.statistics.paired import paired_difference
from simulate.statistics.student import Interval, t_interval

MEAN_OF_RUNS: Final = "mean of the runs that were learned from"
Progress = Callable[[int, int], None]


def learn(
    study: Study,
    line: LineOfStudy,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Surrogate:
    """Play, fit and test. Raises PredictionError, LineError and its kin; interrupted, SimulationError: half of a design is none."""
    shares, lines = _design(study, line)
    _check_size(study, lines)
    means, noise = _play(study, lines, progress, cancelled)
    formulas = [closed_form(one) for one in lines]
    metrics, held_out = {}, {}
    for at, metric in enumerate(study.metrics):
        known = metric in formulas[0]
        formula = np.array([one[metric] if known else 0.0 for one in formulas])
        whole = Runs(shares, means[:, at], noise[:, at], formula)
        first, second, third = _parts(study, whole)
        # A length at its bound says that a parameter does not matter; matrices this small are slower on several cores, and not the same.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            ways = [
                Learned(first, None, 1.0, study.seed, has_trend=way) for way in ((True, False) if known else (False,))
            ]
        process = max(ways, key=lambda one: one.evidence)
        process.factor = process.widened(second, study.confidence)
        metrics[metric] = process
        held_out[metric] = _tested(process, third, first, study.confidence, known)
    return Surrogate(study.name, line, metrics, held_out, study.replications, study.confidence, study.seed)


def _design(study: Study, line: LineOfStudy) -> tuple[Floats, list[Line]]:
    """Points as shares of the ranges (those of whole numbers as they are rounded), and the line at each."""
    with warnings.catch_warnings():  # of points that are no power of two: they fill the ranges all the same
        warnings.simplefilter("ignore", UserWarning)
        filled = qmc.Sobol(len(study.parameters), rng=np.random.default_rng(study.seed)).random(study.points)
    values = [
        {name: one.value(float(share)) for (name, one), share in zip(study.parameters.items(), row, strict=True)}
        for row in filled
    ]
    shares = np.array([[one.share(point[name]) for name, one in study.parameters.items()] for point in values])
    return shares, [line.at(point) for point in values]


def _check_size(study: Study, lines: list[Line]) -> None:
    for one in lines:
        check(one, study.replications)
    events = sum(expected_events(one) for one in lines) * study.replications
    if events > MOST_EVENTS_OF_A_RUN:
        raise PredictionError(
            f"about {events:,.0f} events in all, {MOST_EVENTS_OF_A_RUN:,} are allowed",
            where=study.name,
            hint="fewer runs, fewer replications, or a shorter duration",
        )


def _play(
    study: Study, lines: list[Line], progress: Progress | None, cancelled: Callable[[], bool]
) -> tuple[Floats, Floats]:
    """Means and variances of means, a row for each line and a column for each metric."""
    means, noise = np.empty((len(lines), len(study.metrics))), np.empty((len(lines), len(study.metrics)))
    for row, line in enumerate(lines):
        if cancelled():
            raise SimulationError("learning was interrupted", where=study.name, hint="nothing was kept")
        series = series_of(compile_line(line), study.seed, row * study.replications, study.replications)
        of_line = metrics_of(line, series)
        for column, metric in enumerate(study.metrics):
            stage, _, name = metric.rpartition("/")
            values = of_line[metric] if metric in METRICS else stage_metrics_of(line, series, line.place(stage))[name]
            there = values[~np.isnan(values)]
            if len(there) < 2:
                raise PredictionError(
                    f"{metric} has no value at some points: nothing was completed there",
                    where=metric,
                    hint="a longer duration, narrower ranges, or another metric",
                )
            means[row, column] = there.mean()
            noise[row, column] = there.var(ddof=1) / len(there)
        if progress is not None:
            progress(row + 1, len(lines))
    return means, noise


def _parts(study: Study, whole: Runs) -> tuple[Runs, Runs, Runs]:
    first, second = study.runs, study.runs + study.calibration
    cuts = (slice(0, first), slice(first, second), slice(second, None))
    parts = [Runs(whole.shares[cut], whole.means[cut], whole.noise[cut], whole.formula[cut]) for cut in cuts]
    return parts[0], parts[1], parts[2]


def _tested(process: Learned, runs: Runs, learned_from: Runs, confidence: float, known: bool) -> dict[str, Any]:
    """The error on runs that nothing was learned from, beside that of the baseline on the same runs."""
    means, spread = process.at(runs.shares, runs.formula)
    baseline = runs.formula if known else np.full(len(runs.means), learned_from.means.mean())
    wrong, wrong_of_baseline = np.abs(means - runs.means), np.abs(baseline - runs.means)
    return {
        "points": len(runs.means),
        "learned": "difference to the closed form" if process.has_trend else "the figure",
        "mean_value": float(runs.means.mean()),
        "error": _shown(t_interval(wrong)),
        "worst_error": float(wrong.max()),
        "baseline": NAME if known else MEAN_OF_RUNS,
        "baseline_error": _shown(t_interval(wrong_of_baseline)),
        "error_less_than_baseline_by": _shown(paired_difference(wrong, wrong_of_baseline).interval),
        "noise_of_runs": float(np.sqrt(runs.noise.mean())),
        "confidence": confidence,
        "within_interval": float((wrong <= process.factor * spread).mean()),
        "half_width": float((process.factor * spread).mean()),
    }


def _shown(interval: Interval) -> dict[str, float]:
    return {"mean": interval.mean, "low": interval.low, "high": interval.high}
