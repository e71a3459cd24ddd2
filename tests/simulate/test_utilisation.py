"""How busy crews and queues are in a run: against closed forms, against the log, and told apart from shifts and failures."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from graph.schema.model import Schema
from simulate.distributions import deterministic, exponential
from simulate.engines.arrays import compile_model
from simulate.engines.history import history
from simulate.engines.monte_carlo import run
from simulate.engines.utilisation import on_duty
from simulate.model.items import Crew, Item, Model
from simulate.what_if.difference import Measure, differences
from tests.simulate.what_if.estate import model as estate_model

SHIFTS = ((8.0, 18.0), (32.0, 42.0), (150.0, 160.0))
LOAD = "load: {items: {pair: {arrivals: 3, service: {mean: 200 ms}}}}\n"


def machines(count: int, crew: Crew, horizon: float = 50_000.0) -> Model:
    items = [
        Item(f"machine {at}", f"machine {at}", "Server", exponential(100.0), exponential(10.0), crew=0)
        for at in range(count)
    ]
    return Model(tuple(items), horizon, (crew,), (0,))


class TestCrews:
    def test_one_crew_for_all_is_as_busy_as_the_machine_repairman(self) -> None:
        (used,) = run(machines(5, Crew("few", 1)), 40, 3).crew_use()
        terms = [math.factorial(5) / math.factorial(5 - down) * 0.1**down for down in range(6)]
        assert used.low < 1.0 - terms[0] / sum(terms) < used.high
        assert used.utilisation == pytest.approx(1.0 - terms[0] / sum(terms), rel=0.01)
        assert used.repairs == pytest.approx(used.utilisation * 50_000.0 / 10.0, rel=0.01)

    def test_with_a_crew_each_nobody_waits(self) -> None:
        (used,) = run(machines(3, Crew("many", 3)), 10, 3).crew_use()
        assert used.wait == 0.0
        assert used.utilisation == pytest.approx(10.0 / 110.0, rel=0.05)

    def test_hours_and_waits_are_those_of_the_log(self) -> None:
        model = machines(6, Crew("few", 1, SHIFTS), 5_000.0)
        model = replace(model, week_offset=50.0)
        played = run(model, 4, 9)
        for replication in range(4):
            log = history(model, compile_model(model), 9, replication)
            own = [at for first, last in zip(log.own_first, log.own_last, strict=True) for at in range(first, last)]
            begun = [at for at in own if log.started[at] < model.horizon]
            busy = sum(_hours(log.started[at], min(log.finish[at], 5_000.0), 50.0) for at in begun)
            use, repairs, waited = played.crews[replication]
            assert use == pytest.approx(busy / _hours(0.0, 5_000.0, 50.0))
            assert repairs == len(begun) > 10
            assert waited == pytest.approx(sum(log.started[at] - log.begin[at] for at in begun))
        assert 0.0 < played.crew_use()[0].utilisation < 1.0

    @pytest.mark.parametrize(("begin", "end"), [(0.0, 1.0), (0.0, 168.0), (100.0, 1_000.0), (117.9, 118.1), (8.0, 8.0)])
    def test_hours_on_duty_are_those_of_the_shifts(self, begin: float, end: float) -> None:
        shifts = np.array(SHIFTS)
        found = on_duty(begin, end, shifts[:, 0].copy(), shifts[:, 1].copy(), 50.0)
        assert found == pytest.approx(_hours(begin, end, 50.0), abs=1e-9)
        assert on_duty(begin, end, np.empty(0), np.empty(0), 50.0) == end - begin


def _hours(begin: float, end: float, offset: float) -> float:
    """Week by week, as one would by hand."""
    total = 0.0
    for week in range(-1, int(end / 168.0) + 2):
        for opens, closes in SHIFTS:
            monday = week * 168.0 - offset
            total += max(0.0, min(end, monday + closes) - max(begin, monday + opens))
    return total


class TestQueues:
    def test_a_queue_is_as_busy_as_what_is_up_allows(self, schema: Schema) -> None:
        """0.6 servers are busy; of two that is 0.3, of one 0.6: by how long the pair is one server short."""
        model = estate_model(schema, extra=LOAD)
        played = run(model, 6, 5)
        members = [model.position["web-1"], model.position["web-2"]]
        for replication in range(6):
            log = history(model, compile_model(model), 5, replication)
            spans = [log.downtime(at) for at in members]
            moments = sorted({0.0, model.horizon, *(time for some in spans for span in some for time in span)})
            busy = there = 0.0
            for begin, end in pairwise(moments):
                up = sum(not any(a <= begin < b for a, b in some) for some in spans)
                busy += min(1.0, 0.6 / up) * (end - begin) if up else 0.0
                there += end - begin if up else 0.0
            assert played.loads[replication, 0] == pytest.approx(busy / there)
        (used,) = played.load_use()
        assert (used.id, used.name) == ("pair", "pair")
        assert 0.3 < used.low < used.utilisation < used.high < 0.6

    def test_without_failures_it_is_arrivals_times_service_by_servers(self, schema: Schema) -> None:
        (used,) = run(estate_model(schema, "failures: {times: 0.000001}", extra=LOAD), 2, 5).load_use()
        assert used.utilisation == pytest.approx(0.3)

    def test_what_is_overloaded_is_busy_all_the_time(self, schema: Schema) -> None:
        (used,) = run(estate_model(schema, "load: {times: 10}", extra=LOAD), 2, 5).load_use()
        assert used.utilisation == 1.0


class TestCompared:
    def test_differences_are_paired_and_told_for_crews_and_queues(self, schema: Schema) -> None:
        base = run(estate_model(schema, extra=LOAD), 20, 5)
        changed = run(estate_model(schema, "repairs: {times: 3}", "load: {times: 2}", extra=LOAD), 20, 5)
        crew, queue = differences(base, changed).used
        assert (crew.name, crew.kind, crew.measure) == ("few", "crew", Measure.UTILISATION)
        assert 0.0 < crew.low < crew.difference < crew.high
        assert crew.base == pytest.approx(base.crew_use()[0].utilisation)
        assert (queue.id, queue.is_told_apart) == ("pair", True)
        assert queue.difference == pytest.approx(queue.changed - queue.base)

    def test_a_crew_that_only_one_of_them_has_is_left_out(self) -> None:
        one, other = (run(machines(3, Crew(name, 1, ()), 900.0), 3, 5) for name in ("few", "others"))
        assert differences(one, other).used == ()


def test_the_arrays_of_a_model_without_loads_are_empty() -> None:
    arrays = compile_model(Model((Item("a", "a", "Server", deterministic(1.0), deterministic(1.0)),), 10.0, (), (0,)))
    assert (arrays.load.shape, len(arrays.load_member)) == ((0, 2), 0)
