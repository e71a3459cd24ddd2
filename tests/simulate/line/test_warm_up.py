"""Warm-up that is found: as long as a line takes to settle, and refused where it never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulate.distributions import deterministic, exponential
from simulate.line.file import parse_line
from simulate.line.model import Line, Stage
from simulate.line.reference_line import ReferenceParameters, reference_line
from simulate.line.simulate import simulate_line
from simulate.line.warm_up import MEANS_OF, PARTS, WarmUpError, find_warm_up


def test_a_line_that_begins_empty_and_fills_up_is_cut_where_it_is_full() -> None:
    """100 ovens of 300 minutes each: nothing comes out before minute 300, and all is as ever from then on."""
    line = Line("ovens", (Stage("oven", deterministic(300.0), machines=100),), exponential(5.0), duration=2_000.0)
    found = find_warm_up(line)
    part = found.pilot_minutes / PARTS * MEANS_OF
    assert 300.0 - part <= found.minutes < found.pilot_minutes / 2.0
    settled = simulate_line(replace(line, warm_up=found.minutes), 3, 60).interval("throughput")
    assert settled is not None
    assert settled.low <= 12.0 <= settled.high
    biased = simulate_line(line, 3, 60).interval("throughput")
    assert biased is not None
    assert biased.high < 12.0


def test_a_line_into_which_more_comes_than_goes_out_never_settles() -> None:
    with pytest.raises(WarmUpError, match="has not settled") as refused:
        find_warm_up(reference_line())
    assert refused.value.code == "SIMULATION_WARM_UP"


def test_the_warm_up_of_a_file_is_found_and_the_same_each_time() -> None:
    file = parse_line("name: x\nwarm_up: auto\nduration: 1000\nreference: {arrival_rate: 9}")
    assert file.line().warm_up == 0.0
    assert file.settled() == file.settled()
    line = reference_line(ReferenceParameters(mean_interarrival=9.0))
    assert file.settled().warm_up == find_warm_up(replace(line, duration=1_000.0)).minutes
