"""`jumeau simulate insight`: what a run teaches: causes of downtime, single points of failure, recovery, load."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import AsOfOption, BackendOption, BranchOption, OutputOption, PlotFormatOption, PlotOption
from cli.output import Output, print_json, print_rows, say
from cli.simulate_run import COLUMNS, table_rows
from cli.simulating import (
    ProcessesOption,
    ReplicationsOption,
    ScenarioOption,
    SeedOption,
    leave,
    ordering,
    say_notes,
    say_pictures,
)
from core.settings import load_settings
from services.moments import Asked

if TYPE_CHECKING:
    from services.simulation.insight import Insight


class Part(StrEnum):
    """What an insight is made of."""

    AVAILABILITY = "availability"
    CONTRIBUTIONS = "contributions"
    SINGLE_POINTS = "single_points"
    RECOVERY = "recovery"
    LOAD = "load"
    CREWS = "crews"


CAUSES = ("name", "kind", "hours", "low", "high", "share", "alone", "brought down alone")
RECOVERY = (
    "name",
    "RTO h",
    "outages",
    "beyond RTO",
    "RPO h",
    "losses",
    "hours lost",
    "worst",
    "plan",
    "last test",
    "against it",
)
CREWS = ("name", "size", "utilisation", "repairs", "wait h")
LOAD = (
    "name",
    "kind",
    "basis",
    "utilisation",
    "simulated",
    "wait s",
    "servers",
    "needed",
    "growth",
    "saturated on",
    "earliest",
    "latest",
)


def insight(
    scenario: ScenarioOption,
    part: Annotated[
        list[Part] | None, typer.Option("--part", help="What to show as tables, repeatable; everything without it.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Rows of each table; JSON and CSV have all.")] = 20,
    detailed: Annotated[
        int | None,
        typer.Option("--detailed", min=2, help="Replications that are read event by event.", show_default="50"),
    ] = None,
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    processes: ProcessesOption = 1,
    plot: PlotOption = None,
    plot_format: PlotFormatOption = "svg",
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """What causes downtime, what is a single point of failure, whether objectives of recovery are kept, what fills up when.

    The twin is only read. Ctrl-C ends the run and tells what the replications that are finished say.

    Examples: jumeau simulate insight --scenario year.yml; jumeau simulate insight -s year.yml --part recovery --output csv
    """
    # Here and not above: what simulations need is an extra, and takes a second to import.
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from services.simulation.insight import DETAILED
        from services.simulation.insight import insight as find
        from simulate.builder.scenario import read_scenario
        from simulate.plots import runs
        from simulate.plots.picture import draw, prepare

    settings = load_settings(backend=backend)
    read = read_scenario(scenario)
    if plot is not None:
        prepare(plot, plot_format)
    with ordering(replications, seed, processes) as order:
        found = find(settings, read, Asked(as_of, branch), order, detailed=DETAILED if detailed is None else detailed)
    report = found.report
    if plot is not None:
        pictures = [
            runs.availability(report.rows, report.scenario),
            runs.contributions(found.contributions, report.scenario),
            runs.utilisation(found.load, report.scenario),
            runs.waits(found.load, report.scenario),
        ]
        say_pictures(draw(pictures, plot, plot_format))
    say_notes(report.replications, report.wanted, report.notes)
    if output is Output.JSON:
        print_json(found.to_dict())
    else:
        _print_tables(found, part or list(Part), top, output)
    leave(report.replications, report.wanted)


def _print_tables(found: Insight, parts: list[Part], top: int, output: Output) -> None:
    for one in parts:
        columns, rows = _table(found, one)
        shown = rows if output is Output.CSV else rows[:top]
        print_rows(columns, shown, output, one.value.replace("_", " "))
        if len(shown) < len(rows):
            say(f"{len(rows) - len(shown)} more: --top, or --output json")
    report = found.report
    say(
        f"{report.replications} replications of {report.hours:g} hours, {found.detailed} of them read event by event, "
        f"{report.items} items, seed {report.seed}"
    )


def _table(found: Insight, part: Part) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    if part is Part.AVAILABILITY:
        return COLUMNS, table_rows(found.report)
    if part in (Part.CONTRIBUTIONS, Part.SINGLE_POINTS):
        causes = found.contributions if part is Part.CONTRIBUTIONS else found.single_points
        return CAUSES, [
            (
                one.name,
                one.kind,
                *map(_number, (one.hours, one.low, one.high)),
                f"{one.share:.1%}",
                _number(one.alone),
                _some(one.brought_down),
            )
            for one in causes
        ]
    if part is Part.RECOVERY:
        return RECOVERY, [
            (
                row.name,
                *map(_number, (row.rto, row.outages, row.beyond_rto, row.rpo, row.losses, row.lost, row.worst)),
                row.plan.name if row.plan else "",
                f"{row.plan.tested_on} {row.plan.result}" if row.plan and row.plan.tested_on else "",
                ", ".join(row.findings),
            )
            for row in found.recovery
        ]
    if part is Part.CREWS:
        return CREWS, [
            (one.name, one.size, _share(one.utilisation, one.low, one.high), _number(one.repairs), _number(one.wait))
            for one in found.report.crews
        ]
    return LOAD, [
        (
            row.name,
            row.kind,
            row.basis,
            f"{row.utilisation:.1%}",
            _share(row.simulated, row.simulated_low, row.simulated_high),
            _number(row.wait),
            _plain(row.servers),
            _plain(row.needed),
            "" if row.growth is None else f"{row.growth:+.1%}",
            _plain(row.saturation_on),
            _plain(row.earliest),
            _plain(row.latest),
        )
        for row in found.load
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _share(mean: float | None, low: float | None, high: float | None) -> str:
    if mean is None or mean != mean:
        return ""
    return f"{mean:.1%}" if low is None or low != low else f"{mean:.1%} ({low:.1%} to {high:.1%})"


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
