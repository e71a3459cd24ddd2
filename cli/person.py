"""`jumeau person`: who is behind a pseudonym, with a reason that is kept; and erasure."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.settings import load_settings
from services.persons import accesses
from services.persons import erase as erase_person
from services.persons import reveal as reveal_person

app = typer.Typer(no_args_is_help=True, help="Persons behind pseudonyms: every look and every erasure is noted.")
PseudonymArgument = Annotated[str, typer.Argument(help="The pseudonym, as the twin shows it.")]


@app.command("reveal")
def reveal(
    pseudonym: PseudonymArgument,
    reason: Annotated[str, typer.Option(help="What it is for; it is kept with who asked and when.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """What the source called this person. Example: jumeau person reveal P-3f0c... --reason 'on call tonight, INC0042'"""
    told = reveal_person(load_settings(), pseudonym, reason)
    if output is Output.JSON:
        print_json({"pseudonym": pseudonym, "value": told})
        return
    print_rows(("pseudonym", "value"), [(pseudonym, told)], output)


@app.command("erase")
def erase(
    pseudonym: PseudonymArgument,
    reason: Annotated[str, typer.Option(help="On whose request; it is kept with who did it and when.")],
) -> None:
    """Destroy what is behind a pseudonym, for good: its key is deleted. The twin keeps the pseudonym.

    Rejected rows in quarantine hold what the source sent: drop those of this person too.
    Example: jumeau person erase P-3f0c... --reason 'request 2025-17'
    """
    erase_person(load_settings(), pseudonym, reason)
    say(f"what was behind {pseudonym} is erased")


@app.command("log")
def log(output: OutputOption = Output.TABLE) -> None:
    """Who looked behind pseudonyms or erased them, and why. Example: jumeau person log --output csv"""
    noted = accesses(load_settings())
    if output is Output.JSON:
        print_json([access.to_dict() for access in noted])
        return
    rows = [(a.at.isoformat(), a.actor, a.action, a.pseudonym, a.reason) for a in noted]
    print_rows(("at", "actor", "action", "pseudonym", "reason"), rows, output)
