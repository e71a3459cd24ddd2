"""`jumeau quarantine` and `jumeau review`: rejected rows, and those that wait for a person's decision."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.errors import UsageError
from core.settings import load_settings
from ingest.held import HeldRow
from ingest.report import IngestReport
from services import quarantine as rows_of
from services.deduplication import duplicates

app = typer.Typer(no_args_is_help=True, help="Rows that could not be taken: with reason and hint, to mend and replay.")
review = typer.Typer(
    no_args_is_help=True, help="What a person decides: which element a row means, and which elements are one."
)
STILL_REJECTED = 1
SHOWN = 12  # characters of an identifier

RowArgument = Annotated[str, typer.Argument(help="The row's identifier, or its beginning (`jumeau quarantine list`).")]
RowsArgument = Annotated[list[str] | None, typer.Argument(help="Identifiers, or their beginnings.")]
SourceOption = Annotated[str | None, typer.Option("--source", "-s", help="Only rows of this source.")]
CodeOption = Annotated[str | None, typer.Option(help="Only rows that were rejected for this, such as NOT_IN_ENUM.")]


@app.command("list")
def list_rows(
    source: SourceOption = None,
    code: CodeOption = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 100,
    output: OutputOption = Output.TABLE,
) -> None:
    """List rejected rows with source, position, code, reason and hint.

    Example: jumeau quarantine list --source netbox --code NOT_IN_ENUM --output csv
    """
    _show_rows(rows_of.rejected_rows(load_settings(), source=source, code=code), limit, output)


@app.command("show")
def show_row(row: RowArgument, output: OutputOption = Output.TABLE) -> None:
    """Show a rejected row whole. Example: jumeau quarantine show 3f2a90"""
    held = rows_of.rejected_row(load_settings(), row)
    if output is Output.JSON:
        print_json(held.to_dict())
        return
    told = {name: value for name, value in held.to_dict().items() if name != "row" and value not in (None, [])}
    print_rows(("", "rejected row"), list(told.items()), output)
    if output is Output.TABLE:
        print_json(held.content)


@app.command("replay")
def replay_rows(
    rows: RowsArgument = None,
    source: SourceOption = None,
    code: CodeOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Take rejected rows again, under the mapping as it is now: no new extract is needed. All without any argument.

    Exit code 1 says that some were rejected again. Examples: jumeau quarantine replay --source netbox
    jumeau quarantine replay 3f2a90
    """
    with progress_bars() as advance:
        reports = rows_of.replay(load_settings(), rows or (), source=source, code=code, progress=advance)
    _show_reports(reports, output)


@app.command("drop")
def drop_rows(
    rows: RowsArgument = None,
    source: SourceOption = None,
    code: CodeOption = None,
    everything: Annotated[bool, typer.Option("--all", help="All rows.")] = False,
) -> None:
    """Take rejected rows out of quarantine for good. Example: jumeau quarantine drop --code FORMULA_CELL"""
    if not (rows or source or code or everything):
        raise UsageError("nothing says which rows", where="drop", hint="name rows, a source, a code, or --all")
    say(f"{rows_of.drop(load_settings(), rows or (), source=source, code=code)} rows were dropped")


@review.command("list")
def list_waiting(
    source: SourceOption = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 100,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the rows that wait for a decision. Example: jumeau review list --source servicenow_cmdb"""
    _show_rows(rows_of.waiting(load_settings(), source), limit, output)


@review.command("show")
def show_waiting(row: RowArgument, output: OutputOption = Output.TABLE) -> None:
    """Show a row beside the elements that it may mean. Example: jumeau review show 3f2a90"""
    held, choices = rows_of.choice(load_settings(), row)
    if output is Output.JSON:
        print_json({**held.to_dict(), "choices": [choice.to_dict() for choice in choices]})
        return
    say(f"{held.place}: {held.reason}")
    names = sorted({name for choice in choices for name in choice.properties})
    table = [("kind", *(c.kind for c in choices)), ("source", *(c.source for c in choices))]
    table += [(name, *(c.properties.get(name, "") for c in choices)) for name in names]
    print_rows(("", *(c.element for c in choices)), table, output)
    if output is Output.TABLE:
        print_json(held.content)


@review.command("duplicates")
def list_duplicates(
    kind: Annotated[str | None, typer.Option("--kind", help="Only of this kind or generic, such as Server.")] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 100,
    output: OutputOption = Output.TABLE,
) -> None:
    """List pairs of elements that look like one, the surest first: `jumeau merge` makes them one.

    Example: jumeau review duplicates --kind Server
    """
    found = duplicates(load_settings(), kind)
    if output is Output.JSON:
        print_json([pair.to_dict() for pair in found[:limit]])
        return
    rows = [
        (
            *(f"{each.kind} {each.name} ({', '.join(each.sources)})" for each in (pair.one, pair.other)),
            ", ".join(f"{name} {value}" for name, value in zip(pair.by, pair.values, strict=True)),
            pair.one.element,
            pair.other.element,
        )
        for pair in found[:limit]
    ]
    print_rows(("one", "other", "same", "id of one", "id of other"), rows, output)
    if len(found) > limit:
        say(f"the first {limit} of {len(found)} pairs; --limit shows more")


@review.command("decide")
def decide_row(
    row: RowArgument,
    reason: Annotated[str, typer.Option(help="What tells them together, or apart; it is kept.")],
    same_as: Annotated[str | None, typer.Option("--same-as", help="The element that the row means.")] = None,
    new: Annotated[bool, typer.Option("--new", help="The row means an element that the twin does not have.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say which element a row means, and take it. From then on the source's key is that element's.

    Example: jumeau review decide 3f2a90 --same-as 0b0e3c52-... --reason 'same asset tag on site'
    """
    if new == (same_as is not None):
        raise UsageError("say which element it is", where="decide", hint="--same-as ELEMENT, or --new")
    element, report = rows_of.decide(load_settings(), row, same_as, reason)
    if output is not Output.JSON:
        say(f"the row is element {element}")
    _show_reports([report], output)


def _show_rows(rows: list[HeldRow], limit: int, output: Output) -> None:
    if output is Output.JSON:
        print_json([row.to_dict() for row in rows[:limit]])
        return
    columns = ("id", "source", "position", "code", "reason", "hint", "replayable")
    cells = [
        (r.element[:SHOWN], r.source, str(r.place), r.code, r.reason, r.hint, "yes" if r.is_replayable else "no")
        for r in rows[:limit]
    ]
    print_rows(columns, cells, output)
    if len(rows) > limit:
        say(f"the first {limit} of {len(rows)} rows; --limit shows more")


def _show_reports(reports: list[IngestReport], output: Output) -> None:
    if output is Output.JSON:
        print_json([report.to_dict() for report in reports])
    else:
        counters = ("created", "updated", "unchanged", "rejected")
        rows = [(report.source, *(report.counters[name] for name in counters)) for report in reports]
        print_rows(("source", *counters), rows, output)
        for report in reports:
            for row in report.quarantined:
                say(f"[{row.code}] {row.position}: {row.reason}. Try: {row.hint}")
    if any(report.counters["rejected"] for report in reports):
        raise typer.Exit(STILL_REJECTED)
