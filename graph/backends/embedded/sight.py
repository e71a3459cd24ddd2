"""Who may see which node, in memory beside the adjacency index, so that a closure does not walk through what is hidden.

There are few different sets of perimeters: a node has the number of its set, an asker one verdict per set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Final

from graph.model import GraphDelta, Operation

Perimeters = Callable[[], Iterable[tuple[str, tuple[str, ...]]]]
"""Reads the perimeters of every node from the store."""

ASKERS: Final = 256
"""Askers whose verdicts are kept."""


class Sight:
    """Perimeters of nodes, read when first asked for and kept up to date with each delta."""

    def __init__(self, perimeters: Perimeters) -> None:
        self._perimeters = perimeters
        self._numbers: dict[str, int] | None = None  # node to the number of its set
        self._sets: dict[tuple[str, ...], int] = {}
        self._verdicts: dict[tuple[str, ...], dict[int, bool]] = {}
        self._changing = Lock()

    def prepare(self, sees: tuple[str, ...] | None) -> None:
        """Read what a test needs, before a query runs: a function may not query the store."""
        with self._changing:
            if self._numbers is None:
                self._numbers = {node: self._number(names) for node, names in self._perimeters()}
        if sees is not None:
            self.test(sees)

    def _number(self, names: tuple[str, ...]) -> int:
        return self._sets.setdefault(names, len(self._sets))

    def test(self, sees: Sequence[str] | None) -> Callable[[str], bool]:
        """Whether a node is seen by an asker with these perimeters. A node that is not known is hidden."""
        numbers, sets = self._numbers or {}, self._sets
        wanted = tuple(sees or ())
        verdicts = self._verdicts.get(wanted)
        if verdicts is None or len(verdicts) < len(sets):
            verdicts = {number: not set(wanted).isdisjoint(names) for names, number in list(sets.items())}
            with self._changing:
                while len(self._verdicts) >= ASKERS:
                    self._verdicts.pop(next(iter(self._verdicts)))
                self._verdicts[wanted] = verdicts
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
                    self._numbers[change.id] = self._number(change.perimeters)
            for perimeters in delta.perimeters:
                if perimeters.id in self._numbers:
                    self._numbers[perimeters.id] = self._number(perimeters.perimeters)

    def clear(self) -> None:
        """Forget everything: the store was emptied."""
        with self._changing:
            self._numbers = None
            self._sets.clear()
            self._verdicts.clear()
