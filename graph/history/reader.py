"""What the ledger answers: present states, identities, events in order, runs and batches. Reads take no lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core.errors import NotFoundError
from graph.history import ownership, tables
from graph.history.database import ledger_error, open_engine
from graph.history.encoding import Decoder
from graph.history.events import Batch, Outcome, RecordedEvent, Run, State
from graph.history.former import TODAY, FormerNames
from graph.history.ownership import Ownership
from graph.history.renaming import states_of_today
from graph.history.tiers import HEADS
from graph.model import Operation
from graph.schema.model import Schema

T = TypeVar("T")

MAIN = "main"
MIGRATION = "migration"
"""The source of runs that took the data to a new schema."""
_LOOKUP = 5_000  # identifiers per IN list: under every database's parameter limit
_SCAN = 20_000  # rows fetched at a time
_NEVER_YET = 2**62  # after every batch

_OUTCOME: Final = tuple(
    tables.event.c[name] for name in ("operation", "element", "edge", "kind", "previous_kind", "start", "end", "after")
)

_SEQUENCE: Final = select(tables.writer.c.sequence)  # asked with every answer


class LedgerReader:
    """The reading half of a ledger."""

    def __init__(self, url: str, schema: Schema) -> None:
        self.url = make_url(url).render_as_string(hide_password=True)
        self._schema = schema
        self._decoder = Decoder(schema)
        self._engine = open_engine(url)
        self.former: Callable[[int], FormerNames] = lambda _: TODAY
        """Tells the names that the pack had at an event; what is asked of the past is answered under those of today."""

    @property
    def schema(self) -> Schema:
        """The schema that its elements are of."""
        return self._schema

    def sequence(self) -> int:
        """The last sequence number assigned; 0 in a new ledger."""
        with self.reading() as connection:
            return int(connection.execute(_SEQUENCE).scalar_one())

    def migrated_to(self) -> int:
        """The last sequence number of any migration; 0 where there was none. States in between may not fit the schema."""
        last = select(func.max(tables.batch.c.last)).join(tables.run, tables.run.c.id == tables.batch.c.run)
        with self.reading() as connection:
            return int(connection.execute(last.where(tables.run.c.source == MIGRATION)).scalar_one_or_none() or 0)

    def identities(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """For each known identity key: (element id, kind at first sight)."""
        table = tables.identity
        found: dict[str, tuple[str, str]] = {}
        with self.reading() as connection:
            for part in _parts(keys):
                rows = connection.execute(
                    select(table.c.key, table.c.element, table.c.kind).where(table.c.key.in_(part))
                )
                found.update({key: (element, kind) for key, element, kind in rows})
        return found

    def states(self, elements: Sequence[str]) -> dict[str, State]:
        """The present state of each element that exists."""
        found: dict[str, State] = {}
        with self.reading() as connection:
            for part in _parts(elements):
                for row in connection.execute(_STATES.where(HEADS.rows.c.element.in_(part))):
                    state = self._state(row)
                    found[state.element] = state
        return found

    def kinds(self, elements: Sequence[str]) -> dict[str, str]:
        """The present kind (or relation type) of each element that exists."""
        found: dict[str, str] = {}
        query = select(HEADS.rows.c.element, tables.event.c.kind).join_from(
            HEADS.rows, tables.event, HEADS.rows.c.sequence == tables.event.c.sequence
        )
        with self.reading() as connection:
            for part in _parts(elements):
                found.update(
                    {row[0]: row[1] for row in connection.execute(query.where(HEADS.rows.c.element.in_(part)))}
                )
        return found

    def present(self, kinds: Collection[str] | None = None) -> Iterator[State]:
        """Every element's present state, or that of these kinds and relation types, in the order of their last events."""
        query = _STATES if kinds is None else _STATES.where(tables.event.c.kind.in_(sorted(kinds)))
        with self.reading() as connection:
            rows = connection.execution_options(yield_per=_SCAN).execute(query.order_by(HEADS.rows.c.sequence))
            for row in rows:
                yield self._state(row)

    def edges_of(self, nodes: Sequence[str]) -> list[State]:
        """Present relations that start or end at one of the nodes."""
        found: dict[str, State] = {}
        with self.reading() as connection:
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
        with self.reading() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(table.c.number))]

    def events(self, first: int, last: int) -> Iterator[RecordedEvent]:
        """Events `first..last`, inclusive, in order."""
        table = tables.event
        query = select(table).where(table.c.sequence.between(first, last)).order_by(table.c.sequence)
        decode = self._decoder.event_of
        with self.reading() as connection:
            for rows in connection.execution_options(yield_per=_SCAN).execute(query).partitions():
                # columns in the table's order: a name per column costs as much as its JSON
                for sequence, batch, *columns, previous in rows:
                    yield RecordedEvent(sequence, batch, decode(*columns), previous)

    def outcomes(self, first: int, last: int) -> Iterator[Outcome]:
        """What the events `first..last` did, in order: half the work of reading the events."""
        place = tables.event.c.sequence
        query = select(*_OUTCOME).where(place.between(first, last)).order_by(place)
        return (self._decoder.outcome_of(*row) for row in self._whole(query))

    def recorded(self, sequences: Sequence[int]) -> dict[int, RecordedEvent]:
        """The events of these sequence numbers."""
        found: dict[int, RecordedEvent] = {}
        with self.reading() as connection:
            for start in range(0, len(sequences), _LOOKUP):
                part = sequences[start : start + _LOOKUP]
                for row in connection.execute(select(tables.event).where(tables.event.c.sequence.in_(part))):
                    found[row.sequence] = self._recorded(row)
        return found

    def identity(self) -> str:
        """The identifier of this ledger, given when it was made."""
        with self.reading() as connection:
            return str(connection.execute(select(tables.writer.c.ledger)).scalar_one())

    def batch_of(self, sequence: int) -> Batch | None:
        """The batch that holds an event."""
        found = self._batches((tables.batch.c.first <= sequence) & (tables.batch.c.last >= sequence))
        return found[0] if found else None

    def sequence_at(self, instant: datetime) -> int:
        """The last sequence number that was recorded at an instant or before; 0 where nothing was.

        Clocks may go backwards, sequence numbers do not: what counts is the last batch that was stamped in time.
        """
        table = tables.batch
        stamped = instant.astimezone(UTC)
        query = select(func.max(table.c.last)).where(table.c.recorded_at <= stamped, table.c.branch == MAIN)
        with self.reading() as connection:
            return int(connection.execute(query).scalar_one_or_none() or 0)

    def surviving(self, first: int, last: int) -> Iterator[Sequence[Any]]:
        """What elements are after the events `first..last`: (element, edge, kind, start, end, after as JSON) of each one
        that these events touched and that exists after them.
        """
        event = tables.event
        later = (
            select(event.c.previous.label("replaced"))
            .where(event.c.sequence.between(first, last), event.c.previous >= first)
            .subquery()
        )
        query = (
            select(event.c.element, event.c.edge, event.c.kind, event.c.start, event.c.end, event.c.after)
            .select_from(event.outerjoin(later, later.c.replaced == event.c.sequence))
            .where(event.c.sequence.between(first, last), later.c.replaced.is_(None))
            .where(event.c.operation != Operation.DELETE.value)
        )
        yield from self._whole(query)

    def preceding(self, first: int, last: int) -> Iterator[Sequence[Any]]:
        """What elements were before the events `first..last`, in the form of `surviving`: each one that these events
        touched and that existed before them.
        """
        event = tables.event
        kind = func.coalesce(event.c.previous_kind, event.c.kind)
        query = select(event.c.element, event.c.edge, kind, event.c.start, event.c.end, event.c.before).where(
            event.c.sequence.between(first, last),
            event.c.previous.is_(None) | (event.c.previous < first),
            event.c.operation != Operation.CREATE.value,
        )
        yield from self._whole(query)

    def _whole(self, query: Select[Any]) -> Iterator[Sequence[Any]]:
        """Every row of a large answer, some thousands at a time."""
        with self.reading() as connection:
            for rows in connection.execution_options(yield_per=_SCAN).execute(query).partitions():
                yield from rows

    def touched(self, first: int, last: int) -> list[str]:
        """The elements that the events `first..last` touched, each once for every event."""
        event = tables.event
        query = select(event.c.element).where(event.c.sequence.between(first, last))
        with self.reading() as connection:
            return list(connection.execute(query).scalars())

    def states_at(self, elements: Sequence[str], sequence: int) -> dict[str, State]:
        """The state that each element had after the event `sequence`, of those that existed then."""
        places = self.last_events(elements)
        chains: dict[int, RecordedEvent] = {}
        late = [place for place in places.values() if place > sequence]
        while late:  # one step back along every chain that is still too late
            chains.update(self.recorded(late))
            late = [p for place in late if (p := chains[place].previous) is not None and p > sequence]
        wanted: list[int] = []
        for place in places.values():
            at: int | None = place
            while at is not None and at > sequence:
                at = chains[at].previous
            if at is not None:
                wanted.append(at)
        found = self.recorded(wanted)
        numbers = sorted({recorded.batch for recorded in found.values()})
        batches: dict[int, Batch] = {}
        for start in range(0, len(numbers), _LOOKUP):
            batches.update(self.batches_by_number(numbers[start : start + _LOOKUP]))
        states = {
            recorded.event.element: state_after(recorded, batches[recorded.batch].source)
            for recorded in found.values()
            if recorded.event.operation is not Operation.DELETE
        }
        former = self.former(sequence)
        return self._renamed(states, former) if former != TODAY else states

    def _renamed(self, states: dict[str, State], former: FormerNames) -> dict[str, State]:
        """States of a time before migrations, under the names of today."""
        event = tables.event
        texts: dict[int, str] = {}
        with self.reading() as connection:
            for part in _parts([state.sequence for state in states.values()]):
                rows = connection.execute(select(event.c.sequence, event.c.after).where(event.c.sequence.in_(part)))
                texts.update((sequence, after) for sequence, after in rows)
        return states_of_today(states.values(), texts, self._schema, former)

    def edges_at(self, nodes: Sequence[str], sequence: int) -> list[State]:
        """The relations that started or ended at one of the nodes after the event `sequence`."""
        event = tables.event
        found = {state.element: state for state in self.edges_of(nodes)}
        late = {element for element, state in found.items() if state.sequence > sequence}
        with self.reading() as connection:
            for part in _parts(nodes):
                touching = event.c.start.in_(part) | event.c.end.in_(part)
                since = select(event.c.element).where(event.c.sequence > sequence, event.c.edge, touching)
                late.update(connection.execute(since).scalars())
        early = [state for element, state in found.items() if element not in late]
        return [*early, *self.states_at(sorted(late), sequence).values()]

    def ends_at(self, relation: str, sequence: int) -> list[tuple[str, str, str]]:
        """(id, start, end) of every relation of a type that existed after the event `sequence`."""
        event = tables.event
        edges = self.former(sequence).edges
        names = [name for name in (relation, *edges) if name not in edges or edges[name].name == relation]
        query = select(event.c.element, event.c.operation, event.c.start, event.c.end).where(
            event.c.sequence <= sequence,
            event.c.edge,
            event.c.kind.in_(names),
            event.c.operation.in_((Operation.CREATE.value, Operation.DELETE.value)),
        )
        found: dict[str, tuple[str, str, str]] = {}
        with self.reading() as connection:
            for element, operation, start, end in connection.execute(query.order_by(event.c.sequence)):
                if operation == Operation.CREATE.value:
                    found[element] = (element, start, end)
                else:
                    found.pop(element, None)
        return list(found.values())

    def last_events(self, elements: Sequence[str]) -> dict[str, int]:
        """The sequence number of the last event of each element that ever was, deletions included."""
        found: dict[str, int] = {}
        with self.reading() as connection:
            for table in (HEADS.rows, tables.tombstone):
                for part in _parts(elements):
                    query = select(table.c.element, table.c.sequence).where(table.c.element.in_(part))
                    found.update((element, sequence) for element, sequence in connection.execute(query))
        return found

    def ownerships(self) -> list[Ownership]:
        """Every present relation that gives perimeters or passes them on."""
        with self.reading() as connection:
            return list(ownership.everything(connection))

    def sources_of(self, takers: Sequence[str]) -> list[Ownership]:
        """What these nodes take perimeters from."""
        with self.reading() as connection:
            return list(ownership.of_takers(connection, takers))

    def owning_relations(self, takers: Sequence[str]) -> list[tuple[str, Ownership]]:
        """What these nodes take perimeters from, each with the id of the relation that it is by."""
        with self.reading() as connection:
            return list(ownership.relations_of_takers(connection, takers))

    def takers_of(self, sources: Sequence[str]) -> list[Ownership]:
        """What takes perimeters from these nodes."""
        with self.reading() as connection:
            return list(ownership.of_sources(connection, sources))

    def relations_ever(self, node: str) -> list[str]:
        """The relations that a node has or had, each once. Reads every relation's events."""
        event = tables.event
        query = select(event.c.element).distinct().where(event.c.edge, (event.c.start == node) | (event.c.end == node))
        with self.reading() as connection:
            return list(connection.execute(query).scalars())

    def batches_of(self, run: str) -> list[Batch]:
        """The batches of a run, in order."""
        return self._batches(tables.batch.c.run == run)

    def batches_by_number(self, numbers: Sequence[int]) -> dict[int, Batch]:
        """These batches."""
        return {batch.number: batch for batch in self._batches(tables.batch.c.number.in_(numbers))}

    def _batches(self, condition: ColumnElement[bool]) -> list[Batch]:
        query = (
            select(tables.batch, tables.run.c.source, tables.run.c.actor)
            .join(tables.run, tables.run.c.id == tables.batch.c.run)
            .where(condition)
            .order_by(tables.batch.c.number)
        )
        with self.reading() as connection:
            return [
                Batch(row.number, row.run, row.source, row.actor, row.first, row.last, row.recorded_at)
                for row in connection.execute(query)
            ]

    def find_run(self, name: str) -> Run:
        """The run of that identifier, or of an unambiguous beginning of it. Raises NotFoundError."""
        query = select(tables.run).where(tables.run.c.id.startswith(name, autoescape=True)).limit(2)
        with self.reading() as connection:
            rows = connection.execute(query).all() if name else []
            if len(rows) == 1:
                return self._run(connection, rows[0])
        seen = "several runs begin with" if rows else "no run begins with"
        raise NotFoundError(f"{seen} {name!r}", where=self.url, hint="`jumeau ingest runs` lists them")

    def runs(self, limit: int = 50, *, source: str | None = None, status: str | None = None) -> list[Run]:
        """The latest runs, newest first: by their last batch, clocks do not matter; one without any is the newest.

        `source` and `status` leave out the others.
        """
        last = select(func.max(tables.batch.c.number)).where(tables.batch.c.run == tables.run.c.id).scalar_subquery()
        order = (func.coalesce(last, _NEVER_YET).desc(), tables.run.c.started_at.desc())
        query = select(tables.run).order_by(*order).limit(limit)
        if source is not None:
            query = query.where(tables.run.c.source == source)
        if status is not None:
            query = query.where(tables.run.c.status == status)
        with self.reading() as connection:
            rows = connection.execute(query).all()
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
        with self.reading() as connection:
            row = connection.execute(select(tables.run).where(tables.run.c.id == last.scalar_subquery())).first()
            return None if row is None else self._run(connection, row)

    def ends(self, relation: str) -> Iterator[tuple[str, str]]:
        """Both ends of every present relation of a type."""
        query = (
            select(tables.event.c.start, tables.event.c.end)
            .join(HEADS.rows, HEADS.rows.c.sequence == tables.event.c.sequence)
            .where(tables.event.c.edge, tables.event.c.kind == relation)
        )
        with self.reading() as connection:
            rows = connection.execution_options(yield_per=_SCAN).execute(query)
            yield from ((start, end) for start, end in rows)

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

    def _recorded(self, row: Any) -> RecordedEvent:
        return RecordedEvent(row.sequence, row.batch, self._decoder.event(row), row.previous)

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
    def reading(self) -> Iterator[Connection]:
        """A connection for reading; what the database raises comes as an error of ours."""
        with self._guarded(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection for reading that sees the ledger as it is at one moment, whatever is written meanwhile."""
        with self._guarded(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(
                    "BEGIN"
                )  # in WAL mode the first read takes the moment, and hinders no writer
            else:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise ledger_error(error, self.url) from error


def state_after(recorded: RecordedEvent, source: str) -> State:
    """The state that an event left behind; `source` is that of its run."""
    event = recorded.event
    return State(
        element=event.element,
        edge=event.edge,
        kind=event.kind,
        properties=event.after or {},
        provenance=event.provenance,
        sequence=recorded.sequence,
        start=event.start,
        end=event.end,
        source=source,
    )


_STATES = select(
    HEADS.rows.c.element,
    HEADS.rows.c.sequence,
    tables.event.c.edge,
    tables.event.c.kind,
    tables.event.c.start,
    tables.event.c.end,
    tables.event.c.after,
    tables.event.c.provenance,
    tables.run.c.source,
).select_from(
    HEADS.rows.join(tables.event, HEADS.rows.c.sequence == tables.event.c.sequence)
    .join(tables.batch, tables.batch.c.number == tables.event.c.batch)
    .join(tables.run, tables.run.c.id == tables.batch.c.run)
)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + _LOOKUP] for start in range(0, len(items), _LOOKUP))
