"""Statements that make the physical schema: from nothing, and the additions that an older store lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.errors import BackendError
from graph.backends.embedded.layout import END, ID, KIND, META, PERIMETERS, SETS, START, TYPE, VERSION, Layout, quoted
from graph.backends.embedded.types import COLUMN_TYPES
from graph.schema.model import ValueType


class LayoutOutdatedError(BackendError):
    """The store was written with a schema or a layout that cannot be brought up to date in place."""

    code = "LAYOUT_OUTDATED"


@dataclass(frozen=True, slots=True)
class PhysicalSchema:
    """What a store has: columns with their types per table, and pairs of node tables per relation table."""

    columns: Mapping[str, Mapping[str, str]]
    pairs: Mapping[str, frozenset[tuple[str, str]]]


def create_statements(layout: Layout) -> Iterator[str]:
    """Everything, on an empty store."""
    yield f"CREATE NODE TABLE {META}(name STRING PRIMARY KEY, number INT64, text STRING)"
    yield f"CREATE NODE TABLE {SETS}(number INT64 PRIMARY KEY, names STRING[])"
    for node in layout.nodes.values():
        own = f"{ID} STRING PRIMARY KEY, {KIND} STRING, {PERIMETERS} INT64"
        yield f"CREATE NODE TABLE {node.name}({own}{_columns(node.columns)})"
    for relation in layout.relations.values():
        pairs = ", ".join(f"FROM {start} TO {end}" for start, end in relation.pairs)
        own = ", ".join(f"{column} STRING" for column in (ID, TYPE, START, END))
        yield f"CREATE REL TABLE {relation.name}({pairs}, {own}{_columns(relation.columns)})"


def _columns(columns: Mapping[str, ValueType]) -> str:
    return "".join(f", {quoted(name)} {COLUMN_TYPES[type_]}" for name, type_ in columns.items())


def addition_statements(layout: Layout, found: PhysicalSchema, where: str) -> list[str]:
    """What an existing store lacks; what it has too much of does no harm. Raises LayoutOutdatedError."""
    statements: list[str] = []
    for statement, name in zip(create_statements(layout), _names(layout), strict=True):
        if name not in found.columns:
            statements.append(statement)
    for table in layout.tables:
        present = found.columns.get(table.name)
        if present is None:
            continue
        for name, type_ in table.columns.items():
            if name not in present:
                statements.append(f"ALTER TABLE {table.name} ADD {quoted(name)} {COLUMN_TYPES[type_]}")
            elif present[name] != COLUMN_TYPES[type_]:
                raise _outdated(
                    f"column {name} of {table.name} is {present[name]}, the schema wants {COLUMN_TYPES[type_]}", where
                )
    for relation in layout.relations.values():
        missing = frozenset(relation.pairs) - found.pairs.get(relation.name, frozenset(relation.pairs))
        statements += [f"ALTER TABLE {relation.name} ADD FROM {start} TO {end}" for start, end in sorted(missing)]
    return statements


def _names(layout: Layout) -> Iterator[str]:
    yield META
    yield SETS
    yield from layout.nodes
    yield from layout.relations


def _outdated(seen: str, where: str) -> LayoutOutdatedError:
    return LayoutOutdatedError(seen, where=where, hint="rebuild it from the ledger: `jumeau graph rebuild`")


def check_homes(layout: Layout, version: int | None, homes: Mapping[str, str], where: str) -> None:
    """Refuse a store of another version, or one that keeps a kind or type in another table than the schema now says.

    `homes` is what `homes_of` gave when the store was written. Raises LayoutOutdatedError.
    """
    if version != VERSION:
        raise _outdated(f"the store has layout version {version}, this program needs {VERSION}", where)
    for name, table in homes_of(layout).items():
        if homes.get(name, table) != table:
            raise _outdated(f"the store keeps {name} in {homes[name]}, the schema now places it in {table}", where)


def homes_of(layout: Layout) -> dict[str, str]:
    """The table of every kind and relation type."""
    homes = {kind: table.name for kind, table in layout.table_of_kind.items()}
    return homes | {type_: table.name for type_, table in layout.table_of_type.items()}
