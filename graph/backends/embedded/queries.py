"""Compiled queries, kept: the statement of a bound query, what it needs, and how its rows become cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import copysign
from threading import Lock
from typing import Any, Final

import ladybug

from graph.backends.embedded.cells import CellReader
from graph.backends.embedded.compiler import DISTINCT, HUGE, MOST_SKIPPED, LadybugCompiler
from graph.backends.embedded.fetching import next_rows
from graph.backends.embedded.holders import HolderIndex
from graph.backends.embedded.index import AdjacencyIndex
from graph.backends.embedded.layout import Layout
from graph.backends.embedded.loops import Loops
from graph.backends.embedded.paths import Recipe
from graph.backends.embedded.sorting import SORTED_ALIKE, Order, taken_out
from graph.backends.embedded.trails import TrailIndex
from graph.backends.embedded.types import stored_parameter
from graph.cypher.bound import BoundQuery
from graph.schema.model import Schema

FEW: Final = 32
"""Rows from which taking whole columns through Arrow is faster than row by row."""

PLAIN_COLUMNS: Final = frozenset({"STRING", "INT64", "DOUBLE", "BOOL", "DATE"})
"""Types of columns that Arrow gives as the cells they are."""

KEPT: Final = 1024
"""Statements kept; the least recently made goes first."""


class StoredOrderError(Exception):
    """The order of this answer is the store's to give: ask once more."""


@dataclass(slots=True)
class Compiled:
    """A statement with the names of its parameters and the closures that it calls the adjacency index for."""

    query: BoundQuery  # kept, so that its identity stays its own
    text: str
    names: tuple[tuple[str, str], ...]  # of parameters: in the query, as sent
    closures: tuple[int, ...]
    searches: tuple[int, ...]
    holders: tuple[int, ...]
    distinct: tuple[tuple[str, str], ...]  # of list parameters that are sent without repetitions
    recipes: tuple[Recipe, ...] = ()  # columns of paths' texts, and what they should hold
    sums: tuple[int, ...] = ()  # columns that are sums of floats, which may be sums of nothing
    converters: tuple[Callable[[Any], Any] | None, ...] | None = field(default=None)
    order: Order | None = None  # that rows are given here
    stored_order: bool = False  # whether it turned out that the store has to give it

    @property
    def statement(self) -> str:
        """The text, and what is done here beside it."""
        return self.text if self.order is None else f"{self.text}\n// in order here: {self.order.text}"

    @property
    def engine(self) -> str:
        return "index" if self.closures or self.searches else "native"

    def parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the statement's parameters as the store takes them."""
        sent = {sent: stored_parameter(values[name]) for name, sent in self.names}
        for name, key in self.distinct:
            sent[key] = list(dict.fromkeys(values[name]))
        return sent


