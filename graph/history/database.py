"""The ledger's database: SQLite by default, PostgreSQL by URL; its errors become ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from core.errors import ConfigurationError, DiskFullError, LedgerError, StoreLockedError, StoreReadOnlyError

PAGE: Final = 16_384
"""Bytes: a batch of a load takes a fifth less time than with pages of 4,096, half a million rows or three million."""


def open_engine(url: str) -> Engine:
    """An engine for a ledger URL. Raises ConfigurationError, StoreReadOnlyError."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreReadOnlyError(
                    f"the ledger's directory cannot be made: {error.strerror}",
                    where=str(Path(parsed.database).parent),
                    hint="give a directory that this user may write, with JUMEAU_HOME",
                ) from error
        engine = create_engine(parsed, connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_pre_ping=True)
    raise ConfigurationError(
        f"no ledger on {parsed.get_backend_name()!r}",
        where="JUMEAU_LEDGER",
        hint="use sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE",
    )


def holds_ledger(url: str) -> bool:
    """Whether there is a ledger at that URL; nothing is made where there is none. Raises LedgerError, ConfigurationError."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        return False
    engine = open_engine(url)
    try:
        return inspect(engine).has_table("writer")
    except SQLAlchemyError as error:
        raise ledger_error(error, parsed.render_as_string(hide_password=True)) from error
    finally:
        engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, so that the writer lock is taken first
    cursor = connection.cursor()
    for pragma in (
        f"page_size={PAGE}",  # of a ledger that is made now; others keep theirs
        "journal_mode=WAL",
        "synchronous=FULL",
        # 64 MiB: random index pages are written back once per checkpoint, not once per batch
        f"wal_autocheckpoint={64 * 1024 * 1024 // PAGE}",
        "cache_size=-131072",
        "temp_store=MEMORY",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def ledger_error(error: SQLAlchemyError, url: str, what: str = "the ledger") -> Exception:
    """A database error in our words; `what` lies in that database."""
    seen = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    lowered = seen.lower()
    if "readonly database" in lowered or "unable to open database file" in lowered or "read-only" in lowered:
        return StoreReadOnlyError(
            f"{what} cannot be written: {seen}", where=url, hint="check the rights on the file and its directory"
        )
    if "disk is full" in lowered or "no space left" in lowered:
        return DiskFullError(
            f"the disk under {what} is full; the batch was rolled back", where=url, hint="free space, then run again"
        )
    if "database is locked" in lowered:
        return StoreLockedError(
            f"another process is writing to {what}", where=url, hint="wait until the other load has ended"
        )
    if isinstance(error, OperationalError):
        return LedgerError(f"{what} cannot be reached: {seen}", where=url, hint="check that its database runs")
    return LedgerError(seen, where=url)
