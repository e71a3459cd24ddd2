"""What is reported of configurations: values of replications that no selection has seen, with intervals, and a certificate.

The mean that made a configuration win is the mean of the luckiest. So whatever is shown was simulated afresh, the base and its
rivals with the same random numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from simulate.optimise.choices import Choices, Configuration
from simulate.optimise.objective import Floats, Objective, RankBy, Worth
from simulate.optimise.processes import Ahead, not_ahead
from simulate.statistics.student import CONFIDENCE, Interval, t_interval


@dataclass(frozen=True, slots=True)
class Outcome:
    """A configuration in fresh replications, with Student's t intervals.

    `value` is of the objective; `gain` on the base is absolute, `gain_percent` in % of the base; `net` and `roi` are over the
    horizon (no ROI of what costs nothing). `behind` is how much better the chosen configuration scores.
    """

    configuration: Configuration
    name: str
    purchases: dict[str, int]
    cost: float
    value: Interval
    gain: Interval
    gain_percent: Interval | None
    net: Interval
    roi: Interval | None
    behind: Interval

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "name": self.name,
            "purchases": self.purchases,
            "cost": self.cost,
            "value": shown(self.value),
            "gain": shown(self.gain),
            "gain_percent": shown(self.gain_percent),
            "net": shown(self.net),
            "roi": shown(self.roi),
            "behind": shown(self.behind),
        }


def shown(interval: Interval | None) -> dict[str, float] | None:
    """An interval as JSON-ready data."""
    return None if interval is None else {"mean": interval.mean, "low": interval.low, "high": interval.high}


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Fresh replications of configurations; values and scores have one row each, the first is the chosen one."""

    configurations: Sequence[Configuration]
    base: Floats
    values: Floats
    scores: Floats

    @property
    def replications(self) -> int:
        return len(self.base)

    def chance_that_best(self, zone: float, of: int) -> float:
        """Lower bound of the confidence that the chosen one is within the zone of the best of the first `of` (Bonferroni).

        One-sided paired t tests of "another one is better by more than the zone".
        """
        doubt = 0.0
        for scores in self.scores[1:of]:
            ahead = self.scores[0] - scores
            error = float(ahead.std(ddof=1)) / math.sqrt(len(ahead))
            distance = float(ahead.mean()) + zone
            if error > 0.0:
                doubt += float(stdtr(len(ahead) - 1, -distance / error))
            else:
                doubt += float(distance <= 0.0)
        return max(0.0, 1.0 - doubt)


def replicate(
    objective: Objective,
    choices: Choices,
    worth: Worth,
    rank_by: RankBy,
    configurations: Sequence[Configuration],
    first: int,
    count: int,
    *,
    needed: int = 1,
    ahead: Ahead = not_ahead,
    advance: Callable[[int, int], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> HeldOut:
    """Run configurations, the chosen one first, in `count` replications from index `first` on.

    Cancelled, it leaves out those after the first `needed` that have not begun.
    """
    ahead([(one, first, count) for one in dict.fromkeys([choices.base, *configurations])])
    base = objective.values(choices.base, first, count)
    done: list[Configuration] = []
    values, scores = [], []
    for at, configuration in enumerate(configurations):
        is_base = configuration == choices.base
        if at >= needed and not is_base and cancelled():
            continue
        done.append(configuration)
        values.append(base if is_base else objective.values(configuration, first, count))
        scores.append(worth.scores(values[-1], base, choices.cost(configuration), rank_by))
        advance(at + 1, len(configurations))
    return HeldOut(done, base, np.array(values), np.array(scores))


def outcomes(held: HeldOut, choices: Choices, worth: Worth, confidence: float = CONFIDENCE) -> list[Outcome]:
    """Every configuration of fresh replications, in their order."""
    return [_outcome(held, at, choices, worth, confidence) for at in range(len(held.configurations))]


def _outcome(held: HeldOut, at: int, choices: Choices, worth: Worth, confidence: float) -> Outcome:
    configuration = held.configurations[at]
    cost = choices.cost(configuration)
    gains = worth.gains(held.values[at], held.base)
    net = t_interval(gains * worth.of_one - cost, confidence)
    return Outcome(
        configuration,
        choices.name_of(configuration),
        {one.name: many for one, many in zip(choices.investments, configuration, strict=True) if many},
        cost,
        t_interval(held.values[at], confidence),
        t_interval(gains, confidence),
        percent_of(gains, held.base, confidence),
        net,
        Interval(net.mean / cost, net.low / cost, net.high / cost) if cost > 0.0 else None,
        t_interval(held.scores[0] - held.scores[at], confidence),
    )


def percent_of(gains: Floats, base: Floats, confidence: float = CONFIDENCE) -> Interval | None:
    """Mean gain in % of the mean of the base, the two known together; None where the base is 0.

    The interval of a ratio of means by its linearisation (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, section 6.4).
    """
    mean = float(base.mean())
    if mean == 0.0:
        return None
    ratio = float(gains.mean()) / mean
    errors = t_interval((gains - ratio * base) / abs(mean), confidence)
    middle = 100.0 * float(gains.mean()) / abs(mean)
    return Interval(middle, middle - 100.0 * errors.half_width, middle + 100.0 * errors.half_width)
