"""Open Jackson networks: single servers, exponential service, Poisson arrivals from outside, random routing.

Sources: J. R. Jackson, Networks of waiting lines (1957): the traffic equations lambda = gamma + lambda P; each station is
then an M/M/1 of its own. Bolch et al. (2006), section 7.3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OpenNetwork:
    """Mean service times, arrival rates from outside, and `routing[i][j]`, the share that goes from i to j."""

    service_times: tuple[float, ...]
    arrival_rates: tuple[float, ...]
    routing: tuple[tuple[float, ...], ...]


def leaves(network: OpenNetwork) -> list[bool]:
    """Per station, whether who is there can ever leave the network: else the traffic equations have no solution."""
    rows = np.array(network.routing, float)
    can = rows.sum(axis=1) < 1.0 - 1e-9
    for _ in range(len(can)):
        further = can | ((rows > 0) & can).any(axis=1)
        if (further == can).all():
            break
        can = further
    return [bool(each) for each in can]


def throughputs(network: OpenNetwork) -> NDArray[np.float64]:
    """Customers per unit of time through each station, as the traffic equations ask for it."""
    routing = np.array(network.routing, float)
    arrivals = np.array(network.arrival_rates, float)
    return np.asarray(np.linalg.solve(np.eye(len(arrivals)) - routing.T, arrivals))


def utilisations(network: OpenNetwork) -> NDArray[np.float64]:
    """The share of time in which each station is busy; 1 or more where it cannot keep up."""
    return np.asarray(throughputs(network) * np.array(network.service_times, float))
