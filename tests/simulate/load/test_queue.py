"""Load as queues: exact where a formula is known, near a simulation elsewhere; growth and the moment when it fills."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from simulate.closed_forms.waiting_line import WaitingLine, mean_wait
from simulate.distributions import Distribution, deterministic, empirical, exponential, gamma, lognormal_of, weibull
from simulate.errors import SimulationError
from simulate.load.growth import fitted, saturation, supposed
from simulate.load.queue import Load, carries, most_arrivals, servers_needed, squared_variation


def simulated_wait(
    load: Load, draw: Callable[[np.random.Generator, int], np.ndarray], customers: int = 40_000
) -> float:
    """Mean wait of Poisson arrivals at equal servers, customer by customer."""
    rng = np.random.default_rng(1)
    arrivals = np.cumsum(rng.exponential(1.0 / load.arrivals, customers))
    services = draw(rng, customers)
    free = np.zeros(load.servers)
    waited = 0.0
    for arrival, service in zip(arrivals, services, strict=True):
        at = int(free.argmin())
        start = max(arrival, free[at])
        waited += start - arrival
        free[at] = start + service
    return waited / customers


def test_the_wait_of_exponential_queues_is_that_of_m_m_c() -> None:
    load = Load(arrivals=9.0, service=0.2, servers=2)
    assert load.wait == mean_wait(WaitingLine(9.0, 5.0, 2))
    assert load.utilisation == pytest.approx(0.9)
    assert (load.capacity, load.is_exact) == (10.0, True)


def test_one_server_with_constant_service_waits_half_as_long() -> None:
    """M/D/1: rho / (2 mu (1 - rho)), Pollaczek and Khinchine."""
    assert Load(8.0, 0.1, 1, service_variation=0.0).wait == pytest.approx(0.8 / (2 * 10 * 0.2))


@pytest.mark.parametrize("servers", [1, 3])
def test_general_services_wait_about_as_long_as_simulated(servers: int) -> None:
    law = gamma(2.0, 0.5)  # mean 1, squared variation 2
    load = Load(0.75 * servers, law.mean, servers, service_variation=squared_variation(law))
    seen = simulated_wait(load, lambda rng, count: rng.gamma(0.5, 2.0, count))
    assert load.wait == pytest.approx(seen, rel=0.12)
    assert load.is_exact == (servers == 1)


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (exponential(3.0), 1.0),
        (deterministic(3.0), 0.0),
        (gamma(2.0, 4.0), 0.25),
        (lognormal_of(2.0, 3.0), 2.25),
        (weibull(2.0, 1.0), 1.0),
        (empirical([1.0, 3.0]), 0.25),
    ],
)
def test_laws_have_their_variation(law: Distribution, expected: float) -> None:
    assert squared_variation(law) == pytest.approx(expected)


def test_as_many_servers_are_needed_as_keep_utilisation_and_wait() -> None:
    load = Load(90.0, 0.1, 1)
    assert servers_needed(load, 1.0) == 10  # nine would be busy all the time
    assert servers_needed(load, 0.8) == 12
    needed = servers_needed(load, 1.0, longest_wait=0.001)
    assert needed > 10
    assert not carries(Load(90.0, 0.1, needed - 1), 1.0, 0.001)
    with pytest.raises(SimulationError, match="servers would be needed"):
        servers_needed(Load(1e9, 1.0, 1), 1.0)


def test_the_most_that_is_carried_is_where_the_wait_is_met() -> None:
    load = Load(1.0, 0.1, 3)
    most = most_arrivals(load, 1.0, longest_wait=0.05)
    assert Load(most, 0.1, 3).wait == pytest.approx(0.05, rel=1e-3)
    assert most_arrivals(load, 0.8) == pytest.approx(24.0)


def test_overload_waits_for_ever() -> None:
    assert math.isinf(Load(11.0, 0.1, 1).wait)


class TestGrowth:
    def test_is_found_again_in_what_it_made(self) -> None:
        found = fitted([(-2.0, 100.0), (-1.0, 120.0), (0.0, 144.0)])
        assert found is not None
        assert found.rate == pytest.approx(math.log(1.2))
        assert found.low == pytest.approx(found.rate)
        assert found.high == pytest.approx(found.rate)

    def test_has_an_interval_that_holds_the_truth_as_often_as_it_says(self) -> None:
        rng = np.random.default_rng(3)
        held = 0
        for _ in range(400):
            times = np.linspace(-1.0, 0.0, 8)
            found = fitted([(t, math.exp(0.3 * t + e)) for t, e in zip(times, rng.normal(0.0, 0.1, 8), strict=True)])
            assert found is not None
            assert found.low is not None
            assert found.high is not None
            held += found.low <= 0.3 <= found.high
        assert 0.92 <= held / 400 <= 0.98

    def test_two_points_draw_a_line_and_one_none(self) -> None:
        found = fitted([(-1.0, 1.0), (0.0, 2.0)])
        assert found is not None
        assert (found.low, found.points) == (None, 2)
        assert fitted([(0.0, 1.0)]) is None
        assert fitted([(0.0, 1.0), (0.0, 2.0)]) is None

    def test_fills_what_is_half_full_in_a_doubling(self) -> None:
        assert saturation(0.4, 0.8, supposed(1.0)).years == pytest.approx(1.0)

    def test_what_is_full_is_and_what_shrinks_never_will_be(self) -> None:
        assert saturation(0.9, 0.8, None).years == 0.0
        assert saturation(0.4, 0.8, supposed(-0.1)).years is None
        assert saturation(0.4, 0.8, None).years is None
        assert saturation(0.4, 0.8, supposed(0.001)).years is None  # not within fifty years
