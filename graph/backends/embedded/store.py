"""The open store: its lock, its physical schema, one writer at a time, and a shelf of connections for readers."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import ladybug
import structlog

from core.errors import BackendError, BackendUnavailableError, DiskFullError, JumeauError, StoreReadOnlyError
from core.failpoints import reach
from graph.backends.embedded.ddl import (
    LayoutOutdatedError,
    PhysicalSchema,
    addition_statements,
    check_homes,
    create_statements,
    homes_of,
)
from graph.backends.embedded.errors import POST_COMMIT, StoreCorruptError, store_error, translated
from graph.backends.embedded.fetching import next_rows
from graph.backends.embedded.layout import META, SETS, VERSION, Layout
from graph.backends.embedded.lock import StoreLock
from graph.backends.embedded.perimeter_sets import PerimeterSets
from graph.registry import BackendOptions

READ_THREADS = 1
"""Threads per read: most reads touch few rows, where more threads cost more than they give (0.8 against 1.0 ms)."""

TEXTS = 200
"""Statements after which a reader's connection is replaced: ladybug keeps every prepared statement of a connection."""

FEW_TEXTS = 20
TIGHT = 0.6
"""Share of the buffer pool in use from which a connection of more than a few statements is replaced.

A prepared statement keeps the memory that its joins took, some megabytes each, until its connection is closed.
"""

ASIDE = ".replaced"
"""Ends the name of a file that could not be read as a store and was put aside for a new one."""

TORN_LOG = "WAL file is corrupted"
"""What ladybug says of a log that a full disk cut off: what it held is projected again, with all the rest."""
ASSERTION = "Assertion failed"
"""How it begins where it came across what it had never written."""

ROOM_BYTES = 16 << 20
"""Room without which no store is begun: on a full disk ladybug ends the process when it closes one that it could not make."""

_SEQUENCE = "sequence"
_LOADING = "loading"
_IO = ("IO exception", "Checkpoint failed")
_VERSION = "layout"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BulkLoad:
    """A load that is under way: the watermark it leads to, and the number of elements before and after it."""

    sequence: int
    before: int
    after: int
    creates_only: bool

    @property
    def text(self) -> str:
        return f"{self.before} {self.after} {int(self.creates_only)}"

    @classmethod
    def parse(cls, sequence: int | None, text: str | None) -> BulkLoad:
        before, after, creates_only = (int(part) for part in (text or "0 0 0").split())
        return cls(sequence or 0, before, after, bool(creates_only))


@dataclass(slots=True)
class Reader:
    """A connection for one read at a time, with what it was last told."""

    connection: ladybug.Connection
    texts: set[str] = field(default_factory=set)
    timeout_ms: int = 0
    new: bool = False  # whether a statement was prepared since the reader was taken

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """Every row of one statement. Raises what ladybug raises."""
        return next_rows(self.result(statement, parameters))

    def result(self, statement: str, parameters: Mapping[str, Any] | None = None) -> ladybug.QueryResult:
        """The result of one statement, to be read row by row or as Arrow."""
        self.new = self.new or statement not in self.texts
        self.texts.add(statement)
        result = self.connection.execute(statement, dict(parameters or {}))
        assert not isinstance(result, list)
        return result

    def limit(self, timeout_s: float) -> None:
        """Stop statements that run longer than this; 0 lets them run."""
        wanted = max(1, int(timeout_s * 1000)) if timeout_s else 0
        if wanted != self.timeout_ms:
            self.connection.set_query_timeout(wanted)
            self.timeout_ms = wanted


class Writer:
    """A connection inside one transaction. It is thrown away afterwards, with the statements that it has prepared."""

    def __init__(self, connection: ladybug.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, rows: Any = None) -> int:
        """Run one statement, over `rows` (an Arrow table, `$rows` in the text) if given; answers its first number.

        Each call needs a table object of its own: ladybug crashes on one that it has seen with the same text.
        """
        result = self._connection.execute(statement, {} if rows is None else {"rows": rows})
        assert not isinstance(result, list)
        found = result.get_next() if result.has_next() else [0]
        result.close()
        return found[0] if isinstance(found, list) and isinstance(found[0], int) else 0

    def rows(self, statement: str, rows: Any) -> list[list[Any]]:
        """Every row that a statement answers."""
        result = self._connection.execute(statement, {"rows": rows})
        assert not isinstance(result, list)
        return next_rows(result)


