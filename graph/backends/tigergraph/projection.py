"""WITH and RETURN: one loop computes the items of each row, drops repetitions, and groups where there are aggregates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graph.backends.tigergraph.aggregation import Aggregation
from graph.backends.tigergraph.frames import Frame, PathColumns, scalar_type
from graph.backends.tigergraph.patterns import has_subquery
from graph.backends.tigergraph.rows import FrameBuilder
from graph.backends.tigergraph.scope import Scope
from graph.backends.tigergraph.values import DEFAULTS, FALSE, TRUE, Value, both
from graph.cypher import types
from graph.cypher.ast import (
    CountStar,
    Expression,
    FunctionCall,
    Projection,
    ProjectionItem,
    SortItem,
    Tree,
    Variable,
)
from graph.cypher.bound import TypeName
from graph.cypher.functions import is_aggregate
from graph.cypher.rewrite import transform

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A value of a key: its text, and the variable that says whether it is known (None: always)."""

    text: str
    gsql: str
    known: str | None


class Projector:
    """Compiles the projections of WITH and RETURN."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script

    def project(self, frame: Frame, projection: Projection, where: Expression | None, needed: Iterable[str]) -> Frame:
        """The frame after a projection; `needed` are the names that later clauses mention."""
        items = self._kept(frame, projection)
        aliases = {item.alias for item in projection.items}
        paths = {name: columns for name, columns in frame.paths.items() if name in aliases}
        for item in items:
            self.compiler.subqueries.prepare(item.expression, frame)
        late = where is not None and (has_subquery(where) or _cuts(projection) or _aggregates(items))
        if _aggregates(items):
            result = Aggregation(self.compiler, self).group(frame, items)
            self._check_carried(projection, frame)
        elif self._is_plain(frame, projection, items) and where is None:
            return self._renamed(frame, items, paths)
        else:
            result = self._rows(frame, projection, items, None if late else where, paths)
        if projection.order or _cuts(projection):
            result = self._ordered(result, projection, items)
        if late and where is not None:
            result = self.compiler.matcher.filtered(result, [where], [item.alias for item in items])
        return result

    def _kept(self, frame: Frame, projection: Projection) -> list[ProjectionItem]:
        """The items without paths, which go along by themselves under their own name."""
        kept = []
        for item in projection.items:
            if isinstance(item.expression, Variable) and item.expression.name in frame.paths:
                if item.alias != item.expression.name or projection.distinct:
                    raise self.compiler.unsupported("path as a value", item.expression)
                continue
            kept.append(item)
        return kept

    def _check_carried(self, projection: Projection, frame: Frame) -> None:
        if frame.carried and _cuts(projection):
            raise self.compiler.unsupported("SKIP or LIMIT in a subquery", projection)

    def _is_plain(self, frame: Frame, projection: Projection, items: Sequence[ProjectionItem]) -> bool:
        if projection.distinct or projection.order or _cuts(projection) or frame.is_unit:
            return False
        return all(isinstance(i.expression, Variable) and i.expression.name in frame.columns for i in items)

    def _renamed(self, frame: Frame, items: Sequence[ProjectionItem], paths: Mapping[str, PathColumns]) -> Frame:
        """The same rows with fewer columns: nothing to compute."""
        columns = {item.alias: frame.columns[item.expression.name] for item in items}  # type: ignore[attr-defined]
        for name in frame.carried:
            columns[name] = frame.columns[name]
        for path in paths.values():
            columns[path.nodes], columns[path.relations] = frame.columns[path.nodes], frame.columns[path.relations]
        return Frame(frame.count, columns, paths, frame.carried)

    def _rows(
        self,
        frame: Frame,
        projection: Projection,
        items: Sequence[ProjectionItem],
        where: Expression | None,
        paths: Mapping[str, PathColumns],
    ) -> Frame:
        builder = FrameBuilder(self.compiler)
        self._check_carried(projection, frame)
        sources: set[str] = set()
        if not projection.distinct:
            sources = self._order_sources(frame, projection, items)
        with self.compiler.rows.each(frame) as row:
            scope = Scope(frame, row)
            values = {
                item.alias: self._item(item, scope, twice=projection.distinct or where is not None) for item in items
            }
            tests = []
            if where is not None:
                tests.append(self.compiler.expressions.truth(where, scope.with_values(values)).true)
            carried = self.compiler.rows.copied(frame, row, ())
            if projection.distinct:
                parts = self.key_parts([*carried.values(), *values.values()], scope, projection)
                seen = self.key_type("SeenRow", parts)
                key = self.key_text(seen, parts)
                table = self.script.accumulator("seen", f"SetAccum<{seen}>")
                tests.append(f"(NOT {table}.contains({key}))")
            with self.compiler.rows.where(both(*tests)):
                if projection.distinct:
                    self.script.line(f"{table} += {key};")
                extra = self.compiler.rows.copied(frame, row, sources)
                for path in paths.values():
                    extra.update(self.compiler.rows.copied(frame, row, (path.nodes, path.relations)))
                builder.add({**extra, **carried, **values})
        return builder.frame(frame.carried, paths)

    def _order_sources(self, frame: Frame, projection: Projection, items: Sequence[ProjectionItem]) -> set[str]:
        """The columns that only ORDER BY reads: they stay until the rows are ordered."""
        from graph.backends.tigergraph.reads import names_in

        names: set[str] = set()
        for sort in projection.order:
            names |= names_in(sort.expression)
        return (names & set(frame.columns)) - {item.alias for item in items}

    def _item(self, item: ProjectionItem, scope: Scope, *, twice: bool) -> Value:
        expressions = self.compiler.expressions
        value = expressions.value(item.expression, scope)
        if value.known == FALSE and value.type.name is TypeName.NULL:
            of = self.compiler.type_of(item.expression)
            return Value(DEFAULTS.get(scalar_type(of) or "", '""'), of if scalar_type(of) else types.NULL, FALSE)
        if value.type.name is TypeName.LIST:
            return value
        if scalar_type(value.type) is None:
            what = f"a value of type {value.type.name.value}"
            raise self.compiler.unsupported(what, item.expression, "between clauses: it has no form in GSQL")
        if twice or (value.nullable and not isinstance(item.expression, Variable)):
            return expressions.stored(value, item.alias, scope)
        return expressions.plain(value, item.alias, scope)

    # --- keys ------------------------------------------------------------------------------------------------------

    def key_parts(self, values: Iterable[Value], scope: Scope, tree: Tree) -> list[KeyPart]:
        """Values as parts of a key: null equals null there, and what is not known is the type's default."""
        parts = []
        for value in values:
            gsql = scalar_type(value.type)
            if gsql is None:
                raise self.compiler.unsupported(
                    "DISTINCT or a group", tree, f"by a value of type {value.type.name.value}"
                )
            if value.known == FALSE:
                parts.append(KeyPart(DEFAULTS[gsql], gsql, None))
                continue
            stored = self.compiler.expressions.stored(value, "key", scope) if value.nullable else value
            stored = self.compiler.expressions.plain(stored, "key", scope)
            parts.append(KeyPart(stored.text, gsql, stored.known if stored.nullable else None))
        return parts

    def key_type(self, stem: str, parts: Sequence[KeyPart]) -> str:
        """The tuple type of a key."""
        fields = []
        for at, part in enumerate(parts, start=1):
            if part.known is not None:
                fields.append(("BOOL", f"has_{at}"))
            fields.append((part.gsql, f"key_{at}"))
        return self.script.tuple_type(stem, fields or [("INT", "none")])

    def key_text(self, name: str, parts: Sequence[KeyPart]) -> str:
        """A key."""
        texts = []
        for part in parts:
            if part.known is not None:
                texts.append(part.known)
            texts.append(part.text)
        return f"{name}({', '.join(texts) or '0'})"

    # --- order -----------------------------------------------------------------------------------------------------

    def _ordered(self, frame: Frame, projection: Projection, items: Sequence[ProjectionItem]) -> Frame:
        """The rows in order, from SKIP on, LIMIT of them. What an item computes is read of its column."""
        columns = {item.expression: item.alias for item in items if not isinstance(item.expression, Variable)}

        def visit(tree: Tree) -> Tree | None:
            alias = columns.get(tree) if isinstance(tree, Expression) else None
            return None if alias is None else Variable(alias, span=tree.span)

        order = [replace(item, expression=transform(item.expression, visit)) for item in projection.order]
        expressions = self.compiler.expressions
        position, row = self.script.variable("position", "INT"), ""
        self.script.line(f"{position} = 0;")
        tests = []
        scope = Scope()
        if projection.skip is not None:
            skip = expressions.computed(
                "skip", types.INTEGER, expressions.value(projection.skip, scope).text, TRUE, scope
            )
            tests.append(f"({position} >= {skip.text})")
        if projection.limit is not None:
            limit = expressions.value(projection.limit, scope).text
            if projection.skip is not None:
                limit = f"{limit} + {skip.text}"
            last = expressions.computed("limit", types.INTEGER, limit, TRUE, scope)
            tests.append(f"({position} < {last.text})")
        names = set(frame.columns)
        if not projection.order:
            builder = FrameBuilder(self.compiler)
            with self.compiler.rows.each(frame) as row:
                with self.compiler.rows.where(both(*tests)):
                    builder.add(self.compiler.rows.copied(frame, row, names))
                self.script.line(f"{position} = {position} + 1;")
            return builder.frame(frame.carried, frame.paths)
        heap = self._heap(frame, order)
        builder = FrameBuilder(self.compiler)
        row = self.script.variable("row", "INT")
        with self.script.block(f"WHILE {heap}.size() > 0 DO"):
            self.script.line(f"{row} = {heap}.top().row;")
            self.script.line(f"{heap}.pop();")
            with self.compiler.rows.where(both(*tests)):
                builder.add(self.compiler.rows.copied(frame, row, names))
            self.script.line(f"{position} = {position} + 1;")
        return builder.frame(frame.carried, frame.paths)

    def _heap(self, frame: Frame, order: Sequence[SortItem]) -> str:
        """Every row in a heap by its keys: null is the greatest value, and equal rows stay in their order."""
        room = self.script.variable("room", "INT")
        self.script.line(f"{room} = {frame.count};")
        with self.script.block(f"IF {room} < 1 THEN"):
            self.script.line(f"{room} = 1;")
        expressions = self.compiler.expressions
        heap = "@@" + self.script.fresh("sorted")
        self.script.line(f"{heap}.resize({room});")
        fields: list[tuple[str, str]] = []
        sorts: list[str] = []
        with self.compiler.rows.each(frame) as row:
            scope = Scope(frame, row)
            texts = []
            for at, item in enumerate(order, start=1):
                way = "DESC" if item.descending else "ASC"
                value = expressions.value(item.expression, scope)
                gsql = scalar_type(value.type)
                if gsql is None or value.type.name in (TypeName.NODE, TypeName.RELATIONSHIP):
                    raise self.compiler.unsupported("ORDER BY", item, f"a value of type {value.type.name.value}")
                if value.known == FALSE:
                    continue
                if value.nullable:
                    value = expressions.stored(value, "sort", scope)
                    fields.append(("INT", f"none_{at}"))
                    sorts.append(f"none_{at} {way}")
                    texts.append(self._as_number(value.known, scope, turned=True))
                if gsql == "BOOL":
                    value = Value(self._as_number(both(value.known, value.text), scope), types.INTEGER)
                    gsql = "INT"
                fields.append((gsql, f"sort_{at}"))
                sorts.append(f"sort_{at} {way}")
                texts.append(value.text)
            fields.append(("INT", "row"))
            name = self.script.tuple_type("SortKey", fields)
            self.script.line(f"{heap} += {name}({', '.join([*texts, row])});")
        self.script.once(heap, f"HeapAccum<{name}>(1, {', '.join([*sorts, 'row ASC'])})")
        return heap

    def _as_number(self, condition: str, scope: Scope, *, turned: bool = False) -> str:
        name = self.script.variable("flag", "INT")
        self.script.line(f"{name} = {1 if turned else 0};")
        with self.script.block(f"IF {condition} THEN"):
            self.script.line(f"{name} = {0 if turned else 1};")
        return name


def _cuts(projection: Projection) -> bool:
    return projection.skip is not None or projection.limit is not None


def is_aggregation(tree: Expression) -> bool:
    """Whether an expression is an aggregate itself: passes have taken apart what computes with aggregates."""
    return isinstance(tree, CountStar) or (isinstance(tree, FunctionCall) and is_aggregate(tree.name))


def _aggregates(items: Iterable[ProjectionItem]) -> bool:
    return any(is_aggregation(item.expression) for item in items)
