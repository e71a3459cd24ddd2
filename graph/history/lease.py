"""One load of a source at a time: a lease that its process holds, and that the system takes back however that ends.

On PostgreSQL an advisory lock of a connection of its own; on SQLite a lock on a file beside the ledger.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine, text

from core.errors import LedgerError


class LoadInProgressError(LedgerError):
    """Another load of the same source is under way."""

    code = "LOAD_IN_PROGRESS"
    status = 409


class Leases:
    """The leases of one ledger. Safe for several threads."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._where = where
        self._held: set[str] = set()  # by this object, for a ledger that lives in memory
        self._lock = Lock()

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold the lease of that name. Raises LoadInProgressError at once where somebody has it."""
        database = self._engine.url.database
        if self._engine.dialect.name == "postgresql":
            with self._advisory(name):
                yield
        elif database and database != ":memory:":
            with self._file(name, Path(database)):
                yield
        else:
            with self._own(name):
                yield

    @contextmanager
    def _advisory(self, name: str) -> Iterator[None]:
        key = int.from_bytes(blake2b(f"jumeau load {name}".encode(), digest_size=8).digest(), signed=True)
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one():
                raise self._refusal(name, "another process")
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})

    @contextmanager
    def _file(self, name: str, database: Path) -> Iterator[None]:
        path = database.with_name(f"{database.name}.loading-{re.sub(r'[^A-Za-z0-9_-]', '_', name)}.lock")
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(file, 64, 0).decode(errors="replace").strip() or "another process"
                raise self._refusal(name, holder) from None
            os.ftruncate(file, 0)
            os.pwrite(file, f"process {os.getpid()}".encode(), 0)
            yield
        finally:
            os.close(file)

    @contextmanager
    def _own(self, name: str) -> Iterator[None]:
        with self._lock:
            if name in self._held:
                raise self._refusal(name, "this process")
            self._held.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(name)

    def _refusal(self, name: str, holder: str) -> LoadInProgressError:
        return LoadInProgressError(
            f"a load of source {name!r} is under way ({holder})",
            where=self._where,
            hint="wait until it has ended; nothing of this load was written",
        )
