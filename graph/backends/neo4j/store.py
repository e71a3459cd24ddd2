"""The database as a whole: its physical schema, its watermark, and how it is emptied without ever looking complete."""

from __future__ import annotations

from contextlib import suppress

from neo4j import ManagedTransaction, Session, Transaction
from neo4j.exceptions import DriverError, Neo4jError

from core.errors import BackendError
from graph.backends.neo4j.connection import Connection
from graph.backends.neo4j.ddl import WATERMARK, missing_and_stale
from graph.backends.neo4j.errors import ForeignDatabaseError, translated
from graph.schema.model import Schema

_NAME = "twin"
_INDEX_TIMEOUT_S = 300
_DELETE_ROWS = 5_000

_READ = f"OPTIONAL MATCH (w:{WATERMARK} {{name: '{_NAME}'}}) RETURN w.sequence AS sequence, w.resetting AS resetting"
_LOCK = (  # writing a property takes the write lock: what is read after it, no other writer changes
    f"MERGE (w:{WATERMARK} {{name: '{_NAME}'}}) ON CREATE SET w.sequence = 0 SET w.locked = true REMOVE w.locked "
    "RETURN w.sequence AS sequence, w.resetting AS resetting"
)
_ADVANCE = f"MATCH (w:{WATERMARK} {{name: '{_NAME}'}}) SET w.sequence = $sequence"
_BEGIN_RESET = f"MERGE (w:{WATERMARK} {{name: '{_NAME}'}}) SET w.sequence = 0, w.resetting = true"
_END_RESET = f"MATCH (w:{WATERMARK} {{name: '{_NAME}'}}) SET w.sequence = 0 REMOVE w.resetting"
_EMPTY = f"MATCH (n) WHERE NOT n:{WATERMARK} CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF {_DELETE_ROWS} ROWS"


class Store:
    """The watermark and the physical schema of one database that belongs to a twin."""

    def __init__(self, connection: Connection, schema: Schema) -> None:
        self._connection = connection
        self._schema = schema

    def prepare(self) -> None:
        """Make an empty database ours, finish a reset that was interrupted, bring constraints and indexes up to date.

        Raises ForeignDatabaseError where the database holds data and no watermark.
        """
        with translated(self._connection.url), self._connection.writing() as session:
            sequence, resetting = session.execute_read(self._read)
            if sequence is None and session.run("MATCH (n) RETURN count(n) AS nodes").single(strict=True)["nodes"]:
                raise ForeignDatabaseError(
                    "the database holds data that no twin wrote",
                    where=self._connection.url,
                    hint="give the twin an empty database of its own",
                )
            self._build(session)
            session.execute_write(self.lock, finishing=True)
            if resetting:
                self._empty(session)

    def reset(self) -> None:
        """Empty the database. Marked as under way first, so that a crash leaves no half-empty twin behind a watermark."""
        with translated(self._connection.url), self._connection.writing() as session:
            session.run(_BEGIN_RESET).consume()
            self._empty(session)
            self._build(session)

    def sequence(self, transaction: ManagedTransaction | Transaction) -> int:
        """The watermark, as this transaction sees it."""
        return self._read(transaction)[0] or 0

    def lock(self, transaction: ManagedTransaction, finishing: bool = False) -> int:
        """The watermark, which no other transaction can move until this one ends."""
        record = transaction.run(_LOCK).single(strict=True)
        if record["resetting"] and not finishing:
            raise BackendError(
                "a reset of this database was interrupted", where=self._connection.url, hint="open the twin again"
            )
        return int(record["sequence"])

    def advance(self, transaction: ManagedTransaction, sequence: int) -> None:
        """Move the watermark with the data, in the same transaction."""
        transaction.run(_ADVANCE, sequence=sequence).consume()

    def sample_indexes(self) -> None:
        """Have the server sample its indexes anew, in its own time.

        A plan made while an index was small may scan it where it should seek (seen: the look-up by id). What was
        applied stays applied where this fails: it is about speed only.
        """
        with suppress(Neo4jError, DriverError), self._connection.writing() as session:
            session.run("CALL db.resampleOutdatedIndexes()").consume()

    def _empty(self, session: Session) -> None:
        session.run(_EMPTY).consume()
        session.run(_END_RESET).consume()

    def _build(self, session: Session) -> None:
        present = frozenset(record["name"] for record in session.run("SHOW INDEXES YIELD name"))
        creations, drops = missing_and_stale(self._schema, present)
        for statement in (*drops, *creations):
            session.run(statement).consume()
        if creations:
            session.run("CALL db.awaitIndexes($seconds)", seconds=_INDEX_TIMEOUT_S).consume()

    @staticmethod
    def _read(transaction: ManagedTransaction | Transaction) -> tuple[int | None, bool]:
        record = transaction.run(_READ).single(strict=True)
        return record["sequence"], bool(record["resetting"])
