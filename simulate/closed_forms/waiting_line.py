"""M/M/c: one line, c equal servers, first come first served, Poisson arrivals, exponential service.

Sources: L. Kleinrock, Queueing Systems I (1975), section 3.5; J. D. C. Little (1961) ties waits to numbers, L = lambda W.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulate.closed_forms.erlang import erlang_c


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Rates per unit of time; `target` is a wait, in the same unit, that a service level is about."""

    arrival_rate: float
    service_rate: float
    servers: int
    target: float = 0.0

    @property
    def load(self) -> float:
        """Offered load, in Erlang: servers that would be busy on average."""
        return self.arrival_rate / self.service_rate

    @property
    def utilisation(self) -> float:
        return self.load / self.servers


def probability_of_waiting(line: WaitingLine) -> float:
    return erlang_c(line.load, line.servers)


def mean_wait(line: WaitingLine) -> float:
    """Wq = C(c, A) / (c mu - lambda), over all customers."""
    return probability_of_waiting(line) / (line.servers * line.service_rate - line.arrival_rate)


def mean_time_in_system(line: WaitingLine) -> float:
    return mean_wait(line) + 1.0 / line.service_rate


def mean_queue_length(line: WaitingLine) -> float:
    return line.arrival_rate * mean_wait(line)


def service_level(line: WaitingLine) -> float:
    """P(wait <= target) = 1 - C exp(-(c mu - lambda) target)."""
    spare = line.servers * line.service_rate - line.arrival_rate
    return 1.0 - probability_of_waiting(line) * math.exp(-spare * line.target)
