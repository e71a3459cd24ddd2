"""Delivers what webhooks wait for: in order for each, at least once, from the place that the ledger's database keeps.

One process of all that have the ledger open does it, whoever holds the lease; when that process ends, however it ends, another may.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

import structlog

from core.clock import Clock
from core.errors import ConfigurationError, JumeauError
from core.failpoints import reach
from core.principal import Principal
from graph.history.lease import LoadInProgressError
from graph.schema.named_kinds import sight_of
from services.changes.alerts import alerts_of
from services.changes.change import Change, Wanted
from services.changes.feed import ChangeFeed, ChangeReader
from services.webhooks import occurrences
from services.webhooks.hook import (
    FROM_THE_LEDGER,
    WHOLE_ESTATE,
    EventType,
    Filters,
    Hook,
    HookState,
    WebhookOwnerError,
)
from services.webhooks.messages import NewId, of_alerts, of_changes, of_occurrences
from services.webhooks.outbox import Message, Outbox
from services.webhooks.owners import Owners, may_hear
from services.webhooks.registry import Hooks
from services.webhooks.retries import Chance, Retries
from services.webhooks.sender import GONE, Outcome, Sender

POLL_S: Final = 1.0
LONGEST_WAIT_S: Final = 30.0
LOOK_S: Final = 5.0
AT_ONCE: Final = 8
"""Webhooks that are served at a time: a slow receiver takes one place."""
TURN: Final = 20
"""Messages that are sent before others have their turn."""
BATCHES: Final = 50
"""Batches of the ledger that become messages at a time."""
UNWRITTEN: Final = 5_000
"""Events that said nothing to a webhook before its position is written down: none of them is lost by reading them again."""
LEASE: Final = "(webhooks)"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a courier works with."""

    hooks: Hooks
    outbox: Outbox
    owners: Owners
    sender: Sender
    filters: Filters
    retries: Retries
    clock: Clock
    new_id: NewId
    chance: Chance
    body_bytes: int


