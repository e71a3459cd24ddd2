"""One component as a queue: arrivals at equal servers, first come first served, M/M/c or general.

General arrivals and services by Allen and Cunneen: the wait of M/M/c times (ca^2 + cs^2) / 2, where c^2 are squared coefficients of
variation. Exact for M/M/c and for M/G/1 (Pollaczek and Khinchine), an approximation otherwise. Source: A. O. Allen, Probability,
Statistics and Queueing Theory, 2nd ed. (1990), section 5.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from scipy.special import gamma as gamma_function

from simulate.closed_forms.waiting_line import WaitingLine, mean_wait
from simulate.distributions import Distribution
from simulate.errors import SimulationError
from simulate.randomness import DETERMINISTIC, EXPONENTIAL, GAMMA, LOGNORMAL, WEIBULL

MOST_SERVERS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Load:
    """`arrivals` per second, `service` mean seconds at one server, squared coefficients of variation (1: exponential)."""

    arrivals: float
    service: float
    servers: int
    arrival_variation: float = 1.0
    service_variation: float = 1.0

    @property
    def utilisation(self) -> float:
        """Share of the servers that is busy; 1 and above: more comes than can be served."""
        return self.arrivals * self.service / self.servers

    @property
    def capacity(self) -> float:
        """The most that can be served, per second."""
        return self.servers / self.service

    @property
    def wait(self) -> float:
        """Mean seconds before service begins; infinite where the line never ends."""
        if self.utilisation >= 1.0:
            return math.inf
        exponential = mean_wait(WaitingLine(self.arrivals, 1.0 / self.service, self.servers))
        return exponential * (self.arrival_variation + self.service_variation) / 2.0

    @property
    def is_exact(self) -> bool:
        """Whether the wait is a known formula and no approximation."""
        poisson = self.arrival_variation == 1.0
        return poisson and (self.servers == 1 or self.service_variation == 1.0)


def carries(load: Load, limit: float, longest_wait: float | None) -> bool:
    """Whether the servers carry the load: busy less than `limit`, and the mean wait within bounds (seconds)."""
    return load.utilisation < limit and (longest_wait is None or load.wait <= longest_wait)


def servers_needed(load: Load, limit: float, longest_wait: float | None = None) -> int:
    """The least number of servers that carry a load. Raises SimulationError beyond any sense."""
    servers = max(1, math.ceil(load.arrivals * load.service / limit))
    while servers <= MOST_SERVERS:
        if carries(replace(load, servers=servers), limit, longest_wait):
            return servers
        servers += 1
    raise SimulationError(
        f"more than {MOST_SERVERS:,} servers would be needed for {load.arrivals:g} arrivals per second of {load.service:g} s",
        hint="fewer arrivals, a shorter service, or a longer wait",
    )


def squared_variation(law: Distribution) -> float:
    """Variance over squared mean of a law of durations."""
    if law.family == EXPONENTIAL:
        return 1.0
    if law.family == DETERMINISTIC:
        return 0.0
    if law.family == GAMMA:
        return 1.0 / law.second
    if law.family == LOGNORMAL:
        return math.expm1(law.second**2)
    if law.family == WEIBULL:
        return float(gamma_function(1.0 + 2.0 / law.second) / gamma_function(1.0 + 1.0 / law.second) ** 2) - 1.0
    return (law.deviation / law.mean) ** 2


def most_arrivals(load: Load, limit: float, longest_wait: float | None = None) -> float:
    """The most arrivals per second that the servers carry, to a millionth; 0 where not even few are, for the wait is too short."""
    top = limit * load.capacity
    if longest_wait is None:
        return top
    low, high = 0.0, top
    while high - low > 1e-6 * top:
        middle = (low + high) / 2.0
        if carries(replace(load, arrivals=middle), limit, longest_wait):
            low = middle
        else:
            high = middle
    return low
