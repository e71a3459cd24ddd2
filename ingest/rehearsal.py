"""A load without its writes: the difference that it would make, counted in full and shown in part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from graph.history.ledger import Event, Ledger, Run, State
from graph.history.selection import nodes_of_kinds
from graph.history.sightings import Sightings
from graph.model import Operation, Properties, Scalar
from graph.schema.model import Schema
from ingest.known_items import with_known_items
from ingest.matching import Matcher
from ingest.retirement import Retirements
from ingest.sources.contract import Extract

SHOWN = 500
"""Changes that a difference lists one by one."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one attribute, or of a whole element (`attribute` empty). Relations are named `start -> end`."""

    operation: Operation
    kind: str
    name: str
    attribute: str = ""
    before: Scalar | None = None
    after: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What would change. `counts` is by (kind, operation), `attributes` by (kind, attribute) of changed elements."""

    counts: Mapping[tuple[str, Operation], int]
    attributes: Mapping[tuple[str, str], int]
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """The difference as JSON-ready data; `changes` are the first of them."""
        return {
            "counts": [
                {"kind": kind, "operation": operation.value, "count": count}
                for (kind, operation), count in sorted(self.counts.items())
            ],
            "attributes": [
                {"kind": kind, "attribute": attribute, "count": count}
                for (kind, attribute), count in sorted(self.attributes.items())
            ],
            "changes": [
                {
                    "operation": change.operation.value,
                    "kind": change.kind,
                    "name": change.name,
                    "attribute": change.attribute or None,
                    "before": change.before,
                    "after": change.after,
                }
                for change in self.changes
            ],
        }


class Rehearsal:
    """Stands where the ledger stands in a load: reads from it, keeps what would be appended to itself.

    A load asks the ledger only for what it has not told itself, so that nothing need be written between batches.
    """

    def __init__(self, ledger: Ledger, schema: Schema) -> None:
        self._ledger = ledger
        self._schema = schema
        self._ignored = schema.bookkeeping_kinds | schema.bookkeeping_relations
        self._counts: Counter[tuple[str, Operation]] = Counter()
        self._attributes: Counter[tuple[str, str]] = Counter()
        self._shown: list[Event] = []
        self._names: dict[str, str] = {}

    def known_items(self, extract: Extract) -> Extract:
        """The export with its names of elements resolved as the load would."""
        return with_known_items(extract, partial(nodes_of_kinds, self._ledger), self._schema)

    def matcher(self, source: str) -> Matcher:
        """What finds the elements that rows of a source mean."""
        return Matcher(self._schema, self._ledger, source)

    def retirements(self, source: str) -> Retirements:
        """What finds the elements that a source tells no more."""
        return Retirements(self._ledger, source, self._schema, Sightings(self._ledger))

    def sequence(self) -> int:
        return self._ledger.sequence()

    def identities(self, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        return self._ledger.identities(keys)

    def states(self, elements: Sequence[str]) -> dict[str, State]:
        return self._ledger.states(elements)

    def kinds(self, elements: Sequence[str]) -> dict[str, str]:
        return self._ledger.kinds(elements)

    def edges_of(self, nodes: Sequence[str]) -> list[State]:
        return self._ledger.edges_of(nodes)

    def ends(self, relation: str) -> Iterator[tuple[str, str]]:
        return self._ledger.ends(relation)

    def append(
        self,
        run: Run,
        events: Sequence[Event],
        *,
        identities: Mapping[str, tuple[str, str]] | None = None,
        cursor: Mapping[str, Any] | None = None,
        counters: Mapping[str, int] | None = None,
        known_to: int | None = None,
        also: Callable[[Connection, int], None] | None = None,
    ) -> tuple[int, int]:
        """Note the events; nothing is written."""
        self.note(events)
        return 1, 0

    def note(self, events: Iterable[Event]) -> None:
        """Take in events that a load, or another change, would make."""
        for event in events:
            if event.kind in self._ignored:
                continue
            self._counts[event.kind, event.operation] += 1
            if event.operation in (Operation.UPDATE, Operation.RECLASSIFY):
                self._attributes.update((event.kind, name) for name in _changed(event))
            if not event.edge and event.after is not None:
                self._names[event.element] = _name(event.after, event.element)
            if len(self._shown) < SHOWN:
                self._shown.append(event)

    def difference(self) -> Difference:
        """What the load would have changed."""
        changes = [change for event in self._named() for change in self._changes(event)]
        return Difference(dict(self._counts), dict(self._attributes), tuple(changes[:SHOWN]))

    def _named(self) -> Iterable[Event]:
        ends = {end for event in self._shown for end in (event.start, event.end) if end is not None}
        for element, state in self._ledger.states(sorted(ends - self._names.keys())).items():
            self._names[element] = _name(state.properties, element)
        return self._shown

    def _changes(self, event: Event) -> Iterator[Change]:
        if event.edge:
            name = f"{self._names.get(event.start or '', event.start)} -> {self._names.get(event.end or '', event.end)}"
        else:
            name = _name(event.after or event.before or {}, event.element)
        if event.operation in (Operation.CREATE, Operation.DELETE):
            yield Change(event.operation, event.kind, name)
            return
        if event.previous_kind is not None:
            yield Change(event.operation, event.kind, name, "kind", event.previous_kind, event.kind)
        before, after = event.before or {}, event.after or {}
        for attribute in _changed(event):
            yield Change(event.operation, event.kind, name, attribute, before.get(attribute), after.get(attribute))


def _changed(event: Event) -> list[str]:
    before, after = event.before or {}, event.after or {}
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _name(properties: Properties, element: str) -> str:
    return next((str(properties[n]) for n in ("name", "number", "cve", "pseudonym") if n in properties), element)
