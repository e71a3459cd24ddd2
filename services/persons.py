"""Who is behind a pseudonym, and what was done about it: always with a reason, always noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.clock import Clock, clock_for
from core.settings import Settings
from graph.history.ledger import Ledger
from graph.history.subjects import Access, Subjects
from services.twin import open_ledger


@dataclass(frozen=True, slots=True)
class PersonService:
    """The persons of one twin. Safe for several threads: each call opens what it needs."""

    ledger: Ledger
    clock: Clock
    settings: Settings

    def reveal(self, pseudonym: str, actor: str, reason: str) -> str:
        """What a source called this person. Raises NotFoundError, UsageError without a reason, PersonalSecretError."""
        return self._subjects().reveal(pseudonym, actor, reason)

    def erase(self, pseudonym: str, actor: str, reason: str) -> None:
        """Destroy what is behind a pseudonym, for good. Raises NotFoundError, UsageError without a reason."""
        self._subjects().erase(pseudonym, actor, reason)

    def accesses(self) -> list[Access]:
        """Who looked behind pseudonyms or erased them, oldest first."""
        return self._subjects().accesses()

    def _subjects(self) -> Subjects:
        return Subjects(self.ledger, self.clock, self.settings.personal_secret)


@contextmanager
def _opened(settings: Settings) -> Iterator[PersonService]:
    _, ledger = open_ledger(settings)
    try:
        yield PersonService(ledger, clock_for(settings.now), settings)
    finally:
        ledger.close()


def reveal(settings: Settings, pseudonym: str, reason: str) -> str:
    """`PersonService.reveal`, by whoever the settings name."""
    with _opened(settings) as persons:
        return persons.reveal(pseudonym, settings.actor, reason)


def erase(settings: Settings, pseudonym: str, reason: str) -> None:
    """`PersonService.erase`, by whoever the settings name."""
    with _opened(settings) as persons:
        persons.erase(pseudonym, settings.actor, reason)


def accesses(settings: Settings) -> list[Access]:
    """`PersonService.accesses`."""
    with _opened(settings) as persons:
        return persons.accesses()
