"""The store's errors as ours. ladybug raises RuntimeError with a text: what is known of it is read from that text."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import Final

from core.errors import (
    BackendDriftError,
    BackendError,
    BackendMemoryError,
    BackendUnavailableError,
    DiskFullError,
    JumeauError,
    QueryRuntimeError,
    QueryTimeoutError,
    StoreLockedError,
    StoreReadOnlyError,
    UnsupportedConstructError,
)


class StoreCorruptError(BackendError):
    """The store's file is damaged, or is no store."""

    code = "STORE_CORRUPT"


POST_COMMIT: Final = "Transaction committed successfully"
"""How ladybug begins when a transaction is in its log and the checkpoint after it failed. What a COPY wrote is not in
the log, so that this is then no commit at all.
"""

_DISK_FULL: Final = ("No space left on device", "Disk quota exceeded", "File too large")
_SHORT_WRITE: Final = re.compile(
    r"Cannot write to file\. path: (?P<path>.+?) fileDescriptor.*numBytesToWrite: (?P<wanted>\d+)"
)
_CORRUPT: Final = (
    "not a valid Lbug database file",
    "Cannot read checkpoint",
    "Corrupted wal",
    "orrupt",
    "hecksum",
    "Database path cannot be a directory",
)
_READ_ONLY: Final = ("Read-only file system", "Permission denied", "READ ONLY mode", "read-only mode")
_DATA: Final = ("Overflow exception", "Divide by zero")
_DIALECT: Final = (
    "Binder exception",
    "Parser exception",
    "Catalog exception",
    "Conversion exception",
    "Cannot evaluate expression",
    "Runtime exception",
    "Not implemented",
    "Assertion failed",
    "unordered_map::at",
)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Run calls that open, write or scan the store; whatever they raise becomes one of ours."""
    try:
        yield
    except JumeauError:
        raise
    except (RuntimeError, OSError, MemoryError, ValueError) as error:
        raise store_error(error, where) from error


@contextmanager
def translated_query(where: str, statement: str) -> Iterator[None]:
    """Run a compiled query. What the dialect turns out not to take is an unsupported construct: the caller falls back."""
    try:
        yield
    except JumeauError:
        raise
    except (RuntimeError, OSError, MemoryError, ValueError) as error:
        raise _query_error(error, where, statement) from error


def store_error(error: BaseException, where: str) -> BackendError:
    """The error of a store that cannot be opened, written or scanned."""
    text = str(error)
    if "Could not set lock" in text:
        return StoreLockedError(text, where=where, hint="another process has the store open: stop it, or go through it")
    if _is_full(error, text):
        return DiskFullError(
            f"the disk under the store is full: {text}", where=where, hint="free space, then run again"
        )
    if any(sign in text for sign in _READ_ONLY) or isinstance(error, PermissionError):
        return StoreReadOnlyError(
            f"the store cannot be written: {text}", where=where, hint="check the rights and the mount of its directory"
        )
    if any(sign in text for sign in _CORRUPT):
        return StoreCorruptError(
            f"the store cannot be read: {text}",
            where=where,
            hint="delete the file and rebuild it from the ledger: `jumeau graph rebuild`",
        )
    if "Buffer manager exception" in text or isinstance(error, MemoryError):
        return BackendMemoryError(
            f"the store's memory is exhausted: {text}", where=where, hint="raise JUMEAU_BUFFER_POOL_MB"
        )
    if "duplicated primary key" in text or "Unable to find primary key" in text:
        return BackendDriftError(
            f"the store does not hold what the ledger says: {text}",
            where=where,
            hint="`jumeau graph verify` lists what differs; `jumeau graph rebuild` restores it",
        )
    if "Cannot open file" in text or isinstance(error, FileNotFoundError):
        return BackendUnavailableError(
            f"the store cannot be opened: {text}", where=where, hint="check that its directory exists"
        )
    return BackendError(f"the store refused: {text}", where=where)


def _is_full(error: BaseException, text: str) -> bool:
    """Whether the disk is full. ladybug reports a write that was cut short without a reason: then the disk is asked."""
    if any(sign in text for sign in _DISK_FULL) or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return True
    short = _SHORT_WRITE.search(text)
    if short is None:
        return False
    try:
        return disk_usage(Path(short["path"]).parent).free < int(short["wanted"])
    except OSError:
        return False


def _query_error(error: BaseException, where: str, statement: str) -> JumeauError:
    text = str(error)
    details = {"statement": statement}
    if text.startswith("Interrupted"):
        return QueryTimeoutError(
            "the query ran longer than it may and was stopped",
            where=where,
            hint="narrow the query, or raise JUMEAU_QUERY_TIMEOUT_S",
            details=details,
        )
    if any(sign in text for sign in _DATA):
        return QueryRuntimeError(text, where=where, details=details)
    if any(sign in text for sign in _DIALECT) or isinstance(error, ValueError):
        return UnsupportedConstructError(
            f"the embedded store does not take this query: {text}",
            where=where,
            hint="the query can run on the in-memory executor",
            details={**details, "construct": text.split(":")[0], "dialect": "ladybug"},
        )
    found = store_error(error, where)
    found.details.update(details)
    return found
