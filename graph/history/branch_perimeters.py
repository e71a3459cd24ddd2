"""Who sees nodes on a branch: the perimeters of main at the branch's base, with what the branch tells over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.ownership import Ownership, taker_and_source
from graph.history.past_perimeters import PastPerimeters
from graph.schema.model import PerimeterRule, Schema


class BranchPerimeters(PastPerimeters):
    """The perimeters of nodes after the event `base` of main, where `over` stands in the place of what main says.

    `over` has the state of each element that is told of otherwise, None where it is gone. For one thread at a time.
    """

    def __init__(self, ledger: Ledger, schema: Schema, base: int, over: Mapping[str, State | None]) -> None:
        super().__init__(ledger, schema, base)
        self._over = over
        self._own: defaultdict[str, list[tuple[str, Ownership]]] = defaultdict(list)
        self._own_takers: defaultdict[str, set[str]] = defaultdict(set)
        for state in over.values():
            item = None if state is None else self._ownership(state)
            if state is not None and item is not None:
                self._own[item.taker].append((state.element, item))
                self._own_takers[item.source].add(item.taker)

    def _ownership(self, state: State) -> Ownership | None:
        """What an element's state says of perimeters, if anything."""
        if not state.edge:
            return Ownership(state.element, state.element, True) if state.kind in self._rules.kinds else None
        rule = self._rules.relations.get(state.kind)
        if rule is None:
            return None
        return Ownership(*taker_and_source(rule, state.start or "", state.end or ""), rule is PerimeterRule.GIVEN)

    def _rows(self, takers: Sequence[str]) -> list[tuple[str, Ownership]]:
        kept = [row for row in super()._rows(takers) if row[0] not in self._over]
        return [*kept, *(row for taker in takers for row in self._own.get(taker, ()))]

    def _takers_from(self, sources: Sequence[str]) -> set[str]:
        return super()._takers_from(sources).union(*(self._own_takers.get(source, ()) for source in sources))

    def _names_of(self, items: Sequence[Ownership]) -> dict[str, str]:
        names = super()._names_of(items)
        for source in {item.source for item in items} & self._over.keys():
            state = self._over[source]
            name = None if state is None else state.properties.get("name")
            if name is None:
                names.pop(source, None)
            else:
                names[source] = str(name)
        return names
