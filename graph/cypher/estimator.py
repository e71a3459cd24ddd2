"""The expected cost of a query, clause by clause: what `graph.cypher.joins` says of patterns, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from graph.cypher.ast import (
    CallProcedure,
    CallSubquery,
    Clause,
    Expression,
    FunctionCall,
    HasLabels,
    ListComprehension,
    ListLiteral,
    Literal,
    Match,
    Parameter,
    PatternComprehension,
    PatternPredicate,
    Projection,
    Property,
    Quantifier,
    Query,
    Reduce,
    Return,
    SinglePart,
    Slice,
    SubqueryExpression,
    SubqueryKind,
    Tree,
    Unary,
    UnaryOperator,
    Unwind,
    Variable,
    With,
)
from graph.cypher.functions import is_aggregate
from graph.cypher.joins import HIGHEST, Flow, Joins, rounded
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.rewrite import children
from graph.cypher.selectivity import LIST_PARAMETER, values_of
from graph.cypher.statistics import LEAST, Spread

_LIST: Final = 10.0
_ROW_LIMIT_PARAMETER: Final = 1_000.0


class Estimator(Joins):
    """Goes through a query once, collecting visits."""

    # --- queries and clauses -----------------------------------------------------------------------------------------

    def query(self, query: Query, flow: Flow, factor: float) -> float:
        """Rows of a query that starts from `flow`, once; `factor` is how often it runs."""
        rows = 0.0
        for part in query.parts:
            inner = flow.nested()
            self._part(part, inner, factor)
            rows += inner.rows
        return min(HIGHEST, rows)

    def _part(self, part: SinglePart, flow: Flow, factor: float) -> None:
        first = len(self.visits)  # the visits since the last clause that needs all rows before it gives one
        for clause in part.clauses:
            begun = len(self.visits)
            if isinstance(clause, Match):
                self._match(clause, flow)
            elif isinstance(clause, Unwind):
                self._unwind(clause, flow)
            elif isinstance(clause, With | Return):
                where = clause.where if isinstance(clause, With) else None
                if self._project(clause, clause.projection, where, flow, first):
                    first = len(self.visits)
            elif isinstance(clause, CallSubquery):
                self._call(clause, flow)
            else:
                self._procedure(clause, flow)
            if factor != 1.0:
                self.scale(begun, factor, eager=True)

    def _unwind(self, clause: Unwind, flow: Flow) -> None:
        self._read(clause.source, flow)
        length = self._length(clause.source, flow)
        flow.times(length)
        flow.kinds[clause.variable] = None
        self.visit(f"the list that becomes {rounded(length)} rows", clause.span, flow.rows, flow.rows)

    def _call(self, clause: CallSubquery, flow: Flow) -> None:
        inner = flow.nested()
        if clause.imports is not None:
            inner.kinds = {name: flow.kinds.get(name) for name in clause.imports}
        rows = self.query(clause.query, inner, flow.rows)
        last = clause.query.parts[0].clauses[-1] if clause.query.parts[0].clauses else None
        if isinstance(last, Return):
            flow.times(rows)
            flow.kinds.update({item.alias: None for item in last.projection.items})

    def _procedure(self, clause: Clause, flow: Flow) -> None:
        if isinstance(clause, CallProcedure):
            flow.kinds.update({variable: None for _, variable in clause.yields or ()})
            self.visit(f"the procedure {clause.name}", clause.span, flow.rows, flow.rows)

    def _project(
        self, clause: With | Return, projection: Projection, where: Expression | None, flow: Flow, first: int
    ) -> bool:
        """Rows after a projection; whether it needs all rows before it gives one."""
        before = flow.rows
        keys: list[Expression] = []
        grouped = projection.distinct
        for item in projection.items:
            self._read(item.expression, flow)
            if any(True for _ in aggregates_in(item.expression)):
                grouped = True
            else:
                keys.append(item.expression)
        if grouped:
            flow.rows = min(flow.rows, self._groups(keys, flow))
        eager = grouped or bool(projection.order)
        if eager:
            self.visit("grouping and sorting", clause.span, before, flow.rows, lazy=False)
        kinds: dict[str, Spread | None] = {}
        lists: dict[str, float] = {}
        for item in projection.items:
            expression = item.expression
            kinds[item.alias] = flow.kinds.get(expression.name) if isinstance(expression, Variable) else None
            if isinstance(expression, FunctionCall) and expression.name.lower() == "collect":
                lists[item.alias] = before / max(flow.rows, LEAST)
            elif not is_plain(expression):
                lists[item.alias] = self._length(expression, flow)
            elif isinstance(expression, Variable) and expression.name in flow.lists:
                lists[item.alias] = flow.lists[expression.name]
        flow.kinds, flow.lists = kinds, lists
        if projection.limit is not None:
            self._cut(projection.limit, flow, first, eager=eager)
        if where is not None:
            self._read(where, flow)
            flow.times(self.selectivity(flow, {}).of(where))
        return eager or projection.limit is not None

    def _cut(self, limit: Expression, flow: Flow, first: int, *, eager: bool) -> None:
        most = float(limit.value) if isinstance(limit, Literal) and isinstance(limit.value, int) else None
        most = _ROW_LIMIT_PARAMETER if most is None else most
        if flow.rows > most:
            if not eager:
                self.scale(first, max(most, 1.0) / flow.rows, eager=False)
            flow.rows = most

    def _groups(self, keys: Sequence[Expression], flow: Flow) -> float:
        groups = 1.0
        for key in keys:
            groups = min(HIGHEST, groups * self._distinct(key, flow))
        return groups

    def _distinct(self, key: Expression, flow: Flow) -> float:
        subject = key.subject if isinstance(key, Property) else key
        if isinstance(subject, Variable):
            spread = flow.kinds.get(subject.name)
            if spread is not None:
                number = sum(self.statistics.nodes.get(kind, 0) for kind in spread)
                if isinstance(key, Property):
                    return values_of(self.statistics.schema, spread, key.key, number)
                return float(number)
        return flow.rows

    def _match(self, match: Match, flow: Flow) -> None:
        before = flow.rows
        rest = self.join(match.patterns, match.where, flow)
        if rest:
            for condition in rest:
                self._read(condition, flow)
            selectivity = self.selectivity(flow, {})
            for condition in rest:
                flow.times(selectivity.of(condition))
        if match.optional:
            flow.rows = max(flow.rows, before)

    # --- expressions -------------------------------------------------------------------------------------------------

    def _read(self, tree: Tree, flow: Flow) -> None:
        """What an expression costs where it looks at the graph, or goes through lists, for every row."""
        if is_plain(tree):
            return
        if isinstance(tree, SubqueryExpression):
            begun = len(self.visits)
            rows = self.query(tree.query, flow, flow.rows)
            if tree.kind is SubqueryKind.EXISTS and rows > 1:
                self.scale(begun, 1 / rows, eager=False)
            return
        if isinstance(tree, PatternPredicate | PatternComprehension):
            begun = len(self.visits)
            inner = flow.nested()
            where = tree.predicate if isinstance(tree, PatternComprehension) else None
            self.join((tree.pattern,), where, inner)
            self.scale(begun, flow.rows, eager=True)
            if isinstance(tree, PatternPredicate) and inner.rows > 1:
                self.scale(begun, 1 / inner.rows, eager=False)
            return
        if isinstance(tree, ListComprehension | Quantifier | Reduce):
            self._read(tree.source, flow)
            length = self._length(tree.source, flow)
            repeated = replace(flow, rows=min(HIGHEST, flow.rows * length))
            if length > LIST_PARAMETER:
                self.visit(f"the list of {rounded(length)} items", tree.span, repeated.rows, flow.rows)
            for child in children(tree):
                if child is not tree.source:
                    self._read(child, repeated)
            return
        if is_range(tree):
            assert isinstance(tree, FunctionCall)
            length = self._length(tree, flow)
            if length > LIST_PARAMETER:
                self.visit(f"the list of {rounded(length)} items", tree.span, flow.rows * length, flow.rows)
        for child in children(tree):
            self._read(child, flow)

    def _length(self, source: Expression, flow: Flow) -> float:
        """How many items a list has, as far as is known."""
        if isinstance(source, ListLiteral):
            return float(len(source.items))
        if isinstance(source, Variable):
            return flow.lists.get(source.name, _LIST)
        if isinstance(source, Parameter):
            return LIST_PARAMETER
        if isinstance(source, Slice | ListComprehension):
            return self._length(source.subject if isinstance(source, Slice) else source.source, flow)
        if isinstance(source, FunctionCall):
            if source.name.lower() == "range":
                return _range(source)
            if is_aggregate(source.name):
                return flow.rows
        lengths = [flow.lists[tree.name] for tree in _variables(source) if tree.name in flow.lists]
        return sum(lengths) or _LIST


_PLAIN: Final = (Literal, Parameter, Variable, HasLabels)


def is_plain(tree: Tree) -> bool:
    """Whether an expression costs nothing to speak of: a name, a constant, a property of a name."""
    return isinstance(tree, _PLAIN) or (isinstance(tree, Property) and isinstance(tree.subject, Variable))


def _variables(tree: Tree) -> list[Variable]:
    return [child for child in (tree, *children(tree)) if isinstance(child, Variable)]


def _range(call: FunctionCall) -> float:
    bounds = [_integer(argument) for argument in call.arguments]
    if len(bounds) < 2 or None in bounds:
        return _LIST
    low, high, step = bounds[0], bounds[1], bounds[2] if len(bounds) > 2 else 1
    assert low is not None
    assert high is not None
    return max(0.0, (high - low) / step + 1) if step else _LIST


def _integer(tree: Expression) -> int | None:
    if isinstance(tree, Unary) and tree.operator is UnaryOperator.MINUS:
        inner = _integer(tree.operand)
        return None if inner is None else -inner
    return tree.value if isinstance(tree, Literal) and isinstance(tree.value, int) else None


def is_range(tree: Tree) -> bool:
    """Whether an expression makes a list of numbers."""
    return isinstance(tree, FunctionCall) and tree.name.lower() == "range"
