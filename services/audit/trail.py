"""The audit trail in its database: beside the ledger's file for SQLite, within the ledger's database for PostgreSQL.

It has a writer lock of its own, so that entries are written while a load holds the ledger's (docs/adr/0014-audit-trail.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core.errors import JumeauError, LedgerError
from core.failpoints import reach
from graph.history import tables
from graph.history.database import ledger_error, open_engine
from services.audit.chain import GENESIS, Anchor, Verification, seal, verify_chain
from services.audit.entry import Entry, Outcome, Recorded, entry_of, instant_text

_LOCK: Final = int.from_bytes(blake2b(b"jumeau audit", digest_size=8).digest(), signed=True)
_SCAN: Final = 10_000  # rows fetched at a time
_LARGEST: Final = 2**63 - 1  # what a number of an entry can be, and the most that a database compares with
MOST: Final = 1_000
"""Entries on one page."""

_metadata = MetaData()
audit_entry = Table(
    "audit_entry",
    _metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),  # text, so that what was sealed comes back as it was
    Column("who", Text, nullable=False),
    Column("roles", Text, nullable=False),  # JSON list
    Column("token", Text),
    Column("door", Text, nullable=False),
    Column("action", Text),
    Column("outcome", Text, nullable=False),
    Column("code", Text),
    Column("began", BigInteger),
    Column("target", Text),
    Column("reason", Text),
    Column("asked_sha256", String(64)),
    Column("asked", Text),
    Column("rows", BigInteger),
    Column("duration_us", BigInteger),
    Column("sequence", BigInteger),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index("audit_entry_by_at", "at"),
    Index("audit_entry_by_who", "who", "number"),
)

_COLUMNS: Final = tuple(
    f"{column.name}" for column in audit_entry.columns
)  # plain texts: SQLAlchemy's own are no keys for JSON


class AuditUnavailableError(JumeauError):
    """The audit trail cannot be written or read; what has to be on record first is refused until it can."""

    code = "AUDIT_UNAVAILABLE"
    exit_code = 4
    status = 503


class AuditDamagedError(JumeauError):
    """An entry of the audit trail was changed into something that cannot be one."""

    code = "AUDIT_DAMAGED"
    exit_code = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; None for any. `door` is the door, or how it begins; `since` is within, `until` is not."""

    who: str | None = None
    door: str | None = None
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def audit_url(ledger_url: str) -> str:
    """Where the trail of a ledger lies: `ledger.audit.db` beside `ledger.db`, or the same PostgreSQL database."""
    url = make_url(ledger_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        path = Path(url.database)
        url = url.set(database=str(path.with_name(f"{path.stem}.audit.db")))
    return url.render_as_string(hide_password=False)


def ledger_sequence(ledger_url: str) -> int | None:
    """The last sequence number of a ledger that is not open; None where there is none, or it does not answer."""
    url = make_url(ledger_url)
    try:
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            return None
    except OSError:  # a home that may not be entered: who opens the trail or the ledger says so
        return None
    engine = open_engine(ledger_url)
    try:
        with engine.connect() as connection:
            return int(connection.execute(select(tables.writer.c.sequence)).scalar_one())
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()


class Trail:
    """The entries of one twin, in one chain whatever writes them. Safe for several threads and processes.

    Nothing is opened before it is needed. Every method raises AuditUnavailableError, StoreReadOnlyError, DiskFullError,
    StoreLockedError.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url).render_as_string(hide_password=True)
        self._address = url
        self._opened: Engine | None = None
        self._lock = Lock()

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Seal entries onto the chain, all or none; their numbers."""
        with self._writing() as connection:
            return self._append(connection, entries)

    def page(self, wanted: Wanted, *, before: int | None = None, limit: int = 100) -> list[Recorded]:
        """The latest entries that are wanted, newest first; `before` is the number that the page before ended with."""
        table = audit_entry.c
        query = _filtered(wanted).order_by(table.number.desc()).limit(limit)
        if before is not None:
            query = query.where(table.number < min(before, _LARGEST))
        with self._guarded(), self._engine().connect() as connection:
            rows = connection.execute(query).all()
        return [_recorded(row) for row in rows]

    def verify(self, anchor: Anchor | None = None) -> Verification:
        """Walk the whole chain, and hold it against an anchor."""
        with self._guarded():
            return verify_chain(self._rows(), anchor)

    def unfinished(self) -> list[int]:
        """The numbers of calls that have begun and of which no end is on record: under way, or killed."""
        table = audit_entry.c
        ended = select(table.began).where(table.began.is_not(None))
        query = select(table.number).where(table.outcome == Outcome.BEGUN.value, table.number.not_in(ended))
        with self._guarded(), self._engine().connect() as connection:
            return list(connection.execute(query.order_by(table.number)).scalars())

    def purge(self, before: datetime, entry: Entry) -> int:
        """Take away the entries at the beginning that are older than an instant; how many.

        `entry` is left in their place, at the end of the chain: it says which was the last, and how many went. Without any
        nothing is written.
        """
        table = audit_entry.c
        with self._writing() as connection:
            kept = connection.execute(
                select(func.min(table.number)).where(table.at >= instant_text(before))
            ).scalar_one()
            query = select(table.number, table.digest).order_by(table.number.desc()).limit(1)
            last = connection.execute(query if kept is None else query.where(table.number < kept)).first()
            if last is None:
                return 0
            gone = delete(audit_entry).where(table.number <= last.number)
            count = connection.execute(select(func.count()).where(table.number <= last.number)).scalar_one()
            self._append(connection, [replace(entry, target=str(Anchor(last.number, last.digest)), rows=count)])
            connection.execute(gone)
            reach("audit.purge.uncommitted")
        return int(count)

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            if self._opened is not None:
                self._opened.dispose()
                self._opened = None

    def _append(self, connection: Connection, entries: Sequence[Entry]) -> list[int]:
        table = audit_entry.c
        query = select(table.number, table.digest).order_by(table.number.desc()).limit(1)
        last = connection.execute(query).first()
        number, digest = (0, GENESIS) if last is None else (last.number, last.digest)
        rows: list[dict[str, Any]] = []
        for entry in entries:
            number += 1
            row = {"number": number, **entry.columns(), "previous": digest}
            digest = seal(row)
            rows.append(row | {"digest": digest})
        if rows:
            connection.execute(insert(audit_entry), rows)
        return [row["number"] for row in rows]

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        query = select(audit_entry).order_by(audit_entry.c.number)
        with self._engine().connect() as connection:
            for rows in connection.execution_options(yield_per=_SCAN).execute(query).partitions():
                for row in rows:
                    yield dict(zip(_COLUMNS, row, strict=True))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that no other writer is beside, in whatever process."""
        with self._guarded():
            with _locked(self._engine()) as connection:
                yield connection
                reach("audit.append.uncommitted")
            reach("audit.append.committed")

    def _engine(self) -> Engine:
        with self._lock:
            if self._opened is None:
                engine = open_engine(self._address)
                if engine.dialect.name == "sqlite":
                    event.listen(engine, "connect", _lenient)
                try:
                    _prepare(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._opened = engine
            return self._opened

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            told = ledger_error(error, self.url, "the audit trail")
            if not isinstance(told, LedgerError):
                raise told from error  # a full disk, a file that may not be written: codes of their own
            hint = "look whether its database runs and its file is whole; what is audited first is refused until then"
            raise AuditUnavailableError(told.seen, where=self.url, hint=hint) from error


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _prepare(engine: Engine) -> None:
    """Make the table where it is not there; another process may do the same."""
    with engine.connect() as connection:
        if inspect(connection).has_table(audit_entry.name):
            return
    with _locked(engine) as connection:
        _metadata.create_all(connection)


def _lenient(connection: Any, _record: Any) -> None:
    """A text that is not UTF-8 was put there by somebody else: it is to be found by verification, not to end it."""
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")


def _recorded(row: Any) -> Recorded:
    """An entry in its place. Raises AuditDamagedError."""
    try:
        return Recorded(row.number, entry_of(row), row.previous, row.digest)
    except (ValueError, TypeError) as error:
        raise AuditDamagedError(
            f"entry {row.number} of the audit trail is none", where="audit trail", hint="run `jumeau audit verify`"
        ) from error


def _filtered(wanted: Wanted) -> Select[Any]:
    table = audit_entry.c
    query = select(audit_entry)
    for column, value in ((table.who, wanted.who), (table.action, wanted.action), (table.outcome, wanted.outcome)):
        if value is not None:
            query = query.where(column == value)
    if wanted.door is not None:
        query = query.where(table.door.startswith(wanted.door, autoescape=True))
    if wanted.since is not None:
        query = query.where(table.at >= instant_text(wanted.since))
    if wanted.until is not None:
        query = query.where(table.at < instant_text(wanted.until))
    return query
