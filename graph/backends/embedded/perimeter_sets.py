"""Sets of perimeters by number: a node keeps the number of its set, and a query looks up whether the asker sees that.

Many nodes have the same perimeters. To compare names node by node takes ten times as long as to look a number up, and most
of what a restricted asker's query costs more than another's. Numbers begin at 1 and are kept in a table of the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Final, Protocol

import pyarrow as pa

from graph.backends.embedded.layout import SETS

SEEN_SETS: Final = "__perimeter_sets"
"""The parameter that says of each set whether the asker sees it: a look-up by number, at a third of a microsecond per set and
query. As bits of integers it would be less for a thousand sets, and half as much again for each row.
"""
ASKERS: Final = 64
"""Askers whose lists are kept."""

Names = tuple[str, ...]


class Writes(Protocol):
    """What runs a statement in a transaction."""

    def run(self, statement: str, rows: Any = None) -> int: ...


class PerimeterSets:
    """The sets of one store, as its table has them. Safe for several threads; one of them writes."""

    def __init__(self) -> None:
        self.version = 0
        """Changes with every set that is added or taken back: what was looked up before may not hold any more."""
        self._names: dict[int, Names] = {}
        self._numbers: dict[Names, int] = {}
        self._seen: dict[Names, tuple[int, list[bool]]] = {}
        self._changing = Lock()

    def replace(self, names: Mapping[int, Sequence[str]]) -> None:
        """Take what the table holds in place of what is known."""
        with self._changing:
            self._names = {number: tuple(some) for number, some in names.items()}
            self._numbers = {some: number for number, some in self._names.items()}
            self.version += 1

    def known(self) -> Mapping[int, Names]:
        """The sets by number, as they are now."""
        return dict(self._names)

    def names(self, number: int | None) -> Names:
        """The perimeters of a set; none for one that is not known, so that nobody sees what was written from outside."""
        return self._names.get(number or 0, ())

    def numbers(self, writer: Writes, wanted: Iterable[Sequence[str]]) -> pa.Array:
        """The number of each set, null for an empty one; new sets are written in the transaction of `writer`."""
        found: list[int | None] = []
        new: dict[int, list[str]] = {}
        with self._changing:
            for some in wanted:
                names = tuple(some)
                number = self._numbers.get(names) if names else None
                if names and number is None:
                    number = self._numbers[names] = len(self._names) + 1
                    self._names[number] = names
                    new[number] = list(names)
                found.append(number)
            if new:
                self.version += 1
        if new:
            rows = pa.table({"n": list(new), "p": pa.array(list(new.values()), pa.list_(pa.string()))})
            writer.run(f"LOAD FROM $rows CREATE (:{SETS} {{number: n, names: p}})", rows)
        return pa.array(found, pa.int64())

    def seen_by(self, sees: Sequence[str]) -> list[bool]:
        """Whether an asker with these perimeters sees each set, from number 1 on."""
        asker = tuple(sees)
        version, kept = self.version, self._seen.get(asker)
        if kept is not None and kept[0] == version:
            return kept[1]
        names = self.known()
        seen = [not set(asker).isdisjoint(names[number]) for number in range(1, len(names) + 1)] or [False]
        with self._changing:
            while len(self._seen) >= ASKERS:
                self._seen.pop(next(iter(self._seen)))
            self._seen[asker] = version, seen
        return seen


def is_seen(seen: str, number: str) -> str:
    """A condition that a set, by its printed number, is seen by whoever the printed list is of; null where there is none."""
    return f"{seen}[{number}]"
