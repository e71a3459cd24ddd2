"""One call at a door, from when it knocks until it has ended: what becomes known of it on the way, and its entries."""

from __future__ import annotations

from http import HTTPStatus
from time import perf_counter

from core.clock import Clock
from core.principal import LOCAL_OPERATOR, NOBODY
from core.sensitive import NEVER_KEPT, masked
from services.audit.entry import Entry, Outcome, digest_of_text, outcome_of
from services.audit.recorder import Recorder


class Call:
    """What is known of one call. Without a recorder nothing is kept of it: a service that is used without any door.

    `actor` is what whoever sits at this machine is called; `keeps_text` says that the text asked is kept beside its digest.
    """

    def __init__(
        self,
        clock: Clock,
        recorder: Recorder | None = None,
        *,
        door: str = "",
        actor: str = "operator",
        keeps_text: bool = False,
    ) -> None:
        self.door = door
        self.principal = NOBODY
        self.action: str | None = None
        self.target: str | None = None
        self.reason: str | None = None
        self.rows: int | None = None
        self.sequence: int | None = None
        self.code: str | None = None
        self.status: int | None = None  # of the error that it ended with
        self.is_kept = True  # some calls are nobody's business, such as whether the server lives
        self._clock = clock
        self._recorder = recorder
        self._actor = actor
        self._keeps_text = keeps_text
        self._digest: str | None = None
        self._text: str | None = None
        self._began: int | None = None
        self._started = perf_counter()

    @property
    def has_begun(self) -> bool:
        """Whether it is on record that this call is about to do something."""
        return self._began is not None

    def asked(self, text: str) -> None:
        """Note the text of a question: its digest, and itself where that is wanted, without the secrets and the persons in it."""
        self._digest = digest_of_text(text)
        self._text = masked(text, NEVER_KEPT) if self._keeps_text else None

    def told(self, rows: int, sequence: int | None = None) -> None:
        """Note how much the answer holds, and the ledger's sequence number then; several parts of an answer add up."""
        self.rows = rows + (self.rows or 0)
        self.sequence = self.sequence if sequence is None else sequence

    def ended_with(self, code: str, status: int) -> None:
        """Note the error that the call is refused or failed with."""
        self.code, self.status = code, status

    def within(self, target: str) -> Call:
        """A part of this call that leaves an entry of its own: by the same asker, at the same door."""
        part = Call(self._clock, self._recorder, door=self.door, actor=self._actor, keeps_text=self._keeps_text)
        part.principal, part.action, part.target = self.principal, self.action, target
        return part

    def close(self) -> None:
        """Put on record how it ended, where no response does. Blocks. Raises AuditUnavailableError."""
        if self._recorder is None:
            return
        entry = self.entry(outcome_of(self.status or HTTPStatus.OK))
        if self.has_begun:
            self._recorder.end(entry)
        elif not self._recorder.offer(entry):
            self._recorder.note(entry)

    def begin(self) -> None:
        """Put on record that this is about to be done, before it is. Where it raises, it must not be."""
        if self._recorder is not None and not self.has_begun:
            self._began = self._recorder.write(self.entry(Outcome.BEGUN))

    def entry(self, outcome: Outcome) -> Entry:
        """What is known by now, as an entry."""
        has_ended = outcome is not Outcome.BEGUN
        return Entry(
            at=self._clock.now(),
            who=f"{self.principal.id}:{self._actor}" if self.principal == LOCAL_OPERATOR else self.principal.id,
            door=self.door,
            outcome=outcome,
            roles=self.principal.roles,
            token=self.principal.token,
            action=self.action,
            code=self.code,
            began=self._began,
            target=self.target,
            reason=self.reason,
            asked_sha256=self._digest,
            asked=self._text,
            rows=self.rows,
            duration_us=round((perf_counter() - self._started) * 1e6) if has_ended else None,
            sequence=self.sequence,
        )
