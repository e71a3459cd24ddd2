"""Reclassification across tables: the relations that a node takes along when it is recreated in another table."""

from __future__ import annotations

import pyarrow as pa

from graph.backends.embedded.layout import END, ID, KIND, START, TYPE, Layout, NodeTable, RelationTable, quoted
from graph.backends.embedded.store import Writer
from graph.backends.embedded.types import scalar, strings
from graph.model import EdgeChange, NodeChange, Operation


def relations_of(writer: Writer, layout: Layout, change: NodeChange, home: NodeTable) -> list[EdgeChange]:
    """The relations of a node that lies in `home`, as creations around the kind that it is to have."""
    found: dict[str, EdgeChange] = {}
    for table in layout.relations.values():
        starts, ends = {pair[0] for pair in table.pairs}, {pair[1] for pair in table.pairs}
        if home.name in starts:
            found.update(_read(writer, table, change, home, f"(n)-[r:{table.name}]->(m)"))
        if home.name in ends:
            found.update(_read(writer, table, change, home, f"(m)-[r:{table.name}]->(n)"))
    return list(found.values())


def _read(
    writer: Writer, table: RelationTable, change: NodeChange, home: NodeTable, pattern: str
) -> dict[str, EdgeChange]:
    names = list(table.columns)
    wanted = ", ".join(f"r.{quoted(name)}" for name in (ID, TYPE, START, END, *names))
    statement = f"LOAD FROM $rows MATCH (n:{home.name} {{{ID}: k}}) MATCH {pattern} RETURN m.{KIND}, {wanted}"
    found = {}
    for other, identity, type_, start, end, *values in writer.rows(statement, pa.table({"k": strings([change.id])})):
        properties = {name: scalar(value) for name, value in zip(names, values, strict=True) if value is not None}
        kinds = (change.kind if start == change.id else other, change.kind if end == change.id else other)
        found[identity] = EdgeChange(Operation.CREATE, identity, type_, start, end, properties, *kinds)
    return found
