"""`jumeau simulate runs`, `show` and `drop`: the simulation runs that the twin keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cli.asking import asking
from cli.options import AsOfOption, BackendOption, OutputOption, PerimeterOption
from cli.output import Output, print_json, print_rows, say
from core.clock import clock_for
from core.settings import Settings, load_settings
from services.moments import Asked
from services.projecting import project
from services.simulation import reading
from services.simulation.kept import KeptRuns
from services.twin import open_ledger

LISTED = ("id", "scenario", "branch", "sequence", "seed", "replications", "duration", "started_at")
SUMMARIES = (
    "name",
    "kind",
    "availability",
    "low",
    "high",
    "incidents",
    "downtime_minutes",
    "beyond_objective",
    "utilisation",
)
CREWS = ("name", "size", "utilisation", "utilisation_low", "utilisation_high", "repairs", "wait_minutes")
INCIDENTS = ("started_at", "ended_at", "name", "kind", "cause")
RunArgument = Annotated[str, typer.Argument(help="Identifier of the run, or an unambiguous beginning of it.")]


def runs(
    as_of: AsOfOption = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the simulation runs that are kept, newest first. Example: jumeau simulate runs --output json"""
    with asking(load_settings(backend=backend), as_perimeter, Asked(as_of)) as twin:
        found = reading.runs(twin.cypher)
    if output is Output.JSON:
        print_json(found)
        return
    print_rows(LISTED, [[row[name] for name in LISTED] for row in found], output, "simulated")


def show(
    run: RunArgument,
    first: Annotated[int, typer.Option("--first", help="How many items and incidents are shown.")] = 20,
    as_of: AsOfOption = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """What a kept run says: its least available items and its first incidents, all of them simulated.

    Example: jumeau simulate show 3f2a91 --first 50
    """
    with asking(load_settings(backend=backend), as_perimeter, Asked(as_of)) as twin:
        found = reading.run(twin.cypher, run, shown=first)
    if output is Output.JSON:
        print_json(found)
        return
    print_rows(SUMMARIES, [[row[name] for name in SUMMARIES] for row in found["summaries"]], output, "simulated")
    if output is Output.TABLE:
        crews = [[row[name] for name in CREWS] for row in found["crews"]]
        print_rows(CREWS, crews, output, "simulated crews")
        shown = [[row[name] for name in INCIDENTS] for row in found["incidents"]]
        print_rows(INCIDENTS, shown, output, "simulated incidents")
    say(f"run {found['id']}: {found['scenario']}, {found['replications']} replications, seed {found['seed']}")
    for note in found["notes"]:
        say(f"note: {note}")


def drop(run: RunArgument, backend: BackendOption = None) -> None:
    """Drop a kept run with its summaries and incidents. Example: jumeau simulate drop 3f2a91"""
    settings = load_settings(backend=backend)
    with kept_runs(settings) as kept:
        dropped = kept.drop(run)
    project(settings)
    say(f"dropped {dropped.run}: {dropped.elements} elements")


@contextmanager
def kept_runs(settings: Settings) -> Iterator[KeptRuns]:
    """The kept runs of this installation. They live in the ledger: a server that runs need not be asked."""
    _, ledger = open_ledger(settings)
    try:
        yield KeptRuns(ledger, clock_for(settings.now), settings.actor, most=settings.simulation_runs_kept)
    finally:
        ledger.close()
