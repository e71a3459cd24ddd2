"""Which relations join two kinds that a question mentions together: preferred ways as data, else the shortest of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from heapq import heappop, heappush
from typing import Final

from agent.language.idioms import Idioms
from agent.language.meanings import Step, Way, is_a
from graph.schema.model import Attribute, Schema

LONGEST: Final = 3
_HUBS: Final = frozenset(
    {
        "Team",
        "Entity",
        "Perimeter",
        "Person",
        "Supplier",
        "Policy",
        "Contract",
        "Site",
        "ComplianceCheck",
        "TreatmentPlan",
    }
)
"""Kinds that join what has nothing to do with each other: no way leads through one unless it is preferred."""
_LEFT_OUT: Final = frozenset({"simulation", "bookkeeping"})


class Ways:
    """Ways between kinds of one schema. Read-only but for what it remembers."""

    def __init__(self, schema: Schema, idioms: Idioms) -> None:
        self.schema, self.idioms = schema, idioms
        self._known: dict[tuple[str, str, str, bool | None], tuple[Way, float] | None] = {}

    @cached_property
    def _edges(self) -> list[tuple[str, str, str, float]]:
        preferred = {(s.relation) for way in self.idioms.ways for s in way.steps}
        edges = []
        for relation in self.schema.relations.values():
            if relation.bookkeeping or relation.group in _LEFT_OUT:
                continue
            for triple in relation.triples:
                if triple.end == "Element" or (triple.start == "Element" and relation.name != "IN_PERIMETER"):
                    continue
                edges.append((triple.start, relation.name, triple.end, 1.0 if relation.name in preferred else 1.6))
        return edges

    @cached_property
    def of_relations(self) -> dict[str, str]:
        """Vocabularies that no element has an attribute of, and the attributes of relations that they are of."""
        common = [set(one.attributes) for one in self.schema.relations.values() if not one.bookkeeping]
        everywhere = set.intersection(*common) if common else set()
        own = {a.enum for kind in self.schema.kinds.values() for a in kind.attributes.values()}
        return {
            one.enum: one.name
            for one in self._declared()
            if one.enum and one.enum not in own and one.name not in everywhere
        }

    def _declared(self) -> Iterator[Attribute]:
        for relation in self.schema.relations.values():
            if not relation.bookkeeping:
                yield from relation.attributes.values()

    def overlap(self, one: str, other: str) -> bool:
        """Whether an element may be of both kinds."""
        return is_a(self.schema, one, other) or is_a(self.schema, other, one)

    def between(
        self, start: str, end: str, relation: str = "", forward: bool | None = None
    ) -> tuple[Way, float] | None:
        """The best way from a kind to another and its cost, through a relation (in a direction) where one is said."""
        key = (start, end, relation, forward)
        if key not in self._known:
            self._known[key] = self._find(start, end, relation, forward)
        return self._known[key]

    def _find(self, start: str, end: str, relation: str, forward: bool | None) -> tuple[Way, float] | None:
        if relation:
            direct = [
                way
                for way in self._direct(start, end)
                if way.steps[0].relation == relation and forward in (None, way.steps[0].forward)
            ]
            through = [way for way in self.preferred(start, end) if any(s.relation == relation for s in way.steps)]
            if direct and not any(is_a(self.schema, start, way.start) for way in through):
                return direct[0], 0.5  # items of any kind, not those of one kind alone
            if (through and forward is None) or (through and len(through[0].steps) > 1):
                return through[0], 0.6 + 0.1 * len(through[0].steps)
            return (direct[0], 0.5) if direct else (through[0], 0.8) if through else None
        preferred = list(self.preferred(start, end))
        if preferred:
            return preferred[0], 0.6 + 0.25 * len(preferred[0].steps)
        direct = self._direct(start, end)
        if direct:
            return direct[0], 1.0 + 0.1 * (len(direct) - 1)
        return self._search(start, end)

    def preferred(self, start: str, end: str) -> Iterable[Way]:
        """The preferred ways between two kinds, the nearest first."""
        schema = self.schema

        def distance(way: Way) -> int | None:
            far = 0
            for said, wanted in ((way.start, start), (way.end, end)):
                if said == wanted:
                    continue
                if is_a(schema, wanted, said):
                    far += schema.kinds[wanted].labels.index(said)
                elif is_a(schema, said, wanted):
                    far += 3 + schema.kinds[said].labels.index(wanted)
                else:
                    return None
            return far

        ranked = [
            (far, len(way.steps), at, way)
            for at, way in enumerate(self.idioms.ways)
            if (far := distance(way)) is not None
        ]
        return [self._ending(way, end) for *_, way in sorted(ranked, key=lambda r: r[:3])]

    def _ending(self, way: Way, end: str) -> Way:
        last = way.steps[-1]
        kind = end if is_a(self.schema, end, last.kind) else last.kind
        return Way(way.start, (*way.steps[:-1], Step(last.relation, last.forward, kind, last.least, last.most)))

    def _direct(self, start: str, end: str) -> list[Way]:
        found = []
        for first, relation, last, cost in self._edges:
            if self.overlap(start, first) and self.overlap(end, last):
                exact = is_a(self.schema, start, first) and is_a(self.schema, end, last)
                found.append((cost + (not exact), Way(start, (Step(relation, True, end),))))
            if self.overlap(start, last) and self.overlap(end, first):
                exact = is_a(self.schema, start, last) and is_a(self.schema, end, first)
                found.append((cost + (not exact), Way(start, (Step(relation, False, end),))))
        unique = {way.steps[0].relation + str(way.steps[0].forward): (cost, way) for cost, way in reversed(found)}
        return [way for _, way in sorted(unique.values(), key=lambda f: f[0])]

    def _search(self, start: str, end: str) -> tuple[Way, float] | None:
        queue: list[tuple[float, int, str, tuple[Step, ...]]] = [(0.0, 0, start, ())]
        count, seen = 0, dict[str, float]()
        while queue:
            cost, _, kind, steps = heappop(queue)
            if steps and self.overlap(kind, end):
                last = steps[-1]
                narrow = end if is_a(self.schema, end, kind) else kind
                return Way(start, (*steps[:-1], Step(last.relation, last.forward, narrow))), 1.5 + cost
            if len(steps) >= LONGEST or seen.get(kind, 99.0) < cost:
                continue
            seen[kind] = cost
            for first, relation, last_kind, price in self._edges:
                for near, far, forward in ((first, last_kind, True), (last_kind, first, False)):
                    if steps and kind in _HUBS:
                        continue
                    if self.overlap(kind, near) and relation not in {s.relation for s in steps}:
                        loose = 0.0 if is_a(self.schema, kind, near) else 0.7
                        count += 1
                        heappush(queue, (cost + price + loose, count, far, (*steps, Step(relation, forward, far))))
        return None
