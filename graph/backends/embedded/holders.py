"""Which nodes hold a value: ids by the text of an indexed attribute, in memory, since ladybug indexes keys only.

An attribute is read from the store when a query first names it in a pattern, and follows each delta. It serves where it
tells nodes apart; an attribute that many nodes share is found faster by reading the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final

from graph.model import NodeChange, Operation
from graph.schema.model import Schema, ValueType

FUNCTION: Final = "holders"

MOST_SHARED: Final = 8
"""Nodes per value, on average, up to which an attribute tells nodes apart."""

Values = Callable[[str], Iterable[tuple[str, str]]]
"""Reads (id, value) of every node that has an attribute from the store."""


class HolderIndex:
    """Ids per attribute and value. Readers need no lock: lists are replaced, never cut."""

    def __init__(self, schema: Schema, values: Values) -> None:
        self._values = values
        self.names: Final = sorted(
            {
                attribute.name
                for kind in schema.concrete_kinds()
                for attribute in kind.attributes.values()
                if (attribute.indexed or attribute.unique) and attribute.type is ValueType.STRING and not attribute.enum
            }
            - {"id"}
        )
        self._number = {name: number for number, name in enumerate(self.names)}
        self._ids: dict[str, dict[str, list[str]]] = {}
        self._value: dict[str, dict[str, str]] = {}
        self._changing = Lock()

    def number(self, name: str) -> int | None:
        """The number by which a compiled query names an attribute; None for one that does not tell nodes apart."""
        number = self._number.get(name)
        if number is None:
            return None
        self.prepare(number)
        return number if len(self._value[name]) <= MOST_SHARED * len(self._ids[name]) else None

    def prepare(self, number: int) -> None:
        """Read an attribute, before a query runs: a function may not query the store."""
        name = self.names[number]
        if name in self._ids:
            return
        with self._changing:
            value = dict(self._values(name))
            ids: dict[str, list[str]] = {}
            for identity, held in value.items():
                ids.setdefault(held, []).append(identity)
            self._value[name], self._ids[name] = value, ids

    def holding(self, value: str, number: int) -> list[str]:
        """The ids of the nodes that hold a value."""
        return self._ids[self.names[number]].get(value, [])

    def apply(self, changes: Iterable[NodeChange]) -> None:
        """Carry a delta's nodes over."""
        with self._changing:
            if not self._ids:
                return
            for change in changes:
                for name, ids in self._ids.items():
                    held = None if change.operation is Operation.DELETE else change.properties.get(name)
                    self._hold(ids, self._value[name], change.id, held if isinstance(held, str) else None)

    @staticmethod
    def _hold(ids: dict[str, list[str]], value: dict[str, str], identity: str, held: str | None) -> None:
        before = value.pop(identity, None)
        if held is not None:
            value[identity] = held
        if before == held:
            return
        if before is not None:
            ids[before] = [other for other in ids[before] if other != identity]
        if held is not None:
            ids[held] = [*ids.get(held, ()), identity]

    def clear(self) -> None:
        """Forget the values: the store was emptied."""
        with self._changing:
            self._ids.clear()
            self._value.clear()
