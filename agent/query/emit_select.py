"""A select as clauses: its patterns, then its columns, in as few projections as they need.

Plain columns and simple aggregates are one RETURN. What reckons with aggregates, keeps some groups only, or sorts by
what it does not answer, goes through one WITH; the best of each group through two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agent.query import model as m
from agent.query.emit_values import Expressions, call
from agent.query.scope import Scope, aggregated, inside
from graph.cypher import ast
from graph.cypher.ast import BinaryOperator as Op
from graph.schema.model import Schema

BESIDE = ("title",)
"""Attributes that are told beside the one that names an element, where a question names no columns."""


_EXTREME = "extreme"


def subject_of(select: m.Select) -> str:
    """The entity that a select is about."""
    return select.subject or select.pattern.entities[0].name


def subject_entity(select: m.Select) -> m.Entity:
    """The same, as it is declared."""
    name = subject_of(select)
    return next(entity for entity in select.pattern.entities if entity.name == name)


def with_subject(select: m.Select, subject: m.Entity) -> m.Select:
    """A select whose subject is declared so; its name stays."""
    entities = tuple(subject if entity.name == subject.name else entity for entity in select.pattern.entities)
    return replace(select, pattern=replace(select.pattern, entities=entities))


def whether(sign: Op, *before: ast.ProjectionItem) -> ast.Return:
    """The end of a query that answers yes or no: whether there are more rows than none, or no more."""
    some = ast.Comparison((ast.CountStar(), ast.Literal(0)), (sign,))
    return ast.Return(ast.Projection((*before, ast.ProjectionItem(some, "answer"))))


def columns_of(select: m.Select, schema: Schema) -> tuple[m.Column, ...]:
    """The columns that are answered: those that are asked for, else what names the subject."""
    if select.form != "rows":
        return (m.Column("answer", m.Constant(True)),)
    if select.columns:
        return select.columns
    subject = subject_of(select)
    scope = Scope(schema).with_pattern(select.pattern)
    name = scope.naming(subject)
    names = [name, *(beside for beside in BESIDE if name == "number" and _all_have(scope, subject, beside))]
    return tuple(m.Column(each, m.Attribute(subject, each)) for each in names)


def _all_have(scope: Scope, entity: str, attribute: str) -> bool:
    return all(attribute in scope.schema.kinds[kind].attributes for kind in scope.kinds[entity])


class SelectEmitter:
    """Emits one select; `expressions` gathers the parameters."""

    def __init__(self, select: m.Select, schema: Schema, expressions: Expressions) -> None:
        self.select, self.expressions = select, expressions
        self.columns = columns_of(select, schema)
        self.scope = Scope(schema).with_pattern(select.pattern).with_columns(self.columns)
        self.hoisted: dict[m.Value, str] = {}
        self.figures = any(aggregated(column.value) for column in self.columns)

    def clauses(self, first: tuple[str, ast.Expression] | None = None) -> list[ast.Clause]:
        """All clauses; `first` is a column that stands before the others."""
        around, self.expressions.overall = self.expressions.overall, {}
        clauses = self._clauses(first)
        figures, self.expressions.overall = self.expressions.overall, around
        return [*(self._before(figure.select, name) for figure, name in figures.items()), *clauses]

    def _before(self, select: m.Select, name: str) -> ast.Clause:
        """A figure of its own, reckoned first."""
        named = replace(select, columns=(replace(select.columns[0], name=name),))
        emitter = SelectEmitter(named, self.scope.schema, self.expressions)
        return ast.CallSubquery(ast.Query((ast.SinglePart(tuple(emitter.clauses())),)))

    def _clauses(self, first: tuple[str, ast.Expression] | None) -> list[ast.Clause]:
        matches = self.expressions.matches(self.select.pattern, Scope(self.scope.schema))
        before = () if first is None else (ast.ProjectionItem(first[1], first[0]),)
        if self.select.form != "rows":
            sign = Op.GT if self.select.form == "yes or no" else Op.EQ
            return [*matches, whether(sign, *before)]
        if self.select.per:
            return [*matches, *self._best_of_each(before)]
        if self.select.ties:
            return [*matches, *self._all_that_tie(before)]
        if self._needs_two_stages():
            held, finals = self._held()
            having = None if self.select.having is None else self._having()
            return [*matches, ast.With(held, having), ast.Return(self._ended((*before, *finals)))]
        items = tuple(self._item(column) for column in self.columns)
        return [*matches, ast.Return(self._ended((*before, *items), self._distinct()))]

    # --- one stage ---------------------------------------------------------------------------------------------------

    def _item(self, column: m.Column) -> ast.ProjectionItem:
        return ast.ProjectionItem(self.expressions.value(column.value, self.scope), column.name)

    def _distinct(self) -> bool:
        """Rows of one pattern of one entity that answers what names it are as many as its elements: left as they are."""
        return not self.figures and self.select.distinct and bool(self.select.pattern.hops)

    def _ended(self, items: tuple[ast.ProjectionItem, ...], distinct: bool = False) -> ast.Projection:
        """With order, skip and limit; the best few that are equal come in the order of their other columns."""
        order = [item for sort in self.select.order for item in self._sorted(sort)]
        if self.select.limit is not None and order:
            order += self._ties()
        return ast.Projection(
            items,
            distinct=distinct,
            order=tuple(order),
            skip=ast.Literal(self.select.skip) if self.select.skip else None,
            limit=None if self.select.limit is None else ast.Literal(self.select.limit),
        )

    def _sorted(self, sort: m.Sort) -> list[ast.SortItem]:
        by = self._sort_key(sort.by)
        if sort.descending and not self._always_there(sort.by):
            return [ast.SortItem(ast.IsNull(by)), ast.SortItem(by, True)]
        return [ast.SortItem(by, sort.descending)]

    def _sort_key(self, by: m.Value) -> ast.Expression:
        name = self._column_of(by) or self.hoisted.get(by)
        return ast.Variable(name) if name is not None else self.expressions.value(by, self.scope)

    def _column_of(self, value: m.Value) -> str | None:
        """The column that answers a value; None where none does."""
        if isinstance(value, m.ColumnOf):
            return value.name
        return next((column.name for column in self.columns if column.value == value), None)

    def _meant(self, value: m.Value) -> m.Value:
        """The value, or that of the column that it names."""
        if isinstance(value, m.ColumnOf):
            return next((column.value for column in self.columns if column.name == value.name), value)
        return value

    def _always_there(self, value: m.Value) -> bool:
        value = self._meant(value)
        return isinstance(value, m.HowMany) or (isinstance(value, m.Aggregate) and value.function in ("count", "sum"))

    def _ties(self) -> list[ast.SortItem]:
        named = {self._column_of(sort.by) for sort in self.select.order}
        plain = (
            column.name
            for column in self.columns
            if column.name not in named and not aggregated(column.value) and not isinstance(column.value, m.Way)
        )
        return [ast.SortItem(ast.Variable(name)) for name in plain]

    # --- two stages --------------------------------------------------------------------------------------------------

    def _needs_two_stages(self) -> bool:
        if self.select.having is not None:
            return True
        if any(aggregated(c.value) and not isinstance(c.value, m.Aggregate) for c in self.columns):
            return True
        hidden = any(self._column_of(sort.by) is None for sort in self.select.order)
        return hidden and (self.figures or self._distinct())

    def _held(self) -> tuple[ast.Projection, tuple[ast.ProjectionItem, ...]]:
        """What the first stage projects, and the items of the last."""
        held: list[ast.ProjectionItem] = []
        finals: list[ast.ProjectionItem] = []
        for column in self.columns:
            if aggregated(column.value) and not isinstance(column.value, m.Aggregate):
                self._hoist(column.value, held)
                finals.append(ast.ProjectionItem(self._over_hoisted(column.value), column.name))
            else:
                held.append(self._item(column))
                finals.append(ast.ProjectionItem(ast.Variable(column.name), column.name, True))
        for sort in self.select.order:
            if self._column_of(sort.by) is None:
                self._hoist_whole(sort.by, held)
        return ast.Projection(tuple(held), distinct=self._distinct()), tuple(finals)

    def _hoist(self, value: m.Value, held: list[ast.ProjectionItem]) -> None:
        """The aggregates of a value, each under a name."""
        for part in inside(value):
            if isinstance(part, m.Aggregate):
                self._hoist_whole(part, held)

    def _hoist_whole(self, value: m.Value, held: list[ast.ProjectionItem]) -> None:
        if value not in self.hoisted and (own := self._column_of(value)) is not None and isinstance(value, m.Aggregate):
            self.hoisted[value] = own
        if value not in self.hoisted:
            name = f"held_{len(self.hoisted) + 1}"
            held.append(ast.ProjectionItem(self.expressions.value(value, self.scope), name))
            self.hoisted[value] = name

    def _over_hoisted(self, value: m.Value) -> ast.Expression:
        return self.expressions.value(_replaced(value, self.hoisted), self.scope)

    def _having(self) -> ast.Expression:
        assert self.select.having is not None
        values = {c.name: _replaced(c.value, self.hoisted) for c in self.columns if c.value not in self.hoisted}
        derived = {
            name: value
            for name, value in values.items()
            if not isinstance(value, m.Aggregate) and aggregated_before(value)
        }
        return self.expressions.condition(_over_columns(self.select.having, derived), self.scope)

    # --- what ties with the first ------------------------------------------------------------------------------------

    def _all_that_tie(self, before: tuple[ast.ProjectionItem, ...]) -> list[ast.Clause]:
        """The extreme first, then the pattern again for all that reach it."""
        sort = self.select.order[0]
        name = self._column_of(sort.by)
        held, finals = self._held()
        having = None if self.select.having is None else self._having()
        key = ast.Variable(name) if name is not None else self._sort_key(sort.by)
        extreme = ast.ProjectionItem(call("max" if sort.descending else "min", key), _EXTREME)
        reached = ast.Comparison((key, ast.Variable(_EXTREME)), (Op.EQ,))
        kept = ast.ProjectionItem(ast.Variable(_EXTREME), _EXTREME, True)
        again = replace(held, items=(*held.items, kept))
        first: list[ast.Clause] = [ast.With(held, having), ast.With(ast.Projection((extreme,)))]
        if not self.figures and having is None:  # of the elements themselves, not of what is answered of them
            plain = call("max" if sort.descending else "min", self.expressions.value(self._meant(sort.by), self.scope))
            first = [ast.With(ast.Projection((replace(extreme, expression=plain),)))]
        return [
            *first,
            *self.expressions.matches(self.select.pattern, Scope(self.scope.schema)),
            ast.With(again, reached if having is None else ast.Binary(Op.AND, having, reached)),
            ast.Return(ast.Projection((*before, *finals), order=tuple(self._ties()))),
        ]

    # --- the best of each group --------------------------------------------------------------------------------------

    def _best_of_each(self, before: tuple[ast.ProjectionItem, ...]) -> list[ast.Clause]:
        held, finals = self._held()
        having = None if self.select.having is None else self._having()
        order = tuple(item for sort in self.select.order for item in self._sorted(sort)) + tuple(self._ties())
        names = [item.alias for item in finals]
        keys = [name for name in names if name in self.select.per]
        rest = [name for name in names if name not in self.select.per]
        row = ast.MapLiteral(tuple((name, ast.Variable(name)) for name in rest))
        best = ast.Slice(ast.FunctionCall("collect", (row,)), ast.Literal(0), ast.Literal(self.select.limit or 1))
        items = tuple(ast.ProjectionItem(ast.Variable(key), key, True) for key in keys)
        shown = tuple(
            ast.ProjectionItem(ast.Variable(name), name, True)
            if name in keys
            else ast.ProjectionItem(ast.Property(ast.Variable("best"), name), name)
            for name in names
        )
        return [
            ast.With(held, having),
            ast.With(ast.Projection(finals, order=order)),
            ast.With(ast.Projection((*items, ast.ProjectionItem(best, "best_of_each")))),
            ast.Unwind(ast.Variable("best_of_each"), "best"),
            ast.Return(ast.Projection((*before, *shown))),
        ]


def aggregated_before(value: m.Value) -> bool:
    """Whether a value reckons with columns that stand for aggregates."""
    return not isinstance(value, m.ColumnOf) and any(isinstance(part, m.ColumnOf) for part in inside(value))


def _replaced(value: m.Value, names: dict[m.Value, str]) -> m.Value:
    """The value with what is hoisted named by its column."""
    if value in names:
        return m.ColumnOf(names[value])
    match value:
        case m.Elapsed(start, end, unit):
            return m.Elapsed(_replaced(start, names), _replaced(end, names), unit)
        case m.Arithmetic(left, operator, right):
            return m.Arithmetic(_replaced(left, names), operator, _replaced(right, names))
        case m.Ratio(numerator, denominator, scale, digits):
            return m.Ratio(_replaced(numerator, names), _replaced(denominator, names), scale, digits)
        case _:
            return value


def _over_columns(condition: m.Condition, derived: Mapping[str, m.Value]) -> m.Condition:
    """The condition with columns that are reckoned after the first stage written out."""

    def of(value: m.Value) -> m.Value:
        return derived.get(value.name, value) if isinstance(value, m.ColumnOf) else value

    match condition:
        case m.Compare(left, operator, right, ignore_case):
            return m.Compare(of(left), operator, of(right), ignore_case)
        case m.Within(value, start, end, closed):
            return m.Within(of(value), start, end, closed)
        case m.Missing(value, negated):
            return m.Missing(of(value), negated)
        case m.All(conditions):
            return m.All(tuple(_over_columns(part, derived) for part in conditions))
        case m.Some(conditions):
            return m.Some(tuple(_over_columns(part, derived) for part in conditions))
        case m.Negation(inner):
            return m.Negation(_over_columns(inner, derived))
        case _:
            return condition
