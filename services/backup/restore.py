"""Restore a twin: the ledger from a backup, the graph from the ledger. The twin is there whole and verified, or not at all.

A ledger in the home is made beside it with its store and put in place at the end; one on PostgreSQL is filled in one
transaction. A graph that lies elsewhere (Neo4j) is emptied right before that, so that it can only be behind, and catches up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from core.clock import clock_for
from core.errors import ConfigurationError
from core.failpoints import reach
from core.settings import Settings
from graph.history import tables
from graph.history.database import ledger_error, open_engine
from graph.history.verify import Verification
from graph.schema.load import load_schema
from services.backup.contents import TABLES
from services.backup.errors import BackupError, HomeNotEmptyError, NewerBackupError
from services.backup.file import BackupFile, Manifest
from services.backup.fill import Progress, fill
from services.backup.home import LEDGER, check_free, staged
from services.maintenance import empty, rebuild, verify_backends

_WAIT_S: Final = 10
"""How long a restore waits for others to let go of the tables that it puts aside."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `checksum` is that of the content, equal in ledger and graph; `moved_to` is where the twin that was
    there before lies: a folder, or a schema of the database.
    """

    manifest: Manifest
    checksum: str
    backend: str
    moved_to: str | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "sequence": self.manifest.sequence,
            "taken_at": self.manifest.created_at,
            "rows": self.manifest.rows,
            "backend": self.backend,
            "checksum": self.checksum,
            "moved_to": self.moved_to,
        }


def restore_backup(
    settings: Settings, path: Path, *, replace: bool = False, progress: Progress | None = None
) -> Restored:
    """Restore a backup into an empty home, or into one whose content is put aside. Raises BackupError, HomeNotEmptyError,
    StoreLockedError, DiskFullError, LedgerError, BackendError.
    """
    with BackupFile(path) as backup:
        _check_fits(backup, settings)
        if settings.ledger_url.startswith("postgresql"):
            return _into_postgresql(settings, backup, replace, progress)
        return _into_home(settings, backup, replace, progress)


def _check_fits(backup: BackupFile, settings: Settings) -> None:
    """Raises BackupError, NewerBackupError, ConfigurationError."""
    manifest, where = backup.manifest, str(backup.path)
    if manifest.ledger_format > tables.FORMAT:
        raise NewerBackupError(
            f"the ledger inside has format {manifest.ledger_format}, this version reads {tables.FORMAT}",
            where=where,
            hint="use the version of jumeau that wrote it, or a newer one",
        )
    if manifest.ledger_format < tables.FORMAT:
        raise BackupError(
            f"the ledger inside has format {manifest.ledger_format}, this version writes {tables.FORMAT}",
            where=where,
            hint="restore it with the version of jumeau that wrote it, then change versions",
        )
    pack = load_schema(settings.pack).name
    if manifest.pack != pack:
        raise BackupError(
            f"the backup is of the pack {manifest.pack!r}, this twin has {pack!r}", where=where, hint="set JUMEAU_PACK"
        )
    home = f"sqlite:///{(settings.home / LEDGER).absolute()}"
    if settings.ledger_url.startswith("sqlite") and settings.ledger_url != home:
        raise ConfigurationError(
            "a SQLite ledger is restored into the home only",
            where="JUMEAU_LEDGER",
            hint="unset it, restore, stop there or move ledger.db afterwards",
        )


def _into_home(settings: Settings, backup: BackupFile, replace: bool, progress: Progress | None) -> Restored:
    with staged(settings.home, clock_for(settings.now).now(), replace=replace) as home:
        _fill_file(home.folder / LEDGER, backup, progress)
        reach("restore.filled")
        if settings.backend in ("embedded", "networkx"):
            there = settings.model_copy(update={"home": home.folder, "ledger": None})
            checked = _project(there, progress)
            reach("restore.projected")
            home.place()
        else:
            empty(settings, settings.backend_url)
            home.place()
            checked = _project(settings, progress)
        return _told(settings, backup, checked, None if home.moved_to is None else str(home.moved_to))


def _into_postgresql(settings: Settings, backup: BackupFile, replace: bool, progress: Progress | None) -> Restored:
    if settings.home.is_dir():
        check_free(settings.home, replace=True)  # it may hold the store of another ledger, which is emptied
    engine = open_engine(settings.ledger_url)
    where = engine.url.render_as_string(hide_password=True)
    try:
        with engine.begin() as connection:
            aside = _move_tables(connection, f"replaced_{clock_for(settings.now).now():%Y%m%dt%H%M%S}z", replace)
            fill(connection, backup, progress)
            reach("restore.filled")
            if settings.backend_url != "networkx":
                empty(settings, settings.backend_url)
    except SQLAlchemyError as error:
        raise ledger_error(error, where) from error
    finally:
        engine.dispose()
    reach("restore.placed")
    return _told(settings, backup, _project(settings, progress), aside)


def _move_tables(connection: Connection, schema: str, replace: bool) -> str | None:
    """Put the tables of the twin that is there into a schema of their own; its name. Raises HomeNotEmptyError."""
    found = [name for name in inspect(connection).get_table_names() if name in TABLES]
    if not found:
        return None
    if not replace:
        raise HomeNotEmptyError(
            f"something is in this database already: {found[0]}",
            where=connection.engine.url.render_as_string(hide_password=True),
            hint="give the twin a database of its own with JUMEAU_LEDGER, or put this one aside with --replace",
        )
    taken = set(inspect(connection).get_schema_names())
    schema = next(name for n in count(1) if (name := schema if n == 1 else f"{schema}_{n}") not in taken)
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_S}s'"))
    connection.execute(CreateSchema(schema))
    quote = connection.dialect.identifier_preparer.quote
    for name in found:
        connection.execute(text(f"ALTER TABLE {quote(name)} SET SCHEMA {quote(schema)}"))
    return schema


def _fill_file(path: Path, backup: BackupFile, progress: Progress | None) -> None:
    """Make the ledger's file. It is nobody's yet: what is half written is thrown away, so that no journal is needed."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _without_journal)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            fill(connection, backup, progress)
            connection.commit()
    except SQLAlchemyError as error:
        raise ledger_error(error, str(path.parent)) from error
    finally:
        engine.dispose()
    path.chmod(0o600)


def _without_journal(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY", "cache_size=-131072"):
        connection.execute(f"PRAGMA {pragma}")


def _project(settings: Settings, progress: Progress | None) -> Verification:
    """Bring the graph up to the ledger and compare the two. Raises BackupError where they differ."""
    url = settings.backend_url
    if url != "networkx":
        rebuild(settings, url, lambda done, _wanted: None if progress is None else progress("project", done))
    checked = verify_backends(settings, [url])
    if not checked.equal:
        raise BackupError(
            "the graph is not what the restored ledger says", where=url, hint="`jumeau graph verify` names differences"
        )
    return checked


def _told(settings: Settings, backup: BackupFile, checked: Verification, moved_to: str | None) -> Restored:
    return Restored(backup.manifest, checked.checksum, settings.backend_url, moved_to)
