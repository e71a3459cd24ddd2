"""Everything that a store holds, kind by kind and type by type: for verification, snapshots and counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graph.backends.embedded.layout import ID, KIND, PERIMETERS, TYPE, Layout, quoted
from graph.backends.embedded.perimeter_sets import Names, PerimeterSets
from graph.backends.embedded.sight import Kinds
from graph.backends.embedded.store import Reader
from graph.backends.embedded.types import scalar
from graph.model import Edge, Node, Scalar
from graph.schema.model import Schema


class StoreReader:
    """Reads whole tables through a `Reader`. All columns of a table are read, so that drift in any of them shows."""

    def __init__(self, layout: Layout, schema: Schema, sets: PerimeterSets) -> None:
        self._layout = layout
        self._sets = sets
        self._labels = {kind.name: kind.labels for kind in schema.concrete_kinds()}

    def nodes(self, reader: Reader) -> Iterator[Node]:
        """Every node; a kind that the schema does not know is its own only label."""
        reader.limit(0)
        for table in self._layout.nodes.values():
            names = list(table.columns)
            wanted = ", ".join(f"n.{quoted(name)}" for name in (ID, KIND, PERIMETERS, *names))
            kinds = [row[0] for row in reader.rows(f"MATCH (n:{table.name}) RETURN DISTINCT n.{KIND}")]
            for kind in kinds:
                test = f"n.{KIND} IS NULL" if kind is None else f"n.{KIND} = $kind"
                statement = f"MATCH (n:{table.name}) WHERE {test} RETURN {wanted}"
                labels = self._labels.get(kind, (str(kind),))
                for row in reader.rows(statement, None if kind is None else {"kind": kind}):
                    identity, _, seen_by, *values = row
                    yield Node(identity, labels, {ID: identity, **_present(names, values)}, self._sets.names(seen_by))

    def edges(self, reader: Reader) -> Iterator[Edge]:
        """Every relation, with its true ends."""
        reader.limit(0)
        for table in self._layout.relations.values():
            names = list(table.columns)
            wanted = ", ".join(f"r.{quoted(name)}" for name in (ID, TYPE, *names))
            for start, end in table.pairs:
                statement = f"MATCH (a:{start})-[r:{table.name}]->(b:{end}) RETURN a.{ID}, b.{ID}, {wanted}"
                for row in reader.rows(statement):
                    one, other, identity, type_, *values = row
                    yield Edge(identity, type_, one, other, _present(names, values))

    def pairs(
        self, reader: Reader, types: tuple[str, ...], starts: Kinds = None, ends: Kinds = None
    ) -> Iterator[tuple[str, str]]:
        """The ends of every relation of some types; `starts` and `ends` limit their kinds."""
        reader.limit(0)
        wanted = frozenset(types)
        limits = [("a", starts), ("b", ends)]
        for table in self._layout.relations.values():
            some = wanted.intersection(table.types)
            if some:
                conditions = [f"r.{TYPE} IN {_listed(some)}"]
                conditions += [f"{n}.{KIND} IN {_listed(kinds)}" for n, kinds in limits if kinds is not None]
                statement = (
                    f"MATCH (a)-[r:{table.name}]->(b) WITH * WHERE {' AND '.join(conditions)} RETURN a.{ID}, b.{ID}"
                )
                rows = reader.result(statement).get_as_arrow(-1)
                yield from zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True)

    def sight(self, reader: Reader) -> Iterator[tuple[str, str, Names]]:
        """The kind and the perimeters of every node, by id."""
        reader.limit(0)
        for name in self._layout.nodes:
            rows = reader.result(f"MATCH (n:{name}) RETURN n.{ID}, n.{KIND}, n.{PERIMETERS}").get_as_arrow(-1)
            for node, kind, seen_by in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                yield node, kind, self._sets.names(seen_by)

    def values(self, reader: Reader, name: str) -> Iterator[tuple[str, str]]:
        """The id and the value of every node that has an attribute."""
        reader.limit(0)
        column = quoted(name)
        for table in self._layout.nodes.values():
            if name in table.columns:
                statement = f"MATCH (n:{table.name}) WHERE n.{column} IS NOT NULL RETURN n.{ID}, n.{column}"
                rows = reader.result(statement).get_as_arrow(-1)
                yield from zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True)

    def triples(self, reader: Reader, types: tuple[str, ...]) -> Iterator[tuple[str, str, str, str]]:
        """The ends, the id and the type of every relation of some types."""
        reader.limit(0)
        wanted = frozenset(types)
        for table in self._layout.relations.values():
            some = wanted.intersection(table.types)
            if some:
                statement = (
                    f"MATCH (a)-[r:{table.name}]->(b) WITH * WHERE r.{TYPE} IN {_listed(some)} "
                    f"RETURN a.{ID}, b.{ID}, r.{ID}, r.{TYPE}"
                )
                columns = reader.result(statement).get_as_arrow(-1).columns
                yield from zip(*(column.to_pylist() for column in columns), strict=True)

    def has_loop(self, reader: Reader, type_: str) -> bool:
        """Whether a relation of this type leads from a node to itself."""
        reader.limit(0)
        table = self._layout.table_of_type[type_]
        statements = [
            f"MATCH (a:{start})-[r:{table.name}]->(b:{end}) WHERE a.{ID} = b.{ID} RETURN count(*)"
            for start, end in table.pairs
            if start == end
        ]
        return any(reader.rows(statement)[0][0] for statement in statements)

    def counts(self, reader: Reader) -> dict[str, int]:
        """Elements per kind and type."""
        reader.limit(0)
        found: dict[str, int] = {}
        statements = [f"MATCH (n:{name}) RETURN n.{KIND}, count(*)" for name in self._layout.nodes]
        statements += [f"MATCH ()-[r:{name}]->() RETURN r.{TYPE}, count(*)" for name in self._layout.relations]
        for statement in statements:
            for name, count in reader.rows(statement):
                found[str(name)] = found.get(str(name), 0) + count
        return found


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(repr(name) for name in sorted(names))}]"


def _present(names: list[str], values: list[Any]) -> dict[str, Scalar]:
    return {name: scalar(value) for name, value in zip(names, values, strict=True) if value is not None}
