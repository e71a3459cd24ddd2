"""Types of expressions of a bound tree, for passes and dialects that must know whether `a / b` divides integers.

The binder has checked everything already: nothing is refused here, what cannot be known is ANY.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Case,
    CountStar,
    Expression,
    FunctionCall,
    Index,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    Parameter,
    PatternComprehension,
    PatternPredicate,
    Property,
    Reduce,
    Return,
    Slice,
    SubqueryExpression,
    SubqueryKind,
    Unary,
    UnaryOperator,
    Variable,
)
from graph.cypher.bound import BoundQuery, CypherType, TypeName
from graph.cypher.clock import NOW, NOW_MILLIS, TODAY
from graph.cypher.functions import FUNCTIONS, OPEN_FUNCTIONS
from graph.cypher.operations import arithmetic_type, literal_type
from graph.cypher.vocabulary import Vocabulary

_CLOCK: Final = {NOW: types.INSTANT, TODAY: types.DATE, NOW_MILLIS: types.INTEGER}
_ARITHMETIC: Final = frozenset(
    {
        BinaryOperator.ADD,
        BinaryOperator.SUBTRACT,
        BinaryOperator.MULTIPLY,
        BinaryOperator.DIVIDE,
        BinaryOperator.MODULO,
        BinaryOperator.POWER,
    }
)


class TypeReader:
    """Answers the type of any expression of one bound query."""

    def __init__(self, bound: BoundQuery, vocabulary: Vocabulary | None) -> None:
        self.variables: dict[str, CypherType] = dict(bound.variables)
        self.parameters = bound.parameters
        self.vocabulary = vocabulary
        self._functions = OPEN_FUNCTIONS if vocabulary is None else FUNCTIONS
        self._parts = types.OPEN_PARTS if vocabulary is None else types.PARTS

    def type_of(self, tree: Expression) -> CypherType:
        """The type of an expression; ANY where it cannot be known before running."""
        rule = _RULES.get(type(tree))
        return types.BOOLEAN if rule is None else rule(self, tree)

    def _parameter(self, tree: Parameter) -> CypherType:
        return _CLOCK.get(tree.name) or self.parameters.get(tree.name, types.ANY)

    def _variable(self, tree: Variable) -> CypherType:
        return self.variables.get(tree.name, types.ANY)

    def _property(self, tree: Property) -> CypherType:
        of = self.type_of(tree.subject)
        if of.name is TypeName.NODE and self.vocabulary is not None:
            return self.vocabulary.node_properties.get(tree.key, types.ANY)
        if of.name is TypeName.RELATIONSHIP and self.vocabulary is not None:
            return self.vocabulary.relation_properties.get(tree.key, types.ANY)
        if of.name is TypeName.MAP and of.fields is not None:
            return of.fields.get(tree.key, types.NULL)
        return self._parts.get(of.name, {}).get(tree.key, types.ANY)

    def _index(self, tree: Index) -> CypherType:
        return self._item(tree.subject)

    def _item(self, tree: Expression) -> CypherType:
        of = self.type_of(tree)
        return (of.item if of.name is TypeName.LIST else None) or types.ANY

    def _list(self, tree: ListLiteral) -> CypherType:
        return types.list_of(types.unify_all(self.type_of(item) for item in tree.items))

    def _map(self, tree: MapLiteral) -> CypherType:
        return CypherType(TypeName.MAP, fields={key: self.type_of(value) for key, value in tree.items})

    def _map_projection(self, tree: MapProjection) -> CypherType:
        if any(item.key == "*" and item.value is None for item in tree.items):
            return types.MAP
        subject = Variable(tree.subject)
        return CypherType(
            TypeName.MAP,
            fields={
                item.key: self.type_of(Property(subject, item.key) if item.value is None else item.value)
                for item in tree.items
            },
        )

    def _unary(self, tree: Unary) -> CypherType:
        return types.BOOLEAN if tree.operator is UnaryOperator.NOT else self.type_of(tree.operand)

    def _binary(self, tree: Binary) -> CypherType:
        if tree.operator not in _ARITHMETIC:
            return types.BOOLEAN
        return arithmetic_type(tree.operator, self.type_of(tree.left), self.type_of(tree.right)) or types.ANY

    def _call(self, tree: FunctionCall) -> CypherType:
        function = self._functions.get(tree.name.lower())
        if function is None:
            return types.ANY
        return function.result_type([self.type_of(argument) for argument in tree.arguments])

    def _case(self, tree: Case) -> CypherType:
        results = [then for _, then in tree.whens] + ([] if tree.default is None else [tree.default])
        return types.unify_all(self.type_of(result) for result in results)

    def _list_comprehension(self, tree: ListComprehension) -> CypherType:
        return types.list_of(self._item(tree.source) if tree.projection is None else self.type_of(tree.projection))

    def _pattern_comprehension(self, tree: PatternComprehension) -> CypherType:
        return types.list_of(self.type_of(tree.projection))

    def _reduce(self, tree: Reduce) -> CypherType:
        return types.unify(self.type_of(tree.initial), self.type_of(tree.step))

    def _pattern(self, tree: PatternPredicate) -> CypherType:
        return types.BOOLEAN if tree.pattern.shortest is None else types.PATH

    def _subquery(self, tree: SubqueryExpression) -> CypherType:
        if tree.kind is SubqueryKind.EXISTS:
            return types.BOOLEAN
        if tree.kind is SubqueryKind.COUNT:
            return types.INTEGER
        last = tree.query.parts[0].clauses[-1]
        return types.list_of(
            self.type_of(last.projection.items[0].expression) if isinstance(last, Return) else types.ANY
        )


_RULES: Final[Mapping[type[Expression], Callable[[Any, Any], CypherType]]] = MappingProxyType(
    {
        Literal: lambda _reader, tree: literal_type(tree.value),
        Parameter: TypeReader._parameter,
        Variable: TypeReader._variable,
        Property: TypeReader._property,
        Index: TypeReader._index,
        Slice: lambda reader, tree: reader.type_of(tree.subject),
        ListLiteral: TypeReader._list,
        MapLiteral: TypeReader._map,
        MapProjection: TypeReader._map_projection,
        Unary: TypeReader._unary,
        Binary: TypeReader._binary,
        FunctionCall: TypeReader._call,
        CountStar: lambda _reader, _tree: types.INTEGER,
        Case: TypeReader._case,
        ListComprehension: TypeReader._list_comprehension,
        PatternComprehension: TypeReader._pattern_comprehension,
        Reduce: TypeReader._reduce,
        PatternPredicate: TypeReader._pattern,
        SubqueryExpression: TypeReader._subquery,
    }
)
"""Rules by class; what is not here (comparisons, IS NULL, label tests, quantifiers) is a boolean."""
