"""Where the bottleneck is: planted ones are found, and rules that disagree are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulate.distributions import deterministic, exponential, lognormal_of
from simulate.line.bottleneck import find_bottleneck
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
