"""`jumeau checkpoint`: states of the past, kept so that they are read at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.clock import clock_for
from core.settings import load_settings
from graph.history.checkpoints import Checkpoints, Retention
from graph.history.ledger import Ledger
from services.moments import sequence_of
from services.twin import open_ledger

app = typer.Typer(
    no_args_is_help=True,
    help="Checkpoints: past states kept beside the ledger, so that `--as-of` need not read it from its beginning.",
)
COLUMNS = ("sequence", "recorded_at", "elements", "bytes", "made_at")
NEWEST, MONTHS = Retention().newest, Retention().months


@app.command("make")
def make(
    at: Annotated[str, typer.Option("--at", help="A date, an instant, or #123.")] = "now",
    output: OutputOption = Output.TABLE,
) -> None:
    """Keep the state of a moment, by default the present. Example: jumeau checkpoint make"""
    with _checkpoints() as (checkpoints, ledger):
        made = checkpoints.make(sequence_of(ledger, at))
    _print([made.to_dict()], output)


@app.command("list")
def list_checkpoints(output: OutputOption = Output.TABLE) -> None:
    """List the checkpoints."""
    with _checkpoints() as (checkpoints, _):
        found = [checkpoint.to_dict() for checkpoint in checkpoints.all()]
    _print(found, output)


@app.command("prune")
def prune(
    newest: Annotated[int, typer.Option(min=0, help="Keep this many of the newest.")] = NEWEST,
    months: Annotated[int, typer.Option(min=0, help="And the last one of each of this many months.")] = MONTHS,
    output: OutputOption = Output.TABLE,
) -> None:
    """Remove checkpoints by policy. History is not touched: any of them can be made again.

    Example: jumeau checkpoint prune --newest 2 --months 6
    """
    with _checkpoints() as (checkpoints, _):
        gone = checkpoints.prune(Retention(newest, months))
    _print([checkpoint.to_dict() for checkpoint in gone], output)
    say(f"{len(gone)} checkpoints removed")


@contextmanager
def _checkpoints() -> Iterator[tuple[Checkpoints, Ledger]]:
    settings = load_settings()
    schema, ledger = open_ledger(settings)
    try:
        yield Checkpoints(ledger, schema, settings.home, clock_for(settings.now)), ledger
    finally:
        ledger.close()


def _print(content: list[dict[str, Any]], output: Output) -> None:
    if output is Output.JSON:
        print_json(content)
    else:
        print_rows(COLUMNS, [[item[name] for name in COLUMNS] for item in content], output)
