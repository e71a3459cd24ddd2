"""Closed forms agree where two of them speak of the same system, and with what is known of special cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.closed_forms import (
    bounded_queue,
    closed_network,
    open_network,
    priority_queue,
    repair_crews,
    serial_line,
    series_system,
    two_machine_line,
    waiting_line,
)
from simulate.closed_forms.allocation import Allocation, best, extra_replications
from simulate.closed_forms.birth_death import stationary
from simulate.closed_forms.bounded_queue import BoundedQueue
from simulate.closed_forms.closed_network import ClosedNetwork
from simulate.closed_forms.erlang import erlang_b, erlang_c
from simulate.closed_forms.markov_chain import ChainTooLarge, solve
from simulate.closed_forms.open_network import OpenNetwork
from simulate.closed_forms.priority_queue import PriorityQueue
from simulate.closed_forms.repair_crews import RepairedGroup
from simulate.closed_forms.serial_line import SerialLine
from simulate.closed_forms.series_system import SeriesSystem
from simulate.closed_forms.two_machine_line import TwoMachineLine
from simulate.closed_forms.waiting_line import WaitingLine
from simulate.event_loops import series_system as walked


def test_a_queue_with_many_places_is_one_without_a_limit() -> None:
    limited = BoundedQueue(9.0, 5.0, 2, 2_000)
    assert bounded_queue.mean_time_in_system(limited) == pytest.approx(
        waiting_line.mean_time_in_system(WaitingLine(9.0, 5.0, 2)), rel=1e-9
    )
    assert bounded_queue.mean_wait(limited) == pytest.approx(waiting_line.mean_wait(WaitingLine(9.0, 5.0, 2)), rel=1e-9)


@given(load=st.floats(0.1, 40.0), servers=st.integers(1, 60))
def test_erlang_b_is_the_loss_of_a_queue_without_waiting_places(load: float, servers: int) -> None:
    assert bounded_queue.probability_of_loss(BoundedQueue(load, 1.0, servers, servers)) == pytest.approx(
        erlang_b(load, servers), rel=1e-9
    )


def test_one_server_waits_with_the_probability_that_he_is_busy() -> None:
    assert erlang_c(0.7, 1) == pytest.approx(0.7, rel=1e-12)


def test_a_long_chain_does_not_overflow() -> None:
    shares = stationary([1e6] * 20_000, [1.0] * 20_000)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[-1] == pytest.approx(1.0 - 1e-6, rel=1e-9)


@given(rates=st.lists(st.floats(0.01, 0.5), min_size=1, max_size=4))
def test_priorities_share_the_waits_out_and_neither_make_nor_save_any(rates: list[float]) -> None:
    servers = 3
    mean = sum(
        rate * priority_queue.mean_wait(PriorityQueue(tuple(rates), 1.0, servers, number))
        for number, rate in enumerate(rates)
    ) / sum(rates)
    assert mean == pytest.approx(waiting_line.mean_wait(WaitingLine(sum(rates), 1.0, servers)), rel=1e-9)


def test_a_tandem_has_the_throughput_that_comes_in() -> None:
    network = OpenNetwork((0.1, 0.2), (3.0, 0.0), ((0.0, 1.0), (0.0, 0.0)))
    assert open_network.throughputs(network) == pytest.approx([3.0, 3.0])
    assert open_network.utilisations(network) == pytest.approx([0.3, 0.6])
    assert open_network.leaves(network) == [True, True]
    assert open_network.leaves(OpenNetwork((0.1, 0.2), (3.0, 0.0), ((0.0, 1.0), (1.0, 0.0)))) == [False, False]


@given(
    service=st.lists(st.floats(0.05, 2.0), min_size=1, max_size=4),
    customers=st.integers(1, 12),
    thinking=st.floats(0.0, 5.0),
)
def test_mean_value_analysis_agrees_with_the_normalising_constant(
    service: list[float], customers: int, thinking: float
) -> None:
    """J. P. Buzen's convolution (1973): X = G(N-1) / G(N), Q(i) = sum over n of D(i)^n G(N-n) / G(N)."""
    constants = np.array([thinking**n / math.factorial(n) for n in range(customers + 1)])
    for demand in service:
        for n in range(1, customers + 1):
            constants[n] += demand * constants[n - 1]
    expected = [
        sum(demand**n * constants[customers - n] for n in range(1, customers + 1)) / constants[customers]
        for demand in service
    ]
    visits = (1.0,) * len(service)
    number, time = closed_network.mean_values(ClosedNetwork(tuple(service), visits, customers, thinking))
    assert number == pytest.approx(expected, rel=1e-8)
    throughput = constants[customers - 1] / constants[customers]
    assert throughput * time == pytest.approx(expected, rel=1e-8)


