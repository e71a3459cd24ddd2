"""What the commands that simulate share: their options, how Ctrl-C ends what plays, what is said beside an answer."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.output import progress_bars, say

if TYPE_CHECKING:
    from services.simulation.order import Order

ScenarioOption = Annotated[Path, typer.Option("--scenario", "-s", help="The scenario, a YAML file.")]
ReplicationsOption = Annotated[int | None, typer.Option("--replications", help="In place of the scenario's.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="In place of the scenario's.")]
ProcessesOption = Annotated[
    int,
    typer.Option(
        "--processes",
        min=1,
        help="How many work at once, which pays for runs of minutes: each takes seconds to begin. The result is the same.",
    ),
]


INTERRUPTED: Final = 130
"""How a command ends that somebody has ended: what it tells is of what was finished."""


@contextmanager
def ordering(replications: int | None = None, seed: int | None = None, processes: int = 1) -> Iterator[Order]:
    """An order whose progress is shown, and that Ctrl-C ends."""
    from services.simulation.order import Order  # here: other commands need no numba

    with progress_bars() as advance, stopping() as presses:
        yield Order(replications, seed, processes, advance, presses)


@contextmanager
def stopping() -> Iterator[Callable[[], int]]:
    """How often somebody has pressed Ctrl-C, which stops nothing by itself meanwhile."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield lambda: len(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def say_pictures(files: Iterable[Path]) -> None:
    """Name what was drawn."""
    for path in files:
        say(f"drawn: {path}")


def say_notes(replications: int, wanted: int, notes: Iterable[str]) -> None:
    """What is to be known beside a report: that it was ended early, and what of the estate is not played."""
    if replications < wanted:
        say(f"note: stopped after {replications} of {wanted} replications")
    for note in notes:
        say(f"note: {note}")


def leave(replications: int, wanted: int) -> None:
    """End with the exit code of what was ended early, where it was. Raises typer.Exit."""
    if replications < wanted:
        raise typer.Exit(INTERRUPTED)
