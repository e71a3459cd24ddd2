"""Figures of a line that are learned: how wrong they are is told beside a baseline, and nothing is said outside of what was learned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from simulate.closed_forms.erlang import erlang_c
from simulate.distributions import exponential
from simulate.errors import SimulationError
from simulate.line.model import Line, Stage
from simulate.line.reference_line import MACHINE_A, ReferenceParameters, reference_line
from simulate.line.simulate import simulate_line
from simulate.line_prediction import study as studies
from simulate.line_prediction.closed_form import closed_form, visits
from simulate.line_prediction.errors import ExtrapolationError, PredictionError
from simulate.line_prediction.learn import learn
from simulate.line_prediction.store import read_learned, write_learned
from simulate.line_prediction.study import parse_study
from simulate.line_prediction.surrogate import Surrogate

STUDY = """
name: what the line would make
line: {name: reference, reference: {}}
parameters:
  reference/machine_a_time: {low: 3, high: 8}
  reference/arrival_rate: {low: 3, high: 8}
  reference/machine_a_capacity: {low: 1, high: 2, whole: true}
metrics: [throughput, avg_cycle_time, Machine A/utilisation, scrap_rate]
runs: 48
calibration: 40
held_out: 40
replications: 12
"""
POINT = {"reference/machine_a_time": 5.0, "reference/arrival_rate": 4.5, "reference/machine_a_capacity": 1.0}


@pytest.fixture(scope="module")
def learned() -> Surrogate:
    return learn(*parse_study(STUDY))


def test_the_error_on_runs_held_out_is_told_beside_that_of_a_baseline_on_the_same_runs(learned: Surrogate) -> None:
    for metric in ("throughput", "avg_cycle_time", "Machine A/utilisation"):
        told = learned.held_out[metric]
        assert told["points"] == 40
        assert told["baseline"].startswith("closed form")
        assert told["error_less_than_baseline_by"]["low"] > 0.0  # better than the formulas, and not by luck
        assert told["error"]["low"] < told["error"]["mean"] < told["error"]["high"]
        assert told["within_interval"] >= 0.8
    assert learned.held_out["scrap_rate"]["baseline"].startswith("mean of the runs")


def test_a_prediction_is_near_what_a_long_run_at_that_point_says(learned: Surrogate) -> None:
    found = learned.predict(POINT)["throughput"]
    line = reference_line(ReferenceParameters(machine_a_time=5.0, mean_interarrival=4.5))
    played = float(simulate_line(line, 99, 400).metrics["throughput"].mean())
    assert found.low < played < found.high
    assert found.closed_form == pytest.approx(closed_form(line)["throughput"])


@pytest.mark.parametrize("name", POINT)
@pytest.mark.parametrize("value", [0.5, 8.5, float("nan")])
def test_nothing_is_said_outside_of_the_ranges(learned: Surrogate, name: str, value: float) -> None:
    with pytest.raises(ExtrapolationError, match="learned from") as refused:
        learned.predict({**POINT, name: value})
    assert (refused.value.code, refused.value.where) == ("SIMULATION_EXTRAPOLATION", name)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({**POINT, "reference/machine_a_capacity": 1.5}, "machine_a_capacity is 1.5", id="half a machine"),
        pytest.param({**POINT, "reference/qc_time": 3.0}, "no parameter", id="another parameter"),
        pytest.param({"reference/arrival_rate": 4.0}, "is not given", id="too few"),
    ],
)
def test_a_point_is_every_parameter_and_no_other(learned: Surrogate, values: dict[str, float], told: str) -> None:
    with pytest.raises(PredictionError, match=told) as refused:
        learned.predict(values)
    assert refused.value.code == "SIMULATION_PREDICTION"


def test_what_was_learned_is_kept_as_numbers_and_says_the_same_when_it_is_read(
    learned: Surrogate, tmp_path: Path
) -> None:
    file = tmp_path / "learned.json"
    write_learned(learned, file)
    again = read_learned(file).predict(POINT)
    for metric, found in learned.predict(POINT).items():
        assert again[metric].mean == pytest.approx(found.mean, rel=1e-9)
        assert again[metric].high == pytest.approx(found.high, rel=1e-9)
    told = json.loads(file.read_bytes())
    del told["metrics"]["throughput"]["theta"]
    file.write_text(json.dumps(told))
    with pytest.raises(PredictionError, match="not whole"):
        read_learned(file)
    file.write_text("[]")
    with pytest.raises(PredictionError, match="no learned line"):
        read_learned(file)


def test_the_same_study_learns_the_same() -> None:
    study, line = parse_study(STUDY.replace("runs: 48", "runs: 16").replace("12\n", "3\n"))
    one, other = learn(study, line), learn(study, line)
    assert one.to_dict() == other.to_dict()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(("low: 3, high: 8}", "low: 8, high: 3}"), "ends above its beginning", id="backwards"),
        pytest.param(("low: 1, high: 2, whole", "low: 1, high: 2.5, whole"), "whole numbers", id="half"),
        pytest.param(("scrap_rate]", "speed]"), "no metric", id="metric"),
        pytest.param(("Machine A/utilisation", "Machine Z/utilisation"), "no metric", id="metric of no stage"),
        pytest.param(("reference: {}}", "reference: {}, warm_up: auto}"), "warm-up is to be found", id="warm-up"),
        pytest.param(("reference/arrival_rate", "reference/speed"), "not permitted", id="place"),
        pytest.param(("machine_a_time: {low: 3", "machine_a_time: {low: -1"), "greater than", id="negative time"),
    ],
)
def test_a_study_that_cannot_be_is_refused_before_anything_is_played(change: tuple[str, str], told: str) -> None:
    text = STUDY.replace(*change)
    assert text != STUDY
    with pytest.raises(SimulationError, match=told) as refused:
        parse_study(text)
    assert refused.value.code in ("SIMULATION_PREDICTION", "SIMULATION_LINE")


def test_a_study_of_a_billion_events_is_refused() -> None:
    with pytest.raises(PredictionError, match="events in all"):
        learn(
            *parse_study(STUDY.replace("reference: {}}", "reference: {}, duration: 400000}").replace("12\n", "200\n"))
        )


def test_the_closed_form_is_exact_where_it_is_known() -> None:
    """M/M/3, and visits of rework: a tenth is sent back from the end to the first of two stages."""
    line = Line("queue", (Stage("bench", exponential(5.0), machines=3),), exponential(2.0), duration=1e6)
    found = closed_form(line)
    assert found["bench/wait"] == pytest.approx(erlang_c(2.5, 3) * 5.0 / 0.5)
    assert found["work_in_process"] == pytest.approx(found["avg_cycle_time"] / 2.0)
    two = Line(
        "two", (Stage("a", exponential(1.0)), Stage("b", exponential(1.0), rework=0.1, rework_to="a")), exponential(9.0)
    )
    np.testing.assert_allclose(visits(two), [1.0 / 0.9, 1.0 / 0.9])


def test_the_closed_form_names_the_rate_of_the_bottleneck() -> None:
    found = closed_form(reference_line())
    assert found["throughput"] == pytest.approx(60.0 / 6.0 * (1.0 - 0.03 / 0.95))
    assert found[f"{MACHINE_A}/utilisation"] == pytest.approx(1.0)


def test_the_json_schema_is_that_of_the_classes() -> None:
    assert studies.PATH.read_text(encoding="utf-8") == studies.render_json_schema(), "run `make docs`"
