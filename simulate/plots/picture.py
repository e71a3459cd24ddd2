"""Rows with intervals or as bars, written to a file. Equal numbers give equal files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulate.errors import SimulationError

ENDINGS: Final = ("svg", "png")
MOST_ROWS: Final = 30
_NAME: Final = 40


class PlotError(SimulationError):
    """A picture that cannot be written."""

    code = "SIMULATION_PLOT"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a picture: a value, and its interval where it has one. What is `marked` is drawn in another colour."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows from top to bottom: as points with intervals, or as bars from zero. `line` is drawn across, such as a limit."""

    file: str
    title: str
    axis: str
    rows: tuple[Row, ...]
    bars: bool = False
    line: float | None = None


def prepare(folder: Path, ending: str) -> None:
    """Make the folder, before anything is simulated. Raises PlotError."""
    if ending not in ENDINGS:
        raise PlotError(f"no picture is written as {ending}", where="--plot-format", hint=" or ".join(ENDINGS))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlotError(f"the folder cannot be made: {error.strerror}", where=str(folder)) from error


def draw(pictures: Sequence[Picture], folder: Path, ending: str = "svg") -> list[Path]:
    """Write those that have rows, the first 30 rows of each; the files. Raises PlotError."""
    prepare(folder, ending)
    return [_drawn(picture, folder / f"{picture.file}.{ending}") for picture in pictures if picture.rows]


def _drawn(picture: Picture, path: Path) -> Path:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = picture.rows[:MOST_ROWS]
    with mpl.rc_context({"svg.hashsalt": "jumeau", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9.0, 1.6 + 0.28 * len(rows)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        places = list(range(len(rows)))
        colours = ["tab:red" if row.marked else "tab:blue" for row in rows]
        if picture.bars:
            axes.barh(places, [row.value for row in rows], color=colours, height=0.7, alpha=0.8)
        else:
            axes.scatter([row.value for row in rows], places, color=colours, s=18, zorder=3)
        _intervals(axes, rows, colours, bars=picture.bars)
        if picture.line is not None:
            axes.axvline(picture.line, color="0.4", linewidth=0.8, linestyle="--")
        axes.set_yticks(places, [_short(row.name) for row in rows], fontsize=8)
        axes.invert_yaxis()
        axes.grid(axis="x", color="0.9")
        axes.set_axisbelow(True)
        more = len(picture.rows) - len(rows)
        axes.set_xlabel(picture.axis)
        axes.set_title(plain(picture.title) + (f" ({len(rows)} of {len(picture.rows)})" if more else ""), fontsize=10)
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        try:
            figure.savefig(path, metadata=metadata, dpi=150)
        except OSError as error:
            raise PlotError(f"the picture cannot be written: {error.strerror}", where=str(path)) from error
    return path


def _intervals(axes: Any, rows: Sequence[Row], colours: Sequence[str], *, bars: bool) -> None:
    for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        if row.low is not None and row.high is not None:
            axes.hlines(place, row.low, row.high, color="black" if bars else colour, linewidth=1.2)


def plain(text: str) -> str:
    """A text as it is: matplotlib takes what stands between dollars for a formula, and fails where it is none."""
    return text.replace("$", r"\$")


def _short(name: str) -> str:
    return plain(name if len(name) <= _NAME else name[: _NAME - 1] + "\u2026")
