"""Who may see which node, in memory beside the adjacency index, so that a closure does not walk through what is hidden.

There are few different sets of perimeters, and few kinds: a node has the number of the two together, an asker one verdict per number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Final

from graph.model import GraphDelta, Operation

Held = Callable[[], Iterable[tuple[str, str, tuple[str, ...]]]]
"""Reads the kind and the perimeters of every node from the store."""

Kinds = frozenset[str] | None
"""Kinds of nodes; None for every kind."""

ASKERS: Final = 256
"""Askers whose verdicts are kept."""

_Place = tuple[str, tuple[str, ...]]
_Asker = tuple[tuple[str, ...] | None, Kinds]


class Sight:
    """Kinds and perimeters of nodes, read when first asked for and kept up to date with each delta."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._numbers: dict[str, int] | None = None  # node to the number of its kind and set
        self._places: dict[_Place, int] = {}
        self._verdicts: dict[_Asker, dict[int, bool]] = {}
        self._changing = Lock()

    def prepare(self) -> None:
        """Read what a test needs, before a query runs: a function may not query the store."""
        with self._changing:
            if self._numbers is None:
                self._numbers = {node: self._number(kind, names) for node, kind, names in self._held()}

    def _number(self, kind: str, names: tuple[str, ...]) -> int:
        return self._places.setdefault((kind, names), len(self._places))

    def test(self, sees: Sequence[str] | None, kinds: Kinds = None) -> Callable[[str], bool]:
        """Whether a node is seen by an asker with these perimeters, None for any, who may read these kinds.

        A node that is not known is hidden.
        """
        numbers, places = self._numbers or {}, self._places
        asker = None if sees is None else tuple(sees), kinds
        verdicts = self._verdicts.get(asker)
        if verdicts is None or len(verdicts) < len(places):
            verdicts = {number: _is_seen(place, asker) for place, number in list(places.items())}
            with self._changing:
                while len(self._verdicts) >= ASKERS:
                    self._verdicts.pop(next(iter(self._verdicts)))
                self._verdicts[asker] = verdicts
        verdict = verdicts

        def is_seen(node: str) -> bool:
            number = numbers.get(node)
            return number is not None and verdict.get(number, False)

        return is_seen

    def apply(self, delta: GraphDelta) -> None:
        """Carry a delta over."""
        with self._changing:
            if self._numbers is None:
                return
            for change in delta.nodes:
                if change.operation is Operation.DELETE:
                    self._numbers.pop(change.id, None)
                elif change.operation is not Operation.UPDATE:
                    self._numbers[change.id] = self._number(change.kind, change.perimeters)
            for perimeters in delta.perimeters:
                if perimeters.id in self._numbers:
                    self._numbers[perimeters.id] = self._number(perimeters.kind, perimeters.perimeters)

    def clear(self) -> None:
        """Forget everything: the store was emptied."""
        with self._changing:
            self._numbers = None
            self._places.clear()
            self._verdicts.clear()


def _is_seen(place: _Place, asker: _Asker) -> bool:
    (kind, names), (sees, kinds) = place, asker
    return (kinds is None or kind in kinds) and (sees is None or not set(sees).isdisjoint(names))
