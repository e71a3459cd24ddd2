"""Keeps the graph up with a ledger that other processes write to."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import structlog

from services.twin import Twin

POLL_S = 0.5
LONGEST_WAIT_S = 30.0

log = structlog.get_logger(__name__)


class LedgerFollower:
    """A thread that projects whatever the ledger has gained. A failure is logged, waited out and tried again."""

    def __init__(
        self,
        twin: Twin,
        poll_s: float = POLL_S,
        *,
        applied: Callable[[int], None] = lambda _: None,
        quiet: Callable[[], object] = lambda: None,
    ) -> None:
        """Both are called in the thread: `applied` with the sequence that the graph has reached, `quiet` once nothing more came."""
        self._twin = twin
        self._tell = applied
        self._quiet = quiet
        self._poll_s = poll_s
        self._stopping = Event()
        self._thread = Thread(target=self._follow, name="ledger-follower", daemon=True)

    def start(self) -> None:
        """Start following."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, waiting for a projection that is under way."""
        self._stopping.set()
        self._thread.join()

    def _follow(self) -> None:
        applied: int | None = None
        busy = False
        wait = self._poll_s
        while not self._stopping.wait(wait):
            try:
                if self._twin.ledger.sequence() != applied:
                    applied = self._twin.catch_up()
                    self._tell(applied)
                    busy = True
                elif busy:
                    self._quiet()
                    busy = False
                wait = self._poll_s
            except Exception as error:
                log.warning("follow_failed", error=str(error), retry_in_s=wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
