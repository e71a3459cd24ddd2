"""M/M/c/K: at most K customers in the system, waiting or served; who comes then is lost.

Source: the birth and death process with births lambda and deaths min(n, c) mu; Bolch, Greiner, de Meer, Trivedi,
Queueing Networks and Markov Chains, 2nd ed. (2006), section 6.6. Waits are of those who are let in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.closed_forms.birth_death import stationary


@dataclass(frozen=True, slots=True)
class BoundedQueue:
    """Rates per unit of time; `places` counts those in service, too, and is at least `servers`."""

    arrival_rate: float
    service_rate: float
    servers: int
    places: int


def distribution(queue: BoundedQueue) -> NDArray[np.float64]:
    """The probability of each number in the system, 0..K."""
    deaths = [min(number, queue.servers) * queue.service_rate for number in range(1, queue.places + 1)]
    return stationary([queue.arrival_rate] * queue.places, deaths)


def probability_of_empty(queue: BoundedQueue) -> float:
    return float(distribution(queue)[0])


def probability_of_loss(queue: BoundedQueue) -> float:
    """A customer who comes sees the stationary distribution (Wolff's PASTA, 1982): that of a full system."""
    return float(distribution(queue)[-1])


def mean_number(queue: BoundedQueue) -> float:
    return float(np.arange(queue.places + 1) @ distribution(queue))


def mean_time_in_system(queue: BoundedQueue) -> float:
    return mean_number(queue) / (queue.arrival_rate * (1.0 - probability_of_loss(queue)))


def mean_wait(queue: BoundedQueue) -> float:
    """From the number who wait: W - 1/mu would lose its digits where nearly nobody waits."""
    waiting = np.maximum(np.arange(queue.places + 1) - queue.servers, 0) @ distribution(queue)
    return float(waiting) / (queue.arrival_rate * (1.0 - probability_of_loss(queue)))
