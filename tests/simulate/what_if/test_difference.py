"""Differences of two runs: paired, with intervals that hold, for things and groups of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graph.schema.model import Schema
from simulate.engines.monte_carlo import run
from simulate.errors import SimulationError
from simulate.statistics.student import t_interval
from simulate.what_if.difference import Difference, Group, Measure, differences
from tests.simulate.what_if.estate import model


def of(found: tuple[Difference, ...], measure: Measure) -> Difference:
    (one,) = (row for row in found if row.measure is measure)
    return one


def test_the_interval_is_that_of_paired_differences(schema: Schema) -> None:
    base, changed = run(model(schema), 60, 5), run(model(schema, "repairs: {times: 0.5}"), 60, 5)
    found = of(differences(base, changed).single, Measure.HOURS_DOWN)
    expected = t_interval(changed.downtime[:, 0] - base.downtime[:, 0])
    assert (found.difference, found.low, found.high) == (expected.mean, expected.low, expected.high)
    assert found.is_told_apart
    assert found.high < 0.0 < found.correlation
    unpaired = t_interval(changed.downtime[:, 0]).half_width + t_interval(base.downtime[:, 0]).half_width
    assert expected.half_width < unpaired


def test_what_changes_nothing_differs_nowhere(schema: Schema) -> None:
    base, changed = run(model(schema), 20, 5), run(model(schema, "remove: alone"), 20, 5)
    for row in differences(base, changed).single:
        assert (row.difference, row.low, row.high, row.differing, row.is_told_apart) == (0.0, 0.0, 0.0, 0, False)


def test_groups_are_sums_and_availability_their_mean(schema: Schema) -> None:
    watched = {"extra": "watch: [BusinessService, BusinessApplication]\n"}
    base, changed = run(model(schema, **watched), 20, 5), run(model(schema, "remove: north", **watched), 20, 5)
    groups = [Group("g", "both", "x", ("app", "bank", "gone")), Group("e", "none", "x", ("gone",))]
    found = differences(base, changed, [groups])
    (several,) = found.groups
    assert {row.name for row in several} == {"both"}
    single = [row for row in found.single if row.measure is Measure.HOURS_DOWN]
    assert of(several, Measure.HOURS_DOWN).difference == pytest.approx(sum(row.difference for row in single))
    hours = of(several, Measure.HOURS_DOWN).difference
    assert of(several, Measure.AVAILABILITY).difference == pytest.approx(-hours / 2 / 8760)


def test_replications_that_only_one_of_them_has_are_left_out(schema: Schema) -> None:
    base, changed = run(model(schema), 40, 5), run(model(schema, "remove: north"), 40, 5)
    rows = np.r_[0:10, 20:40]
    part = replace(
        changed,
        replications=30,
        replication=changed.replication[rows],
        downtime=changed.downtime[rows],
        interruptions=changed.interruptions[rows],
    )
    found = differences(base, part)
    assert found.replications == 30
    expected = t_interval((changed.downtime[:, 0] - base.downtime[:, 0])[rows])
    assert of(found.single, Measure.HOURS_DOWN).low == expected.low


def test_what_only_one_of_them_watches_is_named(schema: Schema) -> None:
    base = run(model(schema), 10, 5)
    changed = run(model(schema, extra="watch: [BusinessService, BusinessApplication]\n"), 10, 5)
    assert differences(base, changed).only_changed == ("app",)
    assert differences(changed, base).only_base == ("app",)


def test_runs_of_another_chance_are_not_paired(schema: Schema) -> None:
    with pytest.raises(SimulationError, match="cannot be paired"):
        differences(run(model(schema), 10, 5), run(model(schema), 10, 6))


@pytest.mark.nightly
def test_the_interval_holds_the_difference_as_often_as_it_says(schema: Schema) -> None:
    """Two servers in series of one repairer, repairs twice as fast; the truth by 40,000 replications."""
    base, changed = model(schema), model(schema, "repairs: {times: 0.5}")
    truth = of(differences(run(base, 40_000, 99), run(changed, 40_000, 99)).single, Measure.HOURS_DOWN).difference
    held = 0
    for seed in range(1_000):
        row = of(differences(run(base, 50, seed), run(changed, 50, seed)).single, Measure.HOURS_DOWN)
        held += row.low <= truth <= row.high
    assert 0.92 <= held / 1_000 <= 0.97
