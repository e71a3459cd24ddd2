"""Put the tables of a backup into an empty database, and read them back: what is there has the digests of the backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from graph.history import tables
from services.backup.contents import table_of
from services.backup.errors import BackupError, DamagedBackupError, damaged
from services.backup.file import STEP, BackupFile
from services.backup.rows import lines, reader

Progress = Callable[[str, int], None]


def fill(connection: Connection, backup: BackupFile, progress: Progress | None = None) -> None:
    """Make and fill every table, in the transaction of `connection`. Raises DamagedBackupError, BackupError."""
    chosen = [(part, table_of(part, backup.path)) for part in backup.manifest.parts]
    tables.metadata.create_all(connection, tables=[table for _, table in chosen], checkfirst=False)
    for part, table in chosen:
        done = 0
        for rows in _rows(backup, backup.lines(part), table):
            connection.execute(insert(table), rows)
            done += len(rows)
            if progress is not None:
                progress(part.table, done)
        digest = sha256()
        for line in lines(connection, table):
            digest.update(line)
        if digest.hexdigest() != part.sha256:
            raise BackupError(
                f"the database gives the table {part.table} back changed",
                where=connection.engine.url.render_as_string(hide_password=True),
                hint="a database of another kind may not keep every value: restore into one of the kind it was taken from",
            )
        _count_on(connection, table)


def _rows(backup: BackupFile, written: Iterator[bytes], table: Table) -> Iterator[list[Any]]:
    read = reader(table)
    while part := list(islice(written, STEP)):
        try:
            yield [read(line) for line in part]
        except DamagedBackupError:
            raise
        except (ValueError, TypeError) as error:
            raise damaged(backup.path, f"the table {table.name} has a row that is none: {error}") from error


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL counts some keys by itself: it goes on behind the last one."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    last = connection.execute(select(func.max(column))).scalar_one()
    if last is not None:
        counter = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        connection.execute(counter, {"table": table.name, "column": column.name, "last": last})
