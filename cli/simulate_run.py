"""`jumeau simulate run`: play a scenario on the twin, many times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import AsOfOption, BackendOption, BranchOption, OutputOption, PlotFormatOption, PlotOption
from cli.output import Output, print_json, print_rows, say
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
from cli.simulation_runs import kept_runs
from core.settings import load_settings
from services.moments import Asked
from services.projecting import project

if TYPE_CHECKING:
    from services.simulation.run import SimulationReport

COLUMNS = ("name", "kind", "availability", "low", "high", "outages", "hours down", "beyond objective")


def run(
    scenario: ScenarioOption,
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    processes: ProcessesOption = 1,
    keep_run: Annotated[
        bool, typer.Option("--keep", help="Keep it in the twin: a run, a summary per item, incidents.")
    ] = False,
    incidents: Annotated[
        int, typer.Option("--incidents", help="With --keep: most incidents, of the first replication.")
    ] = 1_000,
    plot: PlotOption = None,
    plot_format: PlotFormatOption = "svg",
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Availability of what a scenario watches, with 95 % intervals; the twin is only read, but with --keep.

    Ctrl-C ends the run after the replications that are under way, and tells what those that are finished say.

    Examples: jumeau simulate run --scenario year.yml; jumeau simulate run -s year.yml --branch second-site --keep
    """
    # Here and not above: what simulations need is an extra, and takes a second to import.
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from services.simulation.keep import check_keeping, keep
        from services.simulation.run import play
        from simulate.builder.scenario import read_scenario
        from simulate.plots.picture import draw, prepare
        from simulate.plots.runs import availability

    settings = load_settings(backend=backend)
    read = read_scenario(scenario)
    if keep_run:
        check_keeping(read.seed if seed is None else seed, incidents)
    if plot is not None:
        prepare(plot, plot_format)
    with ordering(replications, seed, processes) as order:
        played = play(settings, read, Asked(as_of, branch), order)
    report = played.report
    kept = None
    if keep_run:
        with kept_runs(settings) as runs:
            kept = keep(runs, played, incidents=incidents, branch=branch or read.branch)
        project(settings)
        for left_out, what in ((kept.summaries_left_out, "summaries"), (kept.incidents_left_out, "incidents")):
            if left_out:
                say(f"note: {left_out:,} {what} more are not kept")
        for gone in kept.dropped:
            say(f"note: the run {gone} went to make room")
    if plot is not None:
        say_pictures(draw([availability(report.rows, report.scenario)], plot, plot_format))
    say_notes(report.replications, report.wanted, report.notes)
    if output is Output.JSON:
        print_json({**report.to_dict(), **({} if kept is None else {"kept": kept.to_dict()})})
    else:
        print_rows(COLUMNS, table_rows(report), output)
        if kept is not None:
            say(f"kept as {kept.run}: {kept.summaries} summaries, {kept.incidents} incidents")
        told = f"{report.replications} replications of {report.hours:g} hours, {report.items} items, seed {report.seed}"
        say(f"simulated: {told}")
    leave(report.replications, report.wanted)


def table_rows(report: SimulationReport) -> list[tuple[Any, ...]]:
    """Availability of what is watched, as rows under COLUMNS."""
    return [
        (
            row.name,
            row.kind,
            f"{row.mean:.6f}",
            f"{row.low:.6f}",
            f"{row.high:.6f}",
            round(row.outages, 3),
            round(row.downtime, 3),
            round(row.breaches, 3),
        )
        for row in report.rows
    ]
