"""The repository: what every graph backend can do, and nothing more.

The numbered behaviours are in docs/reference/repository.md; tests/contract runs them on every backend. Time travel,
branches and the caller's perimeter are arguments of a read (`ReadContext`), never extra methods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable

from core.errors import BackendError, QueryError
from core.principal import Sight
from graph.cypher.bound import BoundQuery
from graph.model import Edge, GraphDelta, Node
from graph.schema.model import Schema

Value = Any
"""A result cell: None, bool, int, float, str, date, datetime, Node, Edge, Path, list of cells, or dict of str to cells."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend is: named facts that callers and tests may ask for, instead of its name."""

    name: str
    durable: bool
    single_writer_process: bool
    native_language: str | None  # None: runs our executor


@dataclass(frozen=True, slots=True)
class ReadContext:
    """How a read is to be done. `now` is the one present instant of the query (UTC).

    `row_cap` rows at most come back, a cut is reported; `timeout_s` seconds at most are spent; where our executor runs,
    what the query keeps takes `memory_bytes` at most (a database has limits of its own). `sees` is what a
    restricted asker sees (`core.principal`), and the query must have been prepared for that; None where all is seen.
    """

    now: datetime
    timeout_s: float = 30.0
    row_cap: int = 10_000
    sees: Sight | None = None
    memory_bytes: int = 512 * 1024 * 1024


class Answer(NamedTuple):
    """Rows of a read, with the sequence number that they reflect. `engine` is native, index or fallback.

    `statement` is the text that the backend received (None where our executor ran). A named tuple: an answer is made for
    every look-up, and takes a third of the time of a frozen dataclass.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]
    sequence: int
    engine: str = "native"
    truncated: bool = False
    statement: str | None = None
    notes: tuple[str, ...] = ()


Rows = Sequence[tuple[Value, ...]]


class RowCapError(QueryError):
    """An answer that is not to be cut has more rows than are allowed."""

    code = "ROW_CAP"


class AnswerChangedError(BackendError):
    """The twin changed while an answer was read in parts, so that they would not fit together."""

    code = "ANSWER_CHANGED"


@dataclass(frozen=True, slots=True)
class AnswerStream:
    """An answer that is read in batches, in order, by one thread at a time.

    What is read so is never cut: where there are more rows than `ReadContext.row_cap`, the batches end with RowCapError.
    Later batches raise what `run` raises, and AnswerChangedError.
    """

    columns: tuple[str, ...]
    batches: Iterator[Rows]
    sequence: int
    engine: str = "native"
    statement: str | None = None
    notes: tuple[str, ...] = ()


def in_batches(answer: Answer, row_cap: int, batch_rows: int) -> AnswerStream:
    """An answer that is there already, in the form of one that is read in batches."""
    parts = (answer.rows[at : at + batch_rows] for at in range(0, len(answer.rows), batch_rows))
    batches = _refused_at_the_end(parts, row_cap) if answer.truncated else parts
    return AnswerStream(answer.columns, iter(batches), answer.sequence, answer.engine, answer.statement, answer.notes)


def capped(batches: Iterator[Rows], row_cap: int) -> Iterator[Rows]:
    """The batches as far as the cap allows. Raises RowCapError where they go on."""
    left = row_cap
    for rows in batches:
        if len(rows) > left:
            if left:
                yield rows[:left]
            raise too_many(row_cap)
        left -= len(rows)
        yield rows


def _refused_at_the_end(batches: Iterator[Rows], row_cap: int) -> Iterator[Rows]:
    yield from batches
    raise too_many(row_cap)


def too_many(row_cap: int) -> RowCapError:
    """That there are more rows than the cap."""
    return RowCapError(f"there are more than {row_cap:,} rows", hint="narrow the question, or ask for it in parts")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a backend would answer a query: the engine, and the statement it would receive (None for our executor)."""

    engine: str
    statement: str | None


@runtime_checkable
class WritesOut(Protocol):
    """A backend that keeps a log, and can bring it into its file before it is closed."""

    def write_out(self) -> None: ...


@runtime_checkable
class Plans(Protocol):
    """What a repository has that can tell how it would answer, for EXPLAIN."""

    def plan(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Plan:
        """What `run` would do; nothing is read. Raises UnsupportedConstructError as `run` does."""


class GraphRepository(Protocol):
    """A projection of the ledger that answers bound queries.

    Every method may raise a `core.errors.BackendError`; driver errors never leave the backend.
    """

    @property
    def url(self) -> str:
        """The URL that opens this backend again, without secrets."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def schema(self) -> Schema: ...

    def watermark(self) -> int:
        """The last ledger sequence number applied; 0 on an empty backend."""

    def apply(self, delta: GraphDelta) -> bool:
        """Apply a delta and its watermark in one transaction.

        Returns False, changing nothing, when `delta.last` is not above the watermark (exactly once).
        Raises SequenceGapError when `delta.first` is not watermark + 1: events would be missed, or applied twice.
        """

    def run(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Answer:
        """Run a bound, guarded query. Raises UnsupportedConstructError where the dialect cannot express it."""

    def stream(
        self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext, batch_rows: int
    ) -> AbstractContextManager[AnswerStream]:
        """Run as `run` does, and give rows as they are read, so many at a time. What is not read is given up at the end."""

    def nodes(self) -> Iterator[Node]:
        """Every node, with all properties, for verification and snapshots; any order."""

    def edges(self) -> Iterator[Edge]:
        """Every relation, with all properties; any order."""

    def counts(self) -> Mapping[str, int]:
        """Number of nodes per concrete kind and of relations per type; absent means zero."""

    def reset(self) -> None:
        """Empty the backend, recreate its physical schema and set the watermark to 0."""

    def close(self) -> None:
        """Release files, connections and locks. Closing twice is harmless."""
