"""A document of a provider, kept for a while, looked up again when it is old, and used a little longer while nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Generic, TypeVar

import structlog

from core.clock import Clock
from services.access.oidc.errors import ProviderError, ProviderUnavailableError

T = TypeVar("T")
AFTER_FAILURE: Final = timedelta(seconds=5)
"""How long a failure is told to others before the provider is asked again."""
_WAIT_S: Final = 2.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Times:
    """How long a document is kept, how much longer during an outage, and how often it is looked up out of turn."""

    keep: timedelta
    outage: timedelta
    out_of_turn: timedelta


class Refreshed(Generic[T]):
    """One document. One thread at a time fetches it; nobody waits for that who has one that may still be used.

    Safe for several threads.
    """

    def __init__(self, fetch: Callable[[], T], clock: Clock, times: Times) -> None:
        self._fetch = fetch
        self._clock = clock
        self._times = times
        self._lock = Lock()
        self._held: tuple[T, datetime] | None = None
        self._failure: tuple[ProviderError, datetime] | None = None
        self._out_of_turn_at: datetime | None = None

    def current(self) -> T:
        """The document, as of `keep` ago at most, or of `outage` longer where the provider fails. Raises ProviderError."""
        held = self._held
        if held is not None and self._within(held[1], self._times.keep):
            return held[0]
        if held is not None and self._within(held[1], self._times.keep + self._times.outage):
            return self._renewed_if_it_can_be(held[0])
        with _Waiting(self._lock):
            held = self._held
            if held is not None and self._within(held[1], self._times.keep):
                return held[0]  # another thread was faster
            return self._renew()

    def again(self) -> T:
        """The document looked up out of turn; the one that is held, where that was done a moment ago. Raises ProviderError."""
        with _Waiting(self._lock):
            held = self._held
            last = self._out_of_turn_at
            if held is not None and last is not None and self._within(last, self._times.out_of_turn):
                return held[0]
            self._out_of_turn_at = self._clock.now()
            return self._renew()

    def _renewed_if_it_can_be(self, old: T) -> T:
        if not self._lock.acquire(blocking=False):
            return old
        try:
            return self._renew()
        except ProviderError:
            return old
        finally:
            self._lock.release()

    def _renew(self) -> T:
        """Fetch it, unless that has just failed. Only under the lock."""
        if self._failure is not None and self._within(self._failure[1], AFTER_FAILURE):
            told = self._failure[0]
            raise type(told)(told.seen, where=told.where, hint=told.hint) from told
        try:
            found = self._fetch()
        except ProviderError as error:
            self._failure = error, self._clock.now()
            log.warning("identity_provider_failed", code=error.code, seen=error.seen, where=error.where)
            raise
        self._failure = None
        self._held = found, self._clock.now()
        return found

    def _within(self, since: datetime, time: timedelta) -> bool:
        return timedelta(0) <= self._clock.now() - since < time  # a clock that was put back makes everything old


class _Waiting:
    """A lock that is waited for a moment only: a provider that hangs must not hang everybody."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=_WAIT_S):
            raise ProviderUnavailableError("the provider is being asked and takes its time", hint="try again")

    def __exit__(self, *_: object) -> None:
        self._lock.release()
