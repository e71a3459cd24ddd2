"""Where things live in the store: one node table per category of kinds, one relation table per type.

A node table has a column per attribute of the kinds it keeps, names the kind of each row, and says who may see it. A relation table has one
per attribute of its type, and names the ids of its ends, since the store gives out a relation without them. A table per
group of types would load faster; it would need a filter on the type, and ladybug 0.22 gives wrong rows where a filter
on a property of one relation stands before the scan of another. docs/adr/0003-embedded-physical-layout.md has it all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from graph.schema.model import Schema, ValueType

ID: Final = "id"
KIND: Final = "_kind"
PERIMETERS: Final = "_perimeters"
TYPE: Final = "_type"
START: Final = "_start"
END: Final = "_end"
META: Final = "Meta"
"""Table of what the store knows of itself: the watermark and the version of this layout."""

SETS: Final = "PerimeterSet"
"""Table of the sets of perimeters that nodes have, by number."""

VERSION: Final = 3
"""Changes when a store written by an older version of this module must be rebuilt."""


def quoted(name: str) -> str:
    """A column, a key or a variable: always between backticks, since any word may be a keyword there."""
    return "`" + name.replace("`", "``") + "`"


@dataclass(frozen=True, slots=True)
class NodeTable:
    """A table of nodes; `columns` are the attributes of its kinds, without the id and the kind."""

    name: str
    columns: Mapping[str, ValueType]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RelationTable:
    """A table of relations between pairs of node tables; `columns` are the attributes of its type."""

    name: str
    columns: Mapping[str, ValueType]
    types: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Layout:
    """The tables of a schema, and the way from kinds and types to them."""

    nodes: Mapping[str, NodeTable]
    relations: Mapping[str, RelationTable]
    attributes: Mapping[str, tuple[str, ...]]  # of each kind and type, without the id

    @property
    def tables(self) -> tuple[NodeTable | RelationTable, ...]:
        """Every table of the schema."""
        return (*self.nodes.values(), *self.relations.values())

    @cached_property
    def table_of_kind(self) -> Mapping[str, NodeTable]:
        return {kind: table for table in self.nodes.values() for kind in table.kinds}

    @cached_property
    def table_of_type(self) -> Mapping[str, RelationTable]:
        return {type_: table for table in self.relations.values() for type_ in table.types}


def layout_of(schema: Schema) -> Layout:
    """The layout of a schema; the same schema always gives the same tables and columns, in the same order."""
    kinds: dict[str, list[str]] = defaultdict(list)
    columns: dict[str, dict[str, ValueType]] = defaultdict(dict)
    for kind in schema.concrete_kinds():
        name = f"Node_{kind.category}"
        kinds[name].append(kind.name)
        columns[name].update((a.name, a.type) for a in kind.attributes.values() if a.name != ID)
    nodes = {name: NodeTable(name, columns[name], tuple(kinds[name])) for name in kinds}
    home = {kind: table.name for table in nodes.values() for kind in table.kinds}
    relations = {}
    for relation in schema.relations.values():
        attributes = {a.name: a.type for a in relation.attributes.values() if a.name != ID}
        pairs = {(home[start], home[end]) for start, end in schema.pairs[relation.name]}
        if pairs:
            name = f"Rel_{relation.name}"
            relations[name] = RelationTable(name, attributes, (relation.name,), tuple(sorted(pairs)))
    names = {k.name: tuple(a for a in k.attributes if a != ID) for k in schema.concrete_kinds()}
    names |= {r.name: tuple(a for a in r.attributes if a != ID) for r in schema.relations.values()}
    return Layout(nodes, relations, names)
