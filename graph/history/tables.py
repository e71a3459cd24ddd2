"""Tables of the ledger, alike on SQLite and PostgreSQL.

`event` is append-only and is the system of record. `batch` is the atomic unit: a row exists when all its events do.
`head`, `tombstone` and `identity` are indexes over `event` (the last event of each present element, of each deleted one;
what sources call it), written in the same transaction; they can be rebuilt from it. The events of one element are a chain
from its last one backwards (`previous`): an index by element would slow every load down. `writer` has one row, locked by whoever appends.
`head`, `ownership` and `owned` (the same rows by their other end) are in tiers: see `graph.history.tiers`.

A branch has a base, an event of main, and events of its own beside main's (`branch_event`): main keeps its order without
gaps, whatever happens on branches, and a branch that is dropped leaves nothing behind.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

writer = Table(
    "writer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sequence", BigInteger, nullable=False),  # last one assigned
    Column("batch", BigInteger, nullable=False),  # last one assigned
    Column("format", Integer, nullable=False),
    Column("ledger", String(36), nullable=False),  # identity of this ledger
)

run = Table(
    "run",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),  # of the input and its mapping: an equal one may be resumed
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("status", Text, nullable=False),  # incomplete, complete, failed, superseded
    Column("counters", Text, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("run", String(36), nullable=False),
    Column("branch", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("cursor", Text, nullable=False),  # where the run's reader stood after this batch
    Index("batch_by_run", "run"),
)

event = Table(
    "event",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("batch", BigInteger, nullable=False),
    Column("operation", Text, nullable=False),
    Column("element", String(36), nullable=False),
    Column("edge", Boolean, nullable=False),
    Column("kind", Text, nullable=False),  # kind of a node after the event, type of a relation
    Column("previous_kind", Text),  # of a reclassification
    Column("start", String(36)),
    Column("end", String(36)),
    Column("before", Text),  # whole old state as JSON, null for a create
    Column("after", Text),  # whole new state as JSON, null for a delete
    Column("provenance", Text),  # {attribute: source} where not the run's own source
    Column("previous", BigInteger),  # the element's event before this one, its deletion included
)


def _heads(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("element", String(36), primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


head, head_late, head_recent, head_newest = map(_heads, ("head", "head_late", "head_recent", "head_newest"))

tombstone = Table(
    "tombstone",
    metadata,
    Column("element", String(36), primary_key=True),
    Column("sequence", BigInteger, nullable=False),  # of the deletion
    sqlite_with_rowid=False,
)

identity = Table(
    "identity",
    metadata,
    Column("key", Text, primary_key=True),
    Column("element", String(36), nullable=False),
    Column("kind", Text, nullable=False),
    sqlite_with_rowid=False,
)


def _ownership(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("taker", String(36), primary_key=True),  # the node that has the perimeters of the source, or is in it
        Column("edge", String(36), primary_key=True),  # the relation that says so
        Column("source", String(36), nullable=False),
        Column("given", Boolean, nullable=False),  # the source is a perimeter
        sqlite_with_rowid=False,
    )


ownership, ownership_late, ownership_recent, ownership_newest = map(
    _ownership, ("ownership", "ownership_late", "ownership_recent", "ownership_newest")
)


def _owned(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("source", String(36), primary_key=True),
        Column("edge", String(36), primary_key=True),
        Column("taker", String(36), nullable=False),
        Column("given", Boolean, nullable=False),
        sqlite_with_rowid=False,
    )


owned, owned_late, owned_recent, owned_newest = map(_owned, ("owned", "owned_late", "owned_recent", "owned_newest"))

derived = Table(
    "derived",
    metadata,
    Column("name", Text, primary_key=True),  # of a table that is an index over `event`
    Column("rules", Text, nullable=False),  # what of the schema it was made by: made anew where that has changed
)

branch = Table(
    "branch",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("base", BigInteger, nullable=False),  # the last event of main that it sees
    Column("version", BigInteger, nullable=False),  # its own last event; 0 before the first
    Column("actor", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False),
    Column("applied", BigInteger),  # the last event of main that applying it gave
)

branch_event = Table(
    "branch_event",
    metadata,
    Column("branch", String(36), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 ... within the branch
    Column("operation", Text, nullable=False),
    Column("element", String(36), nullable=False),
    Column("edge", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("previous_kind", Text),
    Column("start", String(36)),
    Column("end", String(36)),
    Column("before", Text),
    Column("after", Text),
    Column("provenance", Text),  # as in `event`
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Index("branch_event_by_element", "branch", "element"),
)

branch_identity = Table(
    "branch_identity",
    metadata,
    Column("branch", String(36), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("element", String(36), nullable=False),
    Column("kind", Text, nullable=False),
)

FORMAT = 3
