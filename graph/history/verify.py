"""Does a backend hold what the ledger says, and nothing else? Differences are named, element by element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph.history.checksum import PERIMETERS, ContentChecksum, checksum_of, differing_kinds
from graph.history.ledger import Ledger, State
from graph.history.perimeters import every_perimeter, stored
from graph.model import Properties
from graph.repository import GraphRepository
from graph.schema.model import Schema

FIRST = 20
"""Differences that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One element that is not what the ledger says; `attribute` is None where the whole element is concerned."""

    kind: str
    element: str
    problem: str  # missing, unexpected, changed
    attribute: str | None = None
    expected: Any = None
    found: Any = None


@dataclass(frozen=True, slots=True)
class BackendReport:
    """What one backend holds, against the ledger."""

    url: str
    sequence: int
    checksum: str
    counts: Mapping[str, int]
    equal: bool
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """The ledger's own checksum and each backend beside it."""

    sequence: int
    checksum: str
    counts: Mapping[str, int]
    backends: tuple[BackendReport, ...]

    @property
    def equal(self) -> bool:
        return all(backend.equal for backend in self.backends)


def ledger_checksum(ledger: Ledger, schema: Schema) -> ContentChecksum:
    """Sum up the ledger's present states."""
    total = ContentChecksum(schema)
    expected = _Expected(ledger, schema)
    for state in ledger.present():
        place = state.start or "", state.end or ""
        total.add(state.kind, state.element, *place, state.properties, expected.perimeters(state))
    return total


class _Expected:
    """The perimeters that each node should have."""

    def __init__(self, ledger: Ledger, schema: Schema) -> None:
        self._schema = schema
        self._names = every_perimeter(ledger)

    def perimeters(self, state: State) -> tuple[str, ...]:
        return () if state.edge else stored(state.kind, self._names.get(state.element, frozenset()), self._schema)


def verify(ledger: Ledger, schema: Schema, repositories: list[GraphRepository]) -> Verification:
    """Compare each backend with the ledger at its present sequence."""
    sequence, expected = ledger.sequence(), ledger_checksum(ledger, schema)
    reports = [_report(ledger, expected, sequence, repository) for repository in repositories]
    return Verification(sequence, expected.checksum(), dict(sorted(expected.counts.items())), tuple(reports))


def _report(ledger: Ledger, expected: ContentChecksum, sequence: int, repository: GraphRepository) -> BackendReport:
    found = checksum_of(repository)
    kinds = set(differing_kinds(expected.sums, found.sums))
    kinds |= {k for k in expected.counts.keys() | found.counts.keys() if expected.counts.get(k) != found.counts.get(k)}
    at = repository.watermark()
    return BackendReport(
        url=repository.url,
        sequence=at,
        checksum=found.checksum(),
        counts=dict(sorted(found.counts.items())),
        equal=not kinds and at == sequence,
        differences=tuple(_differences(ledger, repository, kinds)) if kinds else (),
    )


def _differences(ledger: Ledger, repository: GraphRepository, kinds: set[str]) -> list[Difference]:
    """The first differences among elements of the kinds that differ, ordered by kind and element."""
    wanted = {s.element: s for s in ledger.present() if s.kind in kinds}
    expected = _Expected(ledger, repository.schema)
    named: list[Difference] = []
    seen: set[str] = set()
    for found in _elements(repository, kinds):
        state = wanted.get(found.element)
        seen.add(found.element)
        if state is None:
            named.append(Difference(found.kind, found.element, "unexpected"))
        else:
            named.extend(_attributes(_Held.of(state, expected.perimeters(state)), found))
    named += [Difference(s.kind, s.element, "missing") for s in wanted.values() if s.element not in seen]
    return sorted(named, key=lambda d: (d.kind, d.element, d.attribute or ""))[:FIRST]


@dataclass(frozen=True, slots=True)
class _Held:
    """An element as the ledger or a backend has it."""

    kind: str
    element: str
    start: str
    end: str
    properties: Properties
    perimeters: tuple[str, ...] = ()

    @staticmethod
    def of(state: State, perimeters: tuple[str, ...]) -> _Held:
        return _Held(state.kind, state.element, state.start or "", state.end or "", state.properties, perimeters)

    def values(self) -> dict[str, Any]:
        place = {"(kind)": self.kind, "(start)": self.start, "(end)": self.end, PERIMETERS: self.perimeters}
        return {**{name: value for name, value in self.properties.items() if name != "id"}, **place}


def _elements(repository: GraphRepository, kinds: set[str]) -> Iterator[_Held]:
    for node in repository.nodes():
        if node.kind in kinds:
            yield _Held(node.kind, node.id, "", "", node.properties, node.perimeters)
    for edge in repository.edges():
        if edge.type in kinds:
            yield _Held(edge.type, edge.id, edge.start, edge.end, edge.properties)


def _attributes(wanted: _Held, held: _Held) -> Iterator[Difference]:
    expected, found = wanted.values(), held.values()
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name) or type(expected.get(name)) is not type(found.get(name)):
            yield Difference(held.kind, wanted.element, "changed", name, expected.get(name), found.get(name))
