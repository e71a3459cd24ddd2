"""Groups and aggregates: a map from keys to the number of the group, and one accumulator per aggregate and group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from graph.backends.tigergraph.frames import Frame, gsql_type, scalar_type
from graph.backends.tigergraph.rows import FrameBuilder
from graph.backends.tigergraph.scope import Scope
from graph.backends.tigergraph.values import FALSE, TRUE, Value, both
from graph.cypher import types
from graph.cypher.ast import CountStar, FunctionCall, Literal, ProjectionItem
from graph.cypher.bound import CypherType, TypeName

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler
    from graph.backends.tigergraph.projection import Projector


class Aggregation:
    """Compiles one projection with aggregates."""

    def __init__(self, compiler: GsqlCompiler, projector: Projector) -> None:
        self.compiler = compiler
        self.projector = projector
        self.script = compiler.script
        self.builder: FrameBuilder

    def group(self, frame: Frame, items: Sequence[ProjectionItem]) -> Frame:
        """A row for each group; without keys there is one group, also of no rows."""
        from graph.backends.tigergraph.projection import is_aggregation

        builder = self.builder = FrameBuilder(self.compiler)
        keys = [item for item in items if not is_aggregation(item.expression)]
        aggregates = [item for item in items if is_aggregation(item.expression)]
        starts: list[Callable[[], None]] = []
        steps: list[Callable[[str, Scope], None]] = []
        for item in aggregates:
            start, step = self._aggregate(item, frame)
            steps.append(step)
            if start is not None:
                starts.append(start)
        if not keys and not frame.carried:
            for start in starts:
                start()
            builder.next_row()
            with self.compiler.rows.each(frame) as row:
                for step in steps:
                    step("0", Scope(frame, row))
        else:
            self._groups(frame, keys, starts, steps)
        return builder.frame(frame.carried)

    def _groups(
        self,
        frame: Frame,
        keys: Sequence[ProjectionItem],
        starts: Sequence[Callable[[], None]],
        steps: Sequence[Callable[[str, Scope], None]],
    ) -> None:
        group = self.script.variable("group_number", "INT")
        groups, name = self._every_outer_row(frame, starts) if not keys else ("", "")
        with self.compiler.rows.each(frame) as row:
            scope = Scope(frame, row)
            copied = self.compiler.rows.copied(frame, row, ())
            values = {each: copied[each] for each in frame.carried}
            for item in keys:
                value = self.projector._item(item, scope, twice=True)
                values[item.alias] = value
            tree = keys[0] if keys else Literal(None)
            parts = self.projector.key_parts(values.values(), scope, tree)
            if not groups:
                name = self.projector.key_type("GroupKey", parts)
                groups = self.script.accumulator("groups", f"MapAccum<{name}, INT>")
            key = self.projector.key_text(name, parts)
            with self.script.block(f"IF NOT {groups}.containsKey({key}) THEN"):
                self.script.line(f"{groups} += ({key} -> {self.builder.count});")
                for start in starts:
                    start()
                self.builder.add(values)
            self.script.line(f"{group} = {groups}.get({key});")
            for step in steps:
                step(group, scope)

    def _every_outer_row(self, frame: Frame, starts: Sequence[Callable[[], None]]) -> tuple[str, str]:
        """Inside a subquery an aggregate without keys gives a row for each outer row, also where there is none inside."""
        outer = self.compiler.subqueries.outer[frame.carried[-1]]
        groups = name = ""
        with self.compiler.rows.each(outer) as row:
            scope = Scope(outer, row)
            values = self.compiler.rows.copied(outer, row, ())
            parts = self.projector.key_parts((values[each] for each in frame.carried), scope, Literal(None))
            name = self.projector.key_type("GroupKey", parts)
            groups = self.script.accumulator("groups", f"MapAccum<{name}, INT>")
            self.script.line(f"{groups} += ({self.projector.key_text(name, parts)} -> {self.builder.count});")
            for start in starts:
                start()
            self.builder.add(values)
        return groups, name

    # --- aggregates ------------------------------------------------------------------------------------------------

    def _aggregate(
        self, item: ProjectionItem, frame: Frame
    ) -> tuple[Callable[[], None] | None, Callable[[str, Scope], None]]:
        """What happens when a group begins, and at each of its rows."""
        tree = item.expression
        if isinstance(tree, CountStar):
            column = self.builder.declare(item.alias, types.INTEGER).name
            return self._zero(column, "0"), lambda group, _scope: self.script.line(f"{column} += ({group} -> 1);")
        assert isinstance(tree, FunctionCall)
        argument = tree.arguments[0]
        name = tree.name.lower()
        of = self.compiler.type_of(argument)
        self.compiler.subqueries.prepare(argument, frame)
        start: Callable[[], None] | None = None
        if name == "count":
            column = self.builder.declare(item.alias, types.INTEGER).name
            start = self._zero(column, "0")
            add = self._adder(column, one=True)
        elif name == "sum":
            if of.name not in (TypeName.INTEGER, TypeName.FLOAT):
                raise self.compiler.unsupported("sum", tree, f"of values of type {of.name.value}")
            column = self.builder.declare(item.alias, of).name
            start = self._zero(column, "0" if of.name is TypeName.INTEGER else "0.0")
            add = self._adder(column)
        elif name == "avg":
            if of.name not in types.NUMERIC:
                raise self.compiler.unsupported("avg", tree, f"of values of type {of.name.value}")
            column = self.builder.declare(item.alias, types.FLOAT, "AvgAccum").name
            self.builder.may_be_null(item.alias)
            add = self._adder(column)
        elif name in ("min", "max"):
            add = self._extreme(item, of, "<" if name == "min" else ">")
        elif name == "collect":
            add, start = self._collected(item, tree, of)
        elif name == "percentilecont":
            raise self.compiler.unsupported("percentileCont", tree)
        else:
            raise self.compiler.unsupported(tree.name, tree)
        once = self._distinct(argument, of, tree) if tree.distinct and name not in ("min", "max") else None

        def step(group: str, scope: Scope) -> None:
            value = self.compiler.expressions.value(argument, scope)
            if value.known == FALSE:
                return
            value = self.compiler.expressions.plain(value, "part", scope)
            if once is not None and value.type.name is not TypeName.LIST:
                value = self.compiler.expressions.stored(value, "part", scope) if value.nullable else value
            test, mark = (TRUE, "") if once is None else once(group, value)
            with self.compiler.rows.where(both(value.known, test)):
                if mark:
                    self.script.line(mark)
                add(group, value)

        return start, step

    def _zero(self, column: str, zero: str) -> Callable[[], None]:
        return lambda: self.script.line(f"{column} += ({self.builder.count} -> {zero});")

    def _adder(self, column: str, *, one: bool = False) -> Callable[[str, Value], None]:
        return lambda group, value: self.script.line(f"{column} += ({group} -> {'1' if one else value.text});")

    def _distinct(
        self, argument: object, of: CypherType, tree: FunctionCall
    ) -> Callable[[str, Value], tuple[str, str]]:
        """A test whether a value is new in its group, and the statement that remembers it."""
        gsql = scalar_type(of)
        if gsql is None:
            raise self.compiler.unsupported(f"{tree.name}(DISTINCT ...)", tree, f"of values of type {of.name.value}")
        name = self.script.tuple_type("Counted", [("INT", "group_number"), (gsql, "part")])
        seen = self.script.accumulator("once", f"SetAccum<{name}>")

        def once(group: str, value: Value) -> tuple[str, str]:
            key = f"{name}({group}, {value.text})"
            return f"(NOT {seen}.contains({key}))", f"{seen} += {key};"

        return once

    def _extreme(self, item: ProjectionItem, of: CypherType, sign: str) -> Callable[[str, Value], None]:
        """The least or the greatest: taken out and put in again, since maps add to what they have."""
        if of.name not in (*types.NUMERIC, *types.TEMPORAL, TypeName.STRING):
            raise self.compiler.unsupported("min or max", item, f"of values of type {of.name.value}")
        column = self.builder.declare(item.alias, of).name
        self.builder.may_be_null(item.alias)

        def add(group: str, value: Value) -> None:
            with self.script.block(
                f"IF {column}.containsKey({group}) AND {value.text} {sign} {column}.get({group}) THEN"
            ):
                self.script.line(f"{column}.remove({group});")
            with self.script.block(f"IF NOT {column}.containsKey({group}) THEN"):
                self.script.line(f"{column} += ({group} -> {value.text});")

        return add

    def _collected(
        self, item: ProjectionItem, tree: FunctionCall, of: CypherType
    ) -> tuple[Callable[[str, Value], None], Callable[[], None]]:
        """A list for each group, empty at first: a group of nulls has one too."""
        listed = types.list_of(of)
        if scalar_type(of) is None or gsql_type(listed) is None:
            raise self.compiler.unsupported("collect", tree, f"of values of type {of.name.value}")
        column = self.builder.declare(item.alias, listed).name
        empty = self.script.once(f"@@no_{scalar_type(of)}", f"ListAccum<{scalar_type(of)}>")
        return self._adder(column), self._zero(column, empty)
