"""A line as pictures: throughput, utilisation, queues, work in process, and what the three rules say; equal results give equal files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from simulate.compiled import missing
from simulate.line.bottleneck import BUSY, Bottleneck
from simulate.line.curves import Curve, curves_of
from simulate.line.result import LineResult
from simulate.plots.picture import PlotError, plain, prepare

try:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError as absent:
    raise missing(absent) from absent

WORDS: Final = {
    "en": {
        "throughput": "Throughput (good pieces per hour)",
        "utilisation": "Utilisation of the machines",
        "queues": "Pieces waiting",
        "wip": "Pieces in the line",
        "bottleneck": "Bottleneck",
        "hours": "hours",
        "processing": "processing",
        "setting_up": "set-up",
        "down": "repair",
        "blocked": "blocked",
        "mean": "mean and 95 % interval",
        "none": "none",
        "utilisation rule": "utilisation",
        "growing queue": "growing queue (pieces per hour)",
        "cycle time": "cycle time (minutes per piece)",
    },
    "fr": {
        "throughput": "Débit (pièces bonnes par heure)",
        "utilisation": "Taux d'utilisation des machines",
        "queues": "Pièces en attente",
        "wip": "Encours (pièces dans la ligne)",
        "bottleneck": "Goulot",
        "hours": "heures",
        "processing": "production",
        "setting_up": "réglage",
        "down": "réparation",
        "blocked": "blocage",
        "mean": "moyenne et intervalle à 95 %",
        "none": "aucun",
        "utilisation rule": "utilisation",
        "growing queue": "file qui grandit (pièces par heure)",
        "cycle time": "temps de cycle (minutes par pièce)",
    },
}


def draw_charts(
    result: LineResult, bottleneck: Bottleneck, folder: Path, language: str = "en", ending: str = "svg"
) -> list[Path]:
    """Draw all charts of a result (two replications at least) into a folder, which is made; SVG or PNG. Raises PlotError."""
    prepare(folder, ending)
    words, curves = WORDS[language], curves_of(result)
    queues = {plain(name): curve for name, curve in curves.queues.items()}
    charts: dict[str, Callable[[Any], None]] = {
        "throughput": lambda axes: _over_time(axes, {words["mean"]: curves.throughput}, words["throughput"], words),
        "utilisation": lambda axes: _utilisation(axes, result, words),
        "queues": lambda axes: _over_time(axes, queues, words["queues"], words),
        "work-in-process": lambda axes: _over_time(axes, {words["mean"]: curves.work_in_process}, words["wip"], words),
    }
    written = []
    try:
        for name, chart in charts.items():
            figure = _figure(8.0)
            chart(figure.add_subplot())
            written.append(_save(figure, folder / f"{name}.{ending}"))
        figure = _figure(12.0)
        _rules(figure, bottleneck, words)
        written.append(_save(figure, folder / f"bottleneck.{ending}"))
    except OSError as error:
        raise PlotError(f"the charts cannot be written: {error.strerror}", where=str(folder)) from error
    return written


def _figure(width: float) -> Figure:
    figure = Figure(figsize=(width, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path) -> Path:
    with mpl.rc_context({"svg.hashsalt": "jumeau", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None}, dpi=150)
    return path


def _over_time(axes: Any, curves: Mapping[str, Curve], title: str, words: dict[str, str]) -> None:
    """Curves by their labels, each with its interval."""
    for label, curve in curves.items():
        axes.plot(curve.hours, curve.means, label=label)
        axes.fill_between(curve.hours, curve.means - curve.halves, curve.means + curve.halves, alpha=0.3)
    axes.set(xlabel=words["hours"], title=title, ylim=(0.0, None))
    axes.legend()


def _utilisation(axes: Any, result: LineResult, words: dict[str, str]) -> None:
    names = [plain(stage.name) for stage in result.line.stages]
    below = np.zeros(len(names))
    for part in ("processing", "setting_up", "down", "blocked"):
        shares = np.array([stage[part].mean() for stage in result.stages])
        axes.bar(names, shares, bottom=below, label=words[part])
        below += shares
    axes.axhline(BUSY, color="0.3", linestyle="--", label=f"{BUSY:.0%}")
    axes.set(title=words["utilisation"], ylim=(0.0, 1.05))
    axes.legend()


def _rules(figure: Figure, bottleneck: Bottleneck, words: dict[str, str]) -> None:
    figure.suptitle(f"{words['bottleneck']}: {plain(bottleneck.stage or words['none'])}")
    for place, rule in enumerate(bottleneck.rules):
        axes = figure.add_subplot(1, len(bottleneck.rules), place + 1)
        colours = ["tab:red" if name == rule.stage else "0.7" for name in rule.values]
        axes.barh(
            [plain(name) for name in rule.values], [value or 0.0 for value in rule.values.values()], color=colours
        )
        axes.invert_yaxis()
        axes.set_title(words["utilisation rule" if rule.rule == "utilisation" else rule.rule])
