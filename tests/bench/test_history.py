"""The bench of looking back measures what it says, at a small size."""

from __future__ import annotations

import pytest

from bench.history import measure


@pytest.mark.nightly
def test_every_figure_of_looking_back_is_measured() -> None:
    figures = {figure.name.split(",")[0]: figure for figure in measure(servers=50, small=0)}
    assert figures.keys() >= {"as-of", "checkpoint made", "branch with 1"}
    assert all(figure.value > 0 for figure in figures.values())
