"""Whether this server takes questions now, as a load balancer asks it every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.errors import JumeauError
from services.twin import Twin

RETRY_S: Final = 5
"""When to ask again, in seconds: about how often probes do."""

log = structlog.get_logger(__name__)


class NotReadyError(JumeauError):
    """This server should be asked nothing now; `details` have the reason in one word, and nothing of the estate."""

    code = "NOT_READY"
    exit_code = 4
    status = 503

    def __init__(self, reason: str, seen: str) -> None:
        hint = "ask another server, or this one again later"
        super().__init__(seen, hint=hint, details={"reason": reason, "retry_after_s": RETRY_S})


class Readiness:
    """Whether one server is ready: it is not about to end, ledger and backend are reached, and the graph is whole.

    A graph that follows a load is whole, however far behind: it answers as of a moment before. One that is behind what this server
    has seen in it is being projected anew, and so is one that this server has not seen up to date yet.
    """

    def __init__(self, twin: Twin, applied: Callable[[], int]) -> None:
        """`applied`: the last event that the graph is known to have taken in, 0 while nothing is known."""
        self._twin = twin
        self._applied = applied
        self._is_leaving = False

    def leave(self) -> None:
        """The server is about to end. It may be called by a handler of signals."""
        self._is_leaving = True

    def check(self) -> None:
        """Raises NotReadyError."""
        if self._is_leaving:
            raise NotReadyError("stopping", "this server is about to end")
        known = self._applied()
        try:
            written = self._twin.ledger.sequence()
        except (JumeauError, SQLAlchemyError) as error:
            log.warning("not_ready", reason="ledger", error=type(error).__name__)
            raise NotReadyError("ledger", "the ledger cannot be reached") from None
        try:
            there = self._twin.repository.watermark()
        except JumeauError as error:
            log.warning("not_ready", reason="backend", error=error.code)
            raise NotReadyError("backend", "the graph backend cannot be reached") from None
        if there < (known or written):
            raise NotReadyError("projection", "the graph is being projected from the ledger")
