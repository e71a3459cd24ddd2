"""Making frames: loops over the rows of one, and the statements that add rows to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graph.backends.tigergraph.frames import Column, Frame, PathColumns, gsql_type
from graph.backends.tigergraph.values import FALSE, TRUE, Value
from graph.cypher.ast import Variable
from graph.cypher.bound import CypherType

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler


class FrameBuilder:
    """A frame that is being filled: `add` puts out the statements that add one row, `frame` is what came of it."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script
        self.count = self.script.variable("rows", "INT")
        self.script.line(f"{self.count} = 0;")
        self._columns: dict[str, Column] = {}
        self._added = 0
        self._given: set[str] = set()
        self._declared: set[str] = set()

    def add(self, values: Mapping[str, Value]) -> None:
        """One more row; a column that is not given is null in it."""
        for name in self._columns:
            if name not in values and name not in self._declared:
                self._columns[name] = self._nullable(name)
        for name, value in values.items():
            column = self._columns.get(name) or self._declare(name, value.type)
            if self._added and not column.nullable and name not in self._given:
                column = self._columns[name] = self._nullable(name)
            if value.known == FALSE:
                self._columns[name] = self._nullable(name)
                continue
            line = f"{column.name} += ({self.count} -> {value.text});"
            if value.known == TRUE:
                self.script.line(line)
                continue
            self._columns[name] = self._nullable(name)
            with self.script.block(f"IF {value.known} THEN"):
                self.script.line(line)
        self._given = set(values)
        self._added += 1
        self.next_row()

    def next_row(self) -> None:
        """What was put into the columns is a row now."""
        self.script.line(f"{self.count} = {self.count} + 1;")

    def declare(self, name: str, of: CypherType, accumulated: str | None = None) -> Column:
        """A column that other statements fill; `accumulated` where its map's values are accumulators."""
        self._declared.add(name)
        return self._declare(name, of, accumulated)

    def _declare(self, name: str, of: CypherType, accumulated: str | None = None) -> Column:
        gsql = accumulated or gsql_type(of)
        if gsql is None:
            raise self.compiler.unsupported(
                f"a value of type {of.name.value}", Variable(name), "between clauses: it has no form in GSQL"
            )
        column = Column(of, self.script.accumulator(name, f"MapAccum<INT, {gsql}>"), nullable=False)
        self._columns[name] = column
        return column

    def may_be_null(self, name: str) -> None:
        """A column that some rows leave out."""
        self._columns[name] = self._nullable(name)

    def _nullable(self, name: str) -> Column:
        column = self._columns[name]
        return Column(column.type, column.name, nullable=True)

    def frame(self, carried: tuple[str, ...] = (), paths: Mapping[str, PathColumns] | None = None) -> Frame:
        """The frame, once every row is added."""
        return Frame(self.count, dict(self._columns), paths or {}, carried)


class Rows:
    """Loops and copies."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script

    @contextmanager
    def each(self, frame: Frame) -> Iterator[str]:
        """A loop over the rows of a frame, in order; gives the text of the row's number."""
        if frame.is_unit:
            yield "0"
            return
        name = self.script.fresh("r")
        with self.script.block(f"FOREACH {name} IN RANGE[0, {frame.count} - 1] DO"):
            yield name

    @contextmanager
    def where(self, condition: str) -> Iterator[None]:
        """Statements under a condition, or just statements where it always holds."""
        if condition == TRUE:
            yield
        else:
            with self.script.block(f"IF {condition} THEN"):
                yield

    def copied(self, frame: Frame, row: str, names: Iterable[str]) -> dict[str, Value]:
        """The values of some columns in a row, and of those that always go along."""
        wanted = set(names) | set(frame.carried)
        return {name: column.at(row) for name, column in frame.columns.items() if name in wanted}

    def paths(self, frame: Frame, names: Iterable[str]) -> dict[str, PathColumns]:
        """The paths of a frame whose columns are kept."""
        kept = set(names)
        return {name: path for name, path in frame.paths.items() if name in kept}
