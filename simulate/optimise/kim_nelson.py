"""Fully sequential selection: one more replication of all that are still in play, and who is clearly behind goes.

With probability `confidence` at least, the system that is left is the best one, if the best is better than every other by
the indifference zone; in general it is one within the zone. Values of one replication may be correlated between systems
(common random numbers), which makes differences small and the selection short.

Source: S.-H. Kim and B. L. Nelson, A fully sequential procedure for indifference-zone selection in simulation, ACM TOMACS 11
(2001), with c = 1. Variances come from the first stage only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIRST_STAGE: Final = 20
"""Replications of every system, from which the variances of differences are estimated."""

Scores = Callable[[int, int, int], Floats]
"""Scores of a system in replications from one index on, so many: (system, begin, count)."""

Ahead = Callable[[Sequence[int], int, int], None]
"""Called with systems, begin and count of the scores that are asked for next."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a selection has come to.

    `best` is the position of the system with the highest mean of those still `in_play`; `is_decided` where it alone is left, or
    the others are exactly as good. `taken` says how many replications each system had, `means` what their mean score was:
    good for planning, too good for reporting, as the luckiest wins.
    """

    best: int
    in_play: tuple[int, ...]
    taken: Ints
    means: Floats
    is_decided: bool
    is_interrupted: bool

    @property
    def replications(self) -> int:
        """Of all systems together."""
        return int(self.taken.sum())


@compiled("boolean(float64[:,::1], float64[::1], boolean[::1], int64[::1], int64, float64, float64)")
def eliminate(
    deviations: Floats, sums: Floats, in_play: Bools, order: Ints, replications: int, zone: float, factor: float
) -> bool:
    """Take out of play who is behind another by more than chance explains; whether anything is left open between two.

    Rows of `deviations` are first-stage scores of the systems minus their means; `order` lists those in play, the highest sum
    first; `factor` is h^2 of the source.
    """
    first_stage = deviations.shape[1]
    stays = np.ones(len(order), dtype=np.bool_)
    is_open = False
    for place in range(1, len(order)):
        system = order[place]
        for higher in range(place):
            other = order[higher]
            square = 0.0
            for at in range(first_stage):
                apart = deviations[system, at] - deviations[other, at]
                square += apart * apart
            square /= first_stage - 1
            slack = max(0.0, (factor * square / zone - zone * replications) / 2.0)
            if sums[system] < sums[other] - slack:
                stays[place] = False
                break
    for place in range(len(order)):
        in_play[order[place]] = stays[place]
    for place in range(1, len(order)):
        if not stays[place]:
            continue
        system = order[place]
        for higher in range(place):
            if not stays[higher]:
                continue
            other = order[higher]
            square = 0.0
            for at in range(first_stage):
                apart = deviations[system, at] - deviations[other, at]
                square += apart * apart
            if factor * square / (first_stage - 1) > zone * zone * replications:
                is_open = True
                break
        if is_open:
            break
    return is_open


def boundary_factor(systems: int, confidence: float, first_stage: int) -> float:
    """h^2 of the source: how far a system may fall behind before it goes, in units of the variance of the difference."""
    error = 1.0 - confidence
    eta: float = 0.5 * ((2.0 * error / (systems - 1)) ** (-2.0 / (first_stage - 1)) - 1.0)
    return 2.0 * eta * (first_stage - 1)


def select(
    scores: Scores,
    systems: int,
    zone: float,
    confidence: float = 0.95,
    *,
    first_stage: int = FIRST_STAGE,
    most: int = 10_000,
    step: int = 1,
    first: int = 0,
    ahead: Ahead = lambda *_: None,
    advance: Callable[[int, int], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Selection:
    """Select the system with the highest expected score, with replications from index `first` on, `most` per system at most.

    Ties of scores go to the system that comes first. `ahead` is told which scores are asked for next. With `step` above 1
    replications come so many at a time, which keeps what is promised and may take a few more. Raises ValueError for a zone, a
    confidence or a first stage that promises nothing.
    """
    if systems > 1 and not (zone > 0.0 and 0.5 < confidence < 1.0):
        raise ValueError(f"zone {zone:g} and confidence {confidence:g} promise nothing among {systems} systems")
    if first_stage < 3 or most < first_stage or step < 1:
        raise ValueError(f"a first stage of {first_stage}, {most} replications at most, {step} at a time")
    taken, sums = np.zeros(systems, np.int64), np.zeros(systems)
    in_play = np.ones(systems, np.bool_)
    stage = np.zeros((systems, first_stage))
    if systems == 1:
        return Selection(0, (0,), taken, sums, is_decided=True, is_interrupted=False)
    ahead(range(systems), first, first_stage)
    for system in range(systems):
        if cancelled():
            return _ended(sums, taken, in_play, is_decided=False, is_interrupted=True)
        stage[system] = scores(system, first, first_stage)
        sums[system], taken[system] = stage[system].sum(), first_stage
        advance(first_stage, systems - system - 1)
    deviations = stage - stage.mean(axis=1, keepdims=True)
    factor = boundary_factor(systems, confidence, first_stage)
    replications = int(first_stage)
    while True:
        order = _order(sums, in_play)
        is_open = eliminate(deviations, sums, in_play, order, replications, zone, factor)
        left = np.flatnonzero(in_play)
        if len(left) == 1 or not is_open:
            return _ended(sums, taken, in_play, is_decided=True, is_interrupted=False)
        if replications >= most:
            return _ended(sums, taken, in_play, is_decided=False, is_interrupted=False)
        if cancelled():
            return _ended(sums, taken, in_play, is_decided=False, is_interrupted=True)
        count = min(step, most - replications)
        ahead(left.tolist(), first + replications, count)
        for system in left.tolist():
            sums[system] += scores(system, first + replications, count).sum()
        taken[left] += count
        replications += count
        advance(replications, len(left))


def _order(sums: Floats, in_play: Bools) -> Ints:
    """Those in play, the highest sum first, of equal ones the first."""
    systems = np.flatnonzero(in_play)
    return np.ascontiguousarray(systems[np.argsort(-sums[systems], kind="stable")], np.int64)


def _ended(sums: Floats, taken: Ints, in_play: Bools, *, is_decided: bool, is_interrupted: bool) -> Selection:
    means = sums / np.maximum(taken, 1)
    left = np.flatnonzero(in_play & (taken > 0)) if taken.any() else np.flatnonzero(in_play)
    best = int(left[np.argmax(means[left])])
    return Selection(best, tuple(int(one) for one in left), taken, means, is_decided, is_interrupted)
