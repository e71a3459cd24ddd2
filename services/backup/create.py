"""Take a backup while the server runs and loads go on: every table, read at one moment of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from core.clock import clock_for
from core.errors import NotFoundError
from core.settings import Settings
from graph.history import tables
from graph.history.database import holds_ledger
from graph.history.subjects import personal_secret
from services.backup.contents import table_of, tables_in
from services.backup.file import FORMAT, STEP, BackupFile, Manifest, Part, drafted, write_manifest, write_part
from services.backup.rows import lines, reader
from services.twin import open_ledger

Progress = Callable[[str, int], None]
"""Called with (table, rows done)."""
INSIDE: Final = "inside"


def create_backup(settings: Settings, path: Path, progress: Progress | None = None) -> Manifest:
    """Write a backup of the ledger to `path`, whole or not at all. Raises BackupError, DiskFullError, LedgerError."""
    if not holds_ledger(settings.ledger_url):
        raise NotFoundError(
            "there is no twin here", where=settings.home.as_posix(), hint="set JUMEAU_HOME, or JUMEAU_LEDGER"
        )
    schema, ledger = open_ledger(settings)
    try:
        with drafted(path) as archive, ledger.snapshot() as connection:
            head = connection.execute(select(tables.writer)).one()
            parts: list[Part] = []
            for table in tables_in(connection):
                columns = tuple(column.name for column in table.columns)
                tell = partial(progress, table.name) if progress is not None else _tell_nobody
                parts.append(write_part(archive, table.name, columns, lines(connection, table), tell))
            manifest = Manifest(
                format=FORMAT,
                ledger_format=head.format,
                ledger=head.ledger,
                pack=schema.name,
                sequence=head.sequence,
                created_at=clock_for(settings.now).now().isoformat(),
                database=connection.dialect.name,
                personal_secret=_where_the_secret_is(connection),
                parts=tuple(parts),
            )
            write_manifest(archive, manifest)
        return manifest
    finally:
        ledger.close()


def verify_backup(path: Path, progress: Progress | None = None) -> Manifest:
    """Read a whole backup, every row of it, and say what it holds. Raises BackupError, DamagedBackupError."""
    with BackupFile(path) as backup:
        for part in backup.manifest.parts:
            read = reader(table_of(part, path))
            for number, line in enumerate(backup.lines(part), 1):
                read(line)
                if progress is not None and number % STEP == 0:
                    progress(part.table, number)
        return backup.manifest


def _tell_nobody(_rows: int) -> None:
    pass


def _where_the_secret_is(connection: Connection) -> str:
    if personal_secret.name not in {table.name for table in tables_in(connection)}:
        return "none"
    kept = connection.execute(select(personal_secret.c.secret)).scalars().all()
    if not kept:
        return "none"
    return "environment" if kept[0] is None else INSIDE
