"""The batches of a ledger as changes, read once for all who listen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from core.clock import in_utc
from graph.history.events import Event
from graph.history.ledger import Ledger
from services.changes.change import Change

KEPT = 8
"""Batches that stay read: listeners that keep up ask for the same ones."""


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """One batch of main: at most one event per element, with what became visible at once."""

    first: int
    last: int
    source: str
    at: datetime
    events: tuple[Event, ...]
    changes: tuple[Change, ...]


class ChangeBatches:
    """Reads batches of one ledger. Safe for several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.read = lru_cache(KEPT)(self._read)

    def after(self, sequence: int) -> list[tuple[int, int, int]]:
        """(number, first, last) of the batches with events after that one, in order."""
        return [found for found in self._ledger.batches(sequence) if found[2] >= found[1]]

    def _read(self, number: int, first: int, last: int) -> ChangeBatch:
        batch = self._ledger.batches_by_number([number])[number]
        at = in_utc(batch.recorded_at)
        recorded = list(self._ledger.events(first, last))
        changes = (Change.of(one.sequence, one.event, batch.source, at) for one in recorded)
        return ChangeBatch(
            first,
            last,
            batch.source,
            at,
            tuple(one.event for one in recorded),
            tuple(change for change in changes if _says_something(change)),
        )


def _says_something(change: Change) -> bool:
    return change.previous_kind is not None or change.before != change.after
