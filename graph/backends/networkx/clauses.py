"""Clauses compiled to operators over rows, projections with grouping and order, unions and subqueries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import nlargest, nsmallest
from itertools import islice
from typing import Any

from graph.backends.networkx.aggregates import Accumulator, RowCounter, fold_of
from graph.backends.networkx.errors import EvaluationError, RowCountError
from graph.backends.networkx.expressions import ExpressionCompiler
from graph.backends.networkx.frame import Environment, Evaluate, Row, Rows, Scope, Slots
from graph.backends.networkx.patterns import PatternCompiler
from graph.backends.networkx.values import identity_key, sort_key
from graph.cypher import ast
from graph.cypher.functions import is_aggregate
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.rewrite import transform

Tuples = Callable[[Row], Iterator[tuple[Any, ...]]]
"""A compiled query: from the row it stands in to its result rows."""


class QueryCompiler:
    """Compiles one query for one run."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._expressions = ExpressionCompiler(environment, self)
        self._patterns = PatternCompiler(environment, self._expressions)

    def query(self, query: ast.Query) -> Iterator[tuple[Any, ...]]:
        """The rows of a whole query, lazily; none of a query that returns nothing."""
        slots = Slots()
        run = self._union(query, lambda: Scope(slots))
        if not isinstance(query.parts[0].clauses[-1], ast.Return):
            for _ in run([None] * slots.width):
                pass
            return iter(())
        return run([None] * slots.width)

    def subquery(self, query: ast.Query, scope: Scope) -> Tuples:
        """A query inside another: it sees the variables of `scope`, and starts from one row."""
        return self._union(query, scope.inner)

    def match_operator(self, patterns: Sequence[ast.PathPattern], where: ast.Expression | None, scope: Scope) -> Rows:
        """A MATCH as an operator; its variables are declared in `scope`."""
        return self._patterns.compile(patterns, where, scope)

    def _union(self, query: ast.Query, scope: Callable[[], Scope]) -> Tuples:
        parts = [self._part(part, scope()) for part in query.parts]
        if len(parts) == 1:
            return parts[0]

        def run(row: Row) -> Iterator[tuple[Any, ...]]:
            rows = (found for part in parts for found in part(row.copy()))
            return rows if query.union_all else _distinct(rows)

        return run

    def _part(self, part: ast.SinglePart, scope: Scope) -> Tuples:
        operators: list[Rows] = []
        columns: list[int] = []
        outer: list[Row] = []
        for clause in part.clauses:
            match clause:
                case ast.Match():
                    operators.append(self._match(clause, scope))
                case ast.Unwind():
                    operators.append(self._unwind(clause, scope))
                case ast.With(projection=projection, where=where):
                    operator, scope = self._projection(projection, scope, outer)
                    operators.append(operator)
                    if where is not None:
                        operators.append(_filter(self._expressions.condition(where, scope)))
                case ast.Return(projection=projection):
                    operator, scope = self._projection(projection, scope, outer)
                    operators.append(operator)
                    columns = [scope.names[item.alias] for item in projection.items]
                case ast.CallSubquery():
                    operators.append(self._call(clause, scope))
                case ast.CallProcedure():
                    operators.append(self._procedure(clause, scope))
                case _:
                    raise EvaluationError(f"{type(clause).__name__} cannot run here")

        slots = scope.slots

        def run(row: Row) -> Iterator[tuple[Any, ...]]:
            first = row + [None] * (slots.width - len(row))
            outer[:] = [first]
            rows: Iterator[Row] = iter((first,))
            for operator in operators:
                rows = operator(rows)
            return (tuple(found[slot] for slot in columns) for found in rows)

        return run

    # --- clauses -----------------------------------------------------------------------------------------------------

    def _match(self, clause: ast.Match, scope: Scope) -> Rows:
        matches = self._patterns.compile(clause.patterns, clause.where, scope)
        if not clause.optional:
            return matches

        def optional(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                found = False
                for match in matches(iter((row,))):
                    found = True
                    yield match
                if not found:
                    yield row

        return optional

    def _unwind(self, clause: ast.Unwind, scope: Scope) -> Rows:
        source = self._expressions.compile(clause.source, scope)
        slot = scope.declare(clause.variable)

        def unwind(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                items = source(row)
                if items is None:
                    continue
                for item in items if isinstance(items, list | tuple) else (items,):
                    new = row.copy()
                    new[slot] = item
                    yield new

        return unwind

    def _call(self, clause: ast.CallSubquery, scope: Scope) -> Rows:
        inner = self.subquery(clause.query, scope)
        last = clause.query.parts[0].clauses[-1]
        if not isinstance(last, ast.Return):
            raise EvaluationError("CALL { } needs a RETURN")
        slots = [scope.declare(item.alias) for item in last.projection.items]

        def call(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                for found in inner(row.copy()):
                    new = row.copy()
                    for slot, value in zip(slots, found, strict=True):
                        new[slot] = value
                    yield new

        return call

    def _procedure(self, clause: ast.CallProcedure, scope: Scope) -> Rows:
        """Every row once for each row of results; a procedure without results passes rows on."""
        called = self._environment.procedures[clause.name]
        arguments = [self._expressions.compile(argument, scope) for argument in clause.arguments or ()]
        slots = [(result, scope.declare(name)) for result, name in clause.yields or ()]
        keep = None if clause.where is None else self._expressions.condition(clause.where, scope)
        step = self._environment.deadline.step

        def call(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                results = called([argument(row) for argument in arguments])
                for found in results if slots else ({},):
                    step()
                    new = row.copy()
                    for result, slot in slots:
                        new[slot] = found[result]
                    if keep is None or keep(new):
                        yield new

        return call

    # --- projections -------------------------------------------------------------------------------------------------

    def _projection(self, projection: ast.Projection, scope: Scope, outer: list[Row]) -> tuple[Rows, Scope]:
        kept = {name: slot for name, slot in scope.names.items() if slot in scope.carried}
        after = Scope(scope.slots, kept, scope.carried)
        grouping = any(True for item in projection.items for _ in aggregates_in(item.expression))
        operators: list[Rows] = []
        if grouping:
            operators.append(self._grouped(projection, scope, after, outer))
        else:
            operators.append(self._plain(projection, scope, after))
        if projection.distinct and not grouping:
            slots = tuple(after.names[item.alias] for item in projection.items)
            operators.append(lambda rows: _distinct_rows(rows, slots))
        if projection.order:
            visible = (
                after
                if grouping or projection.distinct
                else Scope(scope.slots, {**scope.names, **after.names}, scope.carried)
            )
            operators.append(self._ordered(projection, visible))
        if projection.skip is not None or projection.limit is not None:
            operators.append(self._paged(projection, scope))

        def run(rows: Iterator[Row]) -> Iterator[Row]:
            for operator in operators:
                rows = operator(rows)
            return rows

        return run, after

    def _plain(self, projection: ast.Projection, scope: Scope, after: Scope) -> Rows:
        computed: list[tuple[int, Evaluate]] = []
        for item in projection.items:
            if isinstance(item.expression, ast.Variable):
                after.names[item.alias] = scope.names[item.expression.name]
            else:
                evaluate = self._expressions.compile(item.expression, scope)
                computed.append((after.declare(item.alias), evaluate))
        if not computed:
            return lambda rows: rows

        def project(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                new = row.copy()
                for slot, evaluate in computed:
                    new[slot] = evaluate(row)
                yield new

        return project

    def _grouped(self, projection: ast.Projection, scope: Scope, after: Scope, outer: list[Row]) -> Rows:
        keys: list[tuple[int, Evaluate]] = []
        calls: list[tuple[int, Callable[[Row], Any], Evaluate]] = []
        for item in projection.items:
            expression = item.expression
            if isinstance(expression, ast.CountStar):
                calls.append((after.declare(item.alias), lambda _row: RowCounter(), lambda _row: None))
            elif isinstance(expression, ast.FunctionCall) and is_aggregate(expression.name):
                make, argument = self._aggregate(expression, scope)
                calls.append((after.declare(item.alias), make, argument))
            else:
                evaluate = self._expressions.compile(expression, scope)
                keys.append((after.declare(item.alias), evaluate))

        def group(rows: Iterator[Row]) -> Iterator[Row]:
            groups: dict[tuple[Any, ...], tuple[Row, list[Any]]] = {}
            for row in rows:
                found = [evaluate(row) for _, evaluate in keys]
                key = tuple(map(identity_key, found))
                known = groups.get(key)
                if known is None:
                    new = row.copy()
                    for (slot, _), value in zip(keys, found, strict=True):
                        new[slot] = value
                    known = groups[key] = (new, [make(row) for _, make, _ in calls])
                for accumulator, (_, _, argument) in zip(known[1], calls, strict=True):
                    accumulator.take(argument(row))
            if not groups and not keys:
                groups[()] = (outer[0].copy(), [make(outer[0]) for _, make, _ in calls])
            for new, accumulators in groups.values():
                for accumulator, (slot, _, _) in zip(accumulators, calls, strict=True):
                    new[slot] = accumulator.result()
                yield new

        return group

    def _aggregate(self, call: ast.FunctionCall, scope: Scope) -> tuple[Callable[[Row], Any], Evaluate]:
        """What makes the accumulator of a group from its first row, and the value that each row adds."""
        argument = self._expressions.compile(call.arguments[0], scope)
        if len(call.arguments) > 1:
            share = self._expressions.compile(call.arguments[1], scope)
            return (lambda row: Accumulator(fold_of(call.name, share(row)), call.distinct)), argument
        fold = fold_of(call.name)
        return (lambda _row: Accumulator(fold, call.distinct)), argument

    def _ordered(self, projection: ast.Projection, scope: Scope) -> Rows:
        named = {item.expression: item.alias for item in projection.items}

        def alias(tree: ast.Tree) -> ast.Tree | None:
            name = named.get(tree) if isinstance(tree, ast.Expression) else None
            return None if name is None else ast.Variable(name)

        keys: list[tuple[Evaluate, bool]] = []
        for item in projection.order:
            expression = transform(item.expression, alias)
            keys.append((self._expressions.compile(expression, scope), item.descending))

        wanted = None
        if projection.limit is not None:
            skipped = 0 if projection.skip is None else self._count(projection.skip, "SKIP", scope)
            wanted = skipped + self._count(projection.limit, "LIMIT", scope)

        def order(rows: Iterator[Row]) -> Iterator[Row]:
            ordered = list(rows)
            if wanted is not None and wanted < len(ordered):
                ordered = _foremost(ordered, *keys[0], wanted)
            for evaluate, descending in reversed(keys):
                ordered.sort(key=lambda row: sort_key(evaluate(row)), reverse=descending)
            return iter(ordered)

        return order

    def _paged(self, projection: ast.Projection, scope: Scope) -> Rows:
        skip = self._count(projection.skip, "SKIP", scope) if projection.skip is not None else 0
        limit = self._count(projection.limit, "LIMIT", scope) if projection.limit is not None else None
        return lambda rows: islice(rows, skip, None if limit is None else skip + limit)

    def _count(self, expression: ast.Expression, word: str, scope: Scope) -> int:
        value = self._constant(expression, scope)
        if type(value) is not int or value < 0:
            raise RowCountError(f"{word} needs an integer of at least 0, {value!r} was given")
        return value

    def _constant(self, expression: ast.Expression, scope: Scope) -> Any:
        empty = Scope(Slots(), {}, ())
        try:
            return self._expressions.compile(expression, empty)([])
        except KeyError as error:
            raise EvaluationError(f"a constant is needed, {error} is a variable") from error


def _filter(condition: Callable[[Row], bool]) -> Rows:
    return lambda rows: (row for row in rows if condition(row))


def _distinct(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        key = tuple(map(identity_key, row))
        if key not in seen:
            seen.add(key)
            yield row


def _distinct_rows(rows: Iterator[Row], slots: tuple[int, ...]) -> Iterator[Row]:
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        key = tuple(identity_key(row[slot]) for slot in slots)
        if key not in seen:
            seen.add(key)
            yield row


def _foremost(rows: list[Row], evaluate: Evaluate, descending: bool, wanted: int) -> list[Row]:
    """The rows that may be among the first `wanted`, by their first key alone; with all that tie with the last of them."""
    if wanted == 0:
        return []
    keys = [sort_key(evaluate(row)) for row in rows]
    last = (nlargest if descending else nsmallest)(wanted, keys)[-1]
    if descending:
        return [row for row, key in zip(rows, keys, strict=True) if key >= last]
    return [row for row, key in zip(rows, keys, strict=True) if key <= last]
