"""`jumeau branch`: what the twin would be if, beside what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.differences import print_difference
from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from cli.query import read_parameters
from core.errors import UsageError
from core.settings import Settings, load_settings
from graph.history.merge import Wins
from services.branches import Applied, BranchService, describe
from services.differences import DifferenceService
from services.edits import NodeEdit, RelationEdit
from services.ingestion import project
from services.moments import Asked, sequence_of
from services.twin import open_ledger

app = typer.Typer(
    no_args_is_help=True,
    help="Branches: changes beside main that queries see with --branch, to be applied to main or dropped.",
)

NameArgument = Annotated[str, typer.Argument(help="Name of the branch.")]
LISTED = ("name", "base", "events", "behind", "actor", "created_at", "applied", "note")
CONFLICTS = ("kind", "name", "attribute", "base", "main", "branch", "reason")


@app.command("create")
def create(
    name: NameArgument,
    at: Annotated[
        str | None, typer.Option("--at", help="Begin in the past: a date, an instant, or #123. Default: now.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What it is for.")] = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Begin a branch. Example: jumeau branch create move-to-lille --note 'data centre move, autumn'"""
    with _branches() as (service, _):
        base = None if at is None else sequence_of(service.ledger, at)
        branch = service.create(name, base=base, note=note)
        content = describe(branch, service.ledger.sequence())
    _print([content], output)


@app.command("list")
def list_branches(output: OutputOption = Output.TABLE) -> None:
    """List the branches: `behind` are the events of main that a branch does not see."""
    with _branches() as (service, _):
        content = service.all()
    _print(content, output)


@app.command("edit")
def edit(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(help="JSON or YAML: `nodes`, `relations` and `delete`.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Change elements on a branch, all or nothing. `id` names a node that is there; without it, it is a new one.

    Example of a file:

      nodes: [{kind: PhysicalServer, id: 7c0f..., properties: {status: retired}}]

      relations: [{type: RUNS_ON, start: 51aa..., end: 9b02...}]

      delete: [c3d1...]

    Example: jumeau branch edit move-to-lille changes.yml
    """
    content = read_parameters(file)
    unknown = content.keys() - {"nodes", "relations", "delete"}
    if unknown:
        raise UsageError(
            f"{sorted(unknown)[0]!r} is no part of a change", where=str(file), hint="nodes, relations, delete"
        )
    with _branches() as (service, _):
        branch, made = service.change(
            name,
            nodes=[NodeEdit(**item) for item in _items(file, content, "nodes", ("kind",), ("properties", "id"))],
            relations=[
                RelationEdit(**item)
                for item in _items(file, content, "relations", ("type", "start", "end"), ("properties",))
            ],
            delete=[str(item) for item in content.get("delete") or ()],
        )
    if output is Output.JSON:
        print_json({"branch": branch.name, "events": branch.version, "elements": made})
        return
    say(f"{branch.name} has {branch.version} changes")
    print_rows(("element",), [(element,) for element in made], output)


@app.command("diff")
def diff(
    name: NameArgument,
    other: Annotated[
        str | None, typer.Argument(help="Compare with this branch, or with main as it is now (`main`).")
    ] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind, or relation type.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what a branch has changed since it began; with another one, what leads from that one to this.

    Examples: jumeau branch diff move-to-lille; jumeau branch diff move-to-lille main
    """
    with _branches() as (service, _):
        differences = DifferenceService(service.ledger, service.schema, service.branches)
        if other is None:
            content = differences.of_branch(name, kind=kind)
        else:
            content = differences.between(
                Asked(branch=None if other == "main" else other), Asked(branch=name), kind=kind
            )
    print_difference(content, output)


@app.command("apply")
def apply(
    name: NameArgument,
    ours: Annotated[bool, typer.Option("--ours", help="Where both changed the same, main stays as it is.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Where both changed the same, the branch wins.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show the conflicts.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Bring the changes of a branch to main, in one piece. With conflicts nothing is done (exit code 1), unless one side wins.

    Example: jumeau branch apply move-to-lille --dry-run
    """
    if ours and theirs:
        raise UsageError("only one side can win", where="--ours, --theirs", hint="give one of them, or none")
    wins = Wins.OURS if ours else Wins.THEIRS if theirs else None
    with _branches() as (service, settings):
        applied = service.apply(name, wins=wins, dry_run=dry_run)
    if not dry_run:
        project(settings)
    _print_applied(applied, output, dry_run=dry_run)
    if dry_run and applied.conflicts and wins is None:
        raise typer.Exit(1)


@app.command("drop")
def drop(name: NameArgument) -> None:
    """Delete a branch and everything on it; main is not concerned. Example: jumeau branch drop move-to-lille"""
    with _branches() as (service, _):
        branch = service.drop(name)
    say(f"dropped {branch.name} with {branch.version} changes")


@contextmanager
def _branches() -> Iterator[tuple[BranchService, Settings]]:
    """The branches of this installation. They live in the ledger: a server that runs need not be asked."""
    settings = load_settings()
    schema, ledger = open_ledger(settings)
    try:
        yield BranchService.of(settings, schema, ledger), settings
    finally:
        ledger.close()


def _items(
    file: Path, content: Mapping[str, Any], part: str, needed: Sequence[str], optional: Sequence[str]
) -> list[dict[str, Any]]:
    """The items of one part of a file of changes. Raises UsageError."""
    found = content.get(part) or []
    where = f"{file}: {part}"
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise UsageError(
            "a part of a change is a list of mappings", where=where, hint="see `jumeau branch edit --help`"
        )
    for item in found:
        missing, unknown = set(needed) - item.keys(), item.keys() - {*needed, *optional}
        if missing or unknown:
            seen = f"without {sorted(missing)[0]!r}" if missing else f"with {sorted(unknown)[0]!r}"
            raise UsageError(f"an item {seen}", where=where, hint="it has " + ", ".join((*needed, *optional)))
    return found


def _print(content: list[dict[str, Any]], output: Output) -> None:
    if output is Output.JSON:
        print_json(content)
    else:
        print_rows(LISTED, [[item[name] for name in LISTED] for item in content], output)


def _print_applied(applied: Applied, output: Output, *, dry_run: bool) -> None:
    if output is Output.JSON:
        print_json(applied.to_dict())
        return
    done = "would change" if dry_run else "changed"
    say(f"{applied.branch} {done} {applied.events} elements of main; {len(applied.conflicts)} conflicts")
    rows = [[conflict.to_dict()[name] for name in CONFLICTS] for conflict in applied.conflicts]
    if rows:
        print_rows(CONFLICTS, rows, output, "conflicts")
