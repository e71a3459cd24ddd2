"""The reference cases: names are binding, closed forms are exact, simulations are near, with intervals."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from bench.simulation_models import FAMILIES, HIGH, LOW, Case, Family, cases, covered, items
from simulate.single.answer import Method, answer
from simulate.single.catalogue import MODELS
from simulate.single.model import CLOSED_FORM, SIMULATION
from simulate.single.request import Request

NAMES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "simulation_models.json").read_text(encoding="utf-8"))
CASES = {case.name: case for case in cases()}
RULES = {"ocba"}
"""Models in which nothing happens over time."""


def _systems() -> list[list[Case]]:
    """Cases of the same system: one simulation answers all of their metrics."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in CASES.values():
        groups[case.request.model.name, repr(case.request.system)].append(case)
    return list(groups.values())


@pytest.mark.parametrize("named", NAMES, ids=lambda named: named["model"])
def test_a_model_has_the_parameters_and_the_metrics_that_are_binding(named: dict[str, Any]) -> None:
    model = MODELS[named["model"]]
    assert {parameter.name for parameter in model.parameters} >= set(named["parameters"])
    assert set(model.metrics) == set(named["metrics"])


def test_there_are_thirty_cases_and_every_model_is_named() -> None:
    assert len(CASES) == 30
    assert set(MODELS) == {named["model"] for named in NAMES}


@pytest.mark.parametrize("name", CASES)
def test_the_closed_form_is_within_the_tolerance(name: str) -> None:
    case = CASES[name]
    found = answer(case.request, Method.CLOSED)[case.metric]
    assert found.method == CLOSED_FORM
    assert case.is_met(found), f"{found.mean} instead of {case.expected}"
    assert found.low == found.mean == found.high


@pytest.mark.parametrize("group", _systems(), ids=lambda group: group[0].name)
def test_the_simulation_is_within_the_tolerance_and_says_how_sure_it_is(group: list[Case]) -> None:
    first = group[0].request
    request = Request(first.model, first.system, tuple(case.metric for case in group), seed=1)
    found = answer(request, Method.SIMULATION, precision=min(case.precision() for case in group))
    for case in group:
        estimate = found[case.metric]
        assert case.is_simulated(estimate), f"{estimate.mean} instead of {case.expected}"
        if first.model.name in RULES:
            assert estimate.method == CLOSED_FORM
            assert "the closed form answers" in str(estimate.note)
        else:
            assert estimate.method == SIMULATION
            assert estimate.note is None
        if first.model.experiment is not None:
            for low, mean, high in zip(items(estimate.low), items(estimate.mean), items(estimate.high), strict=True):
                assert low < mean < high


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.model)
def test_intervals_hold_the_exact_value_about_as_often_as_they_say(family: Family) -> None:
    found = covered(family, 40)
    assert found.interval().high >= LOW
    assert found.interval().low <= HIGH


@pytest.mark.nightly
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.model)
def test_intervals_hold_the_exact_value_in_95_of_100_experiments(family: Family) -> None:
    assert LOW <= covered(family).share <= HIGH
