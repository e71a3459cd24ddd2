"""Branches: what the twin would be if. A branch sees main up to its base and adds events of its own; main never sees them.

An event of a branch is like one of main; its number is its place within the branch. Dropping a branch deletes its rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final, Protocol
from uuid import uuid4

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from core.clock import Clock, in_utc
from core.errors import JumeauError, NotFoundError, UsageError
from graph.history import tables
from graph.history.encoding import Decoder, encode
from graph.history.events import Event, State
from graph.history.former import TODAY
from graph.history.ledger import MAIN, Ledger, LedgerMovedError
from graph.history.moment import Moment
from graph.history.renaming import events_of_today, refuse_renamed
from graph.model import Operation
from graph.schema.model import Schema

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LOOKUP: Final = 5_000


class BranchAppliedError(JumeauError):
    """The branch was applied: it is a record of what was done, and takes no more changes."""

    code = "BRANCH_APPLIED"
    status = 409
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch as it is now. `version` is the number of its last event; `applied` main's last event by applying it."""

    id: str
    name: str
    base: int
    version: int
    actor: str
    created_at: datetime
    note: str
    applied: int | None = None

    @property
    def moment(self) -> Moment:
        """What a read on the branch sees."""
        return Moment(self.base, self.id, self.version)


@dataclass(frozen=True, slots=True)
class BranchEvent:
    """An event of a branch, with who told it."""

    number: int
    event: Event
    source: str
    actor: str
    recorded_at: datetime


class Told(Protocol):
    """What is told beside main, as it is read."""

    def events(self, branch: str, first: int, last: int) -> Iterator[BranchEvent]: ...

    def states(self, branch: Branch, elements: Sequence[str] | None = None) -> dict[str, State | None]: ...

    def identities(self, branch: Branch, keys: Sequence[str] | None = None) -> dict[str, tuple[str, str]]: ...


