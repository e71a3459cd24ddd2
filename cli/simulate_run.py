"""`jumeau simulate run`: play a scenario on the twin, many times."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsOfOption, BackendOption, BranchOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.settings import load_settings
from services.moments import Asked

COLUMNS = ("name", "kind", "availability", "low", "high", "outages", "hours down", "beyond objective")


def run(
    scenario: Annotated[Path, typer.Option("--scenario", "-s", help="The scenario, a YAML file.")],
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    replications: Annotated[int | None, typer.Option("--replications", help="In place of the scenario's.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="In place of the scenario's.")] = None,
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="How many work at once; the result is the same.")
    ] = 1,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Availability of what a scenario watches, with 95 % intervals; the twin is only read.

    Ctrl-C ends the run after the replications that are under way, and tells what those that are finished say.

    Examples: jumeau simulate run --scenario year.yml; jumeau simulate run -s year.yml --branch second-site --output json
    """
    from services.simulation.run import simulate  # here: other commands need no numba
    from simulate.builder.scenario import read_scenario

    settings = load_settings(backend=backend)
    read = read_scenario(scenario)
    with progress_bars() as advance, stopping() as stopped:
        report = simulate(
            settings,
            read,
            Asked(as_of, branch),
            replications=replications,
            seed=seed,
            processes=processes,
            progress=lambda done, wanted: advance("replications", done, wanted),
            cancelled=stopped,
        )
    if report.replications < report.wanted:
        say(f"note: stopped after {report.replications} of {report.wanted} replications")
    for note in report.notes:
        say(f"note: {note}")
    if output is Output.JSON:
        print_json(report.to_dict())
        return
    rows = [
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
    print_rows(COLUMNS, rows, output)
    say(f"{report.replications} replications of {report.hours:g} hours, {report.items} items, seed {report.seed}")


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Whether somebody has pressed Ctrl-C, which stops nothing by itself meanwhile."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
