"""The ledger: every change to the twin, in order, append-only. The system of record (DESIGN section 1).

Sequence numbers are assigned under one writer lock in the committing transaction: no gap, no late arrival. The atomic
unit is the batch. An interrupted run is visibly `incomplete` and can be resumed from the cursor of its last batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Table, insert, select, text, update

from core.clock import Clock
from core.errors import LedgerError
from core.failpoints import reach
from graph.history import ownership, tables, tiers
from graph.history.encoding import encode
from graph.history.events import Batch, Event, RecordedEvent, Run, State
from graph.history.lease import Leases
from graph.history.reader import MAIN, LedgerReader
from graph.history.tiers import HEADS
from graph.history.upgrade import upgrade
from graph.model import Operation
from graph.schema.model import Schema

__all__ = ["MAIN", "Batch", "Event", "Ledger", "LedgerMovedError", "RecordedEvent", "Run", "State"]


class LedgerMovedError(LedgerError):
    """Somebody has written to the ledger since what was to be written was worked out."""

    code = "LEDGER_MOVED"


class Ledger(LedgerReader):
    """Append-only store of events over SQLAlchemy. Safe for many readers and one writer at a time."""

    def __init__(self, url: str, schema: Schema, clock: Clock, *, tier_step: int = tiers.STEP) -> None:
        super().__init__(url, schema)
        self._tier_step = tier_step
        self._clock = clock
        self._leases = Leases(self._engine, self.url)
        self._rules = ownership.rules_of(schema)
        with self._guarded():
            self._create()

    @contextmanager
    def loading(self, source: str) -> Iterator[None]:
        """Be the only load of a source. Raises LoadInProgressError."""
        with self._guarded(), self._leases.hold(source):
            yield

    def begin_run(self, source: str, actor: str, location: str, fingerprint: str) -> Run:
        """Open a run, or take up the incomplete one of the same source and fingerprint where it stopped."""
        table = tables.run
        with self.writing() as connection:
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
        statuses: Mapping[str, str] | None = None,
        expected: int | None = None,
        known_to: int | None = None,
        also: Callable[[Connection, int], None] | None = None,
    ) -> tuple[int, int]:
        """Commit one batch, whole or not at all; returns its first and last sequence number.

        At most one event per element. `identities` are new keys: key to (element, kind); `statuses` are what becomes of
        runs, by identifier. Without events only the cursor moves, and (n + 1, n) comes back. `expected` is the sequence
        number that the events were made for; `known_to` one up to which their maker knew what there is: only where the ledger
        has moved on is it looked up whether what they create is there. `also` writes more in the same transaction, given the last number.

        Raises LedgerError, LedgerMovedError where the ledger is not at `expected`.
        """
        reach("ledger.append.before")
        with self.writing() as connection:
            state = connection.execute(select(tables.writer.c.sequence, tables.writer.c.batch)).one()
            if expected is not None and state.sequence != expected:
                raise LedgerMovedError(
                    f"the ledger is at {state.sequence}, the change was made for {expected}",
                    where=self.url,
                    hint="another process has written meanwhile: try again",
                )
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
                _index(connection, events, first, last, unmoved=state.sequence == known_to)
                ownership.record(connection, events, first, self._rules)
                tiers.settle(connection, state.sequence, last, self._tier_step)
            if identities:
                _insert(connection, tables.identity, sorted((key, e, kind) for key, (e, kind) in identities.items()))
            if counters is not None:
                values = {"counters": orjson.dumps(dict(counters)).decode()}
                connection.execute(update(tables.run).where(tables.run.c.id == run.id).values(**values))
            for name, status in (statuses or {}).items():
                closed = {"status": status, "ended_at": self._clock.now()}
                connection.execute(update(tables.run).where(tables.run.c.id == name).values(**closed))
            if also is not None:
                also(connection, last)
            reach("ledger.append.uncommitted")
        reach("ledger.append.committed")
        return first, last

    def finish_run(
        self,
        run: Run,
        status: str,
        counters: Mapping[str, int],
        *also: Callable[[Connection], None],
    ) -> None:
        """Close a run as `complete` or `failed`; `also` write more in the same transaction."""
        with self.writing() as connection:
            for write in also:
                write(connection)
            connection.execute(
                update(tables.run)
                .where(tables.run.c.id == run.id)
                .values(status=status, ended_at=self._clock.now(), counters=orjson.dumps(dict(counters)).decode())
            )
        reach("ledger.run.finished")

    def prepare(self, table: Table) -> None:
        """Make a table of the ledger's database that only some use, if it is not there."""
        with self._guarded():
            table.create(self._engine, checkfirst=True)

    def close(self) -> None:
        self._engine.dispose()

    def _create(self) -> None:
        tables.metadata.create_all(self._engine)
        with self.reading() as connection:
            found = connection.execute(_FORMAT).scalar_one_or_none()
            if found == tables.FORMAT and ownership.is_prepared(connection, self._rules):
                return
        with self.writing(locked=found is not None) as connection:
            found = connection.execute(_FORMAT).scalar_one_or_none()  # another process may have come first
            if found is None:
                connection.execute(
                    insert(tables.writer).values(id=1, sequence=0, batch=0, format=tables.FORMAT, ledger=str(uuid4()))
                )
            elif found != tables.FORMAT and not upgrade(connection, found):
                raise LedgerError(
                    f"the ledger has format {found}, this version reads {tables.FORMAT}",
                    where=self.url,
                    hint="use the version of jumeau that wrote it, or migrate it",
                )
            if not ownership.is_prepared(connection, self._rules):
                ownership.prepare(connection, self._rules)

    @contextmanager
    def writing(self, *, locked: bool = True) -> Iterator[Connection]:
        """A transaction that holds the one writer lock from its start; `locked` False in a ledger that has none yet."""
        with self._guarded(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif locked:
                connection.execute(select(tables.writer.c.id).with_for_update())
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


_FORMAT = select(tables.writer.c.format)
_BETWEEN = "event.sequence BETWEEN :first AND :last"
_EARLIER = " UNION ALL ".join(f"SELECT element FROM {tier.name}" for tier in HEADS.tables[1:])
_TWICE = {  # the newest tier refuses by itself; PostgreSQL is told what: joined, it might read a whole index for a batch
    "sqlite": text(
        f"SELECT event.element FROM event CROSS JOIN ({_EARLIER}) AS earlier "
        f"WHERE earlier.element = event.element AND {_BETWEEN} AND event.operation = 'create' LIMIT 1"
    ),
    "postgresql": text(f"SELECT element FROM ({_EARLIER}) AS earlier WHERE element = ANY(:created) LIMIT 1"),
}
_CREATED = text(  # in the order of the index: a tenth less work on a large one
    f"INSERT INTO {HEADS.newest.name} (element, sequence) SELECT element, sequence FROM event "
    f"WHERE {_BETWEEN} AND operation = 'create' ORDER BY element"
)
_CHANGED = (
    *(
        text(statement.format(head=tier.name))
        for tier in HEADS.tables
        for statement in (
            "UPDATE event SET previous = {head}.sequence FROM {head} WHERE {head}.element = event.element "
            f"AND {_BETWEEN} AND event.operation <> 'create'",
            "UPDATE {head} SET sequence = event.sequence FROM event WHERE event.element = {head}.element "
            f"AND {_BETWEEN} AND event.operation IN ('update', 'reclassify')",
            "DELETE FROM {head} WHERE element IN "
            f"(SELECT element FROM event WHERE {_BETWEEN} AND operation = 'delete')",
        )
    ),
    text(
        "INSERT INTO tombstone (element, sequence) SELECT element, sequence FROM event "
        f"WHERE {_BETWEEN} AND operation = 'delete'"
    ),
)
_BACK = (
    text(
        "UPDATE event SET previous = tombstone.sequence FROM tombstone WHERE tombstone.element = event.element "
        f"AND {_BETWEEN} AND event.operation = 'create'"
    ),
    text(
        f"DELETE FROM tombstone WHERE element IN (SELECT element FROM event WHERE {_BETWEEN} AND operation = 'create')"
    ),
)
_ANY_TOMBSTONE = select(tables.tombstone.c.element).limit(1)


def _index(connection: Connection, events: Sequence[Event], first: int, last: int, *, unmoved: bool) -> None:
    """Keep the indexes over new events: the last event of each element, and the chain back from it.

    `unmoved`: nobody has written since the events were made, so that nothing they create can be there.
    """
    places = {"first": first, "last": last}
    created = [item.element for item in events if item.operation is Operation.CREATE]
    if created:
        if connection.execute(_ANY_TOMBSTONE).first() is not None:
            for statement in _BACK:
                connection.execute(statement, places)
        if not unmoved:  # of a load of millions of rows, a tenth of the work
            _refuse_twice(connection, created, places)
        connection.execute(_CREATED, places)
    if len(created) < len(events):
        for statement in _CHANGED:
            connection.execute(statement, places)


def _refuse_twice(connection: Connection, created: list[str], places: dict[str, int]) -> None:
    """Raises LedgerError where an element is to be created that is there."""
    dialect = connection.dialect.name
    given = places if dialect == "sqlite" else {"created": created}
    there = connection.execute(_TWICE[dialect], given).scalar()
    if there is not None:
        raise LedgerError(
            f"the element {there} is to be created, and is there already",
            where=connection.engine.url.render_as_string(hide_password=True),
            hint="another process has written meanwhile: try again",
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
        None,
    )
