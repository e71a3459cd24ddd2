"""Binding of calls: functions by the table, aggregates where they may stand, the present, label tests."""

from __future__ import annotations

from types import MappingProxyType

from graph.cypher import types
from graph.cypher.ast import (
    Case,
    CountStar,
    Expression,
    FunctionCall,
    HasLabels,
    IsNull,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelWildcard,
    Literal,
    MapLiteral,
    Parameter,
    PatternPredicate,
    Span,
)
from graph.cypher.binder.expressions import Bound, ExpressionBinder
from graph.cypher.binder.operators import is_asked
from graph.cypher.binder.scope import Aggregation, Scope
from graph.cypher.bound import Feature, TypeName
from graph.cypher.clock import NOW_MILLIS, OF_FUNCTION, OPEN_PRESENT, TODAY
from graph.cypher.diagnostics import (
    CypherSyntaxError,
    InvalidAggregationError,
    TypeMismatchError,
    UnknownFunctionError,
    UnknownKindError,
    replace_span,
    report,
)
from graph.cypher.functions import FUNCTIONS, OPEN_FUNCTIONS, REFUSED, Function
from graph.cypher.vocabulary import Vocabulary, suggest


class CallBinder(ExpressionBinder):
    """Binds calls and label tests."""

    def _call(self, tree: FunctionCall, scope: Scope) -> Bound:
        name = tree.name.lower()
        if self.vocabulary is None and name in OPEN_PRESENT and (not tree.arguments or name not in OPEN_FUNCTIONS):
            return self._open_present(OPEN_PRESENT[name], tree, scope)
        function = (OPEN_FUNCTIONS if self.vocabulary is None else FUNCTIONS).get(name)
        if function is None:
            raise self._unknown_function(tree)
        if tree.distinct and not function.aggregate:
            self.refuse(CypherSyntaxError, f"DISTINCT has no meaning in {function.name}()", tree.span)
        if not function.takes(len(tree.arguments)):
            self.refuse(
                TypeMismatchError,
                f"{function.name}() was given {len(tree.arguments)} arguments",
                tree.span,
                f"write {function.signature}",
            )
        if not tree.arguments and name in OF_FUNCTION:
            return self._present(name, tree.span)
        if name == "exists":
            return self._exists(tree, scope)
        if function.aggregate:
            return self._aggregate(tree, function, scope)
        return self._apply(tree, function, scope)

    def _apply(self, tree: FunctionCall, function: Function, scope: Scope) -> Bound:
        if function.name == "rand" and self.aggregation is Aggregation.INSIDE:
            self.refuse(CypherSyntaxError, "an aggregate of chance has no meaning", tree.span, "project rand() first")
        bound = [self.expression(argument, scope) for argument in tree.arguments]
        for position, (argument, of) in enumerate(bound):
            if isinstance(argument, PatternPredicate) and argument.pattern.shortest is None:
                self.refuse(
                    TypeMismatchError,
                    f"{function.name}() takes no pattern",
                    argument.span,
                    "count matches with COUNT { (a)-->(b) }, test them with EXISTS { (a)-->(b) }",
                )
            accepted = function.accepted(position)
            wanted = _NAMED.get(next(iter(accepted)), types.ANY) if len(accepted) == 1 else types.ANY
            self.expect(argument, of, wanted, f"{function.name}()", accepted)
            if isinstance(argument, MapLiteral) and function.name == "duration":
                for _, value in argument.items:
                    if is_asked(value):
                        self.use_parameter(value.name, types.NUMBER)
        if function.result == "union":
            known = types.unify_all(of for argument, of in bound if not is_asked(argument))
            for argument, _ in bound:
                if is_asked(argument):
                    self.use_parameter(argument.name, known)
            result = known
        else:
            result = function.result_type([of for _, of in bound])
        arguments = tuple(argument for argument, _ in bound)
        if function.name in OF_FUNCTION and isinstance(arguments[0], Literal):
            self.features.add(Feature.CONSTANT_CALL)
        return FunctionCall(function.name, arguments, tree.distinct, span=tree.span), result

    def _aggregate(self, tree: FunctionCall, function: Function, scope: Scope) -> Bound:
        self._check_aggregate(f"{function.name}()", tree.span)
        before, self.aggregation = self.aggregation, Aggregation.INSIDE
        bound = self._apply(tree, function, scope)
        self.aggregation = before
        self.aggregated = True
        return bound

    def _count_star(self, tree: CountStar, scope: Scope) -> Bound:
        self._check_aggregate("count(*)", tree.span)
        self.aggregated = True
        return tree, types.INTEGER

    def _check_aggregate(self, name: str, span: Span) -> None:
        if self.aggregation is Aggregation.INSIDE:
            self.refuse(
                InvalidAggregationError,
                f"{name} stands inside another aggregate",
                span,
                "compute the inner one first with WITH",
            )
        if self.aggregation is Aggregation.FORBIDDEN:
            self.refuse(
                InvalidAggregationError,
                f"{name} can stand in WITH and RETURN only",
                span,
                "compute it with WITH ... AS name, then use the name in WHERE",
            )

    def _present(self, name: str, span: Span) -> Bound:
        parameter = OF_FUNCTION[name]
        self.clock.add(parameter)
        of = types.DATE if parameter == TODAY else types.INTEGER if parameter == NOW_MILLIS else types.INSTANT
        return Parameter(parameter, span=span), of

    def _open_present(self, name: str, tree: FunctionCall, scope: Scope) -> Bound:
        """`time()`, `date.statement('Europe/Paris')` and the like: what the present instant is to them, in a zone if given.

        Every clock of a query shows the same; the present of an unknown zone is unknown.
        """
        of = OPEN_FUNCTIONS[name].result_type([types.INSTANT])
        if not tree.arguments:
            if name in OF_FUNCTION:
                return self._present(name, tree.span)
            now, _ = self._present("datetime", tree.span)
            return FunctionCall(name, (now,), span=tree.span), of
        if len(tree.arguments) > 1:
            self.refuse(TypeMismatchError, f"{tree.name}() takes the name of a zone, or nothing", tree.span)
        zone = self.typed(tree.arguments[0], scope, types.STRING, f"{tree.name}()")
        now, _ = self._present("datetime", tree.span)
        moved = FunctionCall("datetime", (MapLiteral((("datetime", now), ("timezone", zone))),), span=tree.span)
        present = moved if name == "datetime" else FunctionCall(name, (moved,), span=tree.span)
        unknown = IsNull(zone, span=zone.span)
        return Case(None, ((unknown, Literal(None, span=tree.span)),), present, span=tree.span), of

    def _exists(self, tree: FunctionCall, scope: Scope) -> Bound:
        """The old `exists(n.name)` is `n.name IS NOT NULL`; `exists((a)-->())` is the pattern itself."""
        bound, _ = self.expression(tree.arguments[0], scope)
        if isinstance(bound, PatternPredicate):
            return bound, types.BOOLEAN
        return IsNull(bound, True, span=tree.span), types.BOOLEAN

    def _unknown_function(self, tree: FunctionCall) -> Exception:
        name = tree.name.lower()
        span = Span(tree.span.start, tree.span.start + len(tree.name))
        hint = REFUSED.get(name)
        suggestions: list[str] = []
        corrected = None
        if name == "id":
            corrected = replace_span(self.text, span, "elementId")
        elif hint is None:
            suggestions = suggest(tree.name, dict.fromkeys(function.name for function in FUNCTIONS.values()))
            corrected = self.corrected(span, suggestions)
            if not suggestions and "." in name:
                hint = "functions of extensions are not available"
        return report(
            UnknownFunctionError,
            f"the function {tree.name}() is not available",
            text=self.text,
            span=span,
            hint=hint,
            suggestions=suggestions,
            corrected=corrected,
        )

    # --- labels ----------------------------------------------------------------------------------------------------

    def _has_labels(self, tree: HasLabels, scope: Scope) -> Bound:
        subject, of = self.expression(tree.subject, scope)
        if of.name is TypeName.RELATIONSHIP:
            return self._has_type(tree, subject)
        self.expect(subject, of, types.NODE, "a test of labels")
        if self.vocabulary is None:
            return HasLabels(subject, tree.labels, span=tree.span), types.BOOLEAN
        mask = self.label_mask(tree.labels, self.vocabulary)
        if of.kinds is not None:
            mask &= self.vocabulary.mask(of.kinds)
        return HasLabels(subject, tree.labels, self.vocabulary.kinds(mask), span=tree.span), types.BOOLEAN

    def _has_type(self, tree: HasLabels, subject: Expression) -> Bound:
        """`r:TYPE` on a relationship; the types go where kinds stand on nodes."""
        if self.vocabulary is None:
            return HasLabels(subject, tree.labels, span=tree.span), types.BOOLEAN
        found = self.relation_set(tree.labels, self.vocabulary)
        return HasLabels(subject, tree.labels, frozenset(found), span=tree.span), types.BOOLEAN

    def label_mask(self, labels: LabelExpression, vocabulary: Vocabulary) -> int:
        """The kinds that a label expression admits. Raises UnknownKindError."""
        if isinstance(labels, LabelName):
            mask = vocabulary.covered(labels.name)
            if mask is None:
                raise self._unknown_kind(labels, vocabulary)
            return mask
        if isinstance(labels, LabelWildcard):
            return vocabulary.every_kind
        if isinstance(labels, LabelNot):
            return vocabulary.every_kind & ~self.label_mask(labels.operand, vocabulary)
        assert isinstance(labels, LabelAnd | LabelOr)
        masks = [self.label_mask(operand, vocabulary) for operand in labels.operands]
        found = masks[0]
        for mask in masks[1:]:
            found = found & mask if isinstance(labels, LabelAnd) else found | mask
        return found

    def _unknown_kind(self, label: LabelName, vocabulary: Vocabulary) -> Exception:
        suggestions = vocabulary.suggest_kinds(label.name)
        return report(
            UnknownKindError,
            f"the schema has no kind {label.name!r}",
            text=self.text,
            span=label.span,
            suggestions=suggestions,
            corrected=self.corrected(label.span, suggestions),
        )

    def relation_set(self, labels: LabelExpression, vocabulary: Vocabulary) -> set[str]:
        """The relation types that a type expression admits. Raises UnknownRelationError."""
        raise NotImplementedError


_NAMED = {
    TypeName.BOOLEAN: types.BOOLEAN,
    TypeName.INTEGER: types.INTEGER,
    TypeName.NUMBER: types.NUMBER,
    TypeName.STRING: types.STRING,
    TypeName.LIST: types.LIST,
    TypeName.MAP: types.MAP,
}

CallBinder.RULES = MappingProxyType(
    {
        **ExpressionBinder.RULES,
        FunctionCall: CallBinder._call,
        CountStar: CallBinder._count_star,
        HasLabels: CallBinder._has_labels,
    }
)
