"""The history of an element, by the name that people give it."""

from __future__ import annotations

from typing import Any

from core.errors import NotFoundError
from graph.history.timeline import HistoryEntry, Timeline
from services.catalogue import CatalogueService
from services.cells import to_json
from services.twin import Twin

ROOT = "ConfigurationItem"


class HistoryService:
    """Answers who changed what, when, from which source."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._timeline = Timeline(twin.ledger)

    def of(self, named: str, *, kind: str = ROOT, relations: bool = False) -> dict[str, Any]:
        """The history of the element with that id, name, number, code or alias, as JSON-ready data.

        An element that is gone is found by its id. Raises NotFoundError, UsageError.
        """
        entries = self._timeline.of(named, relations=relations)
        element = named
        if not entries:
            if kind not in self._twin.schema.descendants:
                raise NotFoundError(f"no kind is called {kind!r}", where="schema", hint="see `jumeau schema`")
            element = CatalogueService(self._twin).resolve(kind, named)
            entries = self._timeline.of(element, relations=relations)
        names = self._names(entries)
        return {"element": element, "entries": [_entry(entry, names) for entry in entries]}

    def _names(self, entries: list[HistoryEntry]) -> dict[str, str]:
        others = sorted({entry.other for entry in entries if entry.other is not None})
        states = self._twin.ledger.states(others)
        return {
            e: str(next((s.properties[n] for n in ("name", "number") if n in s.properties), e))
            for e, s in states.items()
        }


def _entry(entry: HistoryEntry, names: dict[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = to_json(entry.to_dict())
    return {**content, "other_name": names.get(entry.other or "")}
