"""What the bench of simulated estates measures, at a size that only shows that it works."""

from __future__ import annotations

import pytest

from bench import simulation


@pytest.mark.nightly
def test_every_figure_of_simulated_estates_is_measured() -> None:
    figures = {figure.name.partition(":")[0]: figure for figure in simulation.measure(160, 4, 20)}
    assert {name for name in figures if not name.startswith("cost of kernels")} == {
        "kernels against SimPy",
        "a run on two processes",
        "SimPy reference against a bare timeout loop",
        "results of 1, 2 and 4 processes that differ in any bit",
        "memory of a run",
    }
    assert figures["results of 1, 2 and 4 processes that differ in any bit"].met
    assert len([name for name in figures if name.startswith("cost of kernels")]) == 3
