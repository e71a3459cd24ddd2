"""Who could see nodes after an event that is not the last: the present index of perimeters, corrected by what came since.

The index holds the present only. For each of its rows, and each name of a perimeter, that was touched since, the first
event since then tells what was there before it; so it does not matter how far the index has gone on when it is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import TypeVar

from graph.history.events import Event, RecordedEvent
from graph.history.ledger import Ledger
from graph.history.ownership import Ownership, rules_of, taker_and_source
from graph.history.perimeters import derive, names_of
from graph.model import Operation
from graph.schema.model import PerimeterRule, Schema

K = TypeVar("K")
V = TypeVar("V")
_Key = tuple[str, str]  # taker and relation; a perimeter is both for itself


class PastPerimeters:
    """The perimeters of nodes after the event `at`, which may be moved forward. For one thread at a time.

    It keeps the events since `at` that touch perimeters: move it along, or make another.
    """

    def __init__(self, ledger: Ledger, schema: Schema, at: int) -> None:
        self._ledger = ledger
        self._rules = rules_of(schema)
        self._read = at  # events up to this one are known
        self._before: dict[str, dict[str, deque[Ownership | None]]] = {}  # by taker, then by relation
        self._names: dict[str, deque[str | None]] = {}
        self._order: deque[tuple[int, _Key | None, str | None]] = deque()
        self._takers: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def names(self, nodes: Iterable[str]) -> dict[str, frozenset[str]]:
        """The perimeters of those of the nodes that have any, public kinds apart."""
        wanted = set(nodes)
        seen, frontier, found = set(wanted), sorted(wanted), list[Ownership]()
        while frontier:
            read = self._sources(frontier)
            found += read
            given = {item.taker for item in read if item.given}
            following = {item.source for item in read if item.taker not in given} - seen
            seen |= following
            frontier = sorted(following)
        every = derive(found, self._names_of(found))
        return {node: every[node] for node in wanted if node in every}

    def dependents(self, nodes: Iterable[str]) -> set[str]:
        """These nodes and all that may have had, or come to have, their perimeters, however far."""
        reached = set(nodes)
        frontier = sorted(reached)
        while frontier:
            takers = self._takers_from(frontier)
            frontier = sorted(takers - reached)
            reached |= takers
        return reached

    def _takers_from(self, sources: Sequence[str]) -> set[str]:
        """What may take perimeters from these nodes, or did since."""
        takers = {item.taker for item in self._ledger.takers_of(sources)}
        self._catch_up()  # after reading, as everywhere: what the index has lost meanwhile is then known
        takers.update(*(self._takers[node] for node in sources if node in self._takers))
        return takers

    def seeds(self, events: Iterable[Event]) -> set[str]:
        """The nodes whose own perimeters some events may change."""
        found: set[str] = set()
        for item in events:
            key = self._key(item)
            if key is not None:
                found.add(key[0])
            elif not item.edge and item.kind in self._rules.kinds:
                found.add(item.element)  # its name, which is the perimeter's
        return found

    def advance(self, to: int) -> None:
        """Move on to after the event `to`."""
        self._catch_up()
        while self._order and self._order[0][0] <= to:
            _, key, named = self._order.popleft()
            if key is not None:
                taker, relation = key
                item = _pop(self._before[taker], relation)
                if not self._before[taker]:
                    del self._before[taker]
                if item is not None:
                    self._forget(item)
            if named is not None:
                _pop(self._names, named)
        self._read = max(self._read, to)

    def _sources(self, takers: Sequence[str]) -> list[Ownership]:
        """What nodes took perimeters from."""
        return [item for _, item in self._rows(takers)]

    def _rows(self, takers: Sequence[str]) -> list[tuple[str, Ownership]]:
        """By which relations nodes took perimeters, and from what: what the index says, but for what was touched since."""
        rows = self._ledger.owning_relations(takers)
        self._catch_up()
        before = self._before
        found = [(relation, item) for relation, item in rows if relation not in before.get(item.taker, ())]
        for taker in takers:
            firsts = ((relation, chain[0]) for relation, chain in before.get(taker, {}).items())
            found.extend((relation, first) for relation, first in firsts if first is not None)
        return found

    def _names_of(self, items: Sequence[Ownership]) -> dict[str, str]:
        names = names_of(self._ledger, items)
        self._catch_up()
        for node in {item.source for item in items} & self._names.keys():
            before = self._names[node][0]
            if before is None:
                names.pop(node, None)
            else:
                names[node] = before
        return names

    def _catch_up(self) -> None:
        last = self._ledger.sequence()
        if last > self._read:
            for recorded in self._ledger.events(self._read + 1, last):
                self._note(recorded)
            self._read = last

    def _note(self, recorded: RecordedEvent) -> None:
        item = recorded.event
        key = self._key(item)
        if key is not None:
            own = self._before_event(item, key)
            self._before.setdefault(key[0], {}).setdefault(key[1], deque()).append(own)
            if own is not None:
                self._takers[own.source][own.taker] += 1
            self._order.append((recorded.sequence, key, None))
        if not item.edge and (item.kind in self._rules.kinds or item.previous_kind in self._rules.kinds):
            name = (item.before or {}).get("name")
            self._names.setdefault(item.element, deque()).append(None if name is None else str(name))
            self._order.append((recorded.sequence, None, item.element))

    def _key(self, item: Event) -> _Key | None:
        """The row of the index that an event writes, if any."""
        if item.edge:
            rule = self._rules.relations.get(item.kind)
            if rule is None or item.operation is Operation.UPDATE:
                return None
            return taker_and_source(rule, item.start or "", item.end or "")[0], item.element
        is_one = item.kind in self._rules.kinds
        was_one = (item.previous_kind or item.kind) in self._rules.kinds
        changes = item.operation in (Operation.CREATE, Operation.DELETE) or is_one != was_one
        return (item.element, item.element) if (is_one or was_one) and changes else None

    def _before_event(self, item: Event, key: _Key) -> Ownership | None:
        """What the row was before an event wrote it."""
        if item.operation is Operation.CREATE:
            return None
        if not item.edge:
            was_one = (item.previous_kind or item.kind) in self._rules.kinds
            return Ownership(item.element, item.element, True) if was_one else None
        rule = self._rules.relations[item.kind]
        taker, source = taker_and_source(rule, item.start or "", item.end or "")
        return Ownership(taker, source, rule is PerimeterRule.GIVEN)

    def _forget(self, item: Ownership) -> None:
        takers = self._takers[item.source]
        takers[item.taker] -= 1
        if takers[item.taker] <= 0:
            del takers[item.taker]
        if not takers:
            del self._takers[item.source]


def _pop(chains: dict[K, deque[V]], key: K) -> V:
    chain = chains[key]
    first = chain.popleft()
    if not chain:
        del chains[key]
    return first