class Store:
    """One store on disk. Safe for several threads: one writes, any number read the last committed state."""

    def __init__(
        self, path: Path, layout: Layout, options: BackendOptions, define: Callable[[ladybug.Connection], None]
    ) -> None:
        self.path = path
        self.layout = layout
        self.sets = PerimeterSets()
        self.read_only = options.read_only
        self._define = define  # makes functions callable on a database that was just opened
        self._pool_bytes = options.buffer_pool_mb << 20
        self._checkpoint_late = options.checkpoint_late
        self._idle: list[Reader] = []
        self._shelf = Lock()
        self._writing = Lock()
        self._open = False
        self._failed: BackendError | None = None  # why nothing may be written any more
        with translated(str(path)):
            if not self.read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            elif not path.exists():
                raise BackendUnavailableError("there is no store to read", where=str(path), hint="load something first")
            self._lock = StoreLock(path, shared=self.read_only)
        try:
            self.sequence = self._start(options.set_aside)
        except BaseException:
            self.close()
            raise

    def _start(self, set_aside: bool) -> int:
        """Open the file and bring its tables up to date; answers the watermark. What it was is `set_aside` if need be."""
        try:
            with translated(str(self.path)):
                self._database = self._open_database()
                return self._prepare()
        except (StoreCorruptError, LayoutOutdatedError) as error:
            if TORN_LOG in error.seen and not self.read_only:
                self._begin_anew_after(error)
                return self._start(set_aside)
            if not set_aside or self.read_only or not self.path.is_file():
                raise
            self._close_database()
            kept = self.path.with_name(self.path.name + ASIDE)
            _log.warning("store.set_aside", path=str(self.path), kept=str(kept), why=error.seen)
            self.path.replace(kept)
            self._remove_files()
            return self._start(set_aside=False)

    def _begin_anew_after(self, error: JumeauError) -> None:
        """Empty a store whose log a full disk cut off; raises DiskFullError where there is still no room to begin anew."""
        if shutil.disk_usage(self.path.parent).free < ROOM_BYTES:
            hint = "free space, then run again: what is missing is projected from the ledger"
            raise DiskFullError("the disk under the store is full, and its log cut off", where=error.where, hint=hint)
        _log.warning("store.emptied", path=str(self.path), why="a full disk cut its log off")
        self._close_database()
        self._remove_files()

    def _open_database(self) -> ladybug.Database:
        try:
            database = ladybug.Database(
                str(self.path),
                buffer_pool_size=self._pool_bytes,
                read_only=self.read_only,
                auto_checkpoint=not self._checkpoint_late,
            )
        except (
            RuntimeError
        ) as error:  # where the log is cut decides what ladybug says of it: an assertion, at some places
            if ASSERTION in str(error) and self.path.with_name(self.path.name + ".wal").exists():
                raise RuntimeError(f"{TORN_LOG}: {error}") from error
            raise
        self._open = True
        connection = ladybug.Connection(database)
        self._define(connection)
        connection.close()
        return database

    # --- physical schema -------------------------------------------------------------------------------------------

    def _prepare(self) -> int:
        """Make or bring up to date the tables; answers the watermark."""
        found = self._physical_schema()
        if META not in found.columns:
            if self.read_only:
                raise BackendUnavailableError("the store is empty", where=str(self.path), hint="load something first")
            self._create()
            return 0
        meta = self._meta()
        version, homes = meta.get(_VERSION, (None, None))
        check_homes(self.layout, version, json.loads(homes or "{}"), str(self.path))
        additions = addition_statements(self.layout, found, str(self.path))
        if not self.read_only and (additions or json.loads(homes or "{}") != homes_of(self.layout)):
            with self._transaction() as writer:
                for statement in additions:
                    writer.run(statement)
                self._write_version(writer)
        self._read_sets()
        sequence, loading = int(meta[_SEQUENCE][0] or 0), meta[_LOADING]
        return sequence if loading[0] is None else self._resume(sequence, BulkLoad.parse(*loading))

    def _resume(self, sequence: int, load: BulkLoad) -> int:
        """What became of a bulk load that was interrupted: done, not begun, or begun, and then the store starts again."""
        if self.read_only:
            raise BackendUnavailableError(
                "a load was interrupted here", where=str(self.path), hint="open the store for writing once: it repairs"
            )
        elements = self.elements()
        if elements == load.after:
            self._write_sequence(load.sequence)
            return load.sequence
        if elements == load.before and load.creates_only:
            self._write_sequence(sequence)
            return sequence
        _log.warning(
            "store.emptied", path=str(self.path), why="a bulk load was interrupted half-way", sequence=sequence
        )
        self._empty()
        return 0

    def _read_sets(self) -> None:
        with self.reading() as reader:
            self.sets.replace(dict(reader.rows(f"MATCH (s:{SETS}) RETURN s.number, s.names")))

    def _create(self) -> None:
        self.sets.replace({})
        with self._transaction() as writer:
            for statement in create_statements(self.layout):
                writer.run(statement)
            writer.run(f"CREATE (:{META} {{name: '{_SEQUENCE}', number: 0}}), (:{META} {{name: '{_VERSION}'}})")
            writer.run(f"CREATE (:{META} {{name: '{_LOADING}'}})")
            self._write_version(writer)

    def _write_version(self, writer: Writer) -> None:
        homes = json.dumps(homes_of(self.layout), sort_keys=True)  # names of the schema: letters and underscores
        writer.run(f"MATCH (m:{META} {{name: '{_VERSION}'}}) SET m.number = {VERSION}, m.text = '{homes}'")

    def _meta(self) -> dict[str, tuple[int | None, str | None]]:
        with self.reading() as reader:
            rows = reader.rows(f"MATCH (m:{META}) RETURN m.name, m.number, m.text")
        return {name: (number, text) for name, number, text in rows}

    def elements(self) -> int:
        """How many nodes and relations there are, by the tables' own counters."""
        statements = [f"MATCH (n:{name}) RETURN count(*)" for name in self.layout.nodes]
        statements += [f"MATCH ()-[r:{name}]->() RETURN count(*)" for name in self.layout.relations]
        with self.reading() as reader:
            return sum(reader.rows(statement)[0][0] for statement in statements)

    def _physical_schema(self) -> PhysicalSchema:
        columns: dict[str, dict[str, str]] = {}
        pairs: dict[str, set[tuple[str, str]]] = defaultdict(set)
        with self.reading() as reader:
            tables = [(row[1], row[2]) for row in reader.rows("CALL show_tables() RETURN *")]
            for name, sort in tables:
                columns[name] = {row[1]: row[2] for row in reader.rows(f"CALL table_info('{name}') RETURN *")}
                if sort == "REL":
                    pairs[name] = {(row[0], row[1]) for row in reader.rows(f"CALL show_connection('{name}') RETURN *")}
        return PhysicalSchema(columns, {name: frozenset(found) for name, found in pairs.items()})

    # --- reading and writing ---------------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A reader of the last committed state, for one thread at a time."""
        with self._shelf:
            if not self._open:
                raise BackendUnavailableError("the store is closed", where=str(self.path))
            reader = self._idle.pop() if self._idle else None
        if reader is None:
            reader = Reader(ladybug.Connection(self._database, num_threads=READ_THREADS))
        try:
            yield reader
        finally:
            if not self._shelve(reader):
                reader.connection.close()

    def _shelve(self, reader: Reader) -> bool:
        """Keep a reader for the next one who asks, unless the store was closed meanwhile or it holds too much."""
        light = len(reader.texts) < TEXTS and not self._is_tight(reader)
        with self._shelf:
            keep = self._open and light
            if keep:
                self._idle.append(reader)
        return keep

    def _is_tight(self, reader: Reader) -> bool:
        """Whether the statements that a reader keeps may soon leave no memory for others."""
        new, reader.new = reader.new, False
        if not new or len(reader.texts) < FEW_TEXTS:
            return False
        try:
            ((used,),) = reader.connection.execute("CALL bm_info() RETURN mem_usage").get_all()  # type: ignore[union-attr]
        except RuntimeError:  # the store was closed meanwhile, or has no memory left to say so
            return True
        return float(used) > TIGHT * self._pool_bytes

    def release(self) -> None:
        """Close the connections that nobody uses, and with them what their statements keep."""
        with self._shelf:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.connection.close()

    @contextmanager
    def writing(self, sequence: int) -> Iterator[Writer]:
        """One transaction that ends with the watermark at `sequence`, or leaves nothing behind."""
        with translated(str(self.path)), self._transaction() as writer:
            yield writer
            writer.run(_set_sequence(sequence))
        self.sequence = sequence

    @contextmanager
    def loading(self, load: BulkLoad) -> Iterator[Writer]:
        """A transaction that may COPY. What a COPY writes is in the file only after the checkpoint that ends it, not in
        the log: a marker before and the watermark after it tell at the next start what an interruption left.
        """
        with translated(str(self.path)):
            with self._transaction() as writer:
                writer.run(
                    f"MATCH (m:{META} {{name: '{_LOADING}'}}) SET m.number = {load.sequence}, m.text = '{load.text}'"
                )
            with self._transaction(checkpointed=True) as writer:
                yield writer
            reach("embedded.copied")
            self._write_sequence(load.sequence)
        self.sequence = load.sequence

    def _write_sequence(self, sequence: int) -> None:
        """Set the watermark and forget that a load was under way."""
        with self._transaction() as writer:
            writer.run(_set_sequence(sequence))
            writer.run(f"MATCH (m:{META} {{name: '{_LOADING}'}}) SET m.number = NULL, m.text = NULL")

    @contextmanager
    def _transaction(self, *, checkpointed: bool = False) -> Iterator[Writer]:
        self.check_writable()
        with self._writing:
            connection = ladybug.Connection(self._database)
            version, sets = self.sets.version, self.sets.known()
            try:
                connection.execute("BEGIN TRANSACTION")
                try:
                    yield Writer(connection)
                except BaseException:
                    _roll_back(connection)
                    raise
                self._commit(connection, checkpointed=checkpointed)
            except BaseException as error:
                if self.sets.version != version:
                    self.sets.replace(sets)
                if isinstance(error, RuntimeError) and self._failed is None and str(error).startswith(_IO):
                    self._failed = store_error(error, str(self.path))
                raise
            finally:
                connection.close()

    def _commit(self, connection: ladybug.Connection, *, checkpointed: bool) -> None:
        """COMMIT; where a checkpoint belongs to it, a failed one means that the transaction may be lost."""
        try:
            connection.execute("COMMIT")
        except RuntimeError as error:
            self._failed = store_error(error, str(self.path))
            if checkpointed or not str(error).startswith(POST_COMMIT):
                _roll_back(connection)
                raise
            _log.warning("store.checkpoint_failed", path=str(self.path), seen=self._failed.seen)

    def copy_to(self, path: Path) -> None:
        """Copy the file and its log to another place. Nobody may write meanwhile."""
        self.check_writable()
        with self._writing, translated(str(path)):
            for suffix in ("", ".wal"):
                source = self.path.with_name(self.path.name + suffix)
                if source.exists():
                    shutil.copyfile(source, path.with_name(path.name + suffix))

    def write_out(self) -> None:
        """Empty the log into the file."""
        self.check_writable()
        with self._writing, translated(str(self.path)):
            connection = ladybug.Connection(self._database)
            connection.execute("CHECKPOINT")
            connection.close()

    def check_writable(self) -> None:
        """Raises StoreReadOnlyError where the store was opened for reading."""
        if self.read_only:
            raise StoreReadOnlyError(
                "the store was opened for reading", where=str(self.path), hint="open it without the read-only option"
            )
        if self._failed is not None:
            raise type(self._failed)(
                f"writing to the store failed before; it must be opened again to be sure of its state: {self._failed.seen}",
                where=str(self.path),
                hint="free space on its disk if that was the reason, then restart: what is missing is applied again",
            )

    def reset(self) -> None:
        """Empty the store: its files are removed and made anew. Readers must have ended."""
        if self.read_only:
            self.check_writable()
        with translated(str(self.path)):
            self._empty()
        self.sequence = 0

    def _empty(self) -> None:
        with self._writing:
            self._close_database()
            self._remove_files()
            self._database = self._open_database()
            self._failed = None
        self._create()

    def _remove_files(self) -> None:
        for suffix in ("", ".wal", ".wal.checkpoint", ".shadow", ".tmp"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Release files and the lock; closing twice is harmless."""
        try:
            self._close_database()
        finally:
            self._lock.release()

    def _close_database(self) -> None:
        with self._shelf:
            was_open, self._open = self._open, False
        self.release()
        if was_open:
            with translated(str(self.path)):
                self._database.close()


def _set_sequence(sequence: int) -> str:
    return f"MATCH (m:{META} {{name: '{_SEQUENCE}'}}) SET m.number = {int(sequence)}"


def _roll_back(connection: ladybug.Connection) -> None:
    """Undo; a failed statement has done so already, and then there is nothing to undo."""
    try:
        connection.execute("ROLLBACK")
    except RuntimeError as error:
        if "No active transaction" not in str(error):
            raise
