"""A new store filled from columns: what a graph of hundreds of thousands of elements is loaded from in seconds.

It is for stores that can be made again: a crash half-way leaves nothing of worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

import pyarrow as pa

from graph.backends.embedded.layout import END as STORED_END
from graph.backends.embedded.layout import ID, KIND, PERIMETERS, START, TYPE, Layout, RelationTable, quoted
from graph.backends.embedded.store import BulkLoad, Store, Writer
from graph.backends.embedded.types import strings
from graph.backends.embedded.writer import COPY_ROWS
from graph.history.columns import END, GraphColumns
from graph.history.columns import START as FROM

TRANSACTION_ROWS: Final = 300_000
"""Rows per transaction: what a checkpoint keeps in memory until it is written has to fit the buffer pool."""

_Places = Mapping[str, str]
"""The name of the table of each node, by id."""


def fill(store: Store, columns: GraphColumns, perimeters: Mapping[str, Sequence[str]], sequence: int) -> None:
    """Make an empty store hold `columns`, at the watermark `sequence`. `perimeters` are those of nodes, by id."""
    if not columns.elements:
        with store.writing(sequence):
            return
    load = BulkLoad(sequence, 0, columns.elements, creates_only=True)
    places = _fill_nodes(store, load, store.layout, columns, perimeters)
    _fill_edges(store, load, store.layout, columns, places)


def _fill_nodes(
    store: Store, load: BulkLoad, layout: Layout, columns: GraphColumns, perimeters: Mapping[str, Sequence[str]]
) -> _Places:
    sizes = {
        name: sum(columns.nodes[kind].num_rows for kind in table.kinds if kind in columns.nodes)
        for name, table in layout.nodes.items()
    }
    places: dict[str, str] = {}
    for names in _grouped({name: size for name, size in sizes.items() if size}):
        with store.loading(load) as writer:
            for name in names:
                of_kinds = {kind: columns.nodes[kind] for kind in layout.nodes[name].kinds if kind in columns.nodes}
                parts = [
                    _node_rows(kind, rows, _seen_by(store, writer, rows, perimeters)) for kind, rows in of_kinds.items()
                ]
                rows = pa.concat_tables(parts, promote_options="default").combine_chunks()
                places.update(dict.fromkeys(rows[ID].to_pylist(), name))
                writer.run(f"COPY {name}({_listed(rows.column_names)}) FROM $rows", rows)
    return places


def _grouped(sizes: Mapping[str, int]) -> list[list[str]]:
    """Names of tables in groups for one transaction each."""
    reached = accumulate(sizes.values())
    grouped: dict[int, list[str]] = {}
    for name, rows in zip(sizes, reached, strict=True):
        grouped.setdefault(rows // TRANSACTION_ROWS, []).append(name)
    return list(grouped.values())


def _node_rows(kind: str, rows: pa.Table, seen_by: pa.Array) -> pa.Table:
    own = {ID: rows[ID], KIND: strings([kind] * rows.num_rows), PERIMETERS: seen_by}
    return pa.table({**own, **{name: rows[name] for name in rows.column_names if name != ID}})


def _seen_by(store: Store, writer: Writer, rows: pa.Table, perimeters: Mapping[str, Sequence[str]]) -> pa.Array:
    """The number of the set of perimeters of each node; null for none."""
    of_none: tuple[str, ...] = ()
    return store.sets.numbers(writer, (perimeters.get(node, of_none) for node in rows[ID].to_pylist()))


def _fill_edges(store: Store, load: BulkLoad, layout: Layout, columns: GraphColumns, places: _Places) -> None:
    """Relations in transactions of a bounded size; those of one type go by the tables of both ends."""
    for types in _grouped({name: table.num_rows for name, table in columns.edges.items()}):
        with store.loading(load) as writer:
            for type_ in types:
                table = layout.table_of_type[type_]
                for start, end, rows in _by_place(table, columns.edges[type_], places):
                    _write_edges(writer, table, type_, start, end, rows)


def _by_place(table: RelationTable, rows: pa.Table, places: _Places) -> list[tuple[str, str, pa.Table]]:
    """Rows by the node tables of both ends."""
    if len(table.pairs) == 1:  # there is no choice, and nothing to look up: so it is for most types
        return [(*table.pairs[0], rows)]
    found: dict[tuple[str, str], list[int]] = {}
    for row, (start, end) in enumerate(zip(rows[FROM].to_pylist(), rows[END].to_pylist(), strict=True)):
        found.setdefault((places[start], places[end]), []).append(row)
    if len(found) == 1:
        return [(*place, rows) for place in found]
    return [(*place, rows.take(pa.array(some))) for place, some in found.items()]


def _write_edges(writer: Writer, table: RelationTable, type_: str, start: str, end: str, rows: pa.Table) -> None:
    own = {ID: rows[ID], TYPE: strings([type_] * rows.num_rows), START: rows[FROM], STORED_END: rows[END]}
    values = {**own, **{name: rows[name] for name in rows.column_names if name not in (ID, FROM, END)}}
    if rows.num_rows >= COPY_ROWS:
        content = pa.table({"f": rows[FROM], "t": rows[END], **values}).combine_chunks()
        writer.run(f"COPY {table.name}({_listed(values)}) FROM $rows (FROM='{start}', TO='{end}')", content)
        return
    renamed = {f"c{position}": column for position, column in enumerate(values.values())}
    listed = ", ".join(f"{quoted(name)}: c{position}" for position, name in enumerate(values))
    writer.run(
        f"LOAD FROM $rows MATCH (a:{start} {{{ID}: f}}) MATCH (b:{end} {{{ID}: t}}) "
        f"CREATE (a)-[:{table.name} {{{listed}}}]->(b) RETURN count(*)",
        pa.table({"f": rows[FROM], "t": rows[END], **renamed}).combine_chunks(),
    )


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(quoted(name) for name in names)
