"""Files of production lines: what is read, and what is refused with its line."""

from __future__ import annotations

import pytest

from simulate.distributions import deterministic, exponential, lognormal_of, triangular, uniform
from simulate.errors import SimulationError
from simulate.line import file as files
from simulate.line.file import parse_line
from simulate.line.model import Breakdowns, Setup
from simulate.line.reference_line import ReferenceParameters, reference_line

LINE = """
name: Bakery
duration: 8 h
operators: 3
arrivals: {mean: 2 min}
stages:
  - name: mix
    time: {mean: 90 s, deviation: 20 s}
    operators: 1
    setup: {time: 10 min, every: 25}
  - name: bake
    time: 12
    machines: 8
    buffer: 6
    breakdowns: {failure: {mean: 20 h}, repair: {mean: 30 min, deviation: 10 min}}
  - {name: inspect, time: {family: exponential, mean: 1}, scrap: 0.02, rework: 0.05, rework_to: mix}
"""


def test_a_line_of_any_sector_is_read() -> None:
    line = parse_line(LINE).line()
    mix, bake, inspect = line.stages
    assert (line.name, line.duration, line.operators, line.arrivals) == ("Bakery", 480.0, 3, exponential(2.0))
    assert mix.time == lognormal_of(1.5, 20 / 60)
    assert mix.setup == Setup(deterministic(10.0), 25)
    assert (bake.time, bake.machines, bake.buffer) == (deterministic(12.0), 8, 6)
    assert bake.breakdowns == Breakdowns(exponential(1200.0), lognormal_of(30.0, 10.0))
    assert (inspect.scrap, inspect.rework, inspect.rework_to) == (0.02, 0.05, "mix")


def test_the_reference_line_is_read_by_its_usual_parameters_and_by_what_they_mean() -> None:
    usual = parse_line("name: x\nreference: {machine_a_variance: 2, arrival_rate: 5, machine_b_capacity: 2}").line()
    meant = parse_line(
        "name: x\nreference: {machine_a_deviation: 2, mean_interarrival: 5, machine_b_capacity: 2}"
    ).line()
    expected = reference_line(ReferenceParameters(machine_a_deviation=2.0, mean_interarrival=5.0, machine_b_capacity=2))
    assert usual == meant
    assert usual.stages == expected.stages
    assert usual.arrivals == exponential(5.0)


def test_a_time_between_bounds_is_uniform_and_one_with_a_likeliest_value_triangular() -> None:
    between = parse_line(LINE.replace("time: 12", "time: {low: 10, high: 14}")).line()
    estimated = parse_line(LINE.replace("time: 12", "time: {low: 10 min, mode: 11 min, high: 14 min}")).line()
    assert between.stages[1].time == uniform(10.0, 14.0)
    assert estimated.stages[1].time == triangular(10.0, 11.0, 14.0)


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        pytest.param(("time: 12", "time: -12"), 12, "greater than or equal to 0", id="negative time"),
        pytest.param(("time: 12", "time: 0"), 12, "value is 0.0", id="no time"),
        pytest.param(("time: 12", "time: soon"), 12, "no duration", id="no duration"),
        pytest.param(("time: 12", "time: {family: weibull, mean: 3}"), 12, "needs `shape`", id="half a law"),
        pytest.param(("time: 12", "time: {low: 14, high: 10}"), 12, "low 14.0, high 10.0", id="bounds that cross"),
        pytest.param(("time: 12", "time: {mode: 11, high: 14}"), 12, "needs `low`", id="half a triangle"),
        pytest.param(("machines: 8", "machines: 0"), 13, "greater than or equal to 1", id="no machine"),
        pytest.param(("machines: 8", "machine: 8"), 13, "not permitted", id="unknown word"),
        pytest.param(("operators: 3", "operators: 0"), 7, "needs 1 operators", id="no operator"),
        pytest.param(("rework_to: mix", "rework_to: nowhere"), 16, "no stage up to this one", id="unknown stage"),
        pytest.param(("scrap: 0.02", "scrap: 1.5"), 16, "less than or equal to 1", id="no probability"),
        pytest.param(("duration: 8 h", "duration: 1000000 years"), 1, "events", id="endless"),
        pytest.param(("arrivals: {mean: 2 min}", "seed: 3"), 1, "`arrivals`", id="no arrivals"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(change: tuple[str, str], line: int, told: str) -> None:
    text = LINE.replace(*change)
    assert text != LINE
    with pytest.raises(SimulationError) as refused:
        parse_line(text, "bakery.yml")
    assert told in refused.value.seen
    if line > 1:
        assert (refused.value.where or "").startswith(f"bakery.yml:{line}")


def test_a_parameter_that_is_given_under_both_names_is_refused() -> None:
    with pytest.raises(SimulationError, match="are the same"):
        parse_line("name: x\nreference: {machine_a_variance: 2, machine_a_deviation: 3}")


def test_the_json_schema_is_that_of_the_classes() -> None:
    assert files.PATH.read_text(encoding="utf-8") == files.render_json_schema(), "run `make docs`"
