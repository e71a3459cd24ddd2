"""Binding of expressions: variables resolved, properties checked and typed, operators checked, parameters typed by use.

`expression(tree, scope)` answers the bound tree and its type. Trees that need no change are handed on as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar, Final

from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    Index,
    IsNull,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    MapProjectionItem,
    Parameter,
    Property,
    Quantifier,
    Reduce,
    Slice,
    Unary,
    UnaryOperator,
    Variable,
)
from graph.cypher.binder.operators import OperatorRules
from graph.cypher.binder.scope import Aggregation, Scope
from graph.cypher.bound import CypherType, Feature, TypeName
from graph.cypher.clock import NAMES
from graph.cypher.diagnostics import (
    CypherSyntaxError,
    InvalidAccessError,
    TypeMismatchError,
    UnknownPropertyError,
    report,
)
from graph.cypher.operations import literal_type
from graph.cypher.vocabulary import suggest

Bound = tuple[Expression, CypherType]
_SIGNED: Final = frozenset({TypeName.NUMBER, TypeName.DURATION})


class ExpressionBinder(OperatorRules):
    """Binds expressions without calls, patterns and subqueries, for which the classes built on it have rules of their own."""

    RULES: ClassVar[Mapping[type[Expression], Callable[[Any, Any, Scope], Bound]]]

    def expression(self, tree: Expression, scope: Scope) -> Bound:
        """The bound tree and its type."""
        return self.RULES[type(tree)](self, tree, scope)

    def typed(self, tree: Expression, scope: Scope, wanted: CypherType, what: str) -> Expression:
        """A bound expression that must be of the wanted type; a bare parameter becomes of that type."""
        bound, found = self.expression(tree, scope)
        self.expect(bound, found, wanted, what)
        return bound

    def predicate(self, tree: Expression, scope: Scope, what: str = "WHERE") -> Expression:
        """A bound condition."""
        return self.typed(tree, scope, types.BOOLEAN, what)

    def body(self, tree: Expression, scope: Scope) -> Bound:
        """What a comprehension, a quantifier or reduce does with each item: no aggregate may stand there."""
        before, self.aggregation = self.aggregation, Aggregation.FORBIDDEN
        bound = self.expression(tree, scope)
        self.aggregation = before
        return bound

    def condition(self, tree: Expression, scope: Scope) -> Expression:
        """The condition of a comprehension or a quantifier."""
        bound, found = self.body(tree, scope)
        self.expect(bound, found, types.BOOLEAN, "WHERE")
        return bound

    # --- leaves ----------------------------------------------------------------------------------------------------

    def _literal(self, tree: Literal, scope: Scope) -> Bound:
        return tree, literal_type(tree.value)

    def _parameter(self, tree: Parameter, scope: Scope) -> Bound:
        if tree.name in NAMES:
            self.refuse(CypherSyntaxError, f"the name of ${tree.name} is kept for the clock", tree.span)
        return tree, self.use_parameter(tree.name)

    def _variable(self, tree: Variable, scope: Scope) -> Bound:
        internal = scope.get(tree.name)
        if internal is None:
            raise self.unknown_variable(tree.name, scope, tree.span)
        self.read.add(internal)
        return (tree if internal == tree.name else Variable(internal, span=tree.span)), self.types[internal]

    # --- properties ------------------------------------------------------------------------------------------------

    def _property(self, tree: Property, scope: Scope) -> Bound:
        subject, of = self.expression(tree.subject, scope)
        found = self.property_type(of, tree.key, tree)
        bound = tree if subject is tree.subject else Property(subject, tree.key, span=tree.span)
        return self.meant(bound, of), found

    def meant(self, tree: Property, of: CypherType) -> Expression:
        """A property with what its absence means on a relation that is there; on none it stays null."""
        if self.vocabulary is None or of.name is not TypeName.RELATIONSHIP:
            return tree
        absence = self.vocabulary.absence(of.types, tree.key)
        if absence is None:
            return tree
        is_there = IsNull(Property(tree.subject, "id", span=tree.span), negated=True, span=tree.span)
        meant = Case(None, ((is_there, Literal(absence, span=tree.span)),), None, span=tree.span)
        return FunctionCall("coalesce", (tree, meant), span=tree.span)

    def property_type(self, of: CypherType, key: str, tree: Property) -> CypherType:
        """The type of `subject.key`; raises UnknownPropertyError or InvalidAccessError."""
        name = of.name
        if name is TypeName.NODE or name is TypeName.RELATIONSHIP:
            return self.element_property(of, key, tree)
        if name is TypeName.MAP:
            return types.ANY if of.fields is None else of.fields.get(key, types.NULL)
        if name in types.UNKNOWN:
            return types.ANY
        parts = (types.OPEN_PARTS if self.vocabulary is None else types.PARTS).get(name)
        if parts is not None:
            if key in parts:
                return parts[key]
            span = self.key_span(tree.span, key)
            raise self.unknown_property(
                f"{types.describe(of, article=True)} has no part {key!r}", span, key, list(parts)
            )
        hint = f"take it of each item: [x IN list | x.{key}]" if name is TypeName.LIST else None
        error = TypeMismatchError if name is TypeName.PATH else InvalidAccessError  # as openCypher tells them apart
        return self.refuse(error, f"{types.describe(of, article=True)} has no properties", tree.span, hint)

    def element_property(self, of: CypherType, key: str, tree: Property) -> CypherType:
        if self.vocabulary is None:
            return types.ANY
        if of.name is TypeName.NODE:
            found = self.vocabulary.node_property(of.kinds, key)
        else:
            found = self.vocabulary.relation_property(of.types, key)
        if found is None:
            raise self.missing_property(of, key, tree)
        return found

    def missing_property(self, of: CypherType, key: str, tree: Property) -> Exception:
        span = self.key_span(tree.span, key)
        vocabulary = self.vocabulary
        assert vocabulary is not None
        if of.name is TypeName.NODE:
            who = self.name_kinds(of.kinds)
            suggestions = vocabulary.suggest_node_properties(of.kinds, key)
            known = vocabulary.property_names(of.kinds)
        else:
            who = f"a relation {' or '.join(of.types or ())}".rstrip()
            suggestions = vocabulary.suggest_relation_properties(of.types, key)
            known = sorted({"id", *(n for r in of.types or () for n in vocabulary.schema.relations[r].attributes)})
        return report(
            UnknownPropertyError,
            f"{who} has no property {key!r}",
            text=self.text,
            span=span,
            suggestions=suggestions,
            hint=None if suggestions else f"it has {', '.join(known[:20])}{', ...' if len(known) > 20 else ''}",
            corrected=self.corrected(span, suggestions),
        )

    def unknown_property(self, message: str, span: Any, key: str, known: list[str]) -> Exception:
        suggestions = suggest(key, known)
        return report(
            UnknownPropertyError,
            message,
            text=self.text,
            span=span,
            suggestions=suggestions,
            corrected=self.corrected(span, suggestions),
        )

    def name_kinds(self, kinds: frozenset[str] | None) -> str:
        """A set of kinds in words: its least labels."""
        if kinds is None or self.vocabulary is None:
            return "a node"
        labels = self.vocabulary.least_labels(kinds) or ("node",)
        if len(labels) > 4:
            return f"{', '.join(labels[:3])} or any of {len(labels) - 3} other kinds"
        return " or ".join(labels)

    # --- containers ------------------------------------------------------------------------------------------------

    def _list_literal(self, tree: ListLiteral, scope: Scope) -> Bound:
        bound = [self.expression(item, scope) for item in tree.items]
        items = tuple(item for item, _ in bound)
        return ListLiteral(items, span=tree.span), types.list_of(types.unify_all(of for _, of in bound))

    def _map_literal(self, tree: MapLiteral, scope: Scope) -> Bound:
        bound = [(key, self.expression(value, scope)) for key, value in tree.items]
        literal = MapLiteral(tuple((key, value) for key, (value, _) in bound), span=tree.span)
        return literal, CypherType(TypeName.MAP, fields={key: of for key, (_, of) in bound})

    def _index(self, tree: Index, scope: Scope) -> Bound:
        subject, of = self.expression(tree.subject, scope)
        index, by = self.expression(tree.index, scope)
        found = types.ANY
        if of.name is TypeName.LIST:
            self.expect(index, by, types.INTEGER, "an index of a list", error=InvalidAccessError)
            found = of.item or types.ANY
        elif of.name in (TypeName.MAP, TypeName.NODE, TypeName.RELATIONSHIP):
            self.expect(index, by, types.STRING, "a key", error=InvalidAccessError)
            if isinstance(index, Literal) and isinstance(index.value, str) and index.value:
                return Property(subject, index.value, span=tree.span), self.property_type(
                    of, index.value, Property(subject, index.value, span=tree.span)
                )
        elif of.name not in types.UNKNOWN:
            self.refuse(InvalidAccessError, f"{types.describe(of, article=True)} cannot be indexed", tree.span)
        return Index(subject, index, span=tree.span), found

    def _slice(self, tree: Slice, scope: Scope) -> Bound:
        subject, of = self.expression(tree.subject, scope)
        self.expect(subject, of, types.LIST, "a slice")
        start = None if tree.start is None else self.typed(tree.start, scope, types.INTEGER, "a bound of a slice")
        end = None if tree.end is None else self.typed(tree.end, scope, types.INTEGER, "a bound of a slice")
        return Slice(subject, start, end, span=tree.span), of if of.name is TypeName.LIST else types.LIST

    # --- operators -------------------------------------------------------------------------------------------------

    def _unary(self, tree: Unary, scope: Scope) -> Bound:
        operand, of = self.expression(tree.operand, scope)
        if tree.operator is UnaryOperator.NOT:
            self.expect(operand, of, types.BOOLEAN, "NOT")
            if isinstance(operand, Literal):
                self.features.add(Feature.CONSTANT_CALL)
            found = types.BOOLEAN
        else:
            self.expect(operand, of, types.NUMBER, f"a sign {tree.operator}", _SIGNED)
            found = of
        return (tree if operand is tree.operand else Unary(tree.operator, operand, span=tree.span)), found

    def _binary(self, tree: Binary, scope: Scope) -> Bound:
        left, left_type = self.expression(tree.left, scope)
        right, right_type = self.expression(tree.right, scope)
        if left is not tree.left or right is not tree.right:
            tree = Binary(tree.operator, left, right, span=tree.span)
        return tree, self.operator_type(tree, left_type, right_type)

    def _comparison(self, tree: Comparison, scope: Scope) -> Bound:
        bound = [self.expression(operand, scope) for operand in tree.operands]
        for position, operator in enumerate(tree.operators):
            self.compare(operator, bound[position], bound[position + 1], tree)
        if all(new is old for (new, _), old in zip(bound, tree.operands, strict=True)):
            return tree, types.BOOLEAN
        return Comparison(tuple(new for new, _ in bound), tree.operators, span=tree.span), types.BOOLEAN

    def _is_null(self, tree: IsNull, scope: Scope) -> Bound:
        operand, _ = self.expression(tree.operand, scope)
        return (tree if operand is tree.operand else replace(tree, operand=operand)), types.BOOLEAN

    def _case(self, tree: Case, scope: Scope) -> Bound:
        operand, of = (None, types.BOOLEAN) if tree.operand is None else self.expression(tree.operand, scope)
        whens, results = [], []
        for when, then in tree.whens:
            condition, condition_type = self.expression(when, scope)
            if operand is None:
                self.expect(condition, condition_type, types.BOOLEAN, "WHEN")
            else:
                self.compare(BinaryOperator.EQ, (operand, of), (condition, condition_type), tree)
            result, result_type = self.expression(then, scope)
            whens.append((condition, result))
            results.append(result_type)
        default = None
        if tree.default is not None:
            default, default_type = self.expression(tree.default, scope)
            results.append(default_type)
        return Case(operand, tuple(whens), default, span=tree.span), types.unify_all(results)

    # --- local variables -------------------------------------------------------------------------------------------

    def items_of(self, tree: Expression, scope: Scope, what: str) -> Bound:
        """A bound list, and the type of its items."""
        source, of = self.expression(tree, scope)
        self.expect(source, of, types.LIST, what)
        return source, (of.item if of.name is TypeName.LIST else None) or types.ANY

    def local(self, name: str, of: CypherType, scope: Scope) -> tuple[str, Scope]:
        """A variable of a comprehension: its internal name, and the scope in which it is visible."""
        inner = dict(scope)
        internal = self.declare(name, of, inner)
        self.locals[internal] = None
        return internal, inner

    def _list_comprehension(self, tree: ListComprehension, scope: Scope) -> Bound:
        source, item = self.items_of(tree.source, scope, "a list comprehension")
        variable, inner = self.local(tree.variable, item, scope)
        predicate = None if tree.predicate is None else self.condition(tree.predicate, inner)
        projection, found = None, item
        if tree.projection is not None:
            projection, found = self.body(tree.projection, inner)
        bound = ListComprehension(variable, source, predicate, projection, span=tree.span)
        return bound, types.list_of(found)

    def _quantifier(self, tree: Quantifier, scope: Scope) -> Bound:
        source, item = self.items_of(tree.source, scope, f"{tree.kind}()")
        variable, inner = self.local(tree.variable, item, scope)
        predicate = self.condition(tree.predicate, inner)
        return Quantifier(tree.kind, variable, source, predicate, span=tree.span), types.BOOLEAN

    def _reduce(self, tree: Reduce, scope: Scope) -> Bound:
        source, item = self.items_of(tree.source, scope, "reduce()")
        initial, initial_type = self.expression(tree.initial, scope)
        accumulator, inner = self.local(tree.accumulator, initial_type, scope)
        variable, inner = self.local(tree.variable, item, inner)
        step, step_type = self.body(tree.step, inner)
        found = types.unify(initial_type, step_type)
        if found != initial_type:  # the accumulator may change type on the way: its own type is what holds both
            self.types[accumulator] = found
        return Reduce(accumulator, initial, variable, source, step, span=tree.span), found

    def _map_projection(self, tree: MapProjection, scope: Scope) -> Bound:
        internal = self.resolve(tree.subject, scope, tree.span)
        of = self.types[internal]
        items: list[MapProjectionItem] = []
        fields: dict[str, CypherType] | None = {}
        for item in tree.items:
            if item.key == "*" and item.value is None:
                items.append(item)
                fields = None
                continue
            if item.value is None:
                subject = Property(Variable(internal), item.key, span=item.span)
                found = self.property_type(of, item.key, subject)
                value = self.meant(subject, of)
                items.append(item if value is subject else MapProjectionItem(item.key, value, span=item.span))
            else:
                value, found = self.expression(item.value, scope)
                items.append(MapProjectionItem(item.key, value, span=item.span))
            if fields is not None:
                fields[item.key] = found
        return MapProjection(internal, tuple(items), span=tree.span), CypherType(TypeName.MAP, fields=fields)


ExpressionBinder.RULES = MappingProxyType(
    {
        Literal: ExpressionBinder._literal,
        Parameter: ExpressionBinder._parameter,
        Variable: ExpressionBinder._variable,
        Property: ExpressionBinder._property,
        ListLiteral: ExpressionBinder._list_literal,
        MapLiteral: ExpressionBinder._map_literal,
        Index: ExpressionBinder._index,
        Slice: ExpressionBinder._slice,
        Unary: ExpressionBinder._unary,
        Binary: ExpressionBinder._binary,
        Comparison: ExpressionBinder._comparison,
        IsNull: ExpressionBinder._is_null,
        Case: ExpressionBinder._case,
        ListComprehension: ExpressionBinder._list_comprehension,
        Quantifier: ExpressionBinder._quantifier,
        Reduce: ExpressionBinder._reduce,
        MapProjection: ExpressionBinder._map_projection,
    }
)
