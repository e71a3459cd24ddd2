"""Independent replications of one experiment, as many events as the asked precision takes: a pilot plans, a fresh run answers.

The pilot finds the warm-up (MSER on the mean of all replications) and how long replications must be; its numbers are not
used again, so that what is planned by chance does not bend the interval. If the answer is still wider than asked, replications
are made longer and run with fresh random numbers, at most `ROUNDS` times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.randomness import seed_of_replication
from simulate.statistics.student import t_intervals
from simulate.statistics.warm_up import mser

REPLICATIONS: Final = 32
BATCHES: Final = 50
PILOT_EVENTS: Final = 400_000
LEAST_EVENTS: Final = 1_000_000
ROUNDS: Final = 3
MOST_REPLICATIONS: Final = 100_000
_SAFETY: Final = 1.25
_FRESH: Final = 1 << 32
"""Between the first replications of two runs, so that none shares a random number with another."""

Array = NDArray[np.float64]
Advance = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is replicated.

    `run(seed, length, batches)` gives one row of sums per batch; `metrics` turn such sums (last axis) into values, with one
    more axis where a metric is a list; `events` is about how many events one unit of length takes. Metrics in `rare` are
    probabilities near 1: it is their distance to 1 that must be precise. `zeros` marks the items of lists that are zero by
    construction, such as a station that no one visits. Without `has_warm_up` what is sampled is independent from the start.
    """

    run: Callable[[int, float, int], Array]
    metrics: Mapping[str, Callable[[Array], Array]]
    events: float
    rare: frozenset[str] = frozenset()
    has_warm_up: bool = True
    zeros: tuple[bool, ...] = ()
    replications: int = REPLICATIONS


@dataclass(frozen=True, slots=True)
class Replicated:
    """Per metric the values of the replications, one row each; how long they were, and what was left out of each.

    Fewer are `finished` than `planned` where the run was interrupted.
    """

    values: Mapping[str, Array]
    length: float
    warm_up: float
    planned: int

    @property
    def finished(self) -> int:
        return _finished(self.values)


def replicate(
    experiment: Experiment,
    seed: int,
    length: float,
    warm_up: float = 0.0,
    first: int = 0,
    advance: Callable[[int], None] = lambda _: None,
    *,
    keep_finished: bool = False,
) -> dict[str, Array]:
    """Run each replication for `warm_up` + `length` and give the values of the metrics over what follows the warm-up.

    With `keep_finished` an interrupt (Ctrl-C) ends the run with the replications that are finished, if two are.
    """
    share = warm_up / (warm_up + length)
    batches = 1 if warm_up == 0.0 else BATCHES
    left_out = math.ceil(share * batches) if warm_up else 0
    totals: list[Array] = []
    try:
        for number in range(experiment.replications):
            rows = experiment.run(seed_of_replication(seed, first + number), warm_up + length, batches)
            totals.append(rows[left_out:].sum(axis=0))
            advance(number + 1)
    except KeyboardInterrupt:
        if not keep_finished or len(totals) < 2:
            raise
    return _values(experiment, np.array(totals))


def until_precise(
    experiment: Experiment, seed: int, precision: float, most_events: int, advance: Advance
) -> Replicated:
    """Replications long enough for the relative half-width `precision` of every metric, or as long as the bound allows."""
    room = (
        most_events / experiment.replications / experiment.events
    )  # length that a replication may have, warm-up included
    length, warm_up, values = _pilot(experiment, seed, room, advance)
    least = LEAST_EVENTS / experiment.replications / experiment.events
    wanted = max(least, length * _SAFETY * (relative_half_width(experiment, values) / precision) ** 2)
    for round_ in range(1, ROUNDS + 1):
        length = max(min(wanted, room - warm_up), room / BATCHES)
        is_bounded = wanted > length
        values = replicate(
            experiment,
            seed,
            length,
            warm_up,
            (round_ - 1) * _FRESH,
            lambda done: advance("replications", done, experiment.replications),
            keep_finished=True,
        )
        reached = relative_half_width(experiment, values)
        if reached <= precision or is_bounded or _finished(values) < experiment.replications:
            break
        wanted = length * _SAFETY * (reached / precision) ** 2
    return Replicated(values, length, warm_up, experiment.replications)


