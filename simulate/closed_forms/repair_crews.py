"""Machines that fail and the crews that repair them, exponential both: the machine repairman, and k of n with crews.

Sources: C. Palm (1943); the finite-source queue M/M/c//N of Bolch et al. (2006), section 6.8. With as many crews as
machines they are independent, and k of n is the binomial of Barlow and Proschan (1975).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.closed_forms.birth_death import stationary


@dataclass(frozen=True, slots=True)
class RepairedGroup:
    """`machines` alike, each failing after `mtbf` of work on average, repaired in `mttr` by one of `crews`.

    `needed` is how many must work for the whole to work.
    """

    machines: int
    crews: int
    mtbf: float
    mttr: float
    needed: int = 1


def distribution(group: RepairedGroup) -> NDArray[np.float64]:
    """The probability of each number of machines that are down, 0..n."""
    failures = [(group.machines - down) / group.mtbf for down in range(group.machines)]
    repairs = [min(down, group.crews) / group.mttr for down in range(1, group.machines + 1)]
    return stationary(failures, repairs)


def machines_down(group: RepairedGroup) -> float:
    return float(np.arange(group.machines + 1) @ distribution(group))


def machine_availability(group: RepairedGroup) -> float:
    """The share of time in which a machine works."""
    return 1.0 - machines_down(group) / group.machines


def crew_utilisation(group: RepairedGroup) -> float:
    """The share of time in which a crew is busy: the probability, at any moment, that it is."""
    busy = np.minimum(np.arange(group.machines + 1), group.crews)
    return float(busy @ distribution(group)) / group.crews


def all_crews_busy(group: RepairedGroup) -> float:
    return float(distribution(group)[group.crews :].sum())


def group_availability(group: RepairedGroup) -> float:
    """The probability that at least `needed` machines work; as 1 - the rest, which keeps the digits that count."""
    if group.crews >= group.machines:
        up, down = group.mtbf / (group.mtbf + group.mttr), group.mttr / (group.mtbf + group.mttr)
        lost = math.fsum(
            math.exp(_log_choose(group.machines, working) + working * math.log(up) + failed * math.log(down))
            for working in range(group.needed)
            for failed in (group.machines - working,)
        )
        return 1.0 - lost
    return 1.0 - float(distribution(group)[group.machines - group.needed + 1 :].sum())


def _log_choose(of: int, taken: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(taken + 1) - math.lgamma(of - taken + 1)