@given(machines=st.integers(1, 8), needed=st.integers(1, 8), ratio=st.floats(0.001, 2.0))
def test_with_a_crew_each_machines_fail_independently(machines: int, needed: int, ratio: float) -> None:
    needed = min(needed, machines)
    group = RepairedGroup(machines, machines, 1.0, ratio, needed)
    down = repair_crews.distribution(group)
    assert repair_crews.group_availability(group) == pytest.approx(down[: machines - needed + 1].sum(), rel=1e-9)
    assert repair_crews.machine_availability(group) == pytest.approx(1.0 / (1.0 + ratio), rel=1e-9)


def test_fewer_crews_make_less_available() -> None:
    shares = [repair_crews.group_availability(RepairedGroup(6, crews, 100.0, 20.0, 5)) for crews in (1, 2, 6)]
    assert shares == sorted(shares)
    assert shares[0] < shares[1] < shares[2]


@given(places=st.integers(0, 30))
def test_two_equal_stations_make_what_their_buffer_allows(places: int) -> None:
    """G. C. Hunt (1956): (b + 2) / (b + 3) of what one makes."""
    assert serial_line.throughput(SerialLine((2.0, 2.0), (places,))) == pytest.approx(
        2.0 * (places + 2) / (places + 3), rel=1e-9
    )


def test_a_line_makes_as_much_the_other_way_round() -> None:
    """Reversibility: E. J. Muth, The reversibility property of production lines (1979)."""
    there = SerialLine((1.0, 1.7, 0.8, 1.2), (2, 0, 1))
    back = SerialLine(there.service_rates[::-1], there.buffers[::-1])
    assert serial_line.throughput(there) == pytest.approx(serial_line.throughput(back), rel=1e-9)


def test_a_line_of_one_station_makes_what_it_can_and_a_huge_one_is_not_solved() -> None:
    assert serial_line.throughput(SerialLine((3.0,), ())) == 3.0
    with pytest.raises(ChainTooLarge):
        serial_line.throughput(SerialLine((1.0,) * 8, (50,) * 7))


def test_a_larger_buffer_brings_two_machines_nearer_to_one() -> None:
    rates = [two_machine_line.production_rate(TwoMachineLine(0.02, 0.1, places)) for places in (1, 5, 50, 500)]
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(0.1 / 0.12, abs=0.01)
    assert max(rates) < 0.1 / 0.12


def test_a_chain_of_one_state_stays_there() -> None:
    assert solve("alone", lambda _: [("alone", 1.0)], 10) == {"alone": 1.0}


@given(every=st.tuples(st.integers(1, 50), st.integers(1, 50)), repair=st.integers(1, 20), horizon=st.integers(1, 500))
def test_the_walk_from_failure_to_failure_is_what_the_processes_live(
    every: tuple[int, int], repair: int, horizon: int
) -> None:
    system = SeriesSystem((float(every[0]), float(every[1])), float(repair), float(horizon))
    assert series_system.down_time(system) == walked.down_time(system)


@given(
    designs=st.lists(
        st.tuples(st.integers(0, 1_000), st.floats(0.1, 10.0), st.integers(1, 50)),
        min_size=2,
        max_size=8,
        unique_by=lambda d: d[0],
    ),
    budget=st.integers(0, 1_000),
)
def test_an_allocation_spends_the_budget_and_takes_nothing_away(
    designs: list[tuple[int, float, int]], budget: int
) -> None:
    means, variances, replications = zip(*designs, strict=True)
    allocation = Allocation(means, variances, replications, budget)
    extra = extra_replications(allocation)
    assert sum(extra) == budget
    assert all(more >= 0 for design, more in enumerate(extra) if design != best(allocation))


def test_a_chain_may_begin_where_it_never_comes_back() -> None:
    chain = {"start": [("on", 1.0)], "on": [("off", 1.0)], "off": [("on", 3.0)]}
    found = solve("start", lambda state: chain[state], 10)
    assert found == pytest.approx({"start": 0.0, "on": 0.75, "off": 0.25})


def test_a_line_whose_first_state_is_next_to_impossible_is_solved() -> None:
    assert serial_line.throughput(SerialLine((10.0, 1.0), (2_000,))) == pytest.approx(1.0, rel=1e-9)
    assert serial_line.throughput(SerialLine((1.0, 10.0), (2_000,))) == pytest.approx(1.0, rel=1e-9)


def test_failures_at_the_same_moment_are_told_together_in_spite_of_rounding() -> None:
    system = SeriesSystem((0.1, 0.3), 1.0, 3.35)
    assert series_system.down_time(system) == walked.down_time(system)
    assert series_system.down_time(system)[1] == 3
