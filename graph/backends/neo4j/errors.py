"""The driver's errors as ours: what was seen, where, what to try. No driver error leaves this folder untranslated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j import exceptions as driver

from core.errors import (
    BackendDriftError,
    BackendError,
    BackendMemoryError,
    BackendUnavailableError,
    ConfigurationError,
    DiskFullError,
    JumeauError,
    QueryRuntimeError,
    QueryTimeoutError,
)


class BackendAuthenticationError(BackendError):
    """The backend refused the user or the password, or the user may not do this."""

    code = "BACKEND_AUTHENTICATION"


class BackendBusyError(BackendError):
    """A transient condition (a deadlock, a leader election) outlasted the retries; nothing was applied."""

    code = "BACKEND_BUSY"


class CommitUnknownError(BackendUnavailableError):
    """The connection was lost while a commit was under way."""

    code = "COMMIT_UNKNOWN"


class ForeignDatabaseError(BackendError):
    """The database holds data that no twin wrote."""

    code = "FOREIGN_DATABASE"


_STATEMENT = "Neo.ClientError.Statement."
_RUNTIME = frozenset(
    _STATEMENT + name for name in ("ArithmeticError", "TypeError", "ArgumentError", "EntityNotFound", "RuntimeError")
)
_CONNECTION = (
    driver.ServiceUnavailable,
    driver.SessionExpired,
    driver.ConnectionAcquisitionTimeoutError,
    driver.ConnectionPoolError,
    OSError,
)


@contextmanager
def translated(url: str, statement: str | None = None) -> Iterator[None]:
    """Run driver calls; whatever the driver raises becomes one of our errors, with the server's code in `details`."""
    try:
        yield
    except JumeauError:
        raise
    except (driver.DriverError, driver.Neo4jError, OSError) as error:
        raise _ours(error, url, statement) from error


def _ours(error: Exception, url: str, statement: str | None) -> JumeauError:
    if isinstance(error, driver.IncompleteCommit):
        return CommitUnknownError(
            f"the connection was lost while committing: {error}",
            where=url,
            hint="run the command again: the watermark in the database tells what was applied",
        )
    if isinstance(error, _CONNECTION):
        return BackendUnavailableError(
            f"Neo4j cannot be reached: {error}", where=url, hint="check that the server runs and that the URL is right"
        )
    if isinstance(error, driver.Neo4jError):
        return _of_the_server(error, url, statement)
    if isinstance(error, driver.BrokenRecordError):
        return QueryRuntimeError(
            f"a value of the answer cannot be read: {error.__cause__ or error}",
            where=url,
            hint="dates and instants have the years 1 to 9999",
            details={"statement": statement},
        )
    if isinstance(error, driver.ConfigurationError):
        return ConfigurationError(f"the driver refuses the URL or an option: {error}", where=url)
    return BackendError(f"the Neo4j driver failed: {type(error).__name__}: {error}", where=url)


def _of_the_server(error: driver.Neo4jError, url: str, statement: str | None) -> JumeauError:
    code, message = error.code or "", error.message or str(error)
    details = {"server_code": code, "statement": statement}
    if "TransactionTimedOut" in code:
        return QueryTimeoutError(
            "the query ran longer than it may and was stopped",
            where=url,
            hint="narrow the query, or raise JUMEAU_QUERY_TIMEOUT_S",
            details=details,
        )
    if isinstance(error, driver.AuthError | driver.Forbidden) or ".Security." in code:
        return BackendAuthenticationError(
            f"Neo4j refused: {message}",
            where=url,
            hint="check JUMEAU_NEO4J_USER and JUMEAU_NEO4J_PASSWORD and the user's rights",
            details=details,
        )
    if "No space left on device" in message:
        return DiskFullError(
            f"Neo4j: {message}", where=url, hint="free space on the server's disk, then run again", details=details
        )
    if "Memory" in code:
        return BackendMemoryError(
            f"Neo4j has not enough memory for this transaction: {message}",
            where=url,
            hint="raise the server's heap (server.memory.heap.max_size), or load smaller batches (JUMEAU_BATCH_ROWS)",
            details=details,
        )
    if "DatabaseUnavailable" in code or "DatabaseNotFound" in code:
        return BackendUnavailableError(f"Neo4j: {message}", where=url, hint="see the server's log", details=details)
    if code in _RUNTIME:
        return QueryRuntimeError(message, where=url, details=details)
    if isinstance(error, driver.TransientError):
        return BackendBusyError(f"Neo4j: {message}", where=url, hint="run again", details=details)
    if isinstance(error, driver.ConstraintError):
        return BackendDriftError(
            f"Neo4j: {message}",
            where=url,
            hint="`jumeau graph verify` lists what differs from the ledger; `jumeau graph rebuild` restores it",
            details=details,
        )
    return BackendError(f"Neo4j refused a statement: {message}", where=url, details=details)
