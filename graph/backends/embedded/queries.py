"""Compiled queries, kept: the statement of a bound query, what it needs, and how its rows become cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from graph.backends.embedded.cells import CellReader
from graph.backends.embedded.compiler import DISTINCT, LadybugCompiler
from graph.backends.embedded.index import AdjacencyIndex
from graph.backends.embedded.layout import Layout
from graph.backends.embedded.loops import Loops
from graph.backends.embedded.types import stored_parameter
from graph.cypher.bound import BoundQuery
from graph.schema.model import Schema

KEPT: Final = 1024
"""Statements kept; the least recently made goes first."""


@dataclass(slots=True)
class Compiled:
    """A statement with the names of its parameters and the closures that it calls the adjacency index for."""

    query: BoundQuery  # kept, so that its identity stays its own
    text: str
    names: tuple[tuple[str, str], ...]  # of parameters: in the query, as sent
    closures: tuple[int, ...]
    distinct: tuple[tuple[str, str], ...]  # of list parameters that are sent without repetitions
    converters: tuple[Callable[[Any], Any] | None, ...] | None = field(default=None)

    @property
    def engine(self) -> str:
        return "index" if self.closures else "native"

    def parameters(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the statement's parameters as the store takes them."""
        sent = {sent: stored_parameter(values[name]) for name, sent in self.names}
        for name, key in self.distinct:
            sent[key] = list(dict.fromkeys(values[name]))
        return sent


class CompiledQueries:
    """Compiles each bound query once per way of giving its parameters. Safe for several threads."""

    def __init__(self, layout: Layout, schema: Schema, index: AdjacencyIndex, loops: Loops) -> None:
        self._layout = layout
        self._schema = schema
        self._index = index
        self._loops = loops
        self._cells = CellReader(schema)
        self._kept: dict[tuple[int, int, tuple[tuple[str, str], ...]], Compiled] = {}
        self._lock = Lock()

    def compiled(self, query: BoundQuery, values: Mapping[str, Any], row_cap: int) -> Compiled:
        """The statement of a query for these values. Raises UnsupportedConstructError."""
        given = {name: how for name, value in values.items() if (how := _given(value)) is not None}
        key = (id(query), row_cap, tuple(sorted(given.items())))
        found = self._kept.get(key)
        if found is not None:
            return found
        compiler = LadybugCompiler(query, self._schema, self._layout, self._index, self._loops, given)
        text = compiler.text(row_cap)
        sent = compiler.sent_name
        found = Compiled(
            query,
            text,
            tuple((name, sent(name)) for name in compiler.parameters_used if given.get(name) != "null"),
            tuple(sorted(compiler.closures)),
            tuple((name, sent(name) + DISTINCT) for name in compiler.distinct_parameters),
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

    def rows(self, compiled: Compiled, types: Sequence[str], found: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Rows of ladybug as rows of cells; `types` are the types of the result's columns."""
        if compiled.converters is None:
            compiled.converters = tuple(self._cells.converter(of) for of in types)
        converters = compiled.converters
        if not any(converters):
            return [tuple(row) for row in found]
        return [
            tuple([v if c is None or v is None else c(v) for c, v in zip(converters, row, strict=True)])
            for row in found
        ]


def _given(value: Any) -> str | None:
    """What the statement must know of a value: null and lists are written differently, integers get one width."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return "integer"
    if isinstance(value, list | tuple):
        return "empty" if not value else "holes" if None in value else None
    return None
