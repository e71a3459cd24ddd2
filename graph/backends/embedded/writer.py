"""A delta written to the store, in the order that deltas have, as Arrow tables.

Large creations are COPYs; everything else is one `LOAD FROM` statement per table and column set, never a MERGE. Each
statement says how many rows it met: fewer than it was given means that the store was changed from outside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import pyarrow as pa

from core.errors import BackendDriftError, BackendError
from graph.backends.embedded.layout import (
    END,
    ID,
    KIND,
    PERIMETERS,
    START,
    TYPE,
    Layout,
    NodeTable,
    RelationTable,
    quoted,
)
from graph.backends.embedded.moves import relations_of
from graph.backends.embedded.perimeter_sets import PerimeterSets
from graph.backends.embedded.store import Writer
from graph.backends.embedded.types import arrow_column, strings
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation, PerimeterChange

Change = TypeVar("Change", NodeChange, EdgeChange)

COPY_ROWS = 4_000
"""Rows from which COPY is faster than LOAD FROM ... CREATE: it costs some 100 ms a table, then 1 microsecond a row."""


class DeltaWriter:
    """Writes deltas inside the transaction of a `Writer`. `where` names the store in errors."""

    def __init__(self, layout: Layout, sets: PerimeterSets, where: str) -> None:
        self._layout = layout
        self._sets = sets
        self._where = where

    def is_bulk(self, delta: GraphDelta) -> bool:
        """Whether enough is created in one place for a COPY."""
        if len(delta.nodes) + len(delta.edges) < COPY_ROWS:
            return False
        kinds = Counter([c.kind for c in delta.nodes if c.operation is Operation.CREATE])
        places = Counter([c.type for c in delta.edges if c.operation is Operation.CREATE])
        for kind, count in kinds.items():
            places[self._node_table(kind).name] += count
        return any(count >= COPY_ROWS for count in places.values())

    def write(self, writer: Writer, delta: GraphDelta) -> None:
        """Carry out every change. Raises BackendDriftError, ValueNotStorableError, and what ladybug raises."""
        nodes = _by_operation(delta.nodes)
        edges = _by_operation(delta.edges)
        self._delete_edges(writer, edges[Operation.DELETE])
        self._delete_nodes(writer, nodes[Operation.DELETE])
        self._create_nodes(writer, nodes[Operation.CREATE])
        self._update_nodes(writer, nodes[Operation.UPDATE])
        self._reclassify(writer, nodes[Operation.RECLASSIFY])
        self._create_edges(writer, edges[Operation.CREATE])
        self._update_edges(writer, edges[Operation.UPDATE])
        self._set_perimeters(writer, delta.perimeters)

    # --- nodes -----------------------------------------------------------------------------------------------------

    def _delete_nodes(self, writer: Writer, changes: Sequence[NodeChange]) -> None:
        grouped: dict[str, list[NodeChange]] = defaultdict(list)
        for change in changes:
            grouped[self._node_table(change.kind).name].append(change)
        for table, items in grouped.items():
            rows = pa.table({"k": strings([change.id for change in items])})
            met = writer.run(f"LOAD FROM $rows MATCH (n:{table} {{{ID}: k}}) DETACH DELETE n RETURN count(*)", rows)
            self._check(met, len(items), f"nodes to delete from {table}")

    def _create_nodes(self, writer: Writer, changes: Sequence[NodeChange]) -> None:
        grouped: dict[str, dict[str, list[NodeChange]]] = defaultdict(lambda: defaultdict(list))
        for change in changes:
            grouped[self._node_table(change.kind).name][change.kind].append(change)
        for name, kinds in grouped.items():
            table = self._layout.nodes[name]
            parts = [self._node_rows(writer, table, kind, items) for kind, items in kinds.items()]
            rows = pa.concat_tables(parts, promote_options="default") if len(parts) > 1 else parts[0]
            _create(writer, name, rows)

    def _node_rows(self, writer: Writer, table: NodeTable, kind: str, changes: Sequence[NodeChange]) -> pa.Table:
        own = {
            ID: strings([change.id for change in changes]),
            KIND: strings([kind] * len(changes)),
            PERIMETERS: self._seen_by(writer, changes),
        }
        return pa.table({**own, **self._columns(table, changes)})

    def _update_nodes(self, writer: Writer, changes: Sequence[NodeChange]) -> None:
        """The whole new state is set, absent properties to null; one statement per kind, over that kind's columns."""
        grouped: dict[str, list[NodeChange]] = defaultdict(list)
        for change in changes:
            grouped[change.kind].append(change)
        for kind, items in grouped.items():
            table = self._node_table(kind)
            values = self._columns(table, items, (kind,))
            keys = {"k": strings([change.id for change in items])}
            self._set(writer, f"(n:{table.name} {{{ID}: k}})", keys, values, f"nodes to update in {table.name}")

    def _set(
        self, writer: Writer, pattern: str, keys: Mapping[str, pa.Array], values: Mapping[str, pa.Array], what: str
    ) -> None:
        if not values:
            return
        renamed = {f"c{position}": column for position, column in enumerate(values.values())}
        sets = ", ".join(f"n.{quoted(name)} = c{position}" for position, name in enumerate(values))
        rows = pa.table({**keys, **renamed})
        met = writer.run(f"LOAD FROM $rows MATCH {pattern} SET {sets} RETURN count(*)", rows)
        self._check(met, rows.num_rows, what)

    def _reclassify(self, writer: Writer, changes: Sequence[NodeChange]) -> None:
        for change in changes:
            previous = change.previous_kind or change.kind
            old, new = self._node_table(previous), self._node_table(change.kind)
            if old is not new:
                relations = relations_of(writer, self._layout, change, old)
                rows = pa.table({"k": strings([change.id])})
                met = writer.run(
                    f"LOAD FROM $rows MATCH (n:{old.name} {{{ID}: k}}) DETACH DELETE n RETURN count(*)", rows
                )
                self._check(met, 1, f"nodes to move from {old.name}")
                self._create_nodes(writer, [change])
                self._create_edges(writer, relations)
                continue
            pattern = f"(n:{new.name} {{{ID}: k}})"
            own = {KIND: strings([change.kind]), PERIMETERS: self._seen_by(writer, [change])}
            values = {**own, **self._columns(new, [change], (previous, change.kind))}
            self._set(writer, pattern, {"k": strings([change.id])}, values, f"nodes to reclassify in {new.name}")

    def _set_perimeters(self, writer: Writer, changes: Sequence[PerimeterChange]) -> None:
        grouped: dict[str, list[PerimeterChange]] = defaultdict(list)
        for change in changes:
            grouped[self._node_table(change.kind).name].append(change)
        for table, items in grouped.items():
            rows = pa.table({"k": strings([change.id for change in items]), "p": self._seen_by(writer, items)})
            writer.run(f"LOAD FROM $rows MATCH (n:{table} {{{ID}: k}}) SET n.{PERIMETERS} = p RETURN count(*)", rows)

    def _seen_by(self, writer: Writer, changes: Sequence[NodeChange | PerimeterChange]) -> pa.Array:
        """Null for no perimeter: a test of it is never true."""
        return self._sets.numbers(writer, (change.perimeters for change in changes))

    # --- relations -------------------------------------------------------------------------------------------------

    def _delete_edges(self, writer: Writer, changes: Sequence[EdgeChange]) -> None:
        for table, start, end, items in self._by_place(changes):
            statement = (
                f"LOAD FROM $rows MATCH (a:{start} {{{ID}: f}})-[r:{table.name}]->(b:{end} {{{ID}: t}}) "
                f"WHERE r.{ID} = i DELETE r RETURN count(*)"
            )
            self._check(
                writer.run(statement, pa.table(_ends(items))), len(items), f"relations to delete from {table.name}"
            )

    def _create_edges(self, writer: Writer, changes: Sequence[EdgeChange]) -> None:
        for table, start, end, items in self._by_place(changes):
            own = {
                ID: strings([c.id for c in items]),
                TYPE: strings([c.type for c in items]),
                START: strings([c.start for c in items]),
                END: strings([c.end for c in items]),
            }
            values = {**own, **self._columns(table, items)}
            if len(items) >= COPY_ROWS:
                listed = ", ".join(quoted(name) for name in values)
                rows = pa.table({"f": own[START], "t": own[END], **values})
                writer.run(f"COPY {table.name}({listed}) FROM $rows (FROM='{start}', TO='{end}')", rows)
                continue
            renamed = {f"c{position}": column for position, column in enumerate(values.values())}
            listed = ", ".join(f"{quoted(name)}: c{position}" for position, name in enumerate(values))
            statement = (
                f"LOAD FROM $rows MATCH (a:{start} {{{ID}: f}}) MATCH (b:{end} {{{ID}: t}}) "
                f"CREATE (a)-[:{table.name} {{{listed}}}]->(b) RETURN count(*)"
            )
            met = writer.run(statement, pa.table({"f": own[START], "t": own[END], **renamed}))
            self._check(met, len(items), f"ends of relations to create in {table.name}")

    def _update_edges(self, writer: Writer, changes: Sequence[EdgeChange]) -> None:
        for table, start, end, items in self._by_place(changes):
            pattern = f"(a:{start} {{{ID}: f}})-[n:{table.name}]->(b:{end} {{{ID}: t}}) WHERE n.{ID} = i"
            values = self._columns(table, items, tuple(sorted({change.type for change in items})))
            self._set(writer, pattern, _ends(items), values, f"relations to update in {table.name}")

    def _by_place(self, changes: Iterable[EdgeChange]) -> Iterator[tuple[RelationTable, str, str, list[EdgeChange]]]:
        """Changes by relation table and by the node tables of both ends."""
        triples: dict[tuple[str, str, str], list[EdgeChange]] = defaultdict(list)
        for change in changes:
            triples[change.type, change.start_kind, change.end_kind].append(change)
        places: dict[tuple[str, str, str], list[EdgeChange]] = {}
        for (type_, start_kind, end_kind), items in triples.items():
            table = self._layout.table_of_type.get(type_)
            if table is None:
                raise self._unknown(f"relation type {type_}")
            place = table.name, self._node_table(start_kind).name, self._node_table(end_kind).name
            places.setdefault(place, []).extend(items)
        for (name, first, second), items in places.items():
            yield self._layout.relations[name], first, second, items

    # --- shared ----------------------------------------------------------------------------------------------------

    def _columns(
        self,
        table: NodeTable | RelationTable,
        changes: Sequence[NodeChange] | Sequence[EdgeChange],
        replaced: tuple[str, ...] = (),
    ) -> dict[str, pa.Array]:
        """A column per property in use, and per attribute of the kinds or types whose earlier state is `replaced`."""
        used: set[str] = set()
        for change in changes:
            used.update(change.properties)
        for name in replaced:
            used.update(self._layout.attributes[name])
        used.discard(ID)
        unknown = used.difference(table.columns)
        if unknown:
            raise self._unknown(f"attribute {min(unknown)} of {table.name}")
        return {
            name: arrow_column(name, type_, [change.properties.get(name) for change in changes])
            for name, type_ in table.columns.items()
            if name in used
        }

    def _node_table(self, kind: str) -> NodeTable:
        table = self._layout.table_of_kind.get(kind)
        if table is None:
            raise self._unknown(f"kind {kind!r}")
        return table

    def _unknown(self, what: str) -> BackendError:
        return BackendError(
            f"the delta names {what}, which the schema does not have",
            where=self._where,
            hint="the ledger was written with another schema: use that pack, or migrate",
        )

    def _check(self, met: int, wanted: int, what: str) -> None:
        if met != wanted:
            raise BackendDriftError(
                f"{met} of {wanted} {what} were found",
                where=self._where,
                hint="`jumeau graph verify` lists what differs; `jumeau graph rebuild` restores it",
            )


def _by_operation(changes: Iterable[Change]) -> Mapping[Operation, list[Change]]:
    found: dict[Operation, list[Change]] = {operation: [] for operation in Operation}
    for change in changes:
        found[change.operation].append(change)
    return found


def _create(writer: Writer, table: str, rows: pa.Table) -> None:
    if rows.num_rows >= COPY_ROWS:
        listed = ", ".join(quoted(name) for name in rows.column_names)
        writer.run(f"COPY {table}({listed}) FROM $rows", rows)
        return
    listed = ", ".join(f"{quoted(name)}: c{position}" for position, name in enumerate(rows.column_names))
    renamed = rows.rename_columns([f"c{position}" for position in range(rows.num_columns)])
    writer.run(f"LOAD FROM $rows CREATE (:{table} {{{listed}}})", renamed)


def _ends(changes: Sequence[EdgeChange]) -> dict[str, pa.Array]:
    """What addresses relations: their ends and their ids."""
    return {
        "f": strings([change.start for change in changes]),
        "t": strings([change.end for change in changes]),
        "i": strings([change.id for change in changes]),
    }
