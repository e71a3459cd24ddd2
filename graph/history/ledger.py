"""The ledger: every change to the twin, in order, append-only. The system of record (DESIGN section 1).

Sequence numbers are assigned under one writer lock in the committing transaction: no gap, no late arrival. The atomic
unit is the batch. An interrupted run is visibly `incomplete` and can be resumed from the cursor of its last batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Engine, Table, create_engine, event, insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from core.clock import Clock
from core.errors import ConfigurationError, DiskFullError, LedgerError, StoreLockedError, StoreReadOnlyError
from core.failpoints import reach
from graph.history import tables
from graph.history.encoding import Decoder, encode
from graph.history.lease import Leases
from graph.model import Operation, Properties
from graph.schema.model import Schema

MAIN = "main"
_LOOKUP = 5_000  # identifiers per IN list: under every database's parameter limit
_SCAN = 20_000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one element, with its whole old and new state.

    `kind` is the relation type for an edge; `previous_kind` is set by a reclassification only.
    """

    operation: Operation
    element: str
    edge: bool
    kind: str
    before: Properties | None
    after: Properties | None
    start: str | None = None
    end: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    previous_kind: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its place in the order."""

    sequence: int
    batch: int
    event: Event


@dataclass(frozen=True, slots=True)
class State:
    """The present state of an element, and the sequence number of the event that gave it."""

    element: str
    edge: bool
    kind: str
    properties: Properties
    provenance: Mapping[str, str]
    sequence: int
    start: str | None = None
    end: str | None = None
    source: str = ""  # of the run that wrote the last event


@dataclass(frozen=True, slots=True)
class Run:
    """One load of one source. `cursor` is where its last committed batch left the reader ({} before the first)."""

    id: str
    source: str
    actor: str
    location: str
    fingerprint: str
    started_at: datetime
    status: str
    cursor: Mapping[str, Any] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)


class Ledger:
    """Append-only store of events over SQLAlchemy. Safe for many readers and one writer at a time."""

    def __init__(self, url: str, schema: Schema, clock: Clock) -> None:
        self.url = make_url(url).render_as_string(hide_password=True)
        self._clock = clock
        self._decoder = Decoder(schema)
        self._engine = _engine(url)
        self._leases = Leases(self._engine, self.url)
        with self._guarded():
            self._create()

    # --- reading ---------------------------------------------------------------------------------------------------

    def sequence(self) -> int:
        """The last sequence number assigned; 0 in a new ledger."""
        with self._reading() as connection:
            return int(connection.execute(select(tables.writer.c.sequence)).scalar_one())

    def identities(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """For each known identity key: (element id, kind at first sight)."""
        table = tables.identity
        found: dict[str, tuple[str, str]] = {}
        with self._reading() as connection:
            for part in _parts(keys):
                rows = connection.execute(
                    select(table.c.key, table.c.element, table.c.kind).where(table.c.key.in_(part))
                )
                found.update({key: (element, kind) for key, element, kind in rows})
        return found

    def states(self, elements: Sequence[str]) -> dict[str, State]:
        """The present state of each element that exists."""
        found: dict[str, State] = {}
        with self._reading() as connection:
            for part in _parts(elements):
                for row in connection.execute(_STATES.where(tables.head.c.element.in_(part))):
                    state = self._state(row)
                    found[state.element] = state
        return found

    def kinds(self, elements: Sequence[str]) -> dict[str, str]:
        """The present kind (or relation type) of each element that exists."""
        found: dict[str, str] = {}
        query = select(tables.head.c.element, tables.event.c.kind).join_from(
            tables.head, tables.event, tables.head.c.sequence == tables.event.c.sequence
        )
        with self._reading() as connection:
            for part in _parts(elements):
                found.update(
                    {row[0]: row[1] for row in connection.execute(query.where(tables.head.c.element.in_(part)))}
                )
        return found

    def present(self) -> Iterator[State]:
        """Every element's present state, in the order of their last events."""
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=_SCAN).execute(_STATES.order_by(tables.event.c.sequence))
            for row in rows:
                yield self._state(row)

    def edges_of(self, nodes: Sequence[str]) -> list[State]:
        """Present relations that start or end at one of the nodes."""
        found: dict[str, State] = {}
        with self._reading() as connection:
            for part in _parts(nodes):
                touching = tables.event.c.start.in_(part) | tables.event.c.end.in_(part)
                for row in connection.execute(_STATES.where(tables.event.c.edge, touching)):
                    state = self._state(row)
                    found[state.element] = state
        return list(found.values())

    def batches(self, after: int) -> list[tuple[int, int, int]]:
        """(number, first, last) of each batch on main whose events come after that sequence number, in order."""
        table = tables.batch
        query = select(table.c.number, table.c.first, table.c.last).where(table.c.last > after, table.c.branch == MAIN)
        with self._reading() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(table.c.number))]

    def events(self, first: int, last: int) -> Iterator[RecordedEvent]:
        """Events `first..last`, inclusive, in order."""
        table = tables.event
        query = select(table).where(table.c.sequence.between(first, last)).order_by(table.c.sequence)
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=_SCAN).execute(query):
                decode = self._decoder.edge if row.edge else self._decoder.node
                yield RecordedEvent(
                    row.sequence,
                    row.batch,
                    Event(
                        operation=Operation(row.operation),
                        element=row.element,
                        edge=bool(row.edge),
                        kind=row.kind,
                        before=None if row.before is None else decode(row.before),
                        after=None if row.after is None else decode(row.after),
                        start=row.start,
                        end=row.end,
                        provenance={} if row.provenance is None else orjson.loads(row.provenance),
                        previous_kind=row.previous_kind,
                    ),
                )

    def runs(self, limit: int = 50) -> list[Run]:
        """The latest runs, newest first."""
        with self._reading() as connection:
            rows = connection.execute(select(tables.run).order_by(tables.run.c.started_at.desc()).limit(limit)).all()
            return [self._run(connection, row) for row in rows]

    def latest_run(self, source: str) -> Run | None:
        """The run of a source that committed last; clocks do not matter."""
        last = (
            select(tables.batch.c.run)
            .join(tables.run, tables.run.c.id == tables.batch.c.run)
            .where(tables.run.c.source == source)
            .order_by(tables.batch.c.number.desc())
            .limit(1)
        )
        with self._reading() as connection:
            row = connection.execute(select(tables.run).where(tables.run.c.id == last.scalar_subquery())).first()
            return None if row is None else self._run(connection, row)

    def ends(self, relation: str) -> Iterator[tuple[str, str]]:
        """Both ends of every present relation of a type."""
        query = (
            select(tables.event.c.start, tables.event.c.end)
            .join(tables.head, tables.head.c.sequence == tables.event.c.sequence)
            .where(tables.event.c.edge, tables.event.c.kind == relation)
        )
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=_SCAN).execute(query)
            yield from ((start, end) for start, end in rows)

    # --- writing ---------------------------------------------------------------------------------------------------

    @contextmanager
    def loading(self, source: str) -> Iterator[None]:
        """Be the only load of a source. Raises LoadInProgressError."""
        with self._guarded(), self._leases.hold(source):
            yield

    def begin_run(self, source: str, actor: str, location: str, fingerprint: str) -> Run:
        """Open a run, or take up the incomplete one of the same source and fingerprint where it stopped."""
        table = tables.run
        with self._writing() as connection:
            stopped = connection.execute(
                select(table)
                .where(table.c.source == source, table.c.status == "incomplete", table.c.fingerprint == fingerprint)
                .order_by(table.c.started_at.desc())
            ).first()
            others = update(table).where(table.c.source == source, table.c.status == "incomplete")
            if stopped is not None:
                connection.execute(others.where(table.c.id != stopped.id).values(status="superseded"))
                return self._run(connection, stopped)
            connection.execute(others.values(status="superseded"))
            opened = {
                "id": str(uuid4()),
                "source": source,
                "actor": actor,
                "location": location,
                "fingerprint": fingerprint,
                "started_at": self._clock.now(),
                "status": "incomplete",
            }
            connection.execute(insert(table).values(**opened, counters="{}"))
            return Run(**opened)  # type: ignore[arg-type]

    def append(
        self,
        run: Run,
        events: Sequence[Event],
        *,
        identities: Mapping[str, tuple[str, str]] | None = None,
        cursor: Mapping[str, Any] | None = None,
        counters: Mapping[str, int] | None = None,
    ) -> tuple[int, int]:
        """Commit one batch, whole or not at all; returns its first and last sequence number.

        At most one event per element. `identities` are new keys: key to (element, kind). Without events only the cursor
        moves, and (n + 1, n) comes back. Raises LedgerError.
        """
        reach("ledger.append.before")
        with self._writing() as connection:
            state = connection.execute(select(tables.writer.c.sequence, tables.writer.c.batch)).one()
            number, first, last = state.batch + 1, state.sequence + 1, state.sequence + len(events)
            connection.execute(update(tables.writer).values(sequence=last, batch=number))
            connection.execute(
                insert(tables.batch).values(
                    number=number,
                    run=run.id,
                    branch=MAIN,
                    first=first,
                    last=last,
                    recorded_at=self._clock.now(),
                    cursor=orjson.dumps(dict(cursor or {})).decode(),
                )
            )
            if events:
                rows = [_row(first + offset, number, item) for offset, item in enumerate(events)]
                _insert(connection, tables.event, rows)
                for statement in _HEAD:
                    connection.execute(statement, {"first": first, "last": last})
            if identities:
                _insert(connection, tables.identity, [(key, e, kind) for key, (e, kind) in identities.items()])
            if counters is not None:
                values = {"counters": orjson.dumps(dict(counters)).decode()}
                connection.execute(update(tables.run).where(tables.run.c.id == run.id).values(**values))
            reach("ledger.append.uncommitted")
        reach("ledger.append.committed")
        return first, last

    def finish_run(self, run: Run, status: str, counters: Mapping[str, int]) -> None:
        """Close a run as `complete` or `failed`."""
        with self._writing() as connection:
            connection.execute(
                update(tables.run)
                .where(tables.run.c.id == run.id)
                .values(status=status, ended_at=self._clock.now(), counters=orjson.dumps(dict(counters)).decode())
            )
        reach("ledger.run.finished")

    def close(self) -> None:
        self._engine.dispose()

    # --- inside ----------------------------------------------------------------------------------------------------

    def _create(self) -> None:
        tables.metadata.create_all(self._engine)
        with self._engine.begin() as connection:
            found = connection.execute(select(tables.writer.c.format)).scalar_one_or_none()
            if found is None:
                connection.execute(
                    insert(tables.writer).values(id=1, sequence=0, batch=0, format=tables.FORMAT, ledger=str(uuid4()))
                )
            elif found != tables.FORMAT:
                raise LedgerError(
                    f"the ledger has format {found}, this version reads {tables.FORMAT}",
                    where=self.url,
                    hint="use the version of jumeau that wrote it, or migrate it",
                )

    def _run(self, connection: Connection, row: Any) -> Run:
        last = connection.execute(
            select(tables.batch.c.cursor)
            .where(tables.batch.c.run == row.id)
            .order_by(tables.batch.c.number.desc())
            .limit(1)
        ).scalar_one_or_none()
        return Run(
            id=row.id,
            source=row.source,
            actor=row.actor,
            location=row.location,
            fingerprint=row.fingerprint,
            started_at=row.started_at,
            status=row.status,
            cursor=orjson.loads(last) if last else {},
            counters=orjson.loads(row.counters),
        )

    def _state(self, row: Any) -> State:
        element, sequence, edge, kind, start, end, after, provenance, source = row
        decode = self._decoder.edge if edge else self._decoder.node
        return State(
            element=element,
            edge=bool(edge),
            kind=kind,
            properties=decode(after),
            provenance={} if provenance is None else orjson.loads(provenance),
            sequence=sequence,
            start=start,
            end=end,
            source=source,
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._guarded(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that holds the one writer lock from its start."""
        with self._guarded(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(select(tables.writer.c.id).with_for_update())
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise _wrapped(error, self.url) from error


_STATES = select(
    tables.head.c.element,
    tables.head.c.sequence,
    tables.event.c.edge,
    tables.event.c.kind,
    tables.event.c.start,
    tables.event.c.end,
    tables.event.c.after,
    tables.event.c.provenance,
    tables.run.c.source,
).select_from(
    tables.head.join(tables.event, tables.head.c.sequence == tables.event.c.sequence)
    .join(tables.batch, tables.batch.c.number == tables.event.c.batch)
    .join(tables.run, tables.run.c.id == tables.batch.c.run)
)

_HEAD = (
    text(
        "INSERT INTO head (element, sequence) SELECT element, sequence FROM event "
        "WHERE sequence BETWEEN :first AND :last AND operation = 'create'"
    ),
    text(
        "UPDATE head SET sequence = event.sequence FROM event WHERE event.element = head.element "
        "AND event.sequence BETWEEN :first AND :last AND event.operation IN ('update', 'reclassify')"
    ),
    text(
        "DELETE FROM head WHERE element IN "
        "(SELECT element FROM event WHERE sequence BETWEEN :first AND :last AND operation = 'delete')"
    ),
)


def _insert(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert many whole rows, in the order of the table's columns, without a bound parameter per value: twice as fast."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * len(table.columns))
    connection.exec_driver_sql(f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})", rows)


_OPERATIONS = {operation: operation.value for operation in Operation}


def _row(sequence: int, batch: int, item: Event) -> tuple[Any, ...]:
    """The columns of `tables.event`, in their order."""
    before, after = item.before, item.after
    return (
        sequence,
        batch,
        _OPERATIONS[item.operation],
        item.element,
        item.edge,
        item.kind,
        item.previous_kind,
        item.start,
        item.end,
        None if before is None else encode(before),
        None if after is None else encode(after),
        orjson.dumps(dict(item.provenance)).decode() if item.provenance else None,
    )


def _parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _LOOKUP] for start in range(0, len(items), _LOOKUP))


def _engine(url: str) -> Engine:
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


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, so that the writer lock is taken first
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "wal_autocheckpoint=16384",  # 64 MiB: random index pages are written back once per checkpoint, not once per batch
        "cache_size=-131072",
        "temp_store=MEMORY",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _wrapped(error: SQLAlchemyError, url: str) -> Exception:
    seen = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    lowered = seen.lower()
    if "readonly database" in lowered or "unable to open database file" in lowered or "read-only" in lowered:
        return StoreReadOnlyError(
            f"the ledger cannot be written: {seen}", where=url, hint="check the rights on the file and its directory"
        )
    if "disk is full" in lowered or "no space left" in lowered:
        return DiskFullError(
            "the disk under the ledger is full; the batch was rolled back", where=url, hint="free space, then run again"
        )
    if "database is locked" in lowered:
        return StoreLockedError(
            "another process is writing to the ledger", where=url, hint="wait until the other load has ended"
        )
    if isinstance(error, OperationalError):
        return LedgerError(f"the ledger cannot be reached: {seen}", where=url, hint="check that its database runs")
    return LedgerError(seen, where=url)
