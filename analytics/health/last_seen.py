"""When each element was last told by a source, as of that source's data, and by which sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from core.clock import in_utc
from graph.history.ledger import Ledger
from graph.history.sightings import Sightings, packed


class LastSeen:
    """Reads sightings, and for what no source tells any more, the moment of its last event."""

    def __init__(self, ledger: Ledger, freshness: Mapping[str, datetime]) -> None:
        """`freshness`: for each source, the moment that its data is of."""
        self._ledger = ledger
        self._freshness = freshness

    def of(self, elements: list[str]) -> dict[str, tuple[datetime, tuple[str, ...]]]:
        """For each element, when it was last told and the sources that tell it, in order of name."""
        sightings = Sightings(self._ledger).by_source()
        sources = sorted(sightings)
        found: dict[str, tuple[datetime, tuple[str, ...]]] = {}
        unseen: list[str] = []
        for element in elements:
            key = packed(element)
            telling = tuple(source for source in sources if key in sightings[source])
            dates = [self._freshness[source] for source in telling if source in self._freshness]
            if dates:
                found[element] = max(dates), telling
            else:
                unseen.append(element)
        found.update(self._by_last_event(unseen))
        return found

    def _by_last_event(self, elements: list[str]) -> dict[str, tuple[datetime, tuple[str, ...]]]:
        if not elements:
            return {}
        events = self._ledger.last_events(elements)
        recorded = self._ledger.recorded(sorted(set(events.values())))
        batches = self._ledger.batches_by_number(sorted({event.batch for event in recorded.values()}))
        never = datetime.min.replace(tzinfo=UTC)
        found: dict[str, tuple[datetime, tuple[str, ...]]] = {}
        for element in elements:
            batch = batches[recorded[events[element]].batch] if element in events else None
            found[element] = (never if batch is None else in_utc(batch.recorded_at), ())
        return found
