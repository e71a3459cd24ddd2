"""Elements of the property graph and the delta that changes it. Start here.

A `Node` has one concrete kind; an `Edge` is typed and directed; a `Path` is a trail. Property values are Python values:
str, int, float, bool, `datetime.date`, `datetime.datetime` (UTC, microseconds) and tuples of str. A missing property is
absent from the mapping, never None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

Scalar = str | int | float | bool | date | datetime | tuple[str, ...]
Properties = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its UUID, the concrete kind, then ancestors in `labels`, and its properties (`id` among them is the UUID).

    `perimeters` say who may see it (`core.principal`); no query can read them, and they stay empty in answers.
    """

    id: str
    labels: tuple[str, ...]
    properties: Properties
    perimeters: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return self.labels[0]

    def __hash__(self) -> int:
        return hash(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other.id == self.id


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation: its UUID, type, the UUIDs of both ends, and its properties."""

    id: str
    type: str
    start: str
    end: str
    properties: Properties

    def __hash__(self) -> int:
        return hash(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edge) and other.id == self.id


@dataclass(frozen=True, slots=True)
class Path:
    """A trail: n + 1 nodes and the n edges between them, each edge walked in either direction."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class ElementType(StrEnum):
    """Whether a change concerns a node or a relation."""

    NODE = "node"
    EDGE = "edge"


class Operation(StrEnum):
    """What a change does to an element. `reclassify` gives a node another kind and keeps identity and relations."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RECLASSIFY = "reclassify"


class NodeChange(NamedTuple):
    """The net change of one node. `properties` is the whole new state (without `id`); empty for a delete.

    `previous_kind` is set for a reclassification only; `perimeters` for a creation or a reclassification: an update leaves them.
    A tuple, as the changes below: a first load makes one per element.
    """

    operation: Operation
    id: str
    kind: str
    properties: Properties
    previous_kind: str | None = None
    perimeters: tuple[str, ...] = ()


class EdgeChange(NamedTuple):
    """The net change of one relation. Ends never change: that is another relation.

    `start_kind` and `end_kind` are the concrete kinds of both ends after this delta: some backends need them to address a table.
    """

    operation: Operation
    id: str
    type: str
    start: str
    end: str
    properties: Properties
    start_kind: str = ""
    end_kind: str = ""


class PerimeterChange(NamedTuple):
    """The perimeters that a node has from now on, in order; `kind` is its concrete kind after the delta.

    A node that is not there is passed over: its creation brings its perimeters.
    """

    id: str
    kind: str
    perimeters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GraphDelta:
    """Net changes of the ledger's events `first..last` (inclusive), at most one change per element.

    Creates are new to the backend, updates and deletes exist there: the ledger knows, a backend need not look.
    A deleted node's relations are deleted by the same delta. Order of application: edge deletes, node deletes, node
    creates, node updates and reclassifications, edge creates, edge updates, perimeters of nodes that exist.
    """

    first: int
    last: int
    nodes: Sequence[NodeChange] = field(default=())
    edges: Sequence[EdgeChange] = field(default=())
    perimeters: Sequence[PerimeterChange] = field(default=())
