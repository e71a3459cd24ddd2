"""`jumeau migrate`: bring the data of a twin to the pack as it is now."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, say
from core.settings import load_settings
from services.migrations import apply_migrations, list_migrations, plan_migrations, revert_migration

app = typer.Typer(no_args_is_help=True, help="Migrations of the schema pack, over the data of the twin.")

FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", help="Where the migrations lie. Default: `migrations/` in the pack's directory."),
]
COLUMNS = ("name", "title", "state", "reversible", "checksum")


class Language(StrEnum):
    """Backends whose statements a plan prints."""

    EMBEDDED = "embedded"
    NEO4J = "neo4j"
    GSQL = "gsql"
    NETWORKX = "networkx"


@app.command("list")
def list_command(folder: FolderOption = None, output: OutputOption = Output.TABLE) -> None:
    """List the migrations of the pack. Example: jumeau migrate list"""
    migrations = list_migrations(load_settings(), folder)
    if output is Output.JSON:
        print_json(migrations)
    else:
        print_rows(COLUMNS, [[each[name] for name in COLUMNS] for each in migrations], output)


@app.command("plan")
def plan_command(
    folder: FolderOption = None,
    only: Annotated[
        list[Language] | None, typer.Option("--for", help="Print the statements of this backend only; repeatable.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what would change, and the statements of each backend; nothing is written. Example: jumeau migrate plan --for neo4j"""
    plan = plan_migrations(load_settings(), folder)
    if output is Output.JSON:
        print_json(plan)
        return
    rows = [
        (each["name"], op["operation"], op["elements"], "yes" if op["reversible"] else "no")
        for each in plan["pending"]
        for op in each["operations"]
    ]
    print_rows(("migration", "operation", "elements", "reversible"), rows, output)
    if output is Output.TABLE:
        for each in plan["pending"]:
            for backend, statements in each["statements"].items():
                if only is None or Language(backend) in only:
                    typer.echo("\n".join([f"-- {each['name']} on {backend}", *statements]))
    say(f"{len(plan['pending'])} migrations are pending: {plan['events']} events")
    if plan["left_out"]:
        say(f"{plan['left_out']} values do not convert and would be left out")


@app.command("apply")
def apply_command(
    folder: FolderOption = None, backend: BackendOption = None, output: OutputOption = Output.TABLE
) -> None:
    """Apply what is pending, through the ledger. Example: jumeau migrate apply"""
    done = apply_migrations(load_settings(backend=backend), folder)
    rows = [(each.migration.name, each.run, each.events, each.left_out) for each in done]
    columns = ("name", "run", "events", "left_out")
    if output is Output.JSON:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_rows(columns, rows, output)


@app.command("revert")
def revert_command(folder: FolderOption = None, backend: BackendOption = None) -> None:
    """Take the last migration back, after the pack was put back; refused where values would be lost. Example: jumeau migrate revert"""
    done = revert_migration(load_settings(backend=backend), folder)
    say(f"{done.migration.name} is taken back: {done.events} events")
