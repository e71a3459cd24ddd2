"""What listeners are told: one change of one element, and which changes they want to hear of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.errors import NotFoundError
from graph.history.events import Event
from graph.model import Operation, Properties
from graph.schema.fields import did_you_mean
from graph.schema.model import Schema
from services.cells import to_json

Matches = Callable[[str, str, Properties], bool]
"""Whether an element fits a filter: its id, its kind and its attributes."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as the ledger holds it or as a restricted listener sees it. `at` is when its batch was recorded, UTC."""

    sequence: int
    operation: Operation
    element: str
    edge: bool
    kind: str
    before: Properties | None
    after: Properties | None
    start: str | None
    end: str | None
    previous_kind: str | None
    source: str
    at: datetime

    @classmethod
    def of(cls, sequence: int, event: Event, source: str, at: datetime) -> Change:
        """The change that an event is."""
        return cls(
            sequence,
            event.operation,
            event.element,
            event.edge,
            event.kind,
            event.before,
            event.after,
            event.start,
            event.end,
            event.previous_kind,
            source,
            at,
        )

    def as_entered(self) -> Change:
        """The change for somebody who did not see the element before: it appears as it is."""
        return replace(self, operation=Operation.CREATE, before=None, previous_kind=None)

    def as_left(self) -> Change:
        """The change for somebody who sees the element no more: it goes, and nothing is told of what it has become."""
        kind = self.previous_kind or self.kind
        return replace(self, operation=Operation.DELETE, kind=kind, after=None, previous_kind=None)

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON-ready data; `changes` by attribute."""
        before: Mapping[str, Any] = self.before or {}
        after: Mapping[str, Any] = self.after or {}
        changes = [
            {"attribute": name, "before": to_json(before.get(name)), "after": to_json(after.get(name))}
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        ]
        if self.previous_kind is not None:
            changes.insert(0, {"attribute": "(kind)", "before": self.previous_kind, "after": self.kind})
        named = after or before
        return {
            "sequence": self.sequence,
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "operation": self.operation.value,
            "element": self.element,
            "kind": self.kind,
            "name": next((str(named[key]) for key in ("name", "number") if key in named), None),
            "start": self.start,
            "end": self.end,
            "source": self.source,
            "changes": changes,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes a listener hears of: of these kinds and relation types, of these elements, fitting the filter.

    A change fits where the element did before it, or does after it.
    """

    kinds: frozenset[str]
    elements: frozenset[str] | None = None
    matches: Matches | None = None

    @classmethod
    def of(
        cls, schema: Schema, kinds: Iterable[str] | None, elements: Iterable[str] | None, matches: Matches | None
    ) -> Wanted:
        """Kinds may be generic; by default all but bookkeeping and simulated state. Raises NotFoundError."""
        if kinds is None:
            nodes = set(schema.concrete) - schema.bookkeeping_kinds - schema.simulated_kinds
            relations = set(schema.relations) - schema.bookkeeping_relations - schema.simulated_relations
            wanted = frozenset(nodes | relations)
        else:
            wanted = frozenset(one for name in kinds for one in _covered(schema, name))
        return cls(wanted, None if elements is None else frozenset(elements), matches)

    def fits(self, change: Change) -> bool:
        """Whether a change is wanted."""
        if change.kind not in self.kinds and change.previous_kind not in self.kinds:
            return False
        if self.elements is not None and change.element not in self.elements:
            return False
        if self.matches is None:
            return True
        was, is_ = change.before, change.after
        kind_before = change.previous_kind or change.kind
        return (was is not None and self.matches(change.element, kind_before, was)) or (
            is_ is not None and self.matches(change.element, change.kind, is_)
        )


def _covered(schema: Schema, name: str) -> Iterable[str]:
    if name in schema.relations:
        return (name,)
    found = schema.descendants.get(name)
    if found is None:
        known = [*schema.descendants, *schema.relations]
        raise NotFoundError(f"no kind or relation is called {name!r}", where="kinds", hint=did_you_mean(name, known))
    return found
