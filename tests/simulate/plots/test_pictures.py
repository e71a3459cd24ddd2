"""Pictures hold every row with its interval, say what was left out, and are the same for equal numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulate.plots.picture import MOST_ROWS, Picture, PlotError, Row, draw


def picture(rows: int, *, bars: bool = False, line: float | None = None) -> Picture:
    return Picture(
        "one",
        "A title",
        "hours",
        tuple(Row(f"row {n}", float(n), n - 0.5, n + 0.5, n % 2 == 0) for n in range(rows)),
        bars,
        line,
    )


@pytest.mark.parametrize("bars", [False, True])
def test_every_row_is_there_and_equal_numbers_give_equal_files(tmp_path: Path, bars: bool) -> None:
    (first,) = draw([picture(5, bars=bars, line=1.0)], tmp_path / "a")
    (second,) = draw([picture(5, bars=bars, line=1.0)], tmp_path / "b")
    text = first.read_text(encoding="utf-8")
    assert all(f">row {n}<" in text for n in range(5))
    assert first.read_bytes() == second.read_bytes()


def test_more_than_have_room_are_said(tmp_path: Path) -> None:
    (path,) = draw([picture(MOST_ROWS + 5)], tmp_path)
    text = path.read_text(encoding="utf-8")
    assert f"{MOST_ROWS} of {MOST_ROWS + 5}" in text
    assert f">row {MOST_ROWS}<" not in text


def test_what_has_no_rows_is_not_drawn(tmp_path: Path) -> None:
    assert draw([picture(0)], tmp_path) == []


def test_names_are_no_formulas(tmp_path: Path) -> None:
    (path,) = draw([Picture("one", "t", "a", (Row(r"$\bad{$", 1.0),))], tmp_path)
    assert path.exists()


def test_another_kind_of_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlotError, match="no picture is written as gif"):
        draw([picture(1)], tmp_path, "gif")
