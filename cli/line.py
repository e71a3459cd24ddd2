"""`jumeau line`: production lines of the twin: kept, shown, held against readings, commanded with an approval."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import line_prediction, line_watch
from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.clock import clock_for
from core.errors import UsageError
from core.settings import Settings, load_settings
from services.ingestion import project
from services.twin import open_ledger

if TYPE_CHECKING:
    from services.simulation.production_lines import ProductionLines
    from simulate.line.model import Line

app = typer.Typer(
    no_args_is_help=True,
    help="Production lines of the twin (JUMEAU_PACK=production_line); what changes how one is run is a proposal.",
)

app.command("watch")(line_watch.watch)
app.command("learn")(line_prediction.learn)
app.command("predict")(line_prediction.predict)

NameArgument = Annotated[str, typer.Argument(help="Name of the line.")]
STAGES = ("stage", "readings", "known_mean", "measured_mean", "p_value", "has_drifted", "law", "back_test_error")
SHOWN = ("name", "machines", "operators", "buffer", "law", "mean", "deviation", "scrap", "rework", "rework_to")


@app.command("keep")
def keep(
    file: Annotated[Path, typer.Argument(help="The production line, a YAML file.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "a line from its file",
) -> None:
    """Write a line from its file to the twin: new, or as it is from now on. Example: jumeau line keep bakery.yml"""
    with lines_of_the_twin() as (lines, settings):
        from simulate.line.file import read_line

        line = read_line(file).settled()
        changed = lines.keep(line, reason)
    project(settings)
    say(f"{line.name}: {len(line.stages)} stages, {changed} elements changed")


@app.command("show")
def show(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Show the stages of a line as the twin has them. Example: jumeau line show Bakery"""
    with lines_of_the_twin() as (lines, _):
        line, ids = lines.get(name)
    content = [
        {
            "id": ids[stage.name],
            "name": stage.name,
            "machines": stage.machines,
            "operators": stage.operators,
            "buffer": stage.buffer,
            "law": stage.time.name,
            "mean": stage.time.mean,
            "deviation": stage.time.deviation,
            "scrap": stage.scrap,
            "rework": stage.rework,
            "rework_to": stage.rework_to,
        }
        for stage in line.stages
    ]
    if output is Output.JSON:
        print_json({"name": line.name, "operators": line.operators, "stages": content})
    else:
        print_rows(SHOWN, [[_shown(row[name]) for name in SHOWN] for row in content], output)


@app.command("readings")
def readings(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="JSON lines or CSV: stage, minutes, and at and sensor where known.")],
    propose: Annotated[bool, typer.Option("--propose", help="Propose what was measured where it has drifted.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Hold measured times against a line: what has drifted, the law that fits, and its back-test error.

    The line stays as it is; with --propose a change is proposed (`jumeau proposal list`), which somebody else approves.

    Example: jumeau line readings Bakery oven.jsonl --propose
    """
    with lines_of_the_twin() as (lines, _):
        report = lines.read(name, file, propose=propose)
    if output is Output.JSON:
        print_json(report.to_dict())
        return
    rows = [one.to_dict() for one in report.stages]
    print_rows(STAGES, [[_shown(row[column]) for column in STAGES] for row in rows], output)
    for one in report.refused[:20]:
        say(f"row {one.row} is passed over: {one.reason}")
    say(
        f"{report.readings} readings, {len(report.refused)} rows passed over; drifted: {', '.join(report.drifted) or 'none'}"
    )
    if report.proposal is not None:
        say(f"proposal {report.proposal.id}: {report.proposal.reason}")


@app.command("command")
def command(
    name: NameArgument,
    stage: Annotated[str, typer.Argument(help="Name of the stage.")],
    setting: Annotated[str, typer.Argument(help="machines=2, operators=1 or buffer=10.")],
    reason: Annotated[str, typer.Option("--reason", help="What it is for.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Propose a command to the actuator of a stage, with its simulated effect; somebody else has to approve it.

    Example: jumeau line command Bakery bake machines=9 --reason 'the optimiser found it worth its price'
    """
    what, _, value = setting.partition("=")
    if not value.strip().isdecimal():
        raise UsageError(f"{setting!r} is no setting", where="setting", hint="machines=2")
    with lines_of_the_twin() as (lines, _):
        proposal, effect = lines.command(name, stage, what, int(value), reason)
    if output is Output.JSON:
        print_json({"proposal": proposal.to_dict(), "effect": effect})
    else:
        say(f"proposal {proposal.id}: {proposal.reason}")


@contextmanager
def lines_of_the_twin() -> Iterator[tuple[ProductionLines, Settings]]:
    """The lines of this installation. They live in the ledger: a server that runs need not be asked."""
    from simulate.extra import needs_the_extra  # here: other commands need no numba

    settings = load_settings()
    with needs_the_extra():
        from services.simulation.production_lines import ProductionLines

        schema, ledger = open_ledger(settings)
        try:
            yield ProductionLines(ledger, schema, clock_for(settings.now), settings.actor), settings
        finally:
            ledger.close()


def line_of(file: Path | None, name: str | None) -> Line:
    """A line from its file, its warm-up found where it is to be, or from the twin. Raises UsageError, LineError and its kin."""
    if (file is None) == (name is None):
        raise UsageError("a line is given by its file, or by its name", where="line", hint="one of them")
    if file is None:
        with lines_of_the_twin() as (lines, _):
            return lines.get(str(name))[0]
    from simulate.line.file import read_line

    return read_line(file).settled()


def _shown(cell: Any) -> Any:
    return float(f"{cell:.4g}") if isinstance(cell, float) else cell
