"""Where the bottleneck is: planted ones are found, and rules that disagree are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulate.distributions import deterministic, exponential, lognormal_of
from simulate.line.bottleneck import find_bottleneck
from simulate.line.calendar import DAY, WEEK, Shift
from simulate.line.model import Breakdowns, Line, Stage
from simulate.line.reference_line import MACHINE_A, MACHINE_B, ReferenceParameters, reference_line
from simulate.line.simulate import simulate_line

STAGES = ("press", "oven", "paint", "pack")


@pytest.mark.parametrize("planted", STAGES)
def test_a_planted_bottleneck_is_found_by_all_three_rules(planted: str) -> None:
    """The stage that is slower than arrivals, wherever it stands."""
    stages = tuple(Stage(name, lognormal_of(6.0 if name == planted else 3.0, 0.6)) for name in STAGES)
    found = find_bottleneck(simulate_line(Line("planted", stages, exponential(5.0)), 4, 60))
    assert found.stage == planted
    assert found.is_agreed
    assert [rule.stage for rule in found.rules] == [planted] * 3


def test_a_stage_that_breaks_down_is_the_bottleneck_though_it_is_the_fastest() -> None:
    stages = tuple(Stage(name, lognormal_of(3.0, 0.6)) for name in STAGES)
    line = Line("breaks", stages, exponential(4.0))
    line = line.with_stage("oven", time=deterministic(2.5), breakdowns=Breakdowns(exponential(20.0), exponential(20.0)))
    assert find_bottleneck(simulate_line(line, 4, 60)).stage == "oven"


def test_the_bottleneck_moves_when_it_is_widened() -> None:
    before = find_bottleneck(simulate_line(reference_line(), 1, 60))
    wider = ReferenceParameters(machine_a_capacity=2, operators=3)
    after = find_bottleneck(simulate_line(reference_line(wider), 1, 60))
    assert (before.stage, after.stage) == (MACHINE_A, MACHINE_B)


def test_rules_that_disagree_are_told() -> None:
    """The oven takes longest per piece but is hardly used: its pieces are few, for paint scraps most and reworks the rest."""
    line = Line(
        "disagree",
        (Stage("paint", deterministic(4.0), scrap=0.9), Stage("oven", deterministic(9.0))),
        exponential(4.2),
    )
    found = find_bottleneck(simulate_line(line, 2, 60))
    assert found.stage == "paint"
    assert not found.is_agreed
    assert "cycle time: oven" in found.reason


def test_a_line_with_time_to_spare_has_no_queue_that_grows_and_no_stage_above_the_limit() -> None:
    line = replace(reference_line(ReferenceParameters(mean_interarrival=30.0)), warm_up=120.0)
    found = find_bottleneck(simulate_line(line, 2, 60))
    assert [rule.stage for rule in found.rules] == [None, None, MACHINE_A]
    assert "utilisation and growing queue name none" in found.reason


def test_operators_that_are_short_are_told() -> None:
    found = find_bottleneck(simulate_line(reference_line(ReferenceParameters(operators=1)), 2, 30))
    assert "operators are busy" in found.reason


def test_the_limit_of_utilisation_is_strict() -> None:
    line = Line("exactly", (Stage("only", deterministic(17.0)),), deterministic(20.0), duration=400.0, warm_up=20.0)
    found = find_bottleneck(simulate_line(line, 1, 2))
    assert found.rules[0].values["only"] == 0.85
    assert found.stage is None


def on_weekdays(name: str, hours: float, weeks: float) -> Line:
    """A bench that is staffed by day for `hours`, and to which pieces come at all hours of weekdays."""
    days = [DAY * day for day in range(5)]
    return Line(
        name,
        (Stage("bench", exponential(4.0), shifts=tuple(Shift(day, day + 60.0 * hours) for day in days)),),
        exponential(10.0),
        duration=weeks * WEEK,
        warm_up=WEEK,
        arrival_shifts=tuple(Shift(day, day + DAY) for day in days),
    )


@pytest.mark.parametrize("weeks", [2.0, 3.7, 5.0])
def test_a_queue_that_shifts_make_rise_and_fall_does_not_grow(weeks: float) -> None:
    """It is long every night, and longest or empty at the end, wherever that lies; but no longer than the week before."""
    found = find_bottleneck(simulate_line(on_weekdays("enough", 14.0, weeks), 3, 40))
    assert found.rules[1].suspects == ()
    assert found.rules[1].values["bench"] == pytest.approx(0.0, abs=0.05)


def test_a_queue_that_is_longer_every_week_grows_by_what_is_left() -> None:
    """144 pieces come on a weekday, 120 are done, eight hours of four minutes each; the rest is there a week later."""
    found = find_bottleneck(simulate_line(on_weekdays("too few", 8.0, 4.0), 3, 40))
    assert found.rules[1].stage == "bench"
    assert found.rules[1].values["bench"] == pytest.approx(5 * (144.0 - 120.0) / 168.0, rel=0.1)


def test_what_grows_is_not_told_of_less_than_two_weeks_of_shifts() -> None:
    found = find_bottleneck(simulate_line(on_weekdays("short", 8.0, 1.5), 3, 10))
    assert found.rules[1].values == {"bench": None}
    assert found.reason.endswith("whether a queue grows is known after two whole weeks of shifts")


def test_shifts_that_are_the_same_every_day_come_again_after_a_day() -> None:
    daily = tuple(Shift(DAY * day + 480.0, DAY * day + 960.0) for day in range(7))
    line = Line("daily", (Stage("bench", exponential(2.0), shifts=daily),), exponential(10.0), duration=3 * DAY)
    assert line.cycle == DAY
    assert line.with_stage("bench", shifts=daily[:5]).cycle == WEEK
    within = replace(line, duration=400.0, week_offset=500.0)
    assert within.cycle == 0.0  # nobody comes or goes meanwhile
    assert line.with_stage("bench", shifts=(Shift(0.0, WEEK),)).cycle == 0.0
