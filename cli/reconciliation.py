"""`jumeau discrepancies` and `jumeau override`: where sources disagree, and what a person decides against them."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.settings import load_settings
from ingest.override import DecidedValue
from services.provenance import provenance as trace
from services.reconciliation import discrepancies as find
from services.reconciliation import drop_override, override, overrides

app = typer.Typer(no_args_is_help=True, help="Values that a person decides against the sources, with a reason.")
COLUMNS = ("kind", "name", "attribute", "value", "reason", "who", "when", "element")


def discrepancies(
    name: Annotated[
        str | None, typer.Argument(help="Id, name, number, code or alias of one element; all without it.")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", "-s", help="Twice: only where these two disagree.")
    ] = None,
    attribute: Annotated[str | None, typer.Option(help="Only about this attribute; `(kind)` is the kind.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Where sources disagree about an element: what each says, and which one is believed.

    Examples: jumeau discrepancies srv-par-0001 --source netbox --source servicenow_cmdb
              jumeau discrepancies --attribute serial_number --output csv
    """
    found = find(load_settings(), name, between=source or (), attribute=attribute)
    if output is Output.JSON:
        print_json([d.to_dict() for d in found])
        return
    rows = [
        (d.kind, d.name, d.attribute, d.chosen, d.chosen_source, ", ".join(f"{s}: {v}" for s, v in d.said), d.element)
        for d in found
    ]
    print_rows(("kind", "name", "attribute", "believed", "source", "said", "element"), rows, output)
    if output is Output.TABLE and not found:
        say("no source disagrees")


def provenance(
    name: Annotated[str, typer.Argument(help="Id, name, number, code or alias of the element.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Who says what about an element: the source of each value, and of each relation with how sure it is.

    A relation is `observed` where a source has seen it, else `declared`. Example: jumeau provenance srv-par-0001
    """
    found = trace(load_settings(), name)
    if output is Output.JSON:
        print_json(found.to_dict())
        return
    told = [(a.attribute, a.value, a.source, ", ".join(f"{s}: {v}" for s, v in a.others)) for a in found.attributes]
    ends = [
        (r.type if r.outgoing else f"{r.type} (in)", f"{r.other_kind} {r.other}", ", ".join(r.sources), r.confidence)
        for r in found.relations
    ]
    if output is Output.CSV:
        print_rows(("what", "value", "source", "others or confidence"), [*told, *ends], output)
        return
    print_rows(("attribute", "value", "source", "others"), told, output, f"{found.kind} {found.name}")
    print_rows(("relation", "with", "sources", "confidence"), ends, output)


@app.command("set")
def set_value(
    name: Annotated[str, typer.Argument(help="Id, name, number, code or alias of the element.")],
    attribute: Annotated[str, typer.Argument(help="The attribute.")],
    value: Annotated[str, typer.Argument(help="Its value; `|` stands between the items of a list.")],
    reason: Annotated[str, typer.Option(help="Why the sources are wrong; it is kept with the decision.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Decide a value: it holds whatever the sources say, until it is dropped.

    Example: jumeau override set srv-par-0001 serial_number CZ1234 --reason 'read from the machine, ticket 42'
    """
    _show([override(load_settings(), name, attribute, value, reason)], output)


@app.command("list")
def list_values(output: OutputOption = Output.TABLE) -> None:
    """List the decisions that hold, with reason, author and date. Example: jumeau override list --output csv"""
    _show(overrides(load_settings()), output)


@app.command("drop")
def drop_value(
    name: Annotated[str, typer.Argument(help="Id, name, number, code or alias of the element.")],
    attribute: Annotated[str, typer.Argument(help="The attribute.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Take a decision back: the sources are believed again. Example: jumeau override drop srv-par-0001 serial_number"""
    _show([drop_override(load_settings(), name, attribute)], output)


def _show(decided: list[DecidedValue], output: Output) -> None:
    if output is Output.JSON:
        print_json([d.to_dict() for d in decided])
        return
    rows = [(d.kind, d.name, d.attribute, d.value, d.reason, d.actor, d.at, d.element) for d in decided]
    print_rows(COLUMNS, rows, output)
