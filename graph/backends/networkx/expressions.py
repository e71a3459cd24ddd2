"""Expressions compiled to closures over rows, with three-valued logic: null is what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from graph.backends.networkx import values
from graph.backends.networkx.durations import Duration
from graph.backends.networkx.errors import EvaluationError
from graph.backends.networkx.frame import Environment, Evaluate, Row, Scope
from graph.backends.networkx.functions import (
    PURE,
    component,
    graph_functions,
    integers,
    null_if,
    open_properties_of,
    properties_of,
    value_type,
)
from graph.backends.networkx.labels import label_test
from graph.backends.networkx.logic import (
    both,
    compared,
    contained,
    either,
    listed,
    one_of_two,
    quantified,
    regular,
    text_test,
    truth,
)
from graph.backends.networkx.memory import REFERENCE, shallow
from graph.backends.networkx.moments.values import Moment, of_python
from graph.cypher import ast
from graph.model import Edge, Node

if TYPE_CHECKING:
    from graph.backends.networkx.clauses import QueryCompiler

_ARITHMETIC = {
    ast.BinaryOperator.SUBTRACT: values.subtract,
    ast.BinaryOperator.MULTIPLY: values.multiply,
    ast.BinaryOperator.DIVIDE: values.divide,
    ast.BinaryOperator.MODULO: values.modulo,
    ast.BinaryOperator.POWER: values.power,
}


_LARGE = 4_096
"""Bytes from which on a new text or list is looked at before it is made."""

_GROWS = frozenset({str, list, tuple})


def property_of(subject: Any, key: str) -> Any:
    """`subject.key`: of an element, a map, a moment; null of null. Raises EvaluationError for anything else."""
    if isinstance(subject, Node | Edge):
        found = subject.id if key == "id" else subject.properties.get(key)
        return list(found) if type(found) is tuple else found
    return _part_of(subject, key)


def open_property_of(subject: Any, key: str) -> Any:
    """The same in open mode, where `id` is a property like others."""
    if isinstance(subject, Node | Edge):
        found = subject.properties.get(key)
        return list(found) if type(found) is tuple else found
    return _part_of(subject, key)


def _part_of(subject: Any, key: str) -> Any:
    if subject is None:
        return None
    if isinstance(subject, dict):
        return subject.get(key)
    if isinstance(subject, date | Duration | Moment):
        return component(subject, key)
    raise EvaluationError(f"a {values.type_name(subject)} has no property {key!r}")


class ExpressionCompiler:
    """Turns expressions of one scope into closures. Patterns and subqueries are compiled by the query's compiler."""

    def __init__(self, environment: Environment, queries: QueryCompiler) -> None:
        self._environment = environment
        self._queries = queries
        closed = environment.schema is not None
        self.property_of = property_of if closed else open_property_of
        self._properties_of = properties_of if closed else open_properties_of
        self._graph_functions = graph_functions(environment, closed=closed)
        self._methods: dict[type, Callable[[Any, Scope], Evaluate]] = {
            ast.Literal: self._literal,
            ast.Parameter: self._parameter,
            ast.Variable: self._variable,
            ast.Property: self._property,
            ast.Index: self._index,
            ast.Slice: self._slice,
            ast.ListLiteral: self._list,
            ast.MapLiteral: self._map,
            ast.Unary: self._unary,
            ast.Binary: self._binary,
            ast.Comparison: self._comparison,
            ast.IsNull: self._is_null,
            ast.HasLabels: self._has_labels,
            ast.FunctionCall: self._call,
            ast.Case: self._case,
            ast.ListComprehension: self._list_comprehension,
            ast.PatternComprehension: self._pattern_comprehension,
            ast.Quantifier: self._quantifier,
            ast.Reduce: self._reduce,
            ast.MapProjection: self._map_projection,
            ast.PatternPredicate: self._pattern_predicate,
            ast.SubqueryExpression: self._subquery,
        }

    def compile(self, expression: ast.Expression, scope: Scope) -> Evaluate:
        """A closure that evaluates the expression on a row."""
        method = self._methods.get(type(expression))
        if method is None:
            raise EvaluationError(f"{type(expression).__name__} is not an expression of a row")
        return method(expression, scope)

    def condition(self, expression: ast.Expression, scope: Scope) -> Callable[[Row], bool]:
        """A closure that is true only where the expression is true, not where it is null."""
        evaluate = self.compile(expression, scope)
        return lambda row: evaluate(row) is True

    def items(self, expression: ast.Expression, scope: Scope) -> Evaluate:
        """Like `compile`, for a source that is walked once: `range()` is then not made whole."""
        if isinstance(expression, ast.FunctionCall) and expression.name == "range":
            arguments = [self.compile(argument, scope) for argument in expression.arguments]

            def counted(row: Row) -> Any:
                given = [argument(row) for argument in arguments]
                return None if None in given else integers(*given)

            return counted
        return self.compile(expression, scope)

    # --- leaves and access -------------------------------------------------------------------------------------------

    def _literal(self, tree: ast.Literal, _scope: Scope) -> Evaluate:
        value = self._moment(tree.value)
        return lambda _row: value

    def _parameter(self, tree: ast.Parameter, _scope: Scope) -> Evaluate:
        parameters, name = self._environment.parameters, tree.name
        if self._environment.schema is None:
            return lambda _row: self._moment(parameters.get(name))
        return lambda _row: parameters.get(name)

    def _moment(self, value: Any) -> Any:
        """A date or an instant as open mode has it; anything else, and everything on a schema, as it is."""
        return of_python(value) if isinstance(value, date) and self._environment.schema is None else value

    def _variable(self, tree: ast.Variable, scope: Scope) -> Evaluate:
        slot = scope.names[tree.name]
        return lambda row: row[slot]

    def _property(self, tree: ast.Property, scope: Scope) -> Evaluate:
        key, property_of = tree.key, self.property_of
        if isinstance(tree.subject, ast.Variable):
            slot = scope.names[tree.subject.name]
            if key == "id":
                return lambda row: property_of(row[slot], key)

            def of_variable(row: Row) -> Any:
                subject = row[slot]
                if type(subject) is not Node:
                    return property_of(subject, key)
                found = subject.properties.get(key)
                return list(found) if type(found) is tuple else found

            return of_variable
        subject = self.compile(tree.subject, scope)
        return lambda row: property_of(subject(row), key)

    def _index(self, tree: ast.Index, scope: Scope) -> Evaluate:
        subject, index = self.compile(tree.subject, scope), self.compile(tree.index, scope)
        property_of = self.property_of

        def evaluate(row: Row) -> Any:
            of, at = subject(row), index(row)
            if of is None or at is None:
                return None
            if isinstance(of, list | tuple):
                if type(at) is not int:
                    raise EvaluationError(f"a list has no position {at!r}", hint="positions are integers from 0")
                return of[at] if -len(of) <= at < len(of) else None
            if not isinstance(at, str):
                raise EvaluationError(f"a {values.type_name(of)} has no key {at!r}")
            return property_of(of, at)

        return evaluate

    def _slice(self, tree: ast.Slice, scope: Scope) -> Evaluate:
        subject = self.compile(tree.subject, scope)
        start = self.compile(tree.start, scope) if tree.start is not None else None
        end = self.compile(tree.end, scope) if tree.end is not None else None

        def evaluate(row: Row) -> Any:
            items = subject(row)
            first = start(row) if start is not None else 0
            last = end(row) if end is not None else (len(items) if items is not None else 0)
            return None if items is None or first is None or last is None else list(items[first:last])

        return evaluate

    def _list(self, tree: ast.ListLiteral, scope: Scope) -> Evaluate:
        items = [self.compile(item, scope) for item in tree.items]
        return lambda row: [item(row) for item in items]

    def _map(self, tree: ast.MapLiteral, scope: Scope) -> Evaluate:
        items = [(key, self.compile(value, scope)) for key, value in tree.items]
        return lambda row: {key: value(row) for key, value in items}

    # --- operators ---------------------------------------------------------------------------------------------------

    def _unary(self, tree: ast.Unary, scope: Scope) -> Evaluate:
        operand = self.compile(tree.operand, scope)
        if tree.operator is ast.UnaryOperator.NOT:

            def negate(row: Row) -> bool | None:
                value = operand(row)
                return None if value is None else not truth(value)

            return negate
        if tree.operator is ast.UnaryOperator.MINUS:
            return lambda row: values.negate(operand(row))
        return operand

    def _binary(self, tree: ast.Binary, scope: Scope) -> Evaluate:
        left, right = self.compile(tree.left, scope), self.compile(tree.right, scope)
        if tree.operator is ast.BinaryOperator.ADD:
            return self._sum(left, right)
        arithmetic = _ARITHMETIC.get(tree.operator)
        if arithmetic is not None:
            return lambda row: arithmetic(left(row), right(row))
        match tree.operator:
            case ast.BinaryOperator.AND:
                return lambda row: both(left(row), right, row)
            case ast.BinaryOperator.OR:
                return lambda row: either(left(row), right, row)
            case ast.BinaryOperator.XOR:
                return lambda row: one_of_two(left(row), right(row))
            case ast.BinaryOperator.IN:
                return lambda row: contained(left(row), right(row))
            case ast.BinaryOperator.STARTS_WITH:
                return text_test(left, right, str.startswith)
            case ast.BinaryOperator.ENDS_WITH:
                return text_test(left, right, str.endswith)
            case ast.BinaryOperator.CONTAINS:
                return text_test(left, right, lambda text, part: part in text)
            case ast.BinaryOperator.REGEX:
                return text_test(
                    left, right, lambda text, pattern: regular(pattern, len(text)).fullmatch(text) is not None
                )
            case _:
                return compared(left, tree.operator, right)

    def _sum(self, left: Evaluate, right: Evaluate) -> Evaluate:
        """`+`: texts and lists that would be too large are refused before they are made."""
        ask, step = self._environment.memory.ask, self._environment.deadline.step

        def evaluate(row: Row) -> Any:
            one, other = left(row), right(row)
            if type(one) in _GROWS or type(other) in _GROWS:
                size = shallow(one) + shallow(other)
                if size > _LARGE:
                    ask(size)
                    step(size // _LARGE)
            return values.add(one, other)

        return evaluate

    def _comparison(self, tree: ast.Comparison, scope: Scope) -> Evaluate:
        operands = [self.compile(operand, scope) for operand in tree.operands]
        pairs = [compared(operands[i], operator, operands[i + 1]) for i, operator in enumerate(tree.operators)]
        if len(pairs) == 1:
            return pairs[0]

        def evaluate(row: Row) -> bool | None:
            known = True
            for pair in pairs:
                value = pair(row)
                if value is False:
                    return False
                known = known and value is not None
            return True if known else None

        return evaluate

    def _is_null(self, tree: ast.IsNull, scope: Scope) -> Evaluate:
        operand = self.compile(tree.operand, scope)
        if tree.negated:
            return lambda row: operand(row) is not None
        return lambda row: operand(row) is None

    def _has_labels(self, tree: ast.HasLabels, scope: Scope) -> Evaluate:
        subject = self.compile(tree.subject, scope)
        kinds = tree.kinds
        holds = label_test(tree.labels)

        def evaluate(row: Row) -> bool | None:
            element = subject(row)
            if element is None:
                return None
            if isinstance(element, Edge):
                return holds((element.type,))
            return element.kind in kinds if kinds is not None else holds(element.labels)

        return evaluate

    # --- calls and cases ---------------------------------------------------------------------------------------------

    def _call(self, tree: ast.FunctionCall, scope: Scope) -> Evaluate:
        arguments = [self.compile(argument, scope) for argument in tree.arguments]
        if tree.name == "coalesce":

            def coalesce(row: Row) -> Any:
                for argument in arguments:
                    value = argument(row)
                    if value is not None:
                        return value
                return None

            return coalesce
        if tree.name == "nullIf":
            return lambda row: null_if(arguments[0](row), arguments[1](row))
        if tree.name == "valueType":
            return lambda row: value_type(arguments[0](row))
        if tree.name == "exists":
            return lambda row: arguments[0](row) is not None
        function = self._graph_functions.get(tree.name) or PURE.get(tree.name)
        if function is None:
            raise EvaluationError(f"no function {tree.name!r}")
        name, called = tree.name, function
        if len(arguments) == 1:
            only = arguments[0]

            def call_one(row: Row) -> Any:
                value = only(row)
                return None if value is None else _guarded(name, called, (value,))

            return call_one

        def call(row: Row) -> Any:
            given = [argument(row) for argument in arguments]
            return None if None in given else _guarded(name, called, given)

        return call

    def _case(self, tree: ast.Case, scope: Scope) -> Evaluate:
        operand = self.compile(tree.operand, scope) if tree.operand is not None else None
        whens = [(self.compile(when, scope), self.compile(then, scope)) for when, then in tree.whens]
        default = self.compile(tree.default, scope) if tree.default is not None else None

        def evaluate(row: Row) -> Any:
            wanted = operand(row) if operand is not None else None
            for when, then in whens:
                value = when(row)
                if (values.equal(wanted, value) if operand is not None else value) is True:
                    return then(row)
            return default(row) if default is not None else None

        return evaluate

    # --- lists and maps ----------------------------------------------------------------------------------------------

    def _list_comprehension(self, tree: ast.ListComprehension, scope: Scope) -> Evaluate:
        source = self.items(tree.source, scope)
        inner = scope.nested()
        slot = inner.declare(tree.variable)
        keep = self.condition(tree.predicate, inner) if tree.predicate is not None else None
        project = self.compile(tree.projection, inner) if tree.projection is not None else None
        gathered, step = self._gathered, self._environment.deadline.step

        def kept(row: Row, items: Any) -> Iterator[Any]:
            for item in items:
                step()
                row[slot] = item
                if keep is None or keep(row):
                    yield project(row) if project is not None else item

        def evaluate(row: Row) -> Any:
            items = listed(source(row))
            return None if items is None else gathered(kept(row, items))

        return evaluate

    def _quantifier(self, tree: ast.Quantifier, scope: Scope) -> Evaluate:
        source = self.items(tree.source, scope)
        inner = scope.nested()
        slot = inner.declare(tree.variable)
        predicate = self.compile(tree.predicate, inner)
        kind = tree.kind
        step = self._environment.deadline.step

        def evaluate(row: Row) -> bool | None:
            items = listed(source(row))
            if items is None:
                return None
            true = unknown = 0
            for item in items:
                step()
                row[slot] = item
                value = predicate(row)
                true += value is True
                unknown += value is None
            return quantified(kind, len(items), true, unknown)

        return evaluate

    def _reduce(self, tree: ast.Reduce, scope: Scope) -> Evaluate:
        initial, source = self.compile(tree.initial, scope), self.items(tree.source, scope)
        inner = scope.nested()
        total, item_slot = inner.declare(tree.accumulator), inner.declare(tree.variable)
        following = self.compile(tree.step, inner)
        step = self._environment.deadline.step

        def evaluate(row: Row) -> Any:
            items = listed(source(row))
            if items is None:
                return None
            value = initial(row)
            for item in items:
                step()
                row[total], row[item_slot] = value, item
                value = following(row)
            return value

        return evaluate

    def _map_projection(self, tree: ast.MapProjection, scope: Scope) -> Evaluate:
        slot = scope.names[tree.subject]
        items = [(i.key, None if i.value is None else self.compile(i.value, scope)) for i in tree.items]
        property_of, properties_of = self.property_of, self._properties_of

        def evaluate(row: Row) -> Any:
            subject = row[slot]
            if subject is None:
                return None
            projected: dict[str, Any] = {}
            for key, value in items:
                if value is not None:
                    projected[key] = value(row)
                elif key == "*":
                    projected.update(properties_of(subject))
                else:
                    projected[key] = property_of(subject, key)
            return projected

        return evaluate

    # --- patterns and subqueries -------------------------------------------------------------------------------------

    def _pattern_predicate(self, tree: ast.PatternPredicate, scope: Scope) -> Evaluate:
        matches = self._queries.match_operator((tree.pattern,), None, scope.inner())
        return lambda row: next(matches(iter((row,))), None) is not None

    def _pattern_comprehension(self, tree: ast.PatternComprehension, scope: Scope) -> Evaluate:
        inner = scope.inner()
        matches = self._queries.match_operator((tree.pattern,), tree.predicate, inner)
        project = self.compile(tree.projection, inner)
        gathered = self._gathered
        return lambda row: gathered(project(found) for found in matches(iter((row,))))

    def _subquery(self, tree: ast.SubqueryExpression, scope: Scope) -> Evaluate:
        rows = self._queries.subquery(tree.query, scope)
        if tree.kind is ast.SubqueryKind.EXISTS:
            return lambda row: next(rows(row), None) is not None
        if tree.kind is ast.SubqueryKind.COUNT:
            return lambda row: sum(1 for _ in rows(row))
        gathered = self._gathered
        return lambda row: gathered(found[0] for found in rows(row))

    def _gathered(self, items: Iterable[Any]) -> list[Any]:
        """A list of items that are being made; one that grows too large is stopped on the way."""
        memory = self._environment.memory
        found, size = [], 0
        for item in items:
            found.append(item)
            size += REFERENCE + shallow(item)
            if not len(found) & 0xFF or size > _LARGE:
                memory.ask(size)
        return found


def _guarded(name: str, function: Callable[..., Any], arguments: Any) -> Any:
    try:
        return function(*arguments)
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        given = ", ".join(values.type_name(argument) for argument in arguments)
        raise EvaluationError(f"{name}() cannot take ({given})", hint="see the signature in the reference") from error
