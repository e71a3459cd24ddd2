"""`jumeau backup`: a twin as one file that it can be restored from, whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.settings import load_settings
from services.backup.create import INSIDE, create_backup, verify_backup
from services.backup.file import Manifest
from services.backup.restore import restore_backup

app = typer.Typer(
    no_args_is_help=True, help="Backups: the ledger whole, with accounts and what is behind pseudonyms, as one file."
)
FileArgument = Annotated[Path, typer.Argument(help="File of the backup, such as twin.backup.")]
_KEEP = "the file holds accounts and what is behind pseudonyms: keep it as you keep the ledger"
_SECRET = "the file holds the secret of the pseudonyms too: whoever reads it can name every person"


@app.command("create")
def create(path: FileArgument, output: OutputOption = Output.TABLE) -> None:
    """Take a backup; the server may run and loads may go on meanwhile. Example: jumeau backup create twin.backup

    The file is as the ledger was at one event. It is written whole or not at all, and only its owner may read it.
    """
    with progress_bars() as advance:
        manifest = create_backup(load_settings(), path, lambda table, rows: advance(table, rows, 0))
    _print(manifest, output)
    say(_SECRET if manifest.personal_secret == INSIDE else _KEEP)


@app.command("verify")
def verify(path: FileArgument, output: OutputOption = Output.TABLE) -> None:
    """Read a backup from its first to its last byte and say what it holds. Example: jumeau backup verify twin.backup"""
    with progress_bars() as advance:
        manifest = verify_backup(path, lambda table, rows: advance(table, rows, 0))
    _print(manifest, output)


@app.command("restore")
def restore(
    path: FileArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the twin that is there aside; it is kept, and its place is told.")
    ] = False,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Restore a twin into an empty home: its ledger from the backup, its graph from the ledger, both compared at the end.

    Example: JUMEAU_HOME=restored jumeau backup restore twin.backup
    """
    with progress_bars() as advance:
        done = restore_backup(
            load_settings(backend=backend), path, replace=replace, progress=lambda what, n: advance(what, n, 0)
        )
    content = done.to_dict()
    if output is Output.JSON:
        print_json(content)
    else:
        print_rows(list(content), [list(content.values())], output)
    say("tokens, accounts and persons are those of the moment of the backup: revoke and erase again what was since")


def _print(manifest: Manifest, output: Output) -> None:
    if output is Output.JSON:
        print_json(manifest.to_dict())
        return
    rows: list[tuple[Any, ...]] = [(part.table, part.rows, part.size, part.sha256) for part in manifest.parts]
    print_rows(("table", "rows", "bytes", "sha256"), rows, output)
    say(f"sequence {manifest.sequence} of the ledger {manifest.ledger}, taken {manifest.created_at}")
