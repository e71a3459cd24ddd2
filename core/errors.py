"""The one error tree of the project.

Every error a user can meet has a stable code, says what was observed, where, and what to try.
Driver and library errors are wrapped at the edge where they are caught; a cause is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class JumeauError(Exception):
    """Root of the tree. Subclasses set `code` (stable, SCREAMING_SNAKE), `status` (HTTP) and `exit_code` (console).

    `seen` is what was observed, `where` names the file, line, row, URL or element, `hint` says what to try.
    `details` is JSON-ready data for machines.
    """

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(
        self, seen: str, *, where: str | None = None, hint: str | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(seen)
        self.seen = seen
        self.where = where
        self.hint = hint
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        text = f"[{self.code}] {self.seen}"
        if self.where:
            text += f" (at {self.where})"
        if self.hint:
            text += f". Try: {self.hint}"
        return text

    def to_dict(self) -> dict[str, Any]:
        """The error as JSON-ready data: code, message, where, hint, details."""
        return {
            "code": self.code,
            "message": self.seen,
            "where": self.where,
            "hint": self.hint,
            "details": self.details,
        }


class UsageError(JumeauError):
    """A command or a request that cannot be understood."""

    code = "USAGE"
    status = 400
    exit_code = 2


class NotFoundError(JumeauError):
    """A thing that was named does not exist."""

    code = "NOT_FOUND"
    status = 404
    exit_code = 2


class ConfigurationError(JumeauError):
    """A setting that is unknown, malformed or points at nothing."""

    code = "CONFIGURATION"
    status = 500
    exit_code = 2


class SchemaError(JumeauError):
    """A schema pack that is broken; `where` is file:line."""

    code = "SCHEMA"
    status = 500
    exit_code = 2


class QueryError(JumeauError):
    """A query that was refused before it ran."""

    code = "QUERY"
    status = 400
    exit_code = 2


class IngestError(JumeauError):
    """A source that cannot be read, or a load that cannot go on."""

    code = "INGEST"
    status = 422
    exit_code = 3


class LedgerError(JumeauError):
    """The ledger refused or failed."""

    code = "LEDGER"
    status = 503
    exit_code = 4


class BackendError(JumeauError):
    """A graph backend refused or failed."""

    code = "BACKEND"
    status = 503
    exit_code = 4


class BackendUnavailableError(BackendError):
    """The backend cannot be reached; nothing was applied."""

    code = "BACKEND_UNAVAILABLE"


class StoreLockedError(BackendError):
    """Another process has the store open for writing."""

    code = "STORE_LOCKED"


class StoreReadOnlyError(BackendError):
    """The store, or the directory it lies in, cannot be written."""

    code = "STORE_READ_ONLY"


class DiskFullError(BackendError):
    """The disk under a store is full; the transaction was rolled back."""

    code = "DISK_FULL"
    status = 507


class BackendMemoryError(BackendError):
    """The backend has not enough memory for what was asked; nothing was applied."""

    code = "BACKEND_MEMORY"


class BackendDriftError(BackendError):
    """The backend does not hold what the ledger says: it was changed from outside. Nothing was applied."""

    code = "BACKEND_DRIFT"


class SequenceGapError(BackendError):
    """A delta does not start where the backend's watermark ends."""

    code = "SEQUENCE_GAP"


class QueryTimeoutError(BackendError):
    """A query ran longer than it may."""

    code = "QUERY_TIMEOUT"
    status = 504


class QueryRuntimeError(QueryError):
    """A query failed on its data: a division by zero, an overflow, a function given a value of another type."""

    code = "QUERY_RUNTIME"


class UnsupportedConstructError(QueryError):
    """A construct that this dialect cannot express; the planner falls back or refuses, naming it."""

    code = "UNSUPPORTED_CONSTRUCT"
