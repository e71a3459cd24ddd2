"""A whole graph as Arrow tables, one per kind of nodes and per type of relations: what checkpoints hold, and what large
stores are loaded from.

A table has `id`, for relations `start` and `end`, and a column per attribute of the schema; an absent property is null.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import repeat
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.json

from core.errors import LedgerError
from graph.history.former import TODAY, FormerKind, FormerNames
from graph.history.ownership import Ownership, Rules, taker_and_source
from graph.model import Scalar
from graph.schema.model import PerimeterRule, Schema, ValueType

ID: Final = "id"
START: Final = "start_"
END: Final = "end_"
"""The columns beside the attributes; no attribute of a pack ends in an underscore."""

ARROW: Final[Mapping[ValueType, pa.DataType]] = MappingProxyType(
    {
        ValueType.STRING: pa.string(),
        ValueType.INTEGER: pa.int64(),
        ValueType.MONEY: pa.int64(),
        ValueType.FLOAT: pa.float64(),
        ValueType.BOOLEAN: pa.bool_(),
        ValueType.DATE: pa.date32(),
        ValueType.INSTANT: pa.timestamp("us"),
        ValueType.STRING_LIST: pa.list_(pa.string()),
    }
)

_AS_TEXT: Final = (ValueType.DATE, ValueType.INSTANT)
"""What stands as text in JSON."""

_PARSED: Final = 20_000
"""Rows of JSON that are parsed at a time."""

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True, slots=True)
class GraphColumns:
    """Nodes by kind and relations by type; a kind without elements is absent."""

    nodes: Tables
    edges: Tables

    @property
    def elements(self) -> int:
        """How many nodes and relations there are."""
        return sum(table.num_rows for table in (*self.nodes.values(), *self.edges.values()))

    def replaced(self, touched: Sequence[str], survivors: GraphColumns) -> GraphColumns:
        """This graph without the elements `touched`, with the `survivors` among them as they are now."""
        gone = frozenset(touched)  # Arrow would hash it once more for every table
        return GraphColumns(_replaced(self.nodes, gone, survivors.nodes), _replaced(self.edges, gone, survivors.edges))

    def without_loose_ends(self) -> GraphColumns:
        """This graph without the relations that lead from or to what is not in it."""
        there = frozenset(element for table in self.nodes.values() for element in table[ID].to_pylist())
        found = {}
        for name, table in self.edges.items():
            ends = zip(table[START].to_pylist(), table[END].to_pylist(), strict=True)
            kept = table.filter(pa.array([start in there and end in there for start, end in ends], pa.bool_()))
            if kept.num_rows:
                found[name] = kept
        return GraphColumns(self.nodes, found)

    @staticmethod
    def rows(table: pa.Table) -> Iterator[tuple[str, str, str, dict[str, Scalar]]]:
        """(id, start, end, properties) of each element of a table; the ends of a node are empty."""
        names = [name for name in table.column_names if name not in (ID, START, END)]
        columns = [_scalars(table[name]) for name in names]
        empty = [""] * table.num_rows
        starts, ends = (table[n].to_pylist() if n in table.column_names else empty for n in (START, END))
        for place, (element, start, end) in enumerate(zip(table[ID].to_pylist(), starts, ends, strict=True)):
            values = ((name, column[place]) for name, column in zip(names, columns, strict=True))
            yield element, start, end, {name: value for name, value in values if value is not None}

    def ownerships(self, rules: Rules) -> Iterator[Ownership]:
        """The relations that give perimeters or pass them on."""
        for name, rule in rules.relations.items():
            table = self.edges.get(name)
            if table is not None:
                takers, sources = (table[end].to_pylist() for end in taker_and_source(rule, START, END))
                yield from map(Ownership, takers, sources, repeat(rule is PerimeterRule.GIVEN))
        for kind in rules.kinds & self.nodes.keys():
            nodes = self.nodes[kind][ID].to_pylist()
            yield from map(Ownership, nodes, nodes, repeat(True))

    def perimeter_names(self, rules: Rules) -> dict[str, str]:
        """The names of the perimeters, by id."""
        found: dict[str, str] = {}
        for kind in rules.kinds & self.nodes.keys():
            table = self.nodes[kind]
            pairs = zip(table[ID].to_pylist(), table["name"].to_pylist(), strict=True)
            found.update((node, name) for node, name in pairs if name is not None)
        return found


def parse_columns(rows: Iterable[Sequence[Any]], schema: Schema, former: FormerNames = TODAY) -> GraphColumns:
    """Columns from (element, edge, kind, start, end, properties as JSON), written under `former` names.

    Raises LedgerError on what neither the schema has nor those names.
    """
    nodes: dict[str, list[Sequence[Any]]] = defaultdict(list)
    edges: dict[str, list[Sequence[Any]]] = defaultdict(list)
    parts: tuple[dict[str, list[pa.Table]], ...] = (defaultdict(list), defaultdict(list))

    def parse(name: str, waiting: list[Sequence[Any]], *, edge: bool) -> None:
        kind = former.of(name, schema, edge=edge)
        if kind is None:
            raise _unknown(name)
        if kind.name is not None:
            parts[edge][kind.name].append(_table(name, waiting, kind, attributes_of(kind.name, schema, edge=edge)))
        waiting.clear()

    for row in rows:
        edge = bool(row[1])
        waiting = (edges if edge else nodes)[row[2]]
        waiting.append(row)
        if len(waiting) == _PARSED:
            parse(row[2], waiting, edge=edge)
    for is_edge, left in ((False, nodes), (True, edges)):
        for name, waiting in left.items():
            if waiting:
                parse(name, waiting, edge=is_edge)
    return GraphColumns(*({name: pa.concat_tables(some) for name, some in of.items()} for of in parts))


def attributes_of(name: str, schema: Schema, *, edge: bool) -> dict[str, ValueType]:
    """The attributes of a kind or relation type without its id. Raises LedgerError on an unknown one."""
    found = schema.relations.get(name) if edge else schema.kinds.get(name)
    if found is None:
        raise _unknown(name)
    return {a.name: a.type for a in found.attributes.values() if a.name != ID}


def _unknown(name: str) -> LedgerError:
    return LedgerError(
        f"the ledger names {name!r}, which the schema does not have",
        where="history",
        hint="use the pack that it was written with, or migrate",
    )


def _table(name: str, rows: Sequence[Sequence[Any]], kind: FormerKind, attributes: Mapping[str, ValueType]) -> pa.Table:
    elements, _, _, starts, ends, texts = zip(*rows, strict=True)
    own = {ID: pa.array(elements, pa.string())}
    if rows[0][1]:
        own |= {START: pa.array(starts, pa.string()), END: pa.array(ends, pa.string())}
    then = _values(name, texts, {a: type_ for a, (type_, _) in kind.attributes.items() if a != ID})
    today = {own_name: then[a] for a, (_, own_name) in kind.attributes.items() if a in then and own_name in attributes}
    return pa.table({**own, **{a: _of_type(today.get(a), type_, len(rows)) for a, type_ in attributes.items()}})


def _of_type(column: pa.ChunkedArray | None, type_: ValueType, rows: int) -> pa.ChunkedArray:
    """A column under the type that the attribute has today: nothing where it had none, or does not convert."""
    if column is None:
        return pa.chunked_array([pa.nulls(rows, ARROW[type_])])
    try:
        return column if column.type == ARROW[type_] else column.cast(ARROW[type_])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # some do not convert: the others do
        return pa.chunked_array([pa.array([_converted(value, ARROW[type_]) for value in column], ARROW[type_])])


def _converted(value: Any, type_: pa.DataType) -> Any:
    try:
        return value.cast(type_).as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _values(name: str, texts: Sequence[str], attributes: Mapping[str, ValueType]) -> dict[str, pa.ChunkedArray]:
    """The properties of elements, from one JSON object each."""
    content = "\n".join(texts).encode()
    wanted = {a: pa.string() if type_ in _AS_TEXT else ARROW[type_] for a, type_ in attributes.items()}
    if len(content) == 3 * len(texts) - 1:  # every one of them is {}: there is nothing to parse
        return {a: pa.chunked_array([pa.nulls(len(texts), ARROW[t])]) for a, t in attributes.items()}
    try:
        parsed = pyarrow.json.read_json(
            pa.BufferReader(content),
            read_options=pyarrow.json.ReadOptions(block_size=len(content) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=pa.schema(list(wanted.items())), unexpected_field_behavior="error"
            ),
        )
    except pa.ArrowInvalid as error:
        raise LedgerError(
            f"the ledger holds properties of {name} that the schema does not have: {error}",
            where="history",
            hint="use the pack that it was written with, or migrate",
        ) from error
    return {a: _typed(parsed[a], type_) for a, type_ in attributes.items()}


def _typed(column: pa.ChunkedArray, type_: ValueType) -> pa.ChunkedArray:
    if type_ is ValueType.INSTANT:
        return column.cast(pa.timestamp("us", "UTC")).cast(ARROW[type_])
    return column.cast(ARROW[type_]) if type_ is ValueType.DATE else column


def _scalars(column: pa.ChunkedArray) -> list[Any]:
    """Values as elements have them."""
    values = column.to_pylist()
    if pa.types.is_timestamp(column.type):
        return [None if value is None else value.replace(tzinfo=UTC) for value in values]
    return [None if value is None else tuple(value) for value in values] if pa.types.is_list(column.type) else values


def _replaced(tables: Tables, gone: frozenset[str], survivors: Tables) -> dict[str, pa.Table]:
    found: dict[str, pa.Table] = {}
    for name in dict.fromkeys((*tables, *survivors)):
        parts = []
        if name in tables:
            kept = tables[name]
            stays = [element not in gone for element in kept[ID].to_pylist()]
            parts.append(kept if all(stays) else kept.filter(pa.array(stays)))
        if name in survivors:
            parts.append(survivors[name])
        table = pa.concat_tables(parts)
        if table.num_rows:
            found[name] = table
    return found
