"""M/M/c with classes of priority that do not interrupt each other, all served at the same rate.

Sources: A. Cobham, Priority assignment in waiting line problems (1954); O. Kella and U. Yechiali, Waiting times in the
non-preemptive priority M/M/c queue (1985): Wq(k) = C(c, A) / (c mu) / ((1 - s(k-1)) (1 - s(k))), s(k) = the share of all
servers' time that the classes 0..k ask for.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulate.closed_forms.erlang import erlang_c


@dataclass(frozen=True, slots=True)
class PriorityQueue:
    """One arrival rate per class, class 0 first; `reported` is the class that is asked about."""

    arrival_rates: tuple[float, ...]
    service_rate: float
    servers: int
    reported: int

    @property
    def utilisation(self) -> float:
        return sum(self.arrival_rates) / (self.servers * self.service_rate)


def mean_wait(queue: PriorityQueue) -> float:
    """The mean wait of the reported class."""
    capacity = queue.servers * queue.service_rate
    above = sum(queue.arrival_rates[: queue.reported]) / capacity
    with_own = sum(queue.arrival_rates[: queue.reported + 1]) / capacity
    waits = erlang_c(sum(queue.arrival_rates) / queue.service_rate, queue.servers)
    return waits / capacity / ((1.0 - above) * (1.0 - with_own))
