"""What replications of a line say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import JumeauError
from simulate.closed_forms.erlang import erlang_c
from simulate.distributions import deterministic, exponential, lognormal_of
from simulate.errors import SimulationError, TooManyEventsError
from simulate.line.check import LineError
from simulate.line.events import What
from simulate.line.model import Breakdowns, Line, Setup, Stage
from simulate.line.reference import play
from simulate.line.reference_line import MACHINE_A, MACHINE_B, ReferenceParameters, reference_line
from simulate.line.simulate import simulate_line


def test_pieces_of_a_constant_line_take_what_its_stages_take() -> None:
    line = Line(
        "constant", (Stage("first", deterministic(2.0)), Stage("second", deterministic(3.0))), deterministic(4.0)
    )
    result = simulate_line(line, replications=2)
    assert result.metrics["completed"].tolist() == [118.0, 118.0]  # the 119th arrives at 476 and would be ready at 481
    assert result.lead_times[0].tolist() == [5.0] * 118
    assert result.metrics["avg_cycle_time"].tolist() == [5.0, 5.0]
    assert result.stages[0]["utilisation"][0] == pytest.approx(238.0 / 480.0)
    assert result.stages[1]["cycle_time"][0] == pytest.approx((118 * 3 + 2) / 118)


def test_the_sums_are_those_of_the_event_log() -> None:
    line = replace(reference_line(), warm_up=60.0, duration=420.0)
    line = line.with_stage(MACHINE_B, buffer=2, breakdowns=Breakdowns(exponential(60.0), exponential(10.0)))
    line = line.with_stage(MACHINE_A, setup=Setup(deterministic(5.0), 10))
    log = play(line, 7, 3)
    result = simulate_line(line, 7, 1, first=3)
    counted = [event for event in log if event.time >= line.warm_up]
    for metric, what in (("completed", What.COMPLETED), ("scrapped", What.SCRAPPED), ("arrived", What.ARRIVED)):
        assert result.metrics[metric][0] == sum(event.what is what for event in counted)
    steps = {What.ARRIVED: 1, What.SCRAPPED: -1, What.COMPLETED: -1}
    area, level, last = 0.0, 0, 0.0
    for event in log:
        if event.what in steps:
            area += level * max(0.0, event.time - max(last, line.warm_up))
            level, last = level + steps[event.what], event.time
    area += level * (line.horizon - last)
    assert result.metrics["work_in_process"][0] == pytest.approx(area / line.duration)
    down: dict[int, float] = {}
    total = 0.0
    for event in log:
        if event.what is What.FAILED:
            down[event.machine] = max(event.time, line.warm_up)
        elif event.what is What.REPAIRED:
            total += max(0.0, event.time - down.pop(event.machine))
    total += sum(line.horizon - begin for begin in down.values())
    assert total > 0.0
    assert result.stages[1]["down"][0] == pytest.approx(total / line.duration)


def test_a_single_stage_is_a_queue_of_many_servers() -> None:
    line = Line(
        "queue", (Stage("bench", exponential(5.0), machines=3),), exponential(2.0), duration=20_000.0, warm_up=2_000.0
    )
    found = simulate_line(line, 3, 40).interval("wait", "bench", confidence=0.999)
    load = 2.5
    exact = erlang_c(load, 3) * 5.0 / (3 - load)
    assert found is not None
    assert found.covers(exact)
    assert found.half_width < 0.1 * exact


def test_what_is_changed_elsewhere_leaves_a_piece_its_chance() -> None:
    base, more = reference_line(), reference_line(ReferenceParameters(machine_a_capacity=2))
    one, other = simulate_line(base, 5, 30), simulate_line(more, 5, 30)
    assert one.metrics["arrived"].tolist() == other.metrics["arrived"].tolist()
    together = np.var(other.metrics["completed"] - one.metrics["completed"])
    apart = np.var(other.metrics["completed"]) + np.var(one.metrics["completed"])
    assert together < apart


def test_replications_can_be_continued() -> None:
    whole = simulate_line(reference_line(), 9, 10)
    parts = [simulate_line(reference_line(), 9, 5), simulate_line(reference_line(), 9, 5, first=5)]
    assert whole.metrics["profit"].tolist() == [value for part in parts for value in part.metrics["profit"]]


def test_without_a_piece_there_is_no_mean() -> None:
    line = replace(reference_line(), duration=0.5)
    result = simulate_line(line, 1, 3)
    assert result.metrics["completed"].tolist() == [0.0] * 3
    assert result.interval("avg_cycle_time") is None
    assert result.to_dict()["metrics"]["avg_cycle_time"] is None
    assert result.to_dict()["cycle_times"] == []


def test_a_cancelled_run_keeps_what_is_finished() -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 4

    assert simulate_line(reference_line(), 1, 100, cancelled=stop).replications == 5


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(replace(reference_line(), operators=0), "needs 1 operators", id="no operator"),
        pytest.param(reference_line().with_stage(MACHINE_A, machines=0), "0 machines", id="no machine"),
        pytest.param(reference_line().with_stage(MACHINE_A, buffer=0), "0 places", id="no place"),
        pytest.param(reference_line().with_stage(MACHINE_A, scrap=0.7, rework=0.7), "probability", id="too likely"),
        pytest.param(
            reference_line().with_stage(MACHINE_A, rework_to="Quality control"), "no stage up to", id="forward"
        ),
        pytest.param(replace(reference_line(), duration=-1.0), "duration", id="backward"),
        pytest.param(replace(reference_line(), stages=()), "0 stages", id="nothing"),
    ],
)
def test_a_line_that_cannot_be_is_refused(line: Line, told: str) -> None:
    with pytest.raises(LineError, match=told):
        simulate_line(line)


def test_a_thousand_million_events_are_refused() -> None:
    with pytest.raises(TooManyEventsError):
        simulate_line(replace(reference_line(), duration=1e9))


@pytest.mark.parametrize("wrong", [{"machine_a_time": -1.0}, {"qc_deviation": -1.0}, {"mean_interarrival": 0.0}])
def test_times_of_the_reference_line_are_positive(wrong: dict[str, float]) -> None:
    with pytest.raises(JumeauError):
        reference_line(ReferenceParameters(**wrong))  # type: ignore[arg-type]


def test_no_time_is_negative_however_it_varies() -> None:
    assert lognormal_of(1.0, 50.0).mean == pytest.approx(1.0)
    result = simulate_line(reference_line(ReferenceParameters(machine_a_deviation=60.0)), 1, 5)
    assert all((lead > 0.0).all() for lead in result.lead_times)


def test_a_run_of_no_replication_is_refused() -> None:
    with pytest.raises(SimulationError):
        simulate_line(reference_line(), replications=0)
