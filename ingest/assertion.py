"""What sources say: assertions about nodes and relations, and rows that cannot be taken.

These are the values that every row of an estate passes through by the hundred thousand, hence named tuples: they are built four
times faster than frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where a row stands: file (relative to the export) and 1-based line, or number of the object in a document."""

    file: str
    position: int

    def __str__(self) -> str:
        return f"{self.file}:{self.position}"


class Reference(NamedTuple):
    """What a source calls a node. `space` is the source's own name space of keys: a kind, a table, a record type.

    With `natural` set, `space` is a kind and `key` the value of that kind's one natural key attribute. With `called` set, `key`
    is a name that people use, and `space` the kinds that may bear it, from the first to be asked to the last, with | between.
    """

    space: str
    key: str
    natural: bool = False
    called: bool = False

    def __str__(self) -> str:
        return f"{self.space} {self.key!r}"


class NodeAssertion(NamedTuple):
    """That a node exists and has these values.

    `spoken` are the attributes that the source speaks of, valued or not: one without value is cleared where this source set
    it. `key` is None for a node that is known by its natural key only. `row` is the row as it came, for quarantine.
    `known`: it is an element that the twin has under that name, never a new one. `needed`: what the row's relations refer to by
    name; without all of it the row is not taken.
    """

    place: Place
    kind: str
    space: str
    key: str | None
    values: Mapping[str, Any]
    spoken: frozenset[str]
    row: Any
    known: Reference | None = None
    needed: tuple[Reference, ...] = ()


class EdgeAssertion(NamedTuple):
    """That a relation exists between two nodes, with these values; `spoken` and `row` as for nodes."""

    place: Place
    type: str
    start: Reference
    end: Reference
    values: Mapping[str, Any]
    spoken: frozenset[str]
    row: Any


class Rejection(NamedTuple):
    """A row that cannot be taken, and why. `position` 0 means the whole file.

    Where a person can decide: the `kind` and identity `key` of the element that it tells, and the elements that it may be.
    """

    place: Place
    code: str
    reason: str
    hint: str
    row: Any = None
    kind: str | None = None
    key: str | None = None
    candidates: tuple[str, ...] = ()


class PassedRows(NamedTuple):
    """Rows of a file that were told before, and need not be looked at, one after the other.

    Of each row: its position, its digest, and the elements that it told, packed.
    """

    file: str
    positions: Sequence[int]
    digests: Sequence[bytes]
    elements: Sequence[bytes]

    @property
    def place(self) -> Place:
        """Where the last of them stands."""
        return Place(self.file, self.positions[-1])


Told = NodeAssertion | EdgeAssertion | Rejection | PassedRows