class Branches:
    """The branches of one ledger."""

    def __init__(self, ledger: Ledger, schema: Schema, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._schema = schema
        self._decoder = Decoder(schema)

    def create(self, name: str, *, base: int | None = None, actor: str, note: str = "") -> Branch:
        """Begin a branch at an event of main, by default its last. Raises UsageError."""
        if not _NAME.fullmatch(name) or name == MAIN:
            raise UsageError(
                f"{name!r} is no name for a branch",
                where="branch",
                hint="lower-case letters, digits, dots, dashes and underscores, 64 at most; main is taken",
            )
        with self._ledger.writing() as connection:
            last = int(connection.execute(select(tables.writer.c.sequence)).scalar_one())
            if base is not None and not 0 <= base <= last:
                raise UsageError(f"main has no event {base}", where="branch", hint=f"its last one is {last}")
            if connection.execute(select(tables.branch.c.id).where(tables.branch.c.name == name)).first() is not None:
                raise UsageError(
                    f"there is a branch {name!r} already", where="branch", hint="drop it, or choose another"
                )
            made = Branch(str(uuid4()), name, last if base is None else base, 0, actor, self._clock.now(), note, None)
            connection.execute(
                insert(tables.branch).values(
                    id=made.id, name=name, base=made.base, version=0, actor=actor, created_at=made.created_at, note=note
                )
            )
        return made

    def get(self, name: str) -> Branch:
        """The branch of that name. Raises NotFoundError."""
        with self._ledger.reading() as connection:
            row = connection.execute(select(tables.branch).where(tables.branch.c.name == name)).first()
        if row is None:
            raise NotFoundError(f"no branch is called {name!r}", where="branch", hint="`jumeau branch list`")
        return _branch(row)

    def all(self) -> list[Branch]:
        """Every branch, in order of name."""
        with self._ledger.reading() as connection:
            rows = connection.execute(select(tables.branch).order_by(tables.branch.c.name)).all()
        return [_branch(row) for row in rows]

    def drop(self, name: str) -> Branch:
        """Delete a branch and everything that was told on it. Raises NotFoundError."""
        branch = self.get(name)
        with self._ledger.writing() as connection:
            for table in (tables.branch_event, tables.branch_identity):
                connection.execute(delete(table).where(table.c.branch == branch.id))
            connection.execute(delete(tables.branch).where(tables.branch.c.id == branch.id))
        return branch

    def append(
        self,
        branch: Branch,
        events: Sequence[Event],
        *,
        source: str,
        actor: str,
        identities: Mapping[str, tuple[str, str]] | None = None,
    ) -> Branch:
        """Add events, all or none.

        Raises LedgerMovedError where somebody else has added some, BranchAppliedError, BeforeMigrationError.
        """
        if branch.base < self._ledger.migrated_to():
            refuse_renamed(events, self._ledger.former(branch.base), branch.name)
        branch_row = tables.branch.c.id == branch.id
        with self._ledger.writing() as connection:
            row = connection.execute(select(tables.branch).where(branch_row)).first()
            _check_open(branch, row)
            at = self._clock.now()
            rows = [_event_row(branch, branch.version + 1 + n, e, source, actor, at) for n, e in enumerate(events)]
            if rows:
                connection.execute(insert(tables.branch_event), rows)
            known = self._known(connection, branch, list(identities or ()))
            new = [
                {"branch": branch.id, "key": key, "element": element, "kind": kind}
                for key, (element, kind) in (identities or {}).items()
                if key not in known
            ]
            if new:
                connection.execute(insert(tables.branch_identity), new)
            version = branch.version + len(rows)
            connection.execute(update(tables.branch).where(branch_row).values(version=version))
        return self.get(branch.name)

    def mark_applied(self, branch: Branch) -> Callable[[Connection, int], None]:
        """What writes, in the transaction that applies a branch, that it was applied, and main's new identities."""

        def write(connection: Connection, last: int) -> None:
            own = tables.branch.c.id == branch.id
            _check_open(branch, connection.execute(select(tables.branch).where(own)).first())
            connection.execute(update(tables.branch).where(own).values(applied=last))

        return write

    def events(self, branch: str, first: int, last: int) -> Iterator[BranchEvent]:
        """The events `first..last` of the branch with that id, in order, under the names of today.

        Raises BeforeMigrationError where a migration since has taken away what one of them means.
        """
        table = tables.branch_event
        query = select(table).where(table.c.branch == branch, table.c.number.between(first, last))
        with self._ledger.reading() as connection:
            rows = connection.execute(query.order_by(table.c.number)).all()
        if rows and (migrated := self._ledger.migrated_to()):
            yield from self._of_today(rows, migrated)
        else:
            yield from map(self._event, rows)

    def _of_today(self, rows: Sequence[Any], migrated: int) -> Iterator[BranchEvent]:
        """Events that may have been written before migrations: what main held when they were recorded tells."""
        sequences: dict[datetime, int] = {}
        for row in rows:
            if row.recorded_at not in sequences:
                sequences[row.recorded_at] = self._ledger.sequence_at(in_utc(row.recorded_at))
        for sequence, group in groupby(rows, key=lambda row: min(sequences[row.recorded_at], migrated)):
            some = list(group)
            told = [self._event(row) for row in some]
            former = TODAY if sequence >= migrated else self._ledger.former(sequence)
            if former != TODAY:
                texts = [(item.event, row.before, row.after) for item, row in zip(told, some, strict=True)]
                events = events_of_today(texts, self._schema, former, self._name(some[0].branch))
                told = [replace(item, event=event) for item, event in zip(told, events, strict=True)]
            yield from told

    def _name(self, branch: str) -> str:
        with self._ledger.reading() as connection:
            query = select(tables.branch.c.name).where(tables.branch.c.id == branch)
            return str(connection.execute(query).scalar_one_or_none() or branch)

    def identities(self, branch: Branch, keys: Sequence[str] | None = None) -> dict[str, tuple[str, str]]:
        """What is known on the branch only: (element, kind) by identity key; of every key for None."""
        with self._ledger.reading() as connection:
            return self._known(connection, branch, keys)

    def states(self, branch: Branch, elements: Sequence[str] | None = None) -> dict[str, State | None]:
        """What the branch's own events made of the elements they touch, None where gone; of all for None."""
        return states_after(self.events(branch.id, 1, branch.version), branch.base, elements)

    def _known(self, connection: Connection, branch: Branch, keys: Sequence[str] | None) -> dict[str, tuple[str, str]]:
        table = tables.branch_identity
        query = select(table.c.key, table.c.element, table.c.kind).where(table.c.branch == branch.id)
        parts = [None] if keys is None else [keys[at : at + _LOOKUP] for at in range(0, len(keys), _LOOKUP)]
        found: dict[str, tuple[str, str]] = {}
        for part in parts:
            rows = connection.execute(query if part is None else query.where(table.c.key.in_(part)))
            found.update({key: (element, kind) for key, element, kind in rows})
        return found

    def _event(self, row: Any) -> BranchEvent:
        return BranchEvent(row.number, self._decoder.event(row), row.source, row.actor, row.recorded_at)


def states_after(
    events: Iterable[BranchEvent], base: int, elements: Sequence[str] | None = None
) -> dict[str, State | None]:
    """What events over main at `base` made of the elements they touch, None where gone; of all for None."""
    wanted = None if elements is None else set(elements)
    found: dict[str, State | None] = {}
    for item in events:
        event = item.event
        if wanted is None or event.element in wanted:
            found[event.element] = None if event.operation is Operation.DELETE else _state(item, base)
    return found


def _check_open(branch: Branch, row: Any) -> None:
    """Raises what stands against writing to a branch, given its row as it is now."""
    if row is None:
        raise NotFoundError(f"the branch {branch.name!r} was dropped", where="branch", hint="`jumeau branch list`")
    if row.applied is not None:
        raise BranchAppliedError(
            f"the branch {branch.name!r} was applied to main at {row.applied}",
            where="branch",
            hint="begin another one; drop this one when it is of no more use",
        )
    if row.version != branch.version:
        raise LedgerMovedError(
            f"the branch {branch.name!r} is at {row.version}, the change was made for {branch.version}",
            where="branch",
            hint="somebody else has written to it meanwhile: try again",
        )


def _branch(row: Any) -> Branch:
    return Branch(row.id, row.name, row.base, row.version, row.actor, row.created_at, row.note, row.applied)


def _state(item: BranchEvent, base: int) -> State:
    event = item.event
    return State(
        element=event.element,
        edge=event.edge,
        kind=event.kind,
        properties=event.after or {},
        provenance=event.provenance,
        sequence=base,
        start=event.start,
        end=event.end,
        source=item.source,
    )


def _event_row(branch: Branch, number: int, event: Event, source: str, actor: str, at: datetime) -> dict[str, Any]:
    return {
        "branch": branch.id,
        "number": number,
        "operation": event.operation.value,
        "element": event.element,
        "edge": event.edge,
        "kind": event.kind,
        "previous_kind": event.previous_kind,
        "start": event.start,
        "end": event.end,
        "before": None if event.before is None else encode(event.before),
        "after": None if event.after is None else encode(event.after),
        "provenance": orjson.dumps(dict(event.provenance)).decode() if event.provenance else None,
        "source": source,
        "actor": actor,
        "recorded_at": at,
    }