def over_horizon(
    experiment: Experiment, seed: int, horizon: float, precision: float, most_events: int, advance: Advance
) -> Replicated:
    """Replications that start empty and end at the horizon, as many as the precision takes or the bound allows."""
    most = int(most_events / (experiment.events * horizon))
    pilot = replicate(experiment, seed, horizon, 0.0, _FRESH, lambda done: advance("pilot", done, REPLICATIONS))
    wanted = _SAFETY * experiment.replications * (relative_half_width(experiment, pilot) / precision) ** 2
    number = int(min(max(wanted, experiment.replications), most, MOST_REPLICATIONS))
    longer = replace(experiment, replications=number)
    values = replicate(
        longer, seed, horizon, advance=lambda done: advance("replications", done, number), keep_finished=True
    )
    return Replicated(values, horizon, 0.0, number)


def _finished(values: Mapping[str, Array]) -> int:
    return min(len(table) for table in values.values())


def relative_half_width(experiment: Experiment, values: Mapping[str, Array]) -> float:
    """The widest half-width of all metrics, relative to the mean, or to 1 - mean of rare ones; infinite where nothing varies.

    Replications that all say the same have not met what would tell them apart.
    """
    widest = 0.0
    for name, table in values.items():
        columns = table.reshape(len(table), -1)
        means, halves = t_intervals(columns)
        scales = np.abs(1.0 - means if name in experiment.rare else means)
        for column, (half, scale) in enumerate(zip(halves, scales, strict=True)):
            if half > 0.0:
                widest = max(widest, half / scale if scale > 0.0 else math.inf)
            elif not (experiment.zeros and experiment.zeros[column]):
                widest = math.inf
    return float(widest)


def _pilot(experiment: Experiment, seed: int, room: float, advance: Advance) -> tuple[float, float, dict[str, Array]]:
    """A length, the warm-up within it and the values of the pilot; twice as long until the warm-up is told from the rest."""
    events = float(PILOT_EVENTS)
    pilot = 0
    while True:
        pilot += 1
        length = min(events / experiment.replications / experiment.events, room / 2)
        runs = []
        for number in range(experiment.replications):
            key = seed_of_replication(seed, (ROUNDS + pilot) * _FRESH + number)
            runs.append(experiment.run(key, length, BATCHES if experiment.has_warm_up else 1))
            advance("pilot", number + 1, experiment.replications)
        table = np.array(runs)
        cut = _warm_up(experiment, table) if experiment.has_warm_up else 0
        is_last = length >= room / 2
        if cut is not None or is_last:
            left_out = cut if cut is not None else BATCHES // 2
            warm_up = max(left_out, 1) * length / BATCHES if experiment.has_warm_up else 0.0
            return length - warm_up, warm_up, _values(experiment, table[:, left_out:].sum(axis=1))
        events *= 2


def _warm_up(experiment: Experiment, table: Array) -> int | None:
    """The longest warm-up of all metrics, in batches; None where one has not settled."""
    cuts = []
    for metric in experiment.metrics.values():
        with np.errstate(invalid="ignore", divide="ignore"):
            series = np.nan_to_num(metric(table.mean(axis=0)), posinf=0.0, neginf=0.0)
        cuts += [mser(column) for column in series.reshape(len(series), -1).T]
    return None if None in cuts else max(cut or 0 for cut in cuts)


def _values(experiment: Experiment, totals: Array) -> dict[str, Array]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return {name: np.nan_to_num(metric(totals)) for name, metric in experiment.metrics.items()}
