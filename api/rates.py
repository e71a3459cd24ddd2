"""How much an account may ask in a minute: requests, and seconds that the server works on them. Tokens count with their account.

What is beyond is refused before anybody is looked up for it, and leaves no entry in the audit trail: an account fills it no faster than it
may ask. Who has not signed in is counted by `api.strangers`; what one may have under way at a time is the gate's matter.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Final

import structlog

from core.errors import JumeauError
from core.settings import Settings

WINDOW_S: Final = 60.0
_ACCOUNTS: Final = 10_000

log = structlog.get_logger(__name__)


class RateLimitedError(JumeauError):
    """An account has asked as much as it may in a minute; `details` say when to ask again, in seconds."""

    code = "RATE_LIMITED"
    exit_code = 2
    status = 429


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests of an account in a minute, and the seconds that are worked on them."""

    requests: int
    work_s: float

    @classmethod
    def of(cls, settings: Settings) -> RateLimits:
        """As the settings say."""
        return cls(settings.requests_per_minute, settings.work_s_per_minute)


@dataclass(slots=True)
class _Minute:
    began: float
    requests: int = 0
    work_s: float = 0.0
    is_over: bool = False


class Rates:
    """What accounts have asked, by minute. For the thread of the event loop. `time` counts seconds.

    `exempt` are names that stand for nobody who signed in, such as whoever sits at this machine.
    """

    def __init__(self, limits: RateLimits, exempt: Collection[str] = (), time: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._exempt = frozenset(exempt)
        self._time = time
        self._minutes: OrderedDict[str, _Minute] = OrderedDict()

    def take(self, account: str) -> None:
        """Count a request. Raises RateLimitedError for one too many, or where the server has worked enough for the account."""
        if account in self._exempt:
            return
        minute = self._minute(account)
        if minute.requests >= self._limits.requests:
            seen, where = f"{self._limits.requests:,} requests of this account", "JUMEAU_REQUESTS_PER_MINUTE"
        elif minute.work_s >= self._limits.work_s:
            seen, where = f"{self._limits.work_s:g} s of work for this account", "JUMEAU_WORK_S_PER_MINUTE"
        else:
            minute.requests += 1
            return
        if not minute.is_over:  # once a minute, not once a request
            minute.is_over = True
            log.warning("account_over_its_rate", account=account, setting=where)
        wait = max(1, ceil(minute.began + WINDOW_S - self._time()))
        raise RateLimitedError(
            f"{seen} within a minute", where=where, hint=f"ask again in {wait} s", details={"retry_after_s": wait}
        )

    def count(self, account: str) -> None:
        """Count a request that was worked on before it was known whose it is."""
        if account not in self._exempt:
            self._minute(account).requests += 1

    def worked(self, account: str, seconds: float) -> None:
        """Count work for an account that has asked something; that for anybody else is nobody's."""
        if account in self._minutes:
            self._minute(account).work_s += seconds

    def _minute(self, account: str) -> _Minute:
        """The account's minute, begun now where there is none. Of very many accounts the oldest are forgotten."""
        now = self._time()
        minute = self._minutes.get(account)
        if minute is None or now - minute.began >= WINDOW_S:
            minute = self._minutes[account] = _Minute(now)
            self._minutes.move_to_end(account)
            while len(self._minutes) > _ACCOUNTS:
                self._minutes.popitem(last=False)
        return minute
