"""What is gained against what it costs, as a picture: SVG or PNG by the ending of the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from simulate.optimise.errors import InvestmentError
from simulate.optimise.optimum import Optimum
from simulate.plots.picture import plain

ENDINGS: Final = (".svg", ".png")
LABELLED: Final = 12
"""Points that have room for their name."""


def check_ending(path: Path) -> None:
    """Raises InvestmentError for a picture of another kind, before anything is simulated."""
    if path.suffix.lower() not in ENDINGS:
        raise InvestmentError(f"no picture is written to {path.name}", where="--plot", hint="a file .svg or .png")
    if not path.parent.is_dir():
        raise InvestmentError(f"there is no folder {path.parent}", where="--plot", hint="make it first")


def plot_gains(answers: Sequence[Optimum], path: Path, objective: str, title: str) -> None:
    """Gains with their 95 % intervals over costs, of all that was compared; what each budget is spent on is marked.

    Equal seeds give equal files. Raises InvestmentError where the file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = {row.name: row for answer in answers for row in answer.rows}
    chosen = {answer.rows[0].name for answer in answers if answer.rows}
    with mpl.rc_context({"svg.hashsalt": "jumeau", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8.0, 5.0), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for names, colour, label in (
            (rows.keys() - chosen, "0.55", "compared"),
            (rows.keys() & chosen, "tab:blue", "best use of a budget"),
        ):
            shown = sorted((rows[name] for name in names), key=lambda row: (row.cost, row.name))
            if shown:
                axes.errorbar(
                    [row.cost for row in shown],
                    [row.gain.mean for row in shown],
                    [row.gain.half_width for row in shown],
                    fmt="o",
                    color=colour,
                    capsize=3,
                    label=label,
                )
        named = rows.values() if len(rows) <= LABELLED else [rows[name] for name in sorted(chosen)]
        for row in named:
            axes.annotate(plain(row.name), (row.cost, row.gain.mean), (5, 5), textcoords="offset points", fontsize=8)
        for answer in answers:
            axes.axvline(answer.budget, color="0.85", linewidth=0.8, zorder=0)
        axes.axhline(0.0, color="0.7", linewidth=0.8, zorder=0)
        axes.set_xlabel("cost")
        axes.set_ylabel(f"gain in {objective.replace('_', ' ')}, with 95 % interval")
        axes.set_title(plain(title))
        if rows:
            axes.legend(frameon=False)
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        try:
            figure.savefig(path, metadata=metadata, dpi=150)
        except OSError as error:
            raise InvestmentError(f"the picture cannot be written: {error.strerror}", where=str(path)) from error
