"""Clauses compiled to operators over rows, projections with grouping and order, unions and subqueries."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from graph.backends.networkx.aggregates import Accumulator, RowCounter, ValueCounter, fold_of
from graph.backends.networkx.errors import EvaluationError, RowCountError
from graph.backends.networkx.expressions import ExpressionCompiler
from graph.backends.networkx.frame import Environment, Evaluate, Row, Rows, Scope, Slots
from graph.backends.networkx.memory import Hold
from graph.backends.networkx.ordering import ordered
from graph.backends.networkx.patterns import PatternCompiler
from graph.backends.networkx.values import identity_key
from graph.cypher import ast
from graph.cypher.functions import is_aggregate
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.rewrite import transform

Tuples = Callable[[Row], Iterator[tuple[Any, ...]]]
"""A compiled query: from the row it stands in to its result rows."""

_KEY: Final = 64
"""Bytes of one value in a key of a group or of DISTINCT."""


class QueryCompiler:
    """Compiles one query for one run."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._expressions = ExpressionCompiler(environment, self)
        self._patterns = PatternCompiler(environment, self._expressions)

    def query(self, query: ast.Query) -> Iterator[tuple[Any, ...]]:
        """The rows of a whole query, lazily; none of a query that returns nothing."""
        return self.compiled(query)()

    def compiled(self, query: ast.Query) -> Callable[[], Iterator[tuple[Any, ...]]]:
        """A whole query that may be run again and again, one run after the other."""
        slots = Slots()
        run = self._union(query, lambda: Scope(slots))
        returns = isinstance(query.parts[0].clauses[-1], ast.Return)

        def start() -> Iterator[tuple[Any, ...]]:
            rows = run([None] * slots.width)
            if returns:
                return rows
            for _ in rows:
                pass
            return iter(())

        return start

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
            return rows if query.union_all else self._distinct(rows)

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
        result = _picked(columns)

        def run(row: Row) -> Iterator[tuple[Any, ...]]:
            first = row + [None] * (slots.width - len(row))
            outer[:] = [first]
            rows: Iterator[Row] = iter((first,))
            for operator in operators:
                rows = operator(rows)
            return map(result, rows)

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
        source = self._expressions.items(clause.source, scope)
        slot = scope.declare(clause.variable)
        step = self._environment.deadline.step

        def unwind(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                items = source(row)
                if items is None:
                    continue
                for item in items if isinstance(items, list | tuple | range) else (items,):
                    step()
                    new = row.copy()
                    new[slot] = item
                    yield new

        return unwind

    def _call(self, clause: ast.CallSubquery, scope: Scope) -> Rows:
        inner = self.subquery(clause.query, scope)
        last = clause.query.parts[0].clauses[-1]
        if not isinstance(last, ast.Return):
            return _unit(inner)
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
            operators.append(lambda rows: self._distinct_rows(rows, slots))
        if projection.order:
            visible = (
                after
                if grouping or projection.distinct
                else Scope(scope.slots, {**scope.names, **after.names}, scope.carried)
            )
            operators.append(self._ordered(projection, visible))
        if projection.skip is not None or projection.limit is not None:
            operators.append(self._paged(projection))

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
        calls: list[tuple[int, Callable[[Row, Hold], Any], Evaluate]] = []
        for item in projection.items:
            expression = item.expression
            if isinstance(expression, ast.CountStar):
                calls.append((after.declare(item.alias), lambda _row, _hold: RowCounter(), lambda _row: None))
            elif isinstance(expression, ast.FunctionCall) and is_aggregate(expression.name):
                make, argument = self._aggregate(expression, scope)
                calls.append((after.declare(item.alias), make, argument))
            else:
                evaluate = self._expressions.compile(expression, scope)
                keys.append((after.declare(item.alias), evaluate))

        memory = self._environment.memory

        def group(rows: Iterator[Row]) -> Iterator[Row]:
            groups: dict[tuple[Any, ...], tuple[Row, list[tuple[Callable[[Any], None], Evaluate]], list[Any]]] = {}
            hold = memory.hold()
            try:
                for row in rows:
                    found = [evaluate(row) for _, evaluate in keys]
                    key = tuple(map(identity_key, found))
                    known = groups.get(key)
                    if known is None:
                        new = row.copy()
                        for (slot, _), value in zip(keys, found, strict=True):
                            new[slot] = value
                        hold.keep_row(new, _KEY * (1 + len(key) + len(calls)))
                        makers = [make(row, hold) for _, make, _ in calls]
                        takes = [(one.take, argument) for one, (_, _, argument) in zip(makers, calls, strict=True)]
                        known = groups[key] = (new, takes, makers)
                    for take, argument in known[1]:
                        take(argument(row))
                if not groups and not keys:
                    groups[()] = (outer[0].copy(), [], [make(outer[0], hold) for _, make, _ in calls])
                for new, _, accumulators in groups.values():
                    for accumulator, (slot, _, _) in zip(accumulators, calls, strict=True):
                        new[slot] = accumulator.result()
                    yield new
            finally:
                hold.release()

        return group

    def _aggregate(self, call: ast.FunctionCall, scope: Scope) -> tuple[Callable[[Row, Hold], Any], Evaluate]:
        """What makes the accumulator of a group from its first row, and the value that each row adds."""
        argument = self._expressions.compile(call.arguments[0], scope)
        if len(call.arguments) > 1:
            share = self._expressions.compile(call.arguments[1], scope)
            return (lambda row, hold: Accumulator(fold_of(call.name, share(row)), call.distinct, hold)), argument
        if call.name.lower() == "count":
            return (lambda _row, hold: ValueCounter(call.distinct, hold)), argument
        fold = fold_of(call.name)
        return (lambda _row, hold: Accumulator(fold, call.distinct, hold)), argument

    def _ordered(self, projection: ast.Projection, scope: Scope) -> Rows:
        named = {item.expression: item.alias for item in projection.items}

        def alias(tree: ast.Tree) -> ast.Tree | None:
            name = named.get(tree) if isinstance(tree, ast.Expression) else None
            return None if name is None else ast.Variable(name)

        keys: list[tuple[Evaluate, bool]] = []
        for item in projection.order:
            expression = transform(item.expression, alias)
            keys.append((self._expressions.compile(expression, scope), item.descending))
        skip, limit = self._skip_and_limit(projection)

        def wanted() -> int | None:
            most = limit()
            return None if most is None else skip() + most

        return ordered(keys, wanted, self._environment)

    def _paged(self, projection: ast.Projection) -> Rows:
        skip, limit = self._skip_and_limit(projection)

        def page(rows: Iterator[Row]) -> Iterator[Row]:
            first, most = skip(), limit()
            return islice(rows, first, None if most is None else first + most)

        return page

    def _skip_and_limit(self, projection: ast.Projection) -> tuple[Callable[[], int], Callable[[], int | None]]:
        limit = projection.limit
        skip: Callable[[], int] = (lambda: 0) if projection.skip is None else self._count(projection.skip, "SKIP")
        return skip, (lambda: None) if limit is None else self._count(limit, "LIMIT")

    def _count(self, expression: ast.Expression, word: str) -> Callable[[], int]:
        """The number of rows that SKIP or LIMIT names, known when the query runs."""
        evaluate = self._constant(expression)

        def count() -> int:
            value = evaluate([])
            if type(value) is not int or value < 0:
                raise RowCountError(f"{word} needs an integer of at least 0, {value!r} was given")
            return value

        return count

    def _constant(self, expression: ast.Expression) -> Evaluate:
        try:
            return self._expressions.compile(expression, Scope(Slots(), {}, ()))
        except KeyError as error:
            raise EvaluationError(f"a constant is needed, {error} is a variable") from error

    def _distinct(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        return self._unseen(rows, lambda row: tuple(map(identity_key, row)))

    def _distinct_rows(self, rows: Iterator[Row], slots: tuple[int, ...]) -> Iterator[Row]:
        if len(slots) == 1:
            (only,) = slots
            return self._unseen(rows, lambda row: identity_key(row[only]))
        return self._unseen(rows, lambda row: tuple([identity_key(row[slot]) for slot in slots]))

    def _unseen(self, rows: Iterator[Any], key_of: Callable[[Any], Hashable]) -> Iterator[Any]:
        """Rows whose key was not there before."""
        hold, seen = self._environment.memory.hold(), set[Hashable]()
        try:
            for row in rows:
                key = key_of(row)
                if key not in seen:
                    hold.keep(_KEY * (1 + len(row)))
                    seen.add(key)
                    yield row
        finally:
            hold.release()


def _unit(inner: Tuples) -> Rows:
    """A subquery that returns nothing: it runs for every row, and the rows go on as they are."""

    def call(rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            for _ in inner(row.copy()):
                pass
            yield row

    return call


def _picked(columns: list[int]) -> Callable[[Row], tuple[Any, ...]]:
    """The values of a row in these slots."""
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda row: tuple([row[slot] for slot in columns])


def _filter(condition: Callable[[Row], bool]) -> Rows:
    return lambda rows: filter(condition, rows)