class Courier:
    """Serves every active webhook of a twin. `turn` does it once, in the calling thread; `start` does it until `stop`."""

    def __init__(
        self,
        feed: ChangeFeed,
        desk: Desk,
        poll_s: float = POLL_S,
        *,
        look_s: float = LOOK_S,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        """`look_s`: how long what is no event of the ledger goes unlooked at."""
        self._feed = feed
        self._desk = desk
        self._poll_s = poll_s
        self._look_s = look_s
        self._elapsed = elapsed
        self._looked: dict[str, float] = {}
        self._readers: dict[str, ChangeReader] = {}
        self._served: set[str] = set()
        self._lock = Lock()
        self._woken = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="webhook-courier", daemon=True)

    def start(self) -> None:
        """Start delivering."""
        self._thread.start()

    def stop(self) -> None:
        """End deliveries that are under way; what they were about is sent again by whoever delivers next."""
        self._stopping.set()
        self._woken.set()
        self._desk.sender.abort()
        self._thread.join()

    def turn(self) -> None:
        """Serve each active webhook once."""
        for hook in self._desk.hooks.all(HookState.ACTIVE):
            self._serve(hook.id)

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with ExitStack() as held:
            pool: ThreadPoolExecutor | None = None
            wait = self._poll_s
            while not self._stopping.is_set():
                self._woken.wait(wait)
                self._woken.clear()
                try:
                    waiting = self._desk.hooks.all(HookState.ACTIVE)
                    if waiting and pool is None:
                        held.enter_context(self._desk.hooks.ledger.loading(LEASE))
                        pool = held.enter_context(ThreadPoolExecutor(AT_ONCE, "webhook"))
                        held.enter_context(self._feed.listening(self._woken.set))
                    for hook in waiting if pool is not None else ():
                        self._hand_out(pool, hook)
                    wait = self._poll_s
                except LoadInProgressError:
                    continue  # another process delivers
                except Exception as error:
                    wait = min(wait * 2, LONGEST_WAIT_S)
                    log.warning("webhooks_failed", error=_named(error), retry_in_s=wait)
            self._desk.sender.abort()
        self._desk.sender.close()

    def _hand_out(self, pool: ThreadPoolExecutor | None, hook: Hook) -> None:
        now = self._desk.clock.now()
        if pool is None or self._stopping.is_set() or (hook.next_at is not None and hook.next_at > now):
            return
        with self._lock:
            if hook.id in self._served:
                return
            self._served.add(hook.id)
        pool.submit(self._serve, hook.id).add_done_callback(self._done(hook))

    def _done(self, hook: Hook) -> Callable[[Future[bool]], None]:
        def done(served: Future[bool]) -> None:
            with self._lock:
                self._served.discard(hook.id)
            error = served.exception()
            if error is not None:
                log.warning("webhook_failed", webhook=hook.name, error=_named(error))
            elif served.result():
                self._woken.set()

        return done

    # --- one webhook -------------------------------------------------------------------------------------------------

    def _serve(self, id: str) -> bool:
        """Send what one webhook waits for; whether there may be more at once."""
        for _ in range(TURN):
            hook = self._desk.hooks.by_id(id)
            if hook is None or hook.state is not HookState.ACTIVE or self._stopping.is_set():
                self._readers.pop(id, None)
                return False
            if hook.next_at is not None and hook.next_at > self._desk.clock.now():
                return False
            try:
                principal = self._desk.owners.principal(hook)
                if principal is None:
                    return False
                if not self._send_next(hook, principal):
                    return False
            except WebhookOwnerError as error:
                self._pause(hook, error.seen)
                return False
            except Exception:
                self._readers.pop(id, None)  # what was read and not written down is read again
                raise
        return True

    def _send_next(self, hook: Hook, principal: Principal) -> bool:
        """Send the first message, made now where none waits; whether to go on."""
        message = self._desk.outbox.first(hook)
        if message is None:
            moved = self._write_messages(hook, principal)
            message = self._desk.outbox.first(hook)
            if message is None:
                return moved
        if not may_hear(principal, self._feed.twin.schema, message.sees):
            self._readers.pop(hook.id, None)
            self._desk.outbox.take_back(hook)
            return True
        return self._attempt(hook, message)

    def _attempt(self, hook: Hook, message: Message) -> bool:
        desk = self._desk
        try:
            keys = desk.hooks.keys(hook)
        except ConfigurationError as error:
            outcome = Outcome(None, f"{error.seen} ({error.where})")
        else:
            outcome = desk.sender.send(hook.url, keys, message.id, message.body or b"")
        reach("webhook.sent")
        if self._stopping.is_set() and not outcome.is_delivered:
            return False  # it was ended by us: no failure of the receiver's
        if outcome.is_delivered:
            desk.outbox.delivered(hook, message, outcome.status or 0)
            reach("webhook.noted")
            return True
        self._note_failure(hook, message, outcome)
        return False

    def _note_failure(self, hook: Hook, message: Message, outcome: Outcome) -> None:
        desk, failed = self._desk, hook.failures + 1
        fare: dict[str, object] = {
            "failures": failed,
            "next_at": desk.clock.now() + desk.retries.wait(failed, outcome.wait_s, desk.chance),
            "reason": outcome.error,
        }
        if outcome.status == GONE:
            fare |= {"state": HookState.DISABLED, "next_at": None}
        elif failed >= desk.retries.failures:
            seen = f"{failed} deliveries in a row failed; the last: {outcome.error}"
            fare |= {"state": HookState.PAUSED, "next_at": None, "reason": seen}
        dead = not outcome.passing and outcome.status != GONE and message.attempts + 1 >= desk.retries.refusals
        desk.outbox.failed(hook, message, outcome.status, outcome.error, dead=dead, **fare)
        log.info("webhook_not_delivered", webhook=hook.name, attempt=message.attempts + 1, error=outcome.error)

    def _pause(self, hook: Hook, reason: str) -> None:
        self._readers.pop(hook.id, None)
        self._desk.hooks.fares(hook, state=HookState.PAUSED, reason=reason, next_at=None)
        log.warning("webhook_paused", webhook=hook.name, reason=reason)

    # --- what it is told ---------------------------------------------------------------------------------------------

    def _write_messages(self, hook: Hook, principal: Principal) -> bool:
        """Make messages of what has happened, and note how far that is; whether there may be more."""
        desk, now = self._desk, self._desk.clock.now()
        drafts, position, is_more = [], hook.position, False
        if not hook.wants.events.isdisjoint(FROM_THE_LEDGER):
            changes, position, is_more = self._changes(hook, principal)
            if EventType.ALERTS in hook.wants.events:
                drafts += of_alerts(alerts_of(changes), hook.position, desk.body_bytes, desk.new_id, now)
            else:
                drafts += of_changes(changes, hook.position, desk.body_bytes, desk.new_id, now)
        mark = hook.mark
        if self._is_time_to_look(hook):
            found, mark = occurrences.look(desk.hooks.ledger, hook.wants.events & WHOLE_ESTATE, mark)
            drafts += of_occurrences(found, hook.position, desk.new_id, now)
        if drafts or mark != hook.mark or position - hook.position >= UNWRITTEN:
            sees = sight_of(principal, self._feed.twin.schema)
            desk.outbox.put(hook, drafts, sees, position=position, mark=mark)
            reach("webhook.written")
        return is_more

    def _is_time_to_look(self, hook: Hook) -> bool:
        now = self._elapsed()
        if not hook.wants.events & WHOLE_ESTATE or now - self._looked.get(hook.id, -self._look_s) < self._look_s:
            return False
        self._looked[hook.id] = now
        return True

    def _changes(self, hook: Hook, principal: Principal) -> tuple[list[Change], int, bool]:
        """What the next batches say to somebody, the position after them, and whether there are more."""
        reader = self._readers.get(hook.id)
        if reader is None or reader.position < hook.position:
            reader = self._readers[hook.id] = self._feed.reader(self._wanted(hook), hook.position, patient=True)
        found: list[Change] = []
        for _ in range(BATCHES):
            told = reader.read(principal)
            if told is None:
                return found, reader.position, False
            found += told
        return found, reader.position, True

    def _wanted(self, hook: Hook) -> Wanted:
        return hook.wants.of_changes(self._feed.twin.schema, self._desk.filters)


def _named(error: BaseException) -> str:
    """An error as the log may have it: ours in their words, others by their kind only."""
    return str(error) if isinstance(error, JumeauError) else type(error).__name__
