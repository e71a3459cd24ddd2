"""The repository on the embedded store: deltas in one transaction, bound queries compiled and run on readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, cast

import ladybug

from core.errors import BackendMemoryError, ConfigurationError, SequenceGapError
from core.failpoints import reach
from graph.backends.embedded import functions
from graph.backends.embedded.capabilities import CAPABILITIES
from graph.backends.embedded.cells import CellReader
from graph.backends.embedded.columns import fill
from graph.backends.embedded.errors import translated, translated_query
from graph.backends.embedded.holders import HolderIndex
from graph.backends.embedded.index import FROM_ALL, FUNCTION, NOTHING, OR_NOTHING, SEEN, AdjacencyIndex
from graph.backends.embedded.layout import layout_of
from graph.backends.embedded.loops import Loops
from graph.backends.embedded.paths import PathReader
from graph.backends.embedded.perimeter_sets import SEEN_SETS
from graph.backends.embedded.queries import Compiled, CompiledQueries, StoredOrderError
from graph.backends.embedded.reader import StoreReader
from graph.backends.embedded.sight import Kinds
from graph.backends.embedded.store import BulkLoad, Reader, Store, Writer
from graph.backends.embedded.trails import TrailIndex
from graph.backends.embedded.writer import DeltaWriter
from graph.cypher.bound import BoundQuery
from graph.cypher.parameters import complete_parameters
from graph.history.columns import GraphColumns
from graph.model import Edge, GraphDelta, Node, Operation
from graph.registry import BackendOptions
from graph.repository import (
    Answer,
    AnswerChangedError,
    AnswerStream,
    Capabilities,
    Plan,
    ReadContext,
    Rows,
    Value,
    capped,
)
from graph.schema.model import Schema

_STRINGS = f"{ladybug.Type.STRING.value}[]"

PREFERRED_DELTA_SIZE = 150_000
"""Events per delta: a COPY costs some 100 ms a table whatever its size, and a delta of this size 300 MB of memory."""


def open_repository(url: str, schema: Schema, options: BackendOptions) -> EmbeddedRepository:
    """Open the store at `embedded:PATH`; it is made if it is not there. Raises BackendError, ConfigurationError."""
    _, _, path = url.partition(":")
    if not path:
        raise ConfigurationError("no path in the backend URL", where=url, hint="write embedded:PATH")
    return EmbeddedRepository(Path(path), schema, options)


class EmbeddedRepository:
    """A projection of the ledger in one file. Safe for several threads of one process."""

    preferred_delta_size = PREFERRED_DELTA_SIZE

    def __init__(self, path: Path, schema: Schema, options: BackendOptions) -> None:
        self._path = path
        self._schema = schema
        layout = layout_of(schema)
        self._index = AdjacencyIndex(self._pairs, self.held_perimeters)
        self._trails = TrailIndex(self._triples)
        self._holders = HolderIndex(schema, self._held)
        self._store = Store(path, layout, options, self._define)
        self._reader = StoreReader(layout, schema, self._store.sets)
        self._writer = DeltaWriter(layout, self._store.sets, str(path))
        self._loops = Loops(self._has_loop)
        self._queries = CompiledQueries(layout, schema, self._index, self._trails, self._holders, self._loops)
        self._paths = PathReader(layout, CellReader(schema))
        self._applying = Lock()
        self._elements: int | None = None  # as a bulk load has counted them; unknown again where a delta fails

    def fill(self, columns: GraphColumns, perimeters: Mapping[str, Sequence[str]], sequence: int) -> None:
        """Hold `columns` at that sequence, in a store that holds nothing yet; `perimeters` are those of nodes, by id."""
        with self._applying:
            self._elements = None
            fill(self._store, columns, perimeters, sequence)

    def _define(self, connection: ladybug.Connection) -> None:
        """Make the adjacency index, and what ladybug lacks, callable in queries."""
        functions.define(connection, self._trails, self._holders)

        def define(name: str, function: Callable[..., list[str]], *arguments: ladybug.Type | str) -> None:
            # ladybug's annotation knows functions of one argument only
            connection.create_function(name, cast(Callable[[Any], Any], function), list(arguments), _STRINGS)

        text, number = ladybug.Type.STRING, ladybug.Type.INT64
        index = self._index
        define(FUNCTION, lambda start, road: index.reach((start,), road), text, number)
        define(OR_NOTHING, lambda start, road: index.reach((start,), road) or [NOTHING], text, number)
        define(FROM_ALL, lambda starts, road: index.reach(starts, road), _STRINGS, number)
        seen = text, number, _STRINGS
        define(FUNCTION + SEEN, lambda start, road, sees: index.reach((start,), road, sees), *seen)
        define(OR_NOTHING + SEEN, lambda start, road, sees: index.reach((start,), road, sees) or [NOTHING], *seen)
        define(FROM_ALL + SEEN, lambda starts, road, sees: index.reach(starts, road, sees), _STRINGS, number, _STRINGS)

    def _pairs(self, types: tuple[str, ...], starts: Kinds, ends: Kinds) -> Iterator[tuple[str, str]]:
        with self._store.reading() as reader, translated(self.url):
            yield from self._reader.pairs(reader, types, starts, ends)

    def _held(self, name: str) -> Iterator[tuple[str, str]]:
        with self._store.reading() as reader, translated(self.url):
            yield from self._reader.values(reader, name)

    def _triples(self, types: tuple[str, ...]) -> Iterator[tuple[str, str, str, str]]:
        with self._store.reading() as reader, translated(self.url):
            yield from self._reader.triples(reader, types)

    def _has_loop(self, type_: str) -> bool:
        with self._store.reading() as reader, translated(self.url):
            return self._reader.has_loop(reader, type_)

    @property
    def url(self) -> str:
        return f"embedded:{self._path}"

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def schema(self) -> Schema:
        return self._schema

    def watermark(self) -> int:
        return self._store.sequence

    def apply(self, delta: GraphDelta) -> bool:
        self._store.check_writable()
        with self._applying:
            applied = self._store.sequence
            if delta.last <= applied:
                return False
            if delta.first != applied + 1:
                raise SequenceGapError(
                    f"the delta holds events {delta.first} to {delta.last}, the store is at {applied}",
                    where=self.url,
                    hint=f"apply the events from {applied + 1} on",
                )
            before, self._elements = self._elements, None
            is_bulk = self._writer.is_bulk(delta)
            if before is None and is_bulk:
                before = self._store.elements()
            after = None if before is None else before + _growth(delta)
            with self._transaction(delta, before, after, is_bulk=is_bulk) as writer:
                self._writer.write(writer, delta)
                reach("embedded.commit.before")
            self._elements = after
            self._index.apply(delta)
            self._trails.apply(delta.edges)
            self._holders.apply(delta.nodes)
            if self._loops.apply(delta.edges):
                self._queries.clear()
            reach("embedded.commit.after")
        return True

    def _transaction(
        self, delta: GraphDelta, before: int | None, after: int | None, *, is_bulk: bool
    ) -> AbstractContextManager[Writer]:
        if before is None or after is None or not is_bulk:
            return self._store.writing(delta.last)
        creates_only = after - before == len(delta.nodes) + len(delta.edges)
        return self._store.loading(BulkLoad(delta.last, before, after, creates_only))

    def run(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Answer:
        values = complete_parameters(query, parameters, context.now, context.sees)
        try:
            return self._answer(query, self._queries.compiled(query, values, context.row_cap), values, context)
        except StoredOrderError:
            compiled = self._queries.compiled(query, values, context.row_cap, stored_order=True)
            return self._answer(query, compiled, values, context)

    def _answer(
        self, query: BoundQuery, compiled: Compiled, values: Mapping[str, Value], context: ReadContext
    ) -> Answer:
        sequence = self._store.sequence  # before the read: the rows reflect at least this
        self._prepare(compiled, context)
        try:
            rows, truncated = self._rows(compiled, values, context)
        except BackendMemoryError:  # what other statements keep may be all that is missing
            self._store.release()
            rows, truncated = self._rows(compiled, values, context)
        return Answer(query.columns, rows, sequence, compiled.engine, truncated, compiled.statement)

    def _prepare(self, compiled: Compiled, context: ReadContext) -> None:
        """Have ready what the statement calls."""
        for closure in compiled.closures:
            self._index.prepare(closure)
        for number in compiled.holders:
            self._holders.prepare(number)
        for search in compiled.searches:
            self._trails.prepare(search)

    @contextmanager
    def stream(
        self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext, batch_rows: int
    ) -> Iterator[AnswerStream]:
        """The store holds the result, in its buffer pool and of one state; rows become ours batch by batch."""
        values = complete_parameters(query, parameters, context.now, context.sees)
        compiled = self._queries.compiled(query, values, context.row_cap, stored_order=True)
        sequence = self._store.sequence
        self._prepare(compiled, context)
        with self._store.reading() as reader:
            try:
                result = self._result(reader, compiled, values, context)
            except BackendMemoryError:  # as for an answer that is taken whole
                self._store.release()
                result = self._result(reader, compiled, values, context)
            try:
                batches = capped(self._batches(reader, compiled, result, batch_rows), context.row_cap)
                yield AnswerStream(query.columns, batches, sequence, compiled.engine, compiled.statement)
            finally:
                result.close()

    def _result(
        self, reader: Reader, compiled: Compiled, values: Mapping[str, Value], context: ReadContext
    ) -> ladybug.QueryResult:
        with translated_query(self.url, compiled.text):
            reader.limit(context.timeout_s)
            return self._asked(reader, compiled, values, context)

    def _asked(
        self, reader: Reader, compiled: Compiled, values: Mapping[str, Value], context: ReadContext
    ) -> ladybug.QueryResult:
        """The result of a statement; asked again where a set of perimeters came meanwhile, which its list would not know."""
        sees = None if context.sees is None else context.sees.perimeters
        if sees is None:
            return reader.result(compiled.text, compiled.parameters(values))
        sets = self._store.sets
        while True:
            version = sets.version
            given = compiled.parameters({**values, SEEN_SETS: sets.seen_by(sees)})
            try:
                result = reader.result(compiled.text, given)
            except RuntimeError:
                if sets.version == version:
                    raise
                continue
            if sets.version == version:
                return result
            result.close()

    def _batches(
        self, reader: Reader, compiled: Compiled, result: ladybug.QueryResult, batch_rows: int
    ) -> Iterator[Rows]:
        sequence = self._store.sequence
        while True:
            with translated_query(self.url, compiled.text):
                rows = self._queries.batch(compiled, result, batch_rows)
                if rows and compiled.recipes:
                    if self._store.sequence != sequence:  # what the paths are made of is read only now
                        raise AnswerChangedError(
                            "the twin changed while paths were read",
                            where=self.url,
                            hint="ask again, or ask as of a moment",
                        )
                    rows = self._paths.fill(reader, rows, compiled.recipes)
            if not rows:
                return
            yield rows

    def _rows(
        self, compiled: Compiled, values: Mapping[str, Value], context: ReadContext
    ) -> tuple[list[tuple[Any, ...]], bool]:
        """The rows of a compiled query, and whether there were more than the cap."""
        with self._store.reading() as reader, translated_query(self.url, compiled.text):
            reader.limit(context.timeout_s)
            result = self._asked(reader, compiled, values, context)
            try:
                rows, truncated = self._queries.rows(compiled, result, context.row_cap)
            finally:
                result.close()
            if compiled.recipes:
                rows = self._paths.fill(reader, rows, compiled.recipes)
        return rows, truncated

    def plan(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Plan:
        values = complete_parameters(query, parameters, context.now, context.sees)
        compiled = self._queries.compiled(query, values, context.row_cap)
        return Plan(compiled.engine, compiled.statement)

    def nodes(self) -> Iterator[Node]:
        with self._store.reading() as reader, translated(self.url):
            yield from self._reader.nodes(reader)

    def edges(self) -> Iterator[Edge]:
        with self._store.reading() as reader, translated(self.url):
            yield from self._reader.edges(reader)

    def held_perimeters(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Each node's id and kind, and who may see it, as the store has it."""
        with self._store.reading() as reader, translated(self.url):
            yield from self._reader.sight(reader)

    def relation_ends(self, type_: str) -> Iterator[tuple[str, str]]:
        """Both ends of every relation of a type."""
        yield from self._pairs((type_,), None, None)

    def copy_to(self, path: Path) -> int:
        """Copy the store as it stands to another file, which can be opened beside it; the watermark of the copy."""
        with self._applying:
            self._store.copy_to(path)
            return self._store.sequence

    def write_out(self) -> None:
        """Bring all that was written into the file itself, so that it can be copied or opened for reading alone."""
        with self._applying:
            self._store.write_out()

    def counts(self) -> Mapping[str, int]:
        with self._store.reading() as reader, translated(self.url):
            return self._reader.counts(reader)

    def reset(self) -> None:
        with self._applying:
            self._elements = None
            self._store.reset()
            self._index.clear()
            self._trails.clear()
            self._holders.clear()
            self._loops.clear()
            self._queries.clear()

    def close(self) -> None:
        self._store.close()


def _growth(delta: GraphDelta) -> int:
    """How many more elements there are after a delta."""
    operations = Counter([change.operation for changes in (delta.nodes, delta.edges) for change in changes])
    return operations[Operation.CREATE] - operations[Operation.DELETE]
