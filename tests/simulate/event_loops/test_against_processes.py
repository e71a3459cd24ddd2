"""The compiled loops live the same lives, event by event, as plain SimPy processes that draw the same random numbers."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import simpy

from simulate.event_loops.bounded_queue import BOUNDED_QUEUE, bounded_queue
from simulate.event_loops.priority_queue import priority_queue
from simulate.event_loops.repaired_group import FAILURES, REPAIRED_GROUP, REPAIRS, repaired_group
from simulate.event_loops.serial_line import serial_line
from simulate.event_loops.times import exponential
from simulate.event_loops.waiting_line import ARRIVALS, SERVICES, STATION, WAITING_LINE, waiting_line
from simulate.heap import drop_first, push

SEED = 20_250_101
Events = Generator[Any, Any, None]


def _queue(rates: list[float], service_rate: float, servers: int, horizon: float) -> list[list[float]]:
    """Waits of those whose service begins within the horizon, per class."""
    environment = simpy.Environment()
    station = simpy.PriorityResource(environment, servers)
    waits: list[list[float]] = [[] for _ in rates]
    served = 0

    def customer(number: int) -> Events:
        nonlocal served
        came = environment.now
        with station.request(priority=number) as request:
            yield request
            waits[number].append(environment.now - came)
            index, served = served, served + 1
            yield environment.timeout(exponential(SEED, STATION, SERVICES, index, 1.0 / service_rate))

    def arrivals(number: int, rate: float) -> Events:
        index = 0
        while True:
            yield environment.timeout(exponential(SEED, number, ARRIVALS, index, 1.0 / rate))
            environment.process(customer(number))
            index += 1

    for number, rate in enumerate(rates):
        environment.process(arrivals(number, rate))
    environment.run(until=horizon)
    return waits


@pytest.mark.parametrize("servers", [1, 3])
def test_a_line_of_customers_waits_as_processes_do(servers: int) -> None:
    rate = 0.85 * servers
    sums = dict(zip(WAITING_LINE, waiting_line(SEED, rate, 1.0, servers, 0.5, 800.0, 1)[0], strict=True))
    waits = _queue([rate], 1.0, servers, 800.0)[0]
    assert sums["started"] == len(waits)
    assert sums["wait"] == pytest.approx(sum(waits), rel=1e-9)
    assert sums["waited"] == sum(wait > 1e-9 for wait in waits)
    assert sums["in_target"] == sum(wait <= 0.5 for wait in waits)


def test_classes_of_priority_wait_as_processes_do_even_where_the_queue_outgrows_its_room() -> None:
    rates = [0.5, 0.7, 1.4]
    sums = priority_queue(SEED, np.array(rates), 1.0, 2, 700.0, 1)[0]
    for number, waits in enumerate(_queue(rates, 1.0, 2, 700.0)):
        assert sums[2 * number] == len(waits)
        assert sums[2 * number + 1] == pytest.approx(sum(waits), rel=1e-9)


def test_machines_wait_for_crews_as_processes_do() -> None:
    environment = simpy.Environment()
    crews = simpy.Resource(environment, 2)
    horizon = 2_000.0
    down_time = 0.0

    def machine(number: int) -> Events:
        nonlocal down_time
        life = 0
        while True:
            yield environment.timeout(exponential(SEED, number, FAILURES, life, 10.0))
            failed = environment.now
            down_time += horizon - failed
            with crews.request() as request:
                yield request
                yield environment.timeout(exponential(SEED, number, REPAIRS, life, 8.0))
            down_time -= horizon - environment.now
            life += 1

    for number in range(5):
        environment.process(machine(number))
    environment.run(until=horizon)
    sums = dict(zip(REPAIRED_GROUP, repaired_group(SEED, 5, 2, 10.0, 8.0, 3, horizon, 1)[0], strict=True))
    assert sums["machines_down"] == pytest.approx(down_time, rel=1e-9)
    assert sums["time"] == pytest.approx(horizon)


def test_a_bounded_queue_loses_only_who_finds_all_places_taken() -> None:
    wide = dict(zip(BOUNDED_QUEUE, bounded_queue(SEED, 1.5, 1.0, 2, 1_000, 500.0, 1)[0], strict=True))
    narrow = dict(zip(BOUNDED_QUEUE, bounded_queue(SEED, 1.5, 1.0, 2, 2, 500.0, 1)[0], strict=True))
    assert wide["lost"] == 0.0
    assert wide["wait"] >= sum(_queue([1.5], 1.0, 2, 500.0)[0])  # those who come late wait on beyond the horizon
    assert wide["wait"] == pytest.approx(sum(_queue([1.5], 1.0, 2, 500.0)[0]), rel=0.1)
    assert narrow["arrived"] == wide["arrived"]
    assert narrow["lost"] > 0.0
    assert narrow["wait"] == 0.0


def test_a_line_without_buffers_blocks_as_its_recursion_by_hand_does() -> None:
    services = [[exponential(SEED, station, 0, piece, 1.0) for station in range(2)] for piece in range(3)]
    first, second = 0.0, 0.0
    for one, two in services:
        first = max(first + one, second)  # handed on when the piece before has left the second station
        second = first + two
    assert serial_line(SEED, np.ones(2), np.zeros(1, np.int64), 3, 1)[0][1] == pytest.approx(second, rel=1e-12)


def test_a_heap_gives_its_entries_back_in_order() -> None:
    times, who = np.zeros(100), np.zeros(100, np.int64)
    values = [exponential(SEED, 0, 0, index, 1.0) for index in range(100)]
    for size, value in enumerate(values):
        push(times, who, size, value, size)
    found = []
    for size in range(100, 0, -1):
        found.append((times[0], values[who[0]]))
        drop_first(times, who, size)
    assert found == [(value, value) for value in sorted(values)]
