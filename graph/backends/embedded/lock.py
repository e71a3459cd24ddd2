"""One writer, or many readers: an advisory lock beside the store's file.

ladybug refuses a second process, but opens the same file twice within one; a lock of ours refuses both, and says who
holds it. The kernel drops it with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from core.errors import StoreLockedError, StoreReadOnlyError


class StoreLock:
    """Holds the lock of one store until released. Raises StoreLockedError, StoreReadOnlyError."""

    def __init__(self, store: Path, *, shared: bool) -> None:
        self._path = store.with_name(store.name + ".lock")
        self._file = self._open(shared)
        if self._file is None:
            return
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 64, 0).decode(errors="replace").strip() or "another process"
            self.release()
            raise StoreLockedError(
                f"the store is open elsewhere ({holder})",
                where=str(store),
                hint="stop that process, or go through it: commands use a running server on the same directory",
            ) from None
        if not shared:
            with suppress(OSError):  # on a full disk: it tells others who holds the lock, and holds without it
                os.ftruncate(self._file, 0)
                os.pwrite(self._file, f"process {os.getpid()}\n".encode(), 0)

    def _open(self, shared: bool) -> int | None:
        """The lock's file; None on a medium that nobody can write, where a reader needs no lock."""
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            if shared:
                return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC) if self._path.exists() else None
            if isinstance(error, FileNotFoundError):
                raise
            raise StoreReadOnlyError(
                f"the store's directory cannot be written: {error.strerror}",
                where=str(self._path.parent),
                hint="check its rights and its mount, or open the store for reading only",
            ) from error

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
