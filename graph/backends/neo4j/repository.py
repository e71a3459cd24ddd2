"""The repository on Neo4j: deltas in managed write transactions, bound queries compiled and run with READ access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from neo4j import ManagedTransaction, Query, Record, Result, Transaction, unit_of_work

from core.errors import BackendError, QueryRuntimeError, SequenceGapError, StoreReadOnlyError
from core.failpoints import reach
from graph.backends.base_compiler import Statement
from graph.backends.neo4j.compiler import Neo4jCompiler
from graph.backends.neo4j.connection import Connection
from graph.backends.neo4j.ddl import WATERMARK, quoted
from graph.backends.neo4j.errors import translated
from graph.backends.neo4j.sight import perimeters_of
from graph.backends.neo4j.store import Store
from graph.backends.neo4j.types import CellReader, open_ends
from graph.backends.neo4j.writer import DeltaWriter
from graph.cypher.bound import BoundQuery
from graph.cypher.parameters import complete_parameters
from graph.model import Edge, GraphDelta, Node
from graph.registry import BackendOptions
from graph.repository import Answer, AnswerStream, Capabilities, Plan, ReadContext, Rows, Value, capped
from graph.schema.model import Schema

PREFERRED_DELTA_SIZE = 50_000
"""Events per delta: what one transaction holds within 1 GB of the server's heap, with room for the rest."""

SAMPLE_CHANGES = 5_000
"""Changes in one delta beyond which the database is asked to look at its statistics again."""

SCAN_ROWS = 5_000
"""Records per message when everything is read."""

_ENDS = "MATCH (n) WHERE elementId(n) IN $found RETURN elementId(n) AS element, n.id AS id"
_NODES = (
    f"MATCH (n) WHERE NOT n:{WATERMARK} RETURN elementId(n) AS element, labels(n) AS labels, properties(n) AS found"
)
_EDGES = (
    "MATCH (a)-[r]->(b) RETURN elementId(r) AS element, type(r) AS type, coalesce(a.id, elementId(a)) AS start, "
    "coalesce(b.id, elementId(b)) AS end, properties(r) AS found"
)


def open_repository(url: str, schema: Schema, options: BackendOptions) -> Neo4jRepository:
    """Open the database at `neo4j://HOST:PORT` or `bolt://HOST:PORT` and make it ready. Raises BackendError."""
    connection = Connection(url, options)
    repository = Neo4jRepository(connection, schema, read_only=options.read_only)
    try:
        repository.prepare()
    except BaseException:
        connection.close()
        raise
    return repository


