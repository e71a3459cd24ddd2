"""How fresh each source is: the moment that its data is of, as it stood at the sequence that an answer reflects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from sqlalchemy import select

from graph.history import tables
from graph.history.ledger import Ledger
from graph.model import Operation, Properties
from ingest.identity import natural_key
from ingest.undo import UNDONE

KEPT = 16
"""Sequence numbers whose freshness is kept: answers of the present share one, time travel has a few more."""


class SourceFreshness:
    """Reads when the data of each source was extracted. Safe for several threads; read once per sequence number."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[int, dict[str, datetime]] = {}
        self._lock = Lock()

    def at(self, sequence: int) -> Mapping[str, datetime]:
        """For each source that was loaded by then, the moment (UTC) that its data is of, in order of name."""
        found = self._known.get(sequence)
        if found is None:
            found = self._read(sequence)
            with self._lock:
                while len(self._known) >= KEPT:
                    self._known.pop(next(iter(self._known)))
                self._known[sequence] = found
        return found

    def to_dict(self, sequence: int) -> dict[str, Any]:
        """The same, as JSON has it."""
        return {source: instant.isoformat() for source, instant in self.at(sequence).items()}

    def _read(self, sequence: int) -> dict[str, datetime]:
        with self._ledger.reading() as connection:
            sources = sorted(connection.execute(select(tables.run.c.source).distinct()).scalars())
        keys = {natural_key("DataSource", source): source for source in sources}
        elements = {element: keys[key] for key, (element, _) in self._ledger.identities(list(keys)).items()}
        states = self._states(list(elements), sequence)
        found = {
            elements[element]: instant
            for element, properties in states.items()
            if isinstance(instant := properties.get("freshness"), datetime)
        }
        return {source: found[source].astimezone(UTC) for source in sorted(found)}

    def _states(self, elements: list[str], sequence: int) -> dict[str, Properties]:
        """What these elements were at a sequence number, walking back from their last events.

        What a run noted that was taken back since counts for nothing.
        """
        found: dict[str, Properties] = {}
        places = list(self._ledger.last_events(elements).values())
        undone = self._undone()
        while places:
            earlier: list[int] = []
            events = self._ledger.recorded(places)
            batches = self._ledger.batches_by_number(sorted({recorded.batch for recorded in events.values()}))
            for place, recorded in events.items():
                event = recorded.event
                if place <= sequence and batches[recorded.batch].run not in undone:
                    if event.operation is not Operation.DELETE and event.after is not None:
                        found[event.element] = event.after
                elif recorded.previous is not None:
                    earlier.append(recorded.previous)
            places = earlier
        return found

    def _undone(self) -> frozenset[str]:
        with self._ledger.reading() as connection:
            return frozenset(connection.execute(select(tables.run.c.id).where(tables.run.c.status == UNDONE)).scalars())
