"""How much a query keeps: an estimate in bytes of what its operators hold at one time, with a cap.

Operators that must hold rows or values (order, groups, DISTINCT, lists, the answer) say what they add and what they let
go; a text or a list that would be made whole is asked about before it is made. Elements belong to the graph and count as
references.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graph.backends.networkx.errors import QueryMemoryError
from graph.model import Path

DEFAULT_BYTES: Final = 512 * 1024 * 1024
REFERENCE: Final = 8
_SCALAR, _TEXT, _LIST, _ROW = 32, 50, 56, 64
_LARGE: Final = frozenset({str, list, tuple, dict, Path})


@dataclass(slots=True)
class MemoryBudget:
    """Bytes that a query may keep at one time, and those that it keeps. Raises QueryMemoryError."""

    most: int = DEFAULT_BYTES
    kept: int = 0

    def keep(self, size: int) -> None:
        """So many bytes more are kept."""
        self.kept += size
        if self.kept > self.most:
            raise self._refusal(self.kept)

    def ask(self, size: int) -> None:
        """A value of so many bytes is about to be made."""
        if self.kept + size > self.most:
            raise self._refusal(self.kept + size)

    def hold(self) -> Hold:
        """What one operator will keep until it ends."""
        return Hold(self)

    def weight(self, value: Any) -> int:
        """Bytes of a value with all that it holds."""
        if type(value) not in _LARGE:
            return _SCALAR
        total, pending = 0, [value]
        while pending:
            item = pending.pop()
            kind = type(item)
            if kind is str:
                total += _TEXT + len(item)
            elif kind is list or kind is tuple:
                total += _LIST + REFERENCE * len(item)
                pending += item
            elif kind is dict:
                total += _LIST + 3 * REFERENCE * len(item)
                pending += item.values()
            elif kind is Path:
                total += 2 * _LIST + REFERENCE * (len(item.nodes) + len(item.edges))
            else:
                total += _SCALAR
            if total > self.most:  # a list may hold the same list many times over
                raise self._refusal(total)
        return total

    def _refusal(self, size: int) -> QueryMemoryError:
        return QueryMemoryError(
            f"the query would keep more than {self.most >> 20} MB" + (f" ({size >> 20} MB)" if size >> 20 else ""),
            where="networkx",
            hint="return fewer rows or columns, aggregate earlier, or raise JUMEAU_QUERY_MEMORY_MB",
        )


@dataclass(slots=True)
class Hold:
    """The part of a budget that one operator keeps, and lets go at its end."""

    budget: MemoryBudget
    own: int = 0
    shared: set[int] = field(default_factory=set)
    """Identities of the large values that are held: rows that came from one row hold the same."""

    def keep_row(self, values: Sequence[Any], more: int = 0) -> None:
        """One row more, with the large values in it that no other held row has, and so many bytes beside it."""
        total = _ROW + REFERENCE * len(values) + more
        for value in values:
            if type(value) in _LARGE and id(value) not in self.shared:
                self.shared.add(id(value))
                total += self.budget.weight(value)
        self.keep(total)

    def keep(self, size: int) -> None:
        """So many bytes more."""
        self.own += size
        self.budget.keep(size)

    def release(self) -> None:
        """Everything is let go."""
        self.budget.kept -= self.own
        self.own = 0
        self.shared.clear()


def shallow(value: Any) -> int:
    """Bytes of a new value, what it holds counted as references."""
    kind = type(value)
    if kind is str:
        return _TEXT + len(value)
    if kind is list or kind is tuple:
        return _LIST + REFERENCE * len(value)
    return _SCALAR
