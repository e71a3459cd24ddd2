"""`jumeau diff`: what changed between two moments."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.clock import clock_for
from core.settings import load_settings
from graph.history.branches import Branches
from services.differences import DifferenceService
from services.moments import Asked
from services.twin import open_ledger

COLUMNS = ("what", "kind", "name", "attribute", "before", "after")


def diff(
    since: Annotated[str, typer.Argument(help="The earlier moment: a date (its end, UTC), an instant, or #123.")],
    until: Annotated[str, typer.Argument(help="The later moment; by default the present.")] = "now",
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind, or relation type.")] = None,
    bookkeeping: Annotated[
        bool, typer.Option("--bookkeeping", help="Tell what loads noted about themselves too.")
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what differs between two moments, by element and attribute.

    Examples: jumeau diff 2026-10-31; jumeau diff 2026-10-31 2026-11-15 --kind Server; jumeau diff '#1200' '#1300'
    """
    settings = load_settings()
    schema, ledger = open_ledger(settings)
    try:
        branches = Branches(ledger, schema, clock_for(settings.now))
        service = DifferenceService(ledger, schema, branches)
        content = service.between(Asked(since), Asked(until), kind=kind, bookkeeping=bookkeeping)
    finally:
        ledger.close()
    print_difference(content, output)


def print_difference(content: dict[str, Any], output: Output) -> None:
    """A difference: a line per changed attribute; an element that came or went is one line."""
    if output is Output.JSON:
        print_json(content)
        return
    rows: list[tuple[Any, ...]] = []
    for entry in content["changes"]:
        head = (entry["operation"], entry["kind"], entry["name"])
        if entry["operation"] in ("create", "delete"):
            rows.append((*head, "", "", ""))
            continue
        for number, change in enumerate(entry["changes"]):
            first = head if number == 0 or output is Output.CSV else ("", "", "")
            rows.append((*first, change["attribute"], change["before"], change["after"]))
    print_rows(COLUMNS, rows, output)
    say(f"{content['elements']} elements differ")
    if len(content["changes"]) < content["elements"]:
        say(f"note: the first {len(content['changes'])} are shown; --output json has counts of all")
