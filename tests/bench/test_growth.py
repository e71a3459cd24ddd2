"""The bench of growth measures what it says, at a small size."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.figures import Figure, write
from bench.growth import Batch, deciles, measure


def test_deciles_are_the_first_and_the_last_tenth_of_batches_by_what_a_row_costs() -> None:
    batches = [Batch("nodes", 100, 1.0)] * 2 + [Batch("nodes", 100, 9.0)] * 16 + [Batch("relations", 50, 1.0)] * 2
    assert deciles(batches) == (20_000.0, 10_000.0)
    assert deciles(batches[:1]) == (10_000.0, 10_000.0)


def test_figures_of_one_bench_stay_when_another_is_written(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write([Figure("C", "growth", 1.0, "us", "<= 1.3x", 1.0, 1.0, True)], path)
    write([Figure("C", "other", 2.0, "s")], path)
    assert path.read_text(encoding="utf-8").count('"name"') == 2


@pytest.mark.nightly
@pytest.mark.parametrize("backend", ["embedded", "networkx"])
def test_every_figure_of_growth_is_measured(backend: str) -> None:
    figures = measure(servers=1_000, backend=backend)
    assert {figure.unit for figure in figures} == {"us", "rows/s", "MB"}
    assert all(figure.value > 0 for figure in figures)
    assert all(figure.ratio for figure in figures if figure.unit == "us")
