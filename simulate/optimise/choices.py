"""What can be bought: investments with a cost and a maximum number, and which of them exclude one another.

A configuration says how many of each investment are bought; the one of zeros is the base.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from simulate.optimise.errors import InvestmentError

Configuration = tuple[int, ...]
"""How many of each investment, in the order of the choices."""

BASE_NAME = "base"


@dataclass(frozen=True, slots=True)
class Investment:
    """Something that can be bought `at_most` so many times, for `cost` each."""

    name: str
    cost: float
    at_most: int = 1


@dataclass(frozen=True)
class Choices:
    """Investments, and sets of investments (positions) of which one kind at most may be bought. Refuses what makes no sense."""

    investments: tuple[Investment, ...]
    exclusions: tuple[frozenset[int], ...] = ()

    def __post_init__(self) -> None:
        names = [one.name for one in self.investments]
        if not names:
            raise InvestmentError("there is no investment to choose from", where="investments")
        for one in self.investments:
            where = f"investments.{one.name}"
            if names.count(one.name) > 1:
                raise InvestmentError("two investments have this name", where=where)
            if not (math.isfinite(one.cost) and one.cost >= 0.0):
                raise InvestmentError(f"it costs {one.cost:g}", where=where, hint="0 or more")
            if one.at_most < 1:
                raise InvestmentError(f"it may be bought {one.at_most} times", where=where, hint="once at least")
        for group in self.exclusions:
            if len(group) < 2 or not group <= set(range(len(names))):
                raise InvestmentError("an exclusion names two known investments at least", where="exclusions")

    @property
    def base(self) -> Configuration:
        """Nothing is bought."""
        return (0,) * len(self.investments)

    @property
    def cheapest(self) -> float:
        """The least that any investment costs."""
        return min(one.cost for one in self.investments)

    @cached_property
    def _excluded(self) -> tuple[frozenset[int], ...]:
        """By investment, which earlier ones it cannot be bought together with."""
        return tuple(
            frozenset(other for group in self.exclusions if at in group for other in group if other < at)
            for at in range(len(self.investments))
        )

    def cost(self, configuration: Configuration) -> float:
        """What a configuration costs."""
        return math.fsum(many * one.cost for many, one in zip(configuration, self.investments, strict=True))

    def excess(self, configuration: Configuration) -> int:
        """How many pairs are bought together that exclude one another; 0 where it is allowed."""
        return sum(
            1 for at, many in enumerate(configuration) if many for other in self._excluded[at] if configuration[other]
        )

    def feasible(self, budget: float) -> Iterator[Configuration]:
        """All configurations that a budget pays and no exclusion forbids, the base first, one by one: there may be very many.

        What is begun can always be ended by buying no more, so that each costs no more than its own length to find.
        """
        chosen = [0] * len(self.investments)

        def complete(at: int, left: float) -> Iterator[Configuration]:
            if at == len(chosen):
                yield tuple(chosen)
                return
            one = self.investments[at]
            most = one.at_most
            if any(chosen[other] for other in self._excluded[at]):
                most = 0
            for many in range(most + 1):
                if many * one.cost > left * (1.0 + 1e-12):
                    break
                chosen[at] = many
                yield from complete(at + 1, left - many * one.cost)
            chosen[at] = 0

        return complete(0, budget)

    def name_of(self, configuration: Configuration) -> str:
        """For people: what is bought."""
        parts = [
            one.name if many == 1 else f"{many} x {one.name}"
            for many, one in zip(configuration, self.investments, strict=True)
            if many
        ]
        return " + ".join(parts) or BASE_NAME
