"""Failed attempts to sign in, counted per name: after a few, a name waits."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from core.clock import Clock
from core.errors import JumeauError

MOST: Final = 5
WITHIN: Final = timedelta(minutes=5)
_NAMES: Final = 10_000


class TooManyAttemptsError(JumeauError):
    """Somebody tries passwords; `details` say in how many seconds the name may try again."""

    code = "TOO_MANY_ATTEMPTS"
    exit_code = 2
    status = 429


class FailedAttempts:
    """The last failures of each name, in memory. Safe for several threads."""

    def __init__(self, clock: Clock, most: int = MOST, within: timedelta = WITHIN) -> None:
        self._clock = clock
        self._most = most
        self._within = within
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def check(self, name: str) -> None:
        """Refuse a name that has failed too often. Raises TooManyAttemptsError."""
        with self._lock:
            failed = self._failed.get(name)
            now = self._clock.now()
            if failed is None or len(failed) < self._most or failed[0] + self._within <= now:
                return
            wait = int((failed[0] + self._within - now).total_seconds()) + 1
        raise TooManyAttemptsError(
            f"{self._most} attempts to sign in have failed",
            hint=f"wait {wait} seconds",
            details={"retry_after_s": wait},
        )

    def failed(self, name: str) -> None:
        """Note a failure. Of very many names the oldest are forgotten."""
        with self._lock:
            self._failed.setdefault(name, deque(maxlen=self._most)).append(self._clock.now())
            self._failed.move_to_end(name)
            while len(self._failed) > _NAMES:
                self._failed.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._lock:
            self._failed.pop(name, None)
