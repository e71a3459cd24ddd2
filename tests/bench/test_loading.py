"""The bench of loading measures what it says, at a small size."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from bench.loading import load, measure, rewrite
from ingest.estate_generator import generate_estate


def rows(path: Path) -> tuple[list[str], list[tuple[str, ...]]]:
    with path.open(encoding="utf-8", newline="") as text:
        header, *found = csv.reader(text)
    return header, sorted(map(tuple, found))


def test_a_reordered_export_updates_nothing_and_a_changed_one_a_hundredth(tmp_path: Path) -> None:
    first, reordered, changed = (tmp_path / name for name in ("first", "reordered", "changed"))
    generate_estate(first, servers=50, seed=42, as_of=date(2025, 1, 1))
    rewrite(first, reordered, share=0)
    rewrite(first, changed, share=0.01)
    for path in first.rglob("*.csv"):
        assert rows(path) == rows(reordered / path.relative_to(first))
    told = load(tmp_path / "twin", first)
    again = load(tmp_path / "twin", reordered)
    other = load(tmp_path / "twin", changed)
    assert told["created"] > 500
    assert (again["created"], again["updated"]) == (0, 0)
    assert other["created"] == 0
    assert 0.005 < other["updated"] / told["rows"] < 0.02


@pytest.mark.nightly
def test_every_figure_of_loading_is_measured() -> None:
    figures = measure(servers=50, neo4j_servers=50)
    assert {figure.issue for figure in figures} == {"C"}
    assert sum("load again" in figure.name for figure in figures) == 3
    assert all(figure.value > 0 for figure in figures)
