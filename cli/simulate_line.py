"""`jumeau simulate line`: a production line from a file, played many times, with its bottleneck and charts."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.line import lines_of_the_twin
from cli.options import OutputOption, PlotFormatOption, PlotOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from cli.simulating import leave, say_notes, stopping
from core.errors import UsageError

if TYPE_CHECKING:
    from simulate.statistics.student import Interval


class ChartLanguage(StrEnum):
    """Which language charts are labelled in."""

    EN = "en"
    FR = "fr"


def line(
    file: Annotated[Path | None, typer.Argument(help="The production line, a YAML file.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A line of the twin, in place of a file.")] = None,
    replications: Annotated[
        int | None, typer.Option("--replications", min=2, help="In place of the file's, or of 200.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="In place of the file's, or of 1.")] = None,
    plot: PlotOption = None,
    plot_format: PlotFormatOption = "svg",
    language: Annotated[ChartLanguage, typer.Option("--language", help="Of the charts.")] = ChartLanguage.EN,
    output: OutputOption = Output.TABLE,
) -> None:
    """Throughput, lead time, work in process, utilisation, queues, scrap, OEE and cost of a line, and its bottleneck.

    Every figure has its 95 % interval (Student's t over replications). Ctrl-C keeps the replications that are finished.

    Examples: jumeau simulate line line.yml --plot charts --output json; jumeau simulate line --name Bakery
    """
    from simulate.extra import needs_the_extra  # here: other commands need no numba

    with needs_the_extra():
        from simulate.line.bottleneck import find_bottleneck
        from simulate.line.file import AUTO, read_line
        from simulate.line.result import METRICS, STAGE_METRICS
        from simulate.line.simulate import simulate_line
        from simulate.plots.picture import prepare

        if (file is None) == (name is None):
            raise UsageError("a line is given by its file, or by its name", where="line", hint="one of them")
        if plot is not None:
            prepare(plot, plot_format)
        usual = (200, 1)
        if file is not None:
            given = read_line(file)
            usual = given.replications, given.seed
            played = given.settled()
            if given.warm_up == AUTO:
                say(f"warm-up of {played.warm_up:g} minutes, found by MSER-5")
        else:
            with lines_of_the_twin() as (lines, _):
                played, _ids = lines.get(str(name))
        wanted = usual[0] if replications is None else replications
        with progress_bars() as advance, stopping() as stopped:
            result = simulate_line(
                played,
                usual[1] if seed is None else seed,
                wanted,
                progress=lambda done, all_of_them: advance("replications", done, all_of_them),
                cancelled=lambda: bool(stopped()),
            )
        bottleneck = find_bottleneck(result)
        drawn: list[Path] = []
        if plot is not None and result.replications > 1:
            from simulate.line.charts import draw_charts

            drawn = draw_charts(result, bottleneck, plot, language.value, plot_format)
    if output is Output.JSON:
        content = {**result.to_dict(), "bottleneck": bottleneck.to_dict(), "charts": [str(path) for path in drawn]}
        print_json(content)
    else:
        rows = [("", name, *_shown(result.interval(name)), meaning) for name, meaning in METRICS.items()]
        for stage in result.line.stages:
            for name, meaning in STAGE_METRICS.items():
                rows.append((stage.name, name, *_shown(result.interval(name, stage.name)), meaning))
        title = result.line.name if output is Output.TABLE else None
        print_rows(("stage", "metric", "mean", "low", "high", "meaning"), rows, output, title)
        say(f"bottleneck: {bottleneck.reason}")
        for path in drawn:
            say(f"chart: {path}")
    say(f"{result.replications} replications of {result.line.duration:g} minutes, seed {result.seed}")
    say_notes(result.replications, wanted, ())
    leave(result.replications, wanted)


def _shown(interval: Interval | None) -> tuple[Any, Any, Any]:
    if interval is None:
        return None, None, None
    return round(interval.mean, 4), round(interval.low, 4), round(interval.high, 4)
