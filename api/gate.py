"""Who is worked for, and who waits or is sent away: a bounded number at a time, in turn between those who ask.

A place is held from the arrival of a request until its answer begins. Of all places some are turns, which requests are worked
on in; the others wait, each no longer than a bound. Nobody holds more than a share of either, so that somebody who asks too
much is in the way of nobody but themselves.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Final

import structlog

from api.rates import Rates
from core.errors import JumeauError
from core.settings import Settings

_LONGEST_S: Final = 30
"""Most seconds that somebody is told to stay away."""
_NEW: Final = 0.1
"""Weight of the latest request in the running mean of their times."""
_SAY_AGAIN_S: Final = 10.0

log = structlog.get_logger(__name__)


class OverloadedError(JumeauError):
    """The server has as many requests as it takes; `details` say in how many seconds to ask again."""

    code = "OVERLOADED"
    exit_code = 4
    status = 503


class TooManyRequestsError(JumeauError):
    """Somebody has as many requests under way or waiting as one asker may; `details` say when to ask again, in seconds."""

    code = "TOO_MANY_REQUESTS"
    exit_code = 2
    status = 429


@dataclass(frozen=True, slots=True)
class GateLimits:
    """How many requests are worked on at a time, how many may wait, for how many seconds, and how many may be of one asker."""

    at_once: int
    waiting: int
    wait_s: float
    of_one: int

    @classmethod
    def of(cls, settings: Settings) -> GateLimits:
        """As the settings say."""
        return cls(
            settings.requests_at_once, settings.requests_waiting, settings.request_wait_s, settings.requests_per_asker
        )

    @property
    def turns_of_one(self) -> int:
        """The turns that one asker may have at a time: a quarter of four or more is kept for others."""
        return self.at_once - self.at_once // 4


class Gate:
    """The places of one server. For the thread of the event loop. `time` counts seconds."""

    def __init__(self, limits: GateLimits, time: Callable[[], float] = monotonic, rates: Rates | None = None) -> None:
        self.limits = limits
        self.rates = rates  # what is worked on counts for whose it is
        self.shed: Counter[str] = Counter()  # who was sent away, by code
        self._time = time
        self._held: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._mean_s = 0.0
        self._said: float | None = None

    @property
    def running(self) -> int:
        """Requests that are worked on."""
        return self._turns.total()

    @property
    def waiting(self) -> int:
        """Requests that have arrived, and are not worked on yet."""
        return self._held.total() - self.running

    def arrive(self, asker: str) -> None:
        """Take a place. Raises TooManyRequestsError, OverloadedError: at once, and at no cost."""
        if self._held[asker] >= self.limits.of_one:
            raise self._sent_away(
                TooManyRequestsError,
                f"{self.limits.of_one:,} requests of this asker are under way or waiting",
                "JUMEAU_REQUESTS_PER_ASKER",
            )
        if self._held.total() >= self.limits.at_once + self.limits.waiting:
            raise self._sent_away(
                OverloadedError, "the server has as many requests as it takes", "JUMEAU_REQUESTS_WAITING"
            )
        self._held[asker] += 1

    def depart(self, asker: str) -> None:
        """Give a place back."""
        _less(self._held, asker)

    def begin(self, asker: str) -> bool:
        """Take a turn where there is one and nobody else waits for it."""
        if self._free_to(asker) and not any(map(self._free_to, self._queues)):
            self._turns[asker] += 1
            return True
        return False

    async def turn(self, asker: str) -> None:
        """Wait for a turn, and take it. Raises OverloadedError where it does not come in time."""
        if self.begin(asker):
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(asker, deque()).append(called)
        try:
            async with asyncio.timeout(self.limits.wait_s):
                await called
        except BaseException as end:
            if called.done() and not called.cancelled():
                self.end(asker)  # called, and gone in the same moment
            else:
                self._forget(asker, called)
            if isinstance(end, TimeoutError):
                raise self._sent_away(
                    OverloadedError,
                    f"the request has waited {self.limits.wait_s:g} s for its turn",
                    "JUMEAU_REQUEST_WAIT_S",
                ) from None
            raise

    def end(self, asker: str, took_s: float | None = None) -> None:
        """Give a turn back, after so long, and call those that it is free for."""
        _less(self._turns, asker)
        if took_s is not None:
            self._mean_s += _NEW * (took_s - self._mean_s)
            if self.rates is not None:
                self.rates.worked(asker, took_s)
        while (name := next(filter(self._free_to, self._queues), None)) is not None:
            called = self._queues[name].popleft()
            self._queues.move_to_end(name)  # in turn between those who ask, whoever came first
            if not self._queues[name]:
                del self._queues[name]
            if not called.done():
                self._turns[name] += 1
                called.set_result(None)

    @asynccontextmanager
    async def place(self, asker: str) -> AsyncIterator[None]:
        """A place and a turn for as long as the context lasts. Raises TooManyRequestsError, OverloadedError."""
        self.arrive(asker)
        try:
            await self.turn(asker)
            began = self._time()
            try:
                yield
            finally:
                self.end(asker, self._time() - began)
        finally:
            self.depart(asker)

    def _free_to(self, asker: str) -> bool:
        return self.running < self.limits.at_once and self._turns[asker] < self.limits.turns_of_one

    def _forget(self, asker: str, called: asyncio.Future[None]) -> None:
        queue = self._queues.get(asker)
        if queue is not None and called in queue:
            queue.remove(called)
            if not queue:
                del self._queues[asker]

    def _sent_away(self, error: type[JumeauError], seen: str, where: str) -> JumeauError:
        self.shed[error.code] += 1
        now = self._time()
        if self._said is None or now - self._said >= _SAY_AGAIN_S:  # not once per request: that would be work again
            self._said = now
            log.warning("requests_shed", running=self.running, waiting=self.waiting, **self.shed)
        wait = min(_LONGEST_S, max(1, ceil(self._held.total() * self._mean_s / self.limits.at_once)))
        return error(seen, where=where, hint=f"ask again in {wait} s", details={"retry_after_s": wait})


def _less(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
