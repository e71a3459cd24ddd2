"""Rows between clauses: numbered from 0, each column a map from row number to value. An absent key is null."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.backends.tigergraph.values import BASE_TYPES, TRUE, Value
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.types import list_of


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its map, or where there is none a text in which `{row}` stands for the row's number."""

    type: CypherType
    name: str
    nullable: bool
    computed: bool = False

    def at(self, row: str) -> Value:
        """The column's value in a row."""
        if self.computed:
            return Value(self.name.replace("{row}", row), self.type)
        known = f"{self.name}.containsKey({row})" if self.nullable else TRUE
        return Value(f"{self.name}.get({row})", self.type, known)


@dataclass(frozen=True, slots=True)
class PathColumns:
    """A path: its nodes and its relations, as columns of lists of ids."""

    nodes: str
    relations: str


@dataclass(frozen=True, slots=True)
class Frame:
    """`count` is the number of rows: a variable, or `1` for the one row before any clause.

    `paths` names the columns of each path; `carried` are hidden columns that go through every projection, such as the
    number of the row outside of a subquery.
    """

    count: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    paths: Mapping[str, PathColumns] = field(default_factory=dict)
    carried: tuple[str, ...] = ()

    @property
    def is_unit(self) -> bool:
        """Whether this is the one row without columns that a query starts from."""
        return self.count == "1"


UNIT = Frame("1")


def scalar_type(of: CypherType) -> str | None:
    """The GSQL type of a plain value; None for lists, maps, paths and what is unknown."""
    return BASE_TYPES.get(of.name)


def gsql_type(of: CypherType) -> str | None:
    """The GSQL type of a value in a map; None where there is none."""
    if of.name is TypeName.LIST:
        inner = None if of.item is None else gsql_type(of.item)
        return None if inner is None else f"ListAccum<{inner}>"
    return scalar_type(of)


NODES = list_of(CypherType(TypeName.NODE))
RELATIONS = list_of(CypherType(TypeName.RELATIONSHIP))