class Neo4jRepository:
    """A projection of the ledger in one Neo4j database. Safe for several threads: each call has its own session."""

    preferred_delta_size = PREFERRED_DELTA_SIZE

    def __init__(self, connection: Connection, schema: Schema, *, read_only: bool = False) -> None:
        self._connection = connection
        self._schema = schema
        self._read_only = read_only
        self._store = Store(connection, schema)
        self._writer = DeltaWriter(schema, connection.url)
        self._cells = CellReader(schema)

    @property
    def url(self) -> str:
        return self._connection.url

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities("neo4j", durable=True, single_writer_process=False, native_language="Neo4j Cypher 5")

    @property
    def schema(self) -> Schema:
        return self._schema

    def prepare(self) -> None:
        """Bring the physical schema up to date; a read-only repository leaves it as it is."""
        if not self._read_only:
            self._store.prepare()

    def watermark(self) -> int:
        with translated(self.url), self._connection.reading() as session:
            return session.execute_read(self._store.sequence)

    def apply(self, delta: GraphDelta) -> bool:
        self._check_writable()
        with translated(self.url), self._connection.writing() as session:
            try:
                applied = session.execute_write(self._apply, delta)
            except (OverflowError, TypeError, ValueError) as error:
                raise BackendError(
                    f"a property of events {delta.first} to {delta.last} cannot be stored: {error}",
                    where=self.url,
                    hint="nothing of them was applied: integers have 64 bits, lists hold strings only",
                ) from error
        if applied and len(delta.nodes) + len(delta.edges) > SAMPLE_CHANGES:
            self._store.sample_indexes()
        return applied

    def _apply(self, transaction: ManagedTransaction, delta: GraphDelta) -> bool:
        applied = self._store.lock(transaction)
        if delta.last <= applied:
            return False
        if delta.first != applied + 1:
            raise SequenceGapError(
                f"the delta holds events {delta.first} to {delta.last}, the database is at {applied}",
                where=self.url,
                hint=f"apply the events from {applied + 1} on",
            )
        self._writer.write(transaction, delta)
        self._store.advance(transaction, delta.last)
        reach("neo4j.commit.before")
        return True

    def run(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Answer:
        values = complete_parameters(query, parameters, context.now, context.sees)
        statement = Neo4jCompiler(query, self._schema).compile(values)
        read = unit_of_work(timeout=context.timeout_s)(self._read)
        with (
            translated(self.url, statement.text),
            self._connection.reading(fetch_size=min(context.row_cap + 1, SCAN_ROWS)) as session,
        ):
            try:
                sequence, rows = session.execute_read(read, statement, context.row_cap)
            except (OverflowError, TypeError, ValueError) as error:
                raise QueryRuntimeError(
                    f"a parameter cannot be sent, or an answer cannot be read: {error}",
                    where=self.url,
                    hint="integers have 64 bits, dates the years 1 to 9999",
                    details={"statement": statement.text},
                ) from error
        truncated = len(rows) > context.row_cap
        return Answer(
            query.columns,
            rows[: context.row_cap],
            sequence,
            engine="native",
            truncated=truncated,
            statement=statement.text,
            notes=query.notes,
        )

    def _read(
        self, transaction: ManagedTransaction, statement: Statement, row_cap: int
    ) -> tuple[int, list[tuple[Value, ...]]]:
        """The watermark first: the rows reflect at least that sequence, even if a writer commits in between."""
        sequence = self._store.sequence(transaction)
        result = transaction.run(statement.text, dict(statement.parameters))
        found = [tuple(record.values()) for record in islice(result, row_cap + 1)]
        result.consume()
        return sequence, self._in_cells(transaction, found)

    @contextmanager
    def stream(
        self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext, batch_rows: int
    ) -> Iterator[AnswerStream]:
        """The server makes rows as they are asked for, in one transaction, which lasts `context.timeout_s` at most."""
        values = complete_parameters(query, parameters, context.now, context.sees)
        statement = Neo4jCompiler(query, self._schema).compile(values)
        session = self._connection.reading(fetch_size=min(batch_rows, SCAN_ROWS))
        try:
            with translated(self.url, statement.text):
                transaction = session.begin_transaction(timeout=context.timeout_s)
                sequence = self._store.sequence(transaction)
                result = transaction.run(statement.text, dict(statement.parameters))
            batches = capped(self._batches(transaction, result, statement.text, batch_rows), context.row_cap)
            yield AnswerStream(query.columns, batches, sequence, "native", statement.text)
        finally:
            with translated(self.url):
                session.close()  # and its transaction with it

    def _batches(self, transaction: Transaction, result: Result, text: str, batch_rows: int) -> Iterator[Rows]:
        while True:
            with translated(self.url, text):
                rows = self._in_cells(transaction, [tuple(record.values()) for record in islice(result, batch_rows)])
            if not rows:
                return
            yield rows

    def _in_cells(
        self, transaction: ManagedTransaction | Transaction, found: list[tuple[Value, ...]]
    ) -> list[tuple[Value, ...]]:
        unknown = open_ends(value for values in found for value in values)
        ends = self._ends(transaction, unknown) if unknown else {}
        return [tuple([self._cells.cell(value, ends) for value in values]) for values in found]

    @staticmethod
    def _ends(transaction: ManagedTransaction | Transaction, found: set[str]) -> dict[str, str]:
        result = transaction.run(_ENDS, found=sorted(found))
        return {record["element"]: record["id"] or record["element"] for record in result}

    def plan(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Plan:
        values = complete_parameters(query, parameters, context.now, context.sees)
        return Plan("native", Neo4jCompiler(query, self._schema).compile(values).text)

    def nodes(self) -> Iterator[Node]:
        for record in self._scan(_NODES):
            labels = record["labels"]
            yield self._cells.node(record["element"], labels, record["found"], perimeters_of(labels))

    def edges(self) -> Iterator[Edge]:
        for record in self._scan(_EDGES):
            yield self._cells.edge(record["element"], record["type"], record["start"], record["end"], record["found"])

    def _scan(self, statement: str) -> Iterator[Record]:
        with translated(self.url), self._connection.reading(fetch_size=SCAN_ROWS) as session:
            yield from session.run(Query(statement))

    def counts(self) -> Mapping[str, int]:
        kinds = [
            f"MATCH (n:{quoted(name)}) RETURN '{name}' AS name, count(n) AS elements" for name in self._schema.concrete
        ]
        relations = [
            f"MATCH ()-[r:{quoted(name)}]->() RETURN '{name}' AS name, count(r) AS elements"
            for name in self._schema.relations
        ]
        statement = " UNION ALL ".join((*kinds, *relations))  # each is a look-up in the database's own counters
        if not statement:
            return {}
        return {record["name"]: record["elements"] for record in self._scan(statement) if record["elements"]}

    def reset(self) -> None:
        self._check_writable()
        self._store.reset()

    def close(self) -> None:
        self._connection.close()

    def _check_writable(self) -> None:
        if self._read_only:
            raise StoreReadOnlyError(
                "this backend was opened for reading", where=self.url, hint="open it without the read-only option"
            )
