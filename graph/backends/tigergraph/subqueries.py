"""EXISTS, COUNT, COLLECT and CALL: the inner query runs once for all rows, each inner row knowing its outer one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.backends.tigergraph.frames import Column, Frame, gsql_type
from graph.backends.tigergraph.rows import FrameBuilder
from graph.backends.tigergraph.scope import Scope
from graph.backends.tigergraph.values import Value, negation
from graph.cypher import types
from graph.cypher.ast import (
    CallSubquery,
    Expression,
    Query,
    Return,
    SubqueryExpression,
    SubqueryKind,
    Tree,
)
from graph.cypher.bound import CypherType
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.rewrite import children

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler


class Subqueries:
    """Compiles queries within queries."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script
        self.outer: dict[str, Frame] = {}  # by hidden column: the rows that a subquery is asked for

    def entered(self, frame: Frame) -> tuple[Frame, str]:
        """The frame as an inner query sees it, and the hidden column that tells the outer row."""
        origin = self.script.fresh("outer") + " row"
        column = Column(types.INTEGER, "{row}", nullable=False, computed=True)
        columns = {**frame.columns, origin: column}
        count = frame.count
        if frame.is_unit:
            count = self.script.variable("rows", "INT")
            self.script.line(f"{count} = 1;")
        entered = Frame(count, columns, frame.paths, (*frame.carried, origin))
        self.outer[origin] = entered
        return entered, origin

    def prepare(self, tree: Tree, frame: Frame) -> None:
        """Run every subquery of an expression for all rows of a frame, so that a loop over them can ask."""
        if isinstance(tree, SubqueryExpression):
            self.compiler.expressions.prepared[id(tree)] = self._run(tree, frame)
            self.compiler.kept_alive.append(tree)
            return
        for child in children(tree):
            if isinstance(child, Expression) or child is not tree:
                self.prepare(child, frame)

    def _run(self, tree: SubqueryExpression, frame: Frame) -> Callable[[str], Value]:
        inner, origin = self.entered(frame)
        query = tree.query
        if tree.kind is SubqueryKind.EXISTS and len(query.parts) == 1:
            clauses = query.parts[0].clauses
            last = clauses[-1]
            if isinstance(last, Return) and len(clauses) > 1 and _only_repeats(last):
                query = replace(query, parts=(replace(query.parts[0], clauses=clauses[:-1]),))
        wanted = () if tree.kind is not SubqueryKind.COLLECT else self._columns(query)
        result = self.compiler.parts(inner, query, wanted)
        if tree.kind is SubqueryKind.EXISTS:
            found = self.script.accumulator("exists", "SetAccum<INT>")
            with self.compiler.rows.each(result) as row:
                self.script.line(f"{found} += {result.columns[origin].at(row).text};")
            return lambda row: Value(f"{found}.contains({row})", types.BOOLEAN)
        if tree.kind is SubqueryKind.COUNT:
            counts = self.script.accumulator("counted", "MapAccum<INT, SumAccum<INT>>")
            with self.compiler.rows.each(frame) as row:
                self.script.line(f"{counts} += ({row} -> 0);")
            with self.compiler.rows.each(result) as row:
                self.script.line(f"{counts} += ({result.columns[origin].at(row).text} -> 1);")
            return lambda row: Value(f"{counts}.get({row})", types.INTEGER)
        return self._collect(tree, frame, result, origin, wanted)

    def _columns(self, query: Query) -> tuple[str, ...]:
        last = query.parts[0].clauses[-1]
        assert isinstance(last, Return)
        return tuple(item.alias for item in last.projection.items)

    def _collect(
        self, tree: SubqueryExpression, frame: Frame, result: Frame, origin: str, wanted: tuple[str, ...]
    ) -> Callable[[str], Value]:
        column = result.columns[wanted[0]]
        of = types.list_of(column.type)
        gsql = gsql_type(of)
        if gsql is None or column.nullable:
            raise self.compiler.unsupported("COLLECT { }", tree, "of values that may be null, or are no plain ones")
        lists = self.script.accumulator("collected", f"MapAccum<INT, {gsql}>")
        empty = self.script.once(f"@@no_{gsql_type(column.type)}", gsql)
        with self.compiler.rows.each(frame) as row:
            self.script.line(f"{lists} += ({row} -> {empty});")
        with self.compiler.rows.each(result) as row:
            self.script.line(f"{lists} += ({result.columns[origin].at(row).text} -> {column.at(row).text});")
        return lambda row: Value(f"{lists}.get({row})", of)

    # --- CALL ------------------------------------------------------------------------------------------------------

    def call(self, frame: Frame, clause: CallSubquery, needed: Iterable[str]) -> Frame:
        """Every outer row with every row that the inner query gives for it."""
        inner, origin = self.entered(frame)
        last = clause.query.parts[0].clauses[-1]
        names = [item.alias for item in last.projection.items] if isinstance(last, Return) else []
        result = self.compiler.parts(inner, clause.query, names)
        if not isinstance(last, Return):
            return frame
        builder = FrameBuilder(self.compiler)
        wanted = set(needed)
        with self.compiler.rows.each(result) as row:
            outer = result.columns[origin].at(row).text
            values = self.compiler.rows.copied(frame, outer, wanted)
            values.update({name: result.columns[name].at(row) for name in names if name in result.columns})
            builder.add(values)
        return builder.frame(frame.carried, {})

    # --- OPTIONAL --------------------------------------------------------------------------------------------------

    def optional(
        self, frame: Frame, run: Callable[[Frame], Frame], needed: Iterable[str], new: Iterable[tuple[str, CypherType]]
    ) -> Frame:
        """What a pattern finds, and each row for which it finds nothing, with nulls."""
        inner, origin = self.entered(frame)
        found = run(inner)
        matched = self.script.accumulator("matched", "SetAccum<INT>")
        builder = FrameBuilder(self.compiler)
        wanted = set(needed)
        with self.compiler.rows.each(found) as row:
            self.script.line(f"{matched} += {found.columns[origin].at(row).text};")
            names = wanted | {p for path in found.paths.values() for p in (path.nodes, path.relations)}
            values = self.compiler.rows.copied(replace(found, carried=frame.carried), row, names)
            builder.add(values)
        with (
            self.compiler.rows.each(frame) as row,
            self.script.block(f"IF {negation(f'{matched}.contains({row})')} THEN"),
        ):
            builder.add(self.compiler.rows.copied(frame, row, wanted))
        for name, of in new:
            if name in wanted and name not in builder.frame().columns:
                builder.declare(name, of)
                builder.may_be_null(name)
        return builder.frame(frame.carried, found.paths)


def _only_repeats(clause: Return) -> bool:
    """Whether a RETURN gives a row exactly where there is one before it."""
    projection = clause.projection
    if projection.skip is not None or projection.limit is not None:
        return False
    return not any(any(True for _ in aggregates_in(item.expression)) for item in projection.items)


__all__ = ["Scope", "Subqueries"]
