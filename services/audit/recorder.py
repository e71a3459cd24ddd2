"""Brings entries to the trail: those of questions behind their answers, many in one transaction; the others before they go on.

A question's entry waits in memory for some hundredths of a second. What waits is bounded: where the trail cannot keep up, or does
not work, questions wait and are then refused. What has to be on record first is written by who does it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Condition, Lock, Thread
from typing import Final

import structlog

from core.clock import Clock
from core.errors import JumeauError
from services.audit.chain import RETENTION
from services.audit.entry import Entry, Outcome
from services.audit.trail import AuditUnavailableError, Trail, audit_url
from services.twin import Twin

ROOM: Final = 10_000
LINGER_S: Final = 0.05
"""How long an entry waits for others to share its transaction."""
PATIENCE_S: Final = 10.0
"""How long a question waits for room."""
_RETRY_S: Final = 30.0  # between two attempts on a trail that does not work, at most
_HOUR_S: Final = 3_600.0  # after which a recorder that has nothing to write looks what is too old
_BATCH: Final = 1_000

log = structlog.get_logger(__name__)


def recorder_of(twin: Twin) -> Recorder:
    """What writes the trail of an open twin."""
    trail = Trail(audit_url(twin.settings.ledger_url))
    return Recorder(trail, twin.clock, sequence=twin.ledger.sequence, days=twin.settings.audit_days)


class Recorder:
    """Writes entries to one trail. Safe for several threads. Without `start` each entry is written by who notes it.

    What cannot be written is told as the trail tells it: AuditUnavailableError, DiskFullError, StoreReadOnlyError and so on.

    `sequence` tells the ledger's present sequence number, for entries without one. `days` is how long entries are kept; None
    for ever.
    """

    def __init__(
        self,
        trail: Trail,
        clock: Clock,
        *,
        sequence: Callable[[], int | None] = lambda: None,
        days: int | None = None,
        room: int = ROOM,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.trail = trail
        self.clock = clock
        self._sequence = sequence
        self._days = days
        self._room = room
        self._patience_s = patience_s
        self._waiting: deque[Entry] = deque()
        self._changed = Condition()
        self._writing = Lock()
        self._failing: JumeauError | None = None
        self._stopping = False
        self._thread: Thread | None = None
        self._purged_on: datetime | None = None

    def start(self) -> None:
        """Write behind from now on, in a thread, which also takes away what is no longer kept."""
        self._stopping = False
        self._thread = Thread(target=self._run, name="audit-recorder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits and let go of the trail. What cannot be written any more is told to the log."""
        if self._thread is not None:
            with self._changed:
                self._stopping = True
                self._changed.notify_all()
            self._thread.join()
            self._thread = None
        try:
            self.flush()
        except JumeauError as error:
            log.error("audit_entries_lost", entries=len(self._waiting), error=str(error))
        self.trail.close()

    def offer(self, entry: Entry) -> bool:
        """Note an entry where that takes no time; else tell so, and `note` has to wait."""
        with self._changed:
            if self._thread is None or len(self._waiting) >= self._room:
                return False
            self._waiting.append(entry)
            self._changed.notify_all()
            return True

    def note(self, entry: Entry) -> None:
        """Note an entry to be written soon; it waits for room. Raises AuditUnavailableError where there is none in time."""
        if self._thread is None:
            self.write(entry)
            return
        with self._changed:
            has_room = self._changed.wait_for(
                lambda: len(self._waiting) < self._room or self._failing is not None, self._patience_s
            )
            if len(self._waiting) >= self._room or not has_room:
                raise AuditUnavailableError(
                    f"{len(self._waiting)} entries wait to be written to the audit trail",
                    where=self.trail.url,
                    hint="ask again later; the server's log says what is wrong",
                ) from self._failing
            self._waiting.append(entry)
            self._changed.notify_all()

    def write(self, entry: Entry) -> int:
        """Write an entry, and all that waits before it; its number. Where it raises, it is not kept."""
        return self._write([entry])[0]

    def end(self, entry: Entry) -> None:
        """Write how something ended of which the beginning is on record; where that fails it is kept and tried again."""
        try:
            self.write(entry)
        except JumeauError as error:
            log.error("audit_end_not_written", began=entry.began, outcome=entry.outcome.value, error=str(error))
            with self._changed:
                self._waiting.append(entry)

    def flush(self) -> None:
        """Write what waits. Where it raises, it is kept."""
        self._write([])

    def settled(self) -> Trail:
        """The trail with all that was noted by now; what cannot be written is no reason not to read the rest."""
        with suppress(JumeauError):
            self.flush()
        return self.trail

    def purge(self) -> int:
        """Take away what is no longer kept; how many entries."""
        if self._days is None:
            return 0
        now = self.clock.now()
        who = Entry(now, RETENTION, RETENTION, Outcome.ANSWERED, action="purge", sequence=self._present())
        return self.trail.purge(now - timedelta(days=self._days), who)

    def _write(self, also: list[Entry]) -> list[int]:
        """Write what waits, then these, in transactions of some size; the numbers of these."""
        with self._writing:
            while True:
                with self._changed:
                    taken = [self._waiting[place] for place in range(min(len(self._waiting), _BATCH))]
                    is_last = len(taken) == len(self._waiting)
                entries = [*taken, *also] if is_last else taken
                if not entries:
                    return []
                try:
                    numbers = self.trail.append(self._dated(entries))
                except JumeauError as error:
                    self._failing = error
                    raise
                with self._changed:
                    self._failing = None
                    for _ in taken:
                        self._waiting.popleft()
                    self._changed.notify_all()
                if is_last:
                    return numbers[len(taken) :]

    def _dated(self, entries: list[Entry]) -> list[Entry]:
        if all(entry.sequence is not None for entry in entries):
            return entries
        present = self._present()
        return [entry if entry.sequence is not None else replace(entry, sequence=present) for entry in entries]

    def _present(self) -> int | None:
        """The ledger's sequence number; None where the ledger does not answer, which is no reason to keep nothing."""
        try:
            return self._sequence()
        except JumeauError:
            return None

    def _run(self) -> None:
        wait = 0.0
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._stopping, wait):
                    return
            try:
                self.flush()
                self._purge_daily()
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping or self._waiting, _HOUR_S)
                wait = LINGER_S
            except Exception as error:  # whatever it is: a thread that ends would keep every entry waiting
                wait = min(max(wait, LINGER_S) * 2, _RETRY_S)
                log.error("audit_failing", error=str(error), waiting=len(self._waiting), retry_in_s=wait)

    def _purge_daily(self) -> None:
        now = self.clock.now()
        if self._purged_on is None or now - self._purged_on >= timedelta(days=1):
            gone = self.purge()
            self._purged_on = now
            if gone:
                log.warning("audit_purged", entries=gone)
