"""The changes of the twin for many listeners: the ledger is their queue, each has a place in it and nothing more.

A listener that falls further behind than is allowed is told so with its place, and hears no more: what it missed is a
difference of two moments, or a list asked for again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from core.errors import JumeauError, UsageError
from core.principal import Principal
from graph.schema.named_kinds import sight_of
from services.changes.batches import ChangeBatches
from services.changes.change import Change, Wanted
from services.changes.visibility import LimitedView
from services.twin import Twin


class SubscriptionLaggedError(JumeauError):
    """A listener is further behind the ledger than is allowed; `details` have its place (`since`) and the ledger's."""

    code = "SUBSCRIPTION_LAGGED"
    exit_code = 2
    status = 409


class ChangeFeed:
    """Knows how far the graph has followed the ledger, and wakes listeners. Safe for several threads."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.batches = ChangeBatches(twin.ledger)
        self._applied = 0
        self._listeners: set[Callable[[], None]] = set()
        self._lock = Lock()

    @property
    def applied(self) -> int:
        """The last event that the graph is known to have taken in."""
        return self._applied

    @property
    def listeners(self) -> int:
        """How many are woken."""
        return len(self._listeners)

    def publish(self, applied: int) -> None:
        """The graph has taken in events up to this one."""
        with self._lock:
            if applied <= self._applied:
                return
            self._applied = applied
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()

    @contextmanager
    def listening(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake`, from whatever thread, when there may be more to read."""
        with self._lock:
            self._listeners.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(wake)

    def reader(self, wanted: Wanted, since: int | None, *, patient: bool = False) -> ChangeReader:
        """A place in the ledger: after the event `since`, or after its last one. Raises UsageError, SubscriptionLaggedError.

        A `patient` one may be behind as far as it likes.
        """
        last = self.twin.ledger.sequence()
        if since is not None and not 0 <= since <= last:
            raise UsageError(
                f"main has no event {since}",
                where="since",
                hint=f"its last one is {last}; answers tell theirs as `sequence`",
            )
        reader = ChangeReader(self, wanted, last if since is None else since, patient=patient)
        reader.check_lag(last)
        return reader


class ChangeReader:
    """One listener's place. For one thread at a time; it holds one batch at most."""

    def __init__(self, feed: ChangeFeed, wanted: Wanted, position: int, *, patient: bool = False) -> None:
        self._feed = feed
        self._wanted = wanted
        self._position = position
        self._limit = None if patient else feed.twin.settings.subscription_backlog
        self._view: LimitedView | None = None
        self._next: deque[tuple[int, int, int]] = deque()

    @property
    def position(self) -> int:
        """The last event that was read."""
        return self._position

    def check_lag(self, last: int) -> None:
        """Raises SubscriptionLaggedError where `last` is further on than is allowed."""
        if self._limit is not None and last - self._position > self._limit:
            raise SubscriptionLaggedError(
                f"{last - self._position:,} events behind, {self._limit:,} are allowed",
                where="JUMEAU_SUBSCRIPTION_BACKLOG",
                hint=f'ask again for what you show, or difference(from: "#{self._position}"), and subscribe since that answer',
                details={"since": self._position, "sequence": last},
            )

    def read(self, principal: Principal) -> list[Change] | None:
        """What the next batch says to somebody, None where there is none yet. Raises SubscriptionLaggedError, LedgerError."""
        applied = self._feed.applied
        self.check_lag(applied)
        if not self._next and self._position < applied:
            self._next.extend(self._feed.batches.after(self._position))
        if not self._next or self._next[0][2] > applied:
            return None
        number, first, last = self._next.popleft()
        batch = self._feed.batches.read(number, first, last)
        view = self._view_for(principal)
        sees = sight_of(principal, self._feed.twin.schema)
        found = batch.changes if view is None or sees is None else view.told(batch, sees)
        after, self._position = self._position, last
        return [change for change in found if change.sequence > after and self._wanted.fits(change)]

    def _view_for(self, principal: Principal) -> LimitedView | None:
        if not principal.restricted:
            self._view = None
        elif self._view is None:
            self._view = LimitedView(self._feed.twin.ledger, self._feed.twin.schema, self._position)
        return self._view
