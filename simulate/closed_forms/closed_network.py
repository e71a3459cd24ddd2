"""Closed networks of single servers and one group of N customers who think, by exact mean value analysis.

Source: M. Reiser and S. S. Lavenberg, Mean-value analysis of closed multichain queueing networks (1980): with n
customers R(i) = S(i) (1 + Q(i) at n - 1), X = n / (Z + sum V R), Q(i) = X V(i) R(i).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ClosedNetwork:
    """Mean service times, visits to each station in one round, customers, and the time that each thinks in a round."""

    service_times: tuple[float, ...]
    visits: tuple[float, ...]
    customers: int
    thinking: float = 0.0


def mean_values(network: ClosedNetwork) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean number at each station, and the mean time in it per visit."""
    service = np.array(network.service_times, float)
    visits = np.array(network.visits, float)
    number = np.zeros_like(service)
    time = service.copy()
    for customers in range(1, network.customers + 1):
        time = service * (1.0 + number)
        throughput = customers / (network.thinking + float(visits @ time))
        number = throughput * visits * time
    return number, time