class CompiledQueries:
    """Compiles each bound query once per way of giving its parameters. Safe for several threads."""

    def __init__(
        self,
        layout: Layout,
        schema: Schema,
        index: AdjacencyIndex,
        trails: TrailIndex,
        holders: HolderIndex,
        loops: Loops,
    ) -> None:
        self._layout = layout
        self._schema = schema
        self._index = index
        self._trails = trails
        self._holders = holders
        self._loops = loops
        self._cells = CellReader(schema)
        self._kept: dict[tuple[int, int, tuple[tuple[str, str], ...], bool], Compiled] = {}
        self._lock = Lock()

    def compiled(
        self, query: BoundQuery, values: Mapping[str, Any], row_cap: int, *, stored_order: bool = False
    ) -> Compiled:
        """The statement of a query for these values; with `stored_order` the store sorts. Raises UnsupportedConstructError."""
        given = {name: how for name, value in values.items() if (how := _given(value)) is not None}
        key = (id(query), row_cap, tuple(sorted(given.items())), stored_order)
        found = self._kept.get(key)
        if found is not None:
            if found.stored_order and not stored_order:
                return self.compiled(query, values, row_cap, stored_order=True)
            return found
        asked, order = query, None
        if not stored_order and (bare := taken_out(query, row_cap)) is not None:
            query, order = bare
        compiler = LadybugCompiler(
            query, self._schema, self._layout, self._index, self._trails, self._holders, self._loops, given
        )
        text = compiler.text(row_cap)
        sent = compiler.sent_name
        if order is not None and (compiler.recipes or compiler.float_sums):
            return self.compiled(asked, values, row_cap, stored_order=True)
        found = Compiled(
            asked,
            text,
            tuple((name, sent(name)) for name in compiler.parameters_used if given.get(name) != "null"),
            tuple(sorted(compiler.closures)),
            tuple(sorted(compiler.searches)),
            tuple(sorted(compiler.held)),
            tuple((name, sent(name) + DISTINCT) for name in compiler.distinct_parameters),
            tuple((at, compiler.recipes[name]) for at, name in enumerate(query.columns) if name in compiler.recipes),
            tuple(at for at, name in enumerate(query.columns) if name in compiler.float_sums),
            order=order,
        )
        with self._lock:
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = found
        return found

    def clear(self) -> None:
        """Forget every statement: what they were made for has changed."""
        with self._lock:
            self._kept.clear()

    def rows(self, compiled: Compiled, result: ladybug.QueryResult, row_cap: int) -> tuple[list[tuple[Any, ...]], bool]:
        """Rows of cells, as many as the cap allows, and whether there were more. Raises StoredOrderError."""
        types = result.get_column_data_types()
        order = compiled.order
        if order is None:
            return self._in_cells(compiled, result, types, row_cap)
        if not SORTED_ALIKE.issuperset(types[at] for at, _ in order.keys):
            compiled.stored_order = True
            raise StoredOrderError
        rows, more = self._in_cells(compiled, result, types, row_cap)
        if more:
            compiled.stored_order = True
            raise StoredOrderError
        return order.apply(rows), False

    def batch(self, compiled: Compiled, result: ladybug.QueryResult, rows: int) -> list[tuple[Any, ...]]:
        """The next rows of a result that the store has put in order, as many as are wanted; none at its end."""
        converters = self._converters(compiled, result.get_column_data_types())
        return _converted(converters, next_rows(result, rows))

    def _converters(self, compiled: Compiled, types: list[str]) -> tuple[Callable[[Any], Any] | None, ...]:
        if compiled.converters is None:
            compiled.converters = tuple(
                _sum_of_floats if at in compiled.sums else self._cells.converter(of) for at, of in enumerate(types)
            )
        return compiled.converters

    def _in_cells(
        self, compiled: Compiled, result: ladybug.QueryResult, types: list[str], row_cap: int
    ) -> tuple[list[tuple[Any, ...]], bool]:
        converters = self._converters(compiled, types)
        if result.get_num_tuples() > FEW and not compiled.sums and PLAIN_COLUMNS.issuperset(types):
            table = result.get_as_arrow(-1)
            columns = [column.to_pylist() for column in table.slice(0, row_cap).columns]
            return list(zip(*columns, strict=True)), table.num_rows > row_cap
        found = next_rows(result, row_cap + 1)
        return _converted(converters, found[:row_cap]), len(found) > row_cap


def _converted(converters: tuple[Callable[[Any], Any] | None, ...], rows: list[list[Any]]) -> list[tuple[Any, ...]]:
    return [
        tuple([v if c is None or v is None else c(v) for c, v in zip(converters, row, strict=True)]) for row in rows
    ]


def _sum_of_floats(value: float) -> float | int:
    """The sum of no floats is the integer 0; the store gave a zero below zero for it."""
    return 0 if value == 0 and copysign(1, value) < 0 else value


def _given(value: Any) -> str | None:
    """What the statement must know of a value: null and lists are written differently, integers get one width."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return HUGE if value > MOST_SKIPPED else "integer"
    if isinstance(value, list | tuple):
        return "empty" if not value else "holes" if None in value else None
    return None
