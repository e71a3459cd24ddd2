"""A line as it runs: what is seen on it at a moment is what its event log and its sums say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulate.distributions import deterministic, exponential
from simulate.errors import TooManyEventsError
from simulate.line.live import Course, LiveRules
from simulate.line.model import Breakdowns, Line, Setup
from simulate.line.reference_line import MACHINE_A, MACHINE_B, QUALITY_CONTROL, reference_line
from simulate.line.simulate import simulate_line


@pytest.fixture(scope="module")
def line() -> Line:
    """Everything that can happen to a piece."""
    made = reference_line().with_stage(MACHINE_B, buffer=2, breakdowns=Breakdowns(exponential(60.0), exponential(10.0)))
    made = made.with_stage(MACHINE_A, setup=Setup(deterministic(5.0), 10), buffer=5)
    return made.with_stage(QUALITY_CONTROL, rework=0.2)


def test_at_the_end_the_figures_are_those_of_the_run(line: Line) -> None:
    seen = Course(line, 7).at(line.duration)
    result = simulate_line(line, 7, 1)
    for name, figure in (
        ("arrived", seen.arrived),
        ("turned_away", seen.turned_away),
        ("completed", seen.completed),
        ("scrapped", seen.scrapped),
        ("throughput", seen.throughput),
    ):
        assert figure == pytest.approx(result.metrics[name][0])
    assert seen.turned_away > 0
    for stage, known in zip(seen.stages, result.stages, strict=True):
        assert stage.utilisation == pytest.approx(known["utilisation"][0])
        assert stage.processed == known["processed"][0]


def test_at_every_moment_each_piece_is_somewhere_and_each_machine_has_one_at_most(line: Line) -> None:
    course = Course(line, 7)
    for minute in range(0, 481, 3):
        seen = course.at(float(minute))
        waiting = sum(stage.queue for stage in seen.stages)
        held = [stage.working + stage.setting_up + stage.down + stage.holding for stage in seen.stages]
        assert waiting + sum(held) == seen.in_line
        assert all(0 <= many <= stage.machines for many, stage in zip(held, seen.stages, strict=True))
        assert seen.stages[1].queue <= 2 + seen.in_line  # reworked pieces wait all the same
        assert seen.busy_operators <= line.operators


def test_a_moment_that_has_passed_can_be_seen_again(line: Line) -> None:
    course = Course(line, 7)
    before = course.at(100.0)
    course.at(400.0)
    assert course.at(100.0) == before
    assert course.at(1e9).minute == line.duration


def test_the_throughput_of_the_last_hour_forgets_what_came_before() -> None:
    line = replace(reference_line(), duration=240.0)
    course = Course(line, 3)
    assert course.at(0.0).throughput is None
    early, late = course.at(180.0), course.at(240.0)
    assert late.throughput_last_hour == pytest.approx(late.completed - early.completed)


def test_the_rules_look_at_several_courses_and_stand_until_they_look_again(line: Line) -> None:
    rules = LiveRules(reference_line(), 1)
    assert rules.at(0.0) is None
    found = rules.at(300.0)
    assert found is not None
    assert found.stage == MACHINE_A
    assert rules.at(301.0) is found


def test_a_line_of_too_many_events_is_not_watched() -> None:
    with pytest.raises(TooManyEventsError):
        Course(replace(reference_line(), duration=1e6), 1)
