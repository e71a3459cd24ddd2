"""Investments in a production line: the reference example with its three budgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.optimiser import LARGER, REFERENCE, lower_bound, measure
from core.settings import load_settings
from services.simulation.investments import InvestmentReport, choose_investments
from simulate.line.check import LineError
from simulate.line.simulate import simulate_line
from simulate.optimise.errors import InvestmentError
from simulate.optimise.optimise import HELD_OUT
from simulate.optimise.plan import parse_plan
from simulate.optimise.plot import plot_gains
from simulate.optimise.production import LineObjective

PLAN = """\
name: Reference
line:
  name: A, B, quality control
  reference: {machine_a_capacity: 1, machine_a_time: 6, machine_b_time: 5, operators: 2, qc_time: 3, arrival_rate: 4}
item_value: 40
horizon: 300
budgets: [0, 60000, 200000]
investments:
  +1 machine A: {cost: 50000, parameters: {reference/machine_a_capacity: {add: 1}}}
  +1 operator: {cost: 30000, parameters: {reference/operators: {add: 1}}}
  upgrade machine B: {cost: 80000, parameters: {reference/machine_b_time: 4}}
"""


def _chosen(text: str) -> InvestmentReport:
    plan, file = parse_plan(text)
    return choose_investments(load_settings(), plan, file)


@pytest.fixture(scope="module")
def report() -> InvestmentReport:
    return _chosen(PLAN)


def test_the_three_budgets_of_the_reference_example(report: InvestmentReport) -> None:
    nothing, small, large = report.answers
    assert nothing.rows[0].name == "base"
    assert "below every cost" in nothing.notes[0]
    assert small.feasible == 3
    assert small.rows[0].name == "+1 machine A"
    assert large.feasible == 8
    assert large.rows[0].purchases == {"+1 machine A": 1, "+1 operator": 1, "upgrade machine B": 1}
    assert large.rows[0].cost == 160_000


def test_the_roi_is_the_formula_of_the_reported_gain(report: InvestmentReport) -> None:
    for answer in report.answers:
        for row in answer.rows:
            assert row.cost <= answer.budget
            assert row.net.mean == pytest.approx(row.gain.mean * 40 * 300 - row.cost)
            assert row.roi is None if row.cost == 0 else row.roi.mean == pytest.approx(row.net.mean / row.cost)  # type: ignore[union-attr]


def test_the_reported_values_are_those_of_the_line_in_replications_of_its_own(report: InvestmentReport) -> None:
    best = report.answers[2].rows[0]
    line = REFERENCE.line_of((1, 1, 1))
    completed = simulate_line(line, seed=1, replications=200, first=HELD_OUT).metrics["completed"]
    assert best.value.mean == pytest.approx(completed.mean())
    elsewhere = simulate_line(line, seed=99, replications=200).interval("completed")
    assert elsewhere is not None
    assert best.value.low <= elsewhere.high
    assert elsewhere.low <= best.value.high


def test_less_is_better_of_a_cycle_time() -> None:
    found = _chosen(
        PLAN.replace("item_value: 40", "objective: avg_cycle_time\nrank_by: output\nindifference: 5\nitem_value: 40")
    )
    best = found.answers[2].rows[0]
    assert found.less_is_better
    assert best.gain.low > 0.0


@pytest.mark.parametrize(
    ("old", "new", "error", "where"),
    [
        ("operators: {add: 1}", "people: {add: 1}", InvestmentError, "investments.+1 operator.parameters"),
        ("operators: {add: 1}", "operators: {add: -2}", LineError, "investments.yml"),
        ("horizon: 300", "horizon: 300\nobjective: throughput", InvestmentError, "investments.yml:7"),
        ("horizon: 300", "horizon: 300\nweights: {x: 1}", InvestmentError, "investments.yml:7"),
        ("horizon: 300", "horizon: 300\nestate: year.yml", InvestmentError, "investments.yml:1"),
        ("{cost: 30000, ", "{cost: 30000, changes: [{remove: x}], ", InvestmentError, "investments.yml:1"),
        ("{cost: 30000, parameters: {reference/operators: {add: 1}}}", "{cost: 30000}", InvestmentError, ":10"),
        ("budgets: [0, 60000, 200000]", "budgets: []", InvestmentError, "investments.yml:7"),
        ("budgets: [0, 60000, 200000]", "budgets: plenty", InvestmentError, "investments.yml:7"),
    ],
)
def test_plans_that_make_no_sense_are_refused_where_it_stands(old: str, new: str, error: type[Any], where: str) -> None:
    assert old in PLAN
    with pytest.raises(error) as refused:
        _chosen(PLAN.replace(old, new))
    assert where in str(refused.value.where)


def test_what_has_no_value_is_told_as_such() -> None:
    objective = LineObjective(REFERENCE.line_of, (0, 0, 0), "avg_cycle_time")
    assert np.isfinite(objective.values((0, 0, 0), 0, 3)).all()
    slow = PLAN.replace("machine_a_time: 6", "machine_a_time: 470").replace(
        "horizon: 300", "horizon: 300\nobjective: avg_cycle_time"
    )
    with pytest.raises(InvestmentError, match="nothing was completed"):
        _chosen(slow)


def test_pictures_of_equal_answers_are_equal(report: InvestmentReport, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg", "three.png"):
        plot_gains(report.answers, tmp_path / name, report.objective, report.name)
    first = (tmp_path / "one.svg").read_bytes()
    assert first == (tmp_path / "two.svg").read_bytes()
    assert b"upgrade machine B" in first
    assert (tmp_path / "three.png").read_bytes().startswith(b"\x89PNG")


def test_the_bench_measures_what_it_says_at_a_small_size() -> None:
    assert [len(case.configurations()) for case in (REFERENCE, LARGER)] == [8, 62]
    figures = measure(repeats=2, truth=60)
    assert [figure.issue for figure in figures] == ["D"] * 4
    assert figures[0].value == pytest.approx(lower_bound(2, 2), abs=1e-4)
    assert figures[1].met
    assert figures[3].met


def test_the_bound_of_a_probability_is_that_of_clopper_and_pearson() -> None:
    assert lower_bound(400, 400) == pytest.approx(0.05 ** (1 / 400))
    assert lower_bound(0, 10) == 0.0
    assert lower_bound(8, 10) == pytest.approx(0.4931, abs=1e-4)  # their table


@pytest.mark.nightly
def test_selections_are_right_as_often_as_promised() -> None:
    assert all(figure.met for figure in measure())
