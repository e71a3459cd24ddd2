"""Who is behind a pseudonym, and what was done about it: always with a reason, always noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.clock import clock_for
from core.settings import Settings
from graph.history.subjects import Access, Subjects
from services.twin import open_ledger


def reveal(settings: Settings, pseudonym: str, reason: str) -> str:
    """What a source called this person. Raises NotFoundError, UsageError without a reason, PersonalSecretError."""
    with _subjects(settings) as subjects:
        return subjects.reveal(pseudonym, settings.actor, reason)


def erase(settings: Settings, pseudonym: str, reason: str) -> None:
    """Destroy what is behind a pseudonym, for good. Raises NotFoundError, UsageError without a reason."""
    with _subjects(settings) as subjects:
        subjects.erase(pseudonym, settings.actor, reason)


def accesses(settings: Settings) -> list[Access]:
    """Who looked behind pseudonyms or erased them, oldest first."""
    with _subjects(settings) as subjects:
        return subjects.accesses()


@contextmanager
def _subjects(settings: Settings) -> Iterator[Subjects]:
    _, ledger = open_ledger(settings)
    try:
        yield Subjects(ledger, clock_for(settings.now), settings.personal_secret)
    finally:
        ledger.close()
