"""`jumeau line watch`: a production line at the console as it runs, its figures and its bottleneck, with readings that come in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from cli.options import OutputOption
from cli.output import Output, say
from core.clock import SystemClock
from core.errors import UsageError
from services.simulation.live import parse_speed

if TYPE_CHECKING:
    from rich.table import Table

    from services.simulation.line_watching import LineLook

OFTENEST_S: Final = 0.1
INTERRUPTED: Final = 130
COLUMNS: Final = ("stage", "queue", "machines", "working", "set-up", "repair", "held", "processed", "utilisation", "")


def watch(
    file: Annotated[Path | None, typer.Argument(help="The production line, a YAML file.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A line of the twin, in place of a file.")] = None,
    speed: Annotated[str, typer.Option("--speed", help="How fast the clock goes.")] = "1s=5min",
    readings: Annotated[
        Path | None, typer.Option("--readings", help="A file of measured times that grows, held against the line.")
    ] = None,
    every: Annotated[float, typer.Option("--every", min=OFTENEST_S, help="Seconds between two looks.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which course is watched.")] = 1,
    output: OutputOption = Output.TABLE,
) -> None:
    """Watch a line as it runs: throughput, queues, machines and the bottleneck by the three rules, and readings that come in.

    What is watched is simulated; readings are not. With --output json each look is a line of JSON. Ctrl-C ends it.

    Example: jumeau line watch bakery.yml --speed "1s=10min" --readings oven.jsonl
    """
    from simulate.extra import needs_the_extra  # here: other commands need no numba

    with needs_the_extra():
        from cli.line import line_of
        from cli.simulating import stopping
        from services.simulation.line_watching import FollowedReadings, LineWatch

        if output is Output.CSV:
            raise UsageError("a line is watched as a table, or as JSON", where="--output", hint="table or json")
        factor = parse_speed(speed)
        line = line_of(file, name)
        clock = SystemClock()
        watched = LineWatch(line, seed, factor, clock.now())
        followed = None if readings is None else FollowedReadings(readings, line)
        with stopping() as stopped:

            def looks() -> LineLook:
                return watched.look(clock.now(), measured=() if followed is None else followed.now())

            if output is Output.JSON or not sys.stdout.isatty():
                _tell(looks, stopped, every, output)
            else:
                _show(looks, stopped, every)
            if stopped():
                raise typer.Exit(INTERRUPTED)


def _tell(looks: Callable[[], LineLook], stopped: Callable[[], int], every: float, output: Output) -> None:
    """A line for each look."""
    while True:
        look = looks()
        if output is Output.JSON:
            sys.stdout.write(orjson.dumps(look.to_dict()).decode() + "\n")
        else:
            queues = ", ".join(f"{stage.name} {stage.queue}" for stage in look.figures.stages)
            sys.stdout.write(
                f"{_moment(look.figures.minute)}  {_number(look.figures.throughput)} good pieces per hour  "
                f"queues: {queues}  bottleneck: {_bottleneck(look)}\n"
            )
        sys.stdout.flush()
        if look.is_over or stopped():
            return
        sleep(every)


def _show(looks: Callable[[], LineLook], stopped: Callable[[], int], every: float) -> None:
    """One table that is drawn again and again."""
    from rich.live import Live

    look = looks()
    with Live(table_of(look), auto_refresh=False) as live:
        while not (look.is_over or stopped()):
            sleep(every)
            look = looks()
            live.update(table_of(look), refresh=True)
    if look.bottleneck is not None:
        say(f"bottleneck: {look.bottleneck.reason}")


def table_of(look: LineLook) -> Table:
    """A look as a table."""
    from rich.table import Table

    figures = look.figures
    title = (
        f"{look.line}, simulated, {_moment(figures.minute)}: {_number(figures.throughput)} good pieces per hour "
        f"({_number(figures.throughput_last_hour)} in the last one), {figures.completed} completed, "
        f"{figures.in_line} in the line, {figures.busy_operators} operators busy"
    )
    table = Table(*COLUMNS, title=title, caption=_measured(look))
    suspect = None if look.bottleneck is None else look.bottleneck.stage
    for stage in figures.stages:
        used = "" if stage.utilisation is None else f"{stage.utilisation:.0%}"
        numbers = (stage.queue, stage.machines, stage.working, stage.setting_up, stage.down, stage.holding)
        marks = "bottleneck" if stage.name == suspect else ""
        table.add_row(stage.name, *map(str, numbers), str(stage.processed), used, marks)
    return table


def _measured(look: LineLook) -> str | None:
    told = [
        f"{one.stage}: {one.readings} readings of {one.measured_mean:.3g} min, {one.known_mean:.3g} known"
        + (", drifted" if one.has_drifted else "")
        for one in look.measured
    ]
    return "; ".join(told) or None


def _bottleneck(look: LineLook) -> str:
    return "none yet" if look.bottleneck is None or look.bottleneck.stage is None else look.bottleneck.stage


def _moment(minute: float) -> str:
    hours, minutes = divmod(int(minute), 60)
    return f"{hours:02d}:{minutes:02d}"


def _number(value: float | None) -> Any:
    return "-" if value is None else f"{value:.3g}"
