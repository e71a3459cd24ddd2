"""What is to be improved, and what an improvement is worth.

An objective gives one value per replication. Replication `n` has the same chance in every configuration (common random
numbers), so that values of two configurations are compared pair by pair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from simulate.optimise.choices import Configuration
from simulate.optimise.errors import InvestmentError

Floats = NDArray[np.float64]


class Objective(Protocol):
    """Anything that can be simulated in a configuration."""

    @property
    def events(self) -> float:
        """About how many events one replication takes: what bounds a selection."""
        ...

    def values(self, configuration: Configuration, begin: int, count: int) -> Floats:
        """The value of each of the replications `begin` up to, not including, `begin + count`."""
        ...


class RankBy(StrEnum):
    """What makes a configuration better than another one."""

    ROI = "roi"
    NET = "net"
    OUTPUT = "output"


ZONES: Final = {RankBy.ROI: 0.05, RankBy.NET: 0.01, RankBy.OUTPUT: 0.01}
"""Default indifference zones: five points of ROI, 1 % of the budget, 1 % of the value of the base."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a gain is worth: `unit_value` per unit of the objective, over `periods` of the length of a replication.

    gain = value - value of the base (the other way round where less is better); worth = gain * unit_value * periods;
    net = worth - cost; ROI = net / cost. The base costs nothing and gains nothing: its ROI is 0.
    """

    unit_value: float
    periods: float
    less_is_better: bool = False

    def __post_init__(self) -> None:
        for name, value in (("item_value", self.unit_value), ("horizon", self.periods)):
            if not (math.isfinite(value) and value > 0.0):
                raise InvestmentError(f"{value:g} is no value that a gain could have", where=name, hint="above 0")

    @property
    def of_one(self) -> float:
        """What one unit more per replication is worth over the horizon."""
        return self.unit_value * self.periods

    def gains(self, values: Floats, base: Floats) -> Floats:
        """What is gained on the base, replication by replication."""
        return base - values if self.less_is_better else values - base

    def scores(self, values: Floats, base: Floats, cost: float, rank_by: RankBy) -> Floats:
        """What configurations are ranked by, replication by replication; more is better."""
        gains = self.gains(values, base)
        if rank_by is RankBy.OUTPUT:
            return gains
        net = gains * self.of_one - cost
        if rank_by is RankBy.NET or cost == 0.0:
            return net
        return net / cost


class Remembered:
    """An objective whose replications from `first` on are simulated once, however often they are asked for.

    Budgets that share configurations share their replications. Each configuration is asked from the beginning on.
    """

    def __init__(self, objective: Objective, first: int = 0) -> None:
        self._objective = objective
        self._first = first
        self._known: dict[Configuration, Floats] = {}
        self._count: dict[Configuration, int] = {}

    @property
    def events(self) -> float:
        return self._objective.events

    @property
    def simulated(self) -> int:
        """Replications that were really simulated."""
        return sum(self._count.values())

    def values(self, configuration: Configuration, begin: int, count: int) -> Floats:
        known = self._count.get(configuration, 0)
        wanted = begin - self._first + count
        if self.missing(configuration, begin, count) is not None:
            table = self._known.get(configuration, np.empty(0))
            if wanted > len(table):
                table = np.concatenate([table[:known], np.empty(max(wanted, 2 * known) - known)])
                self._known[configuration] = table
            table[known:wanted] = self._objective.values(configuration, self._first + known, wanted - known)
            self._count[configuration] = wanted
        return self._known[configuration][wanted - count : wanted]

    def missing(self, configuration: Configuration, begin: int, count: int) -> tuple[Configuration, int, int] | None:
        """What would have to be simulated for these values: from which replication on, how many."""
        known = self._count.get(configuration, 0)
        wanted = begin - self._first + count
        return (configuration, self._first + known, wanted - known) if wanted > known else None
