"""`jumeau simulate live`: a kept run as time goes by, for dashboards that listen and for whoever looks at the console."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Annotated

import orjson
import typer

from cli.asking import asking
from cli.options import BackendOption, BranchOption, OutputOption
from cli.output import Output, progress_bars, say
from cli.simulating import stopping
from cli.simulation_runs import kept_runs
from core.clock import SystemClock
from core.errors import UsageError
from core.settings import Settings, load_settings
from services.moments import Asked
from services.projecting import project
from services.simulation import reading
from services.simulation.clocks import Clocks
from services.simulation.live import EVENTS, LiveClock, StateChange, follow, parse_speed, state_changes
from services.twin import open_ledger

REPLICATIONS = 20
"""Of a scenario that is played in order to be looked at: what is shown is the first."""


def live(
    scenario: Annotated[
        Path | None, typer.Option("--scenario", "-s", help="A scenario to play and keep first, a YAML file.")
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", help="A run that is kept already, in place of a scenario.")
    ] = None,
    speed: Annotated[str, typer.Option("--speed", help="How fast the clock goes.")] = "1s=10min",
    branch: BranchOption = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Start the clock of a run: components and services go down and come up as it goes, here and for GraphQL subscribers.

    Each change is told when its time has come (with --output json, a line of JSON each), all of them simulated. Ctrl-C stops the
    clock. A clock goes on without this command, too: whoever subscribes to `simulationClock` sees the same moment.

    Example: jumeau simulate live --scenario year.yml --speed "1s=6h"
    """
    if (scenario is None) == (run is None):
        raise UsageError("give a scenario, or a run that is kept", where="--scenario, --run")
    factor = parse_speed(speed)
    settings = load_settings(backend=backend)
    name = _kept(settings, scenario, branch) if scenario is not None else str(run)
    _, ledger = open_ledger(settings)
    try:
        clocks = Clocks(ledger, SystemClock())
        with asking(settings) as twin:  # let go of before the clock goes: others ask meanwhile
            name = reading.run(twin.cypher, name, shown=1)["id"]
            changes = state_changes(twin.cypher(EVENTS, {"run": name}))
            clocks.start(name, factor)
            clock = clocks.of(twin.cypher, name)
        say(f"simulated: run {name}, {len(changes)} changes, {factor:g} simulated seconds a second")
        with stopping() as stopped:

            def present() -> LiveClock:
                return replace(clock, stopped=SystemClock().now()) if stopped() else clock

            # from its beginning: this command has started the clock, however long it took to come here
            for change in follow(present, changes, SystemClock().now, sleep, since=clock.begins):
                _tell(change, output)
            if stopped():
                clocks.stop(name)
                say("the clock is stopped")
    finally:
        ledger.close()


def _kept(settings: Settings, scenario: Path, branch: str | None) -> str:
    """Play a scenario a few times and keep it, with all of its first replication that can be kept."""
    from simulate.extra import needs_the_extra  # here: other commands need no numba

    with needs_the_extra():
        from services.simulation.keep import MOST_INCIDENTS, check_keeping, keep
        from services.simulation.order import Order
        from services.simulation.run import play
        from simulate.builder.scenario import read_scenario

    read = read_scenario(scenario)
    check_keeping(read.seed, MOST_INCIDENTS)
    with progress_bars() as advance:
        played = play(
            settings,
            read,
            Asked(None, branch),
            Order(min(read.replications, REPLICATIONS), progress=advance),
        )
    with kept_runs(settings) as runs:
        kept = keep(runs, played, incidents=MOST_INCIDENTS, branch=branch)
    project(settings)
    if kept.incidents_left_out:
        say(f"note: {kept.incidents_left_out:,} incidents more are not shown")
    return kept.run


def _tell(change: StateChange, output: Output) -> None:
    if output is Output.JSON:
        sys.stdout.write(orjson.dumps(change.to_dict()).decode() + "\n")
    else:
        sys.stdout.write(
            f"{change.at:%Y-%m-%d %H:%M}  {change.state:<4}  {change.kind} {change.name}  ({change.cause})\n"
        )
    sys.stdout.flush()
