"""From an expression to its text, with brackets exactly where the parser needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import ClassVar, Final

from core.clock import in_utc
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Case,
    Comparison,
    CountStar,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelWildcard,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    MapProjectionItem,
    Parameter,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    Property,
    Quantifier,
    Query,
    Reduce,
    Slice,
    SubqueryExpression,
    Unary,
    UnaryOperator,
    Variable,
    Visible,
)
from graph.cypher.quoting import quote_name, quote_string, quote_variable

OR, XOR, AND, NOT, COMPARISON, PREDICATE, ADDITION, MULTIPLICATION, POWER, SIGN, POSTFIX, ATOM = range(1, 13)

_BINARY: Final = {
    BinaryOperator.OR: OR,
    BinaryOperator.XOR: XOR,
    BinaryOperator.AND: AND,
    BinaryOperator.ADD: ADDITION,
    BinaryOperator.SUBTRACT: ADDITION,
    BinaryOperator.MULTIPLY: MULTIPLICATION,
    BinaryOperator.DIVIDE: MULTIPLICATION,
    BinaryOperator.MODULO: MULTIPLICATION,
    BinaryOperator.POWER: POWER,
}
_POSTFIX: Final = (Property, Index, Slice, HasLabels)

_LOOKS_LIKE_COMPREHENSION: Final = re.compile(r"(`[^`]*`|\w+) IN ")


class ExpressionPrinter:
    """Prints expressions and label expressions; `RULES` names the method of each class of expressions."""

    RULES: ClassVar[Mapping[type[Expression], str]]

    def query(self, query: Query, separator: str = "\n") -> str:
        raise NotImplementedError

    def path(self, path: PathPattern) -> str:
        raise NotImplementedError

    def where(self, condition: Expression | None) -> str:
        return "" if condition is None else f" WHERE {self.expression(condition)}"

    def labels(self, labels: LabelExpression, enclosed: bool = False) -> str:
        if isinstance(labels, LabelName):
            return quote_name(labels.name)
        if isinstance(labels, LabelWildcard):
            return "%"
        if isinstance(labels, LabelNot):
            return "!" + self.labels(labels.operand, enclosed=True)
        if isinstance(labels, LabelAnd | LabelOr):
            sign = "&" if isinstance(labels, LabelAnd) else "|"
            text = sign.join(self.labels(operand, enclosed=True) for operand in labels.operands)
            return f"({text})" if enclosed else text
        raise TypeError(f"no way to print {type(labels).__name__}")

    # --- expressions -----------------------------------------------------------------------------------------------

    def expression(self, tree: Expression, level: int = 0) -> str:
        """The text of an expression, in brackets where it binds less than `level`."""
        text: str = getattr(self, self.RULES[type(tree)])(tree)
        return text if self.precedence(tree) >= level else f"({text})"

    def precedence(self, tree: Expression) -> int:
        """How closely the printed form binds."""
        if isinstance(tree, Binary):
            return _BINARY.get(tree.operator, PREDICATE)
        if isinstance(tree, Comparison):
            return COMPARISON
        if isinstance(tree, IsNull):
            return PREDICATE
        if isinstance(tree, Unary):
            return NOT if tree.operator is UnaryOperator.NOT else SIGN
        if isinstance(tree, Literal) and isinstance(tree.value, int | float) and not isinstance(tree.value, bool):
            return SIGN  # a number before a dot or a bracket reads badly, and a negative one binds as a sign does
        if isinstance(tree, PatternPredicate):
            return NOT  # `(a)-->(b) - [1]` would go on with a relationship
        if isinstance(tree, _POSTFIX):
            return POSTFIX
        return ATOM

    def list_of(self, items: tuple[Expression, ...]) -> str:
        return ", ".join(self.expression(item) for item in items)

    def variable(self, name: str) -> str:
        return quote_variable(name)

    def _literal(self, tree: Literal) -> str:
        value = tree.value
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return quote_string(value)
        if isinstance(value, float):
            return self.float_literal(value)
        if isinstance(value, datetime):
            return self.instant_literal(value)
        if isinstance(value, date):
            return f"date('{value.isoformat()}')"
        return str(value)

    def float_literal(self, value: float) -> str:
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-(Infinity)"
        return repr(value)

    def instant_literal(self, value: datetime) -> str:
        utc = in_utc(value)
        return f"datetime('{utc.replace(tzinfo=None).isoformat()}Z')"

    def _parameter(self, tree: Parameter) -> str:
        return "$" + quote_name(tree.name)

    def _variable(self, tree: Variable) -> str:
        return self.variable(tree.name)

    def _property(self, tree: Property) -> str:
        return f"{self.expression(tree.subject, POSTFIX)}.{quote_name(tree.key)}"

    def _index(self, tree: Index) -> str:
        return f"{self.expression(tree.subject, POSTFIX)}[{self.expression(tree.index)}]"

    def _slice(self, tree: Slice) -> str:
        start = "" if tree.start is None else self.expression(tree.start)
        end = "" if tree.end is None else self.expression(tree.end)
        return f"{self.expression(tree.subject, POSTFIX)}[{start}..{end}]"

    def _list_literal(self, tree: ListLiteral) -> str:
        items = [self.expression(item) for item in tree.items]
        # `[x IN y]` would be a comprehension, and `[(a)-->(b)]` the start of another
        if items and (
            _LOOKS_LIKE_COMPREHENSION.match(items[0]) or isinstance(_leftmost(tree.items[0]), PatternPredicate)
        ):
            items[0] = f"({items[0]})"
        return f"[{', '.join(items)}]"

    def _map_literal(self, tree: MapLiteral) -> str:
        return "{" + ", ".join(f"{quote_name(key)}: {self.expression(value)}" for key, value in tree.items) + "}"

    def _unary(self, tree: Unary) -> str:
        if tree.operator is UnaryOperator.NOT:
            return f"NOT {self.expression(tree.operand, NOT)}"
        return f"{tree.operator.value}{self.expression(tree.operand, POSTFIX)}"

    def _binary(self, tree: Binary) -> str:
        level = self.precedence(tree)
        left = self.expression(tree.left, level)
        return f"{left} {tree.operator.value} {self.expression(tree.right, level + 1)}"

    def _comparison(self, tree: Comparison) -> str:
        text = self.expression(tree.operands[0], PREDICATE)
        for operator, operand in zip(tree.operators, tree.operands[1:], strict=True):
            text += f" {operator.value} {self.expression(operand, PREDICATE)}"
        return text

    def _is_null(self, tree: IsNull) -> str:
        return f"{self.expression(tree.operand, PREDICATE)} IS {'NOT ' if tree.negated else ''}NULL"

    def _has_labels(self, tree: HasLabels) -> str:
        level = ATOM if isinstance(tree.subject, HasLabels) else POSTFIX  # `n:A:B` is one test of two labels
        return f"{self.expression(tree.subject, level)}:{self.labels(tree.labels, enclosed=True)}"

    def _visible(self, tree: Visible) -> str:
        """No text of the language says this: it is shown to people, and each dialect has its own way."""
        asked = [] if tree.subject is None else [self.variable(tree.subject.name)]
        if tree.kinds is not None:
            asked.append(f"{'' if tree.bounded else 'anywhere, '}of {' | '.join(sorted(tree.kinds)) or 'no kind'}")
        return f"visible({', '.join(asked)})"

    def _call(self, tree: FunctionCall) -> str:
        name = ".".join(quote_name(part) for part in tree.name.split("."))
        return f"{name}({'DISTINCT ' if tree.distinct else ''}{self.list_of(tree.arguments)})"

    def _count_star(self, tree: CountStar) -> str:
        return "count(*)"

    def _case(self, tree: Case) -> str:
        operand = "" if tree.operand is None else f" {self.expression(tree.operand)}"
        whens = "".join(f" WHEN {self.expression(when)} THEN {self.expression(then)}" for when, then in tree.whens)
        default = "" if tree.default is None else f" ELSE {self.expression(tree.default)}"
        return f"CASE{operand}{whens}{default} END"

    def _list_comprehension(self, tree: ListComprehension) -> str:
        text = f"[{self.variable(tree.variable)} IN {self.expression(tree.source)}{self.where(tree.predicate)}"
        return text + ("]" if tree.projection is None else f" | {self.expression(tree.projection)}]")

    def _pattern_comprehension(self, tree: PatternComprehension) -> str:
        return f"[{self.path(tree.pattern)}{self.where(tree.predicate)} | {self.expression(tree.projection)}]"

    def _quantifier(self, tree: Quantifier) -> str:
        source = self.expression(tree.source)
        predicate = self.expression(tree.predicate)
        return f"{tree.kind.value}({self.variable(tree.variable)} IN {source} WHERE {predicate})"

    def _reduce(self, tree: Reduce) -> str:
        start = f"{self.variable(tree.accumulator)} = {self.expression(tree.initial)}"
        source = f"{self.variable(tree.variable)} IN {self.expression(tree.source)}"
        return f"reduce({start}, {source} | {self.expression(tree.step)})"

    def _map_projection(self, tree: MapProjection) -> str:
        return f"{self.variable(tree.subject)} {{{', '.join(self.map_projection_item(item) for item in tree.items)}}}"

    def map_projection_item(self, item: MapProjectionItem) -> str:
        if item.value is not None:
            return f"{quote_name(item.key)}: {self.expression(item.value)}"
        return ".*" if item.key == "*" else f".{quote_name(item.key)}"

    def _pattern_predicate(self, tree: PatternPredicate) -> str:
        return self.path(tree.pattern)

    def _subquery(self, tree: SubqueryExpression) -> str:
        return f"{tree.kind.value} {{ {self.query(tree.query, ' ')} }}"


ExpressionPrinter.RULES = MappingProxyType(
    {
        Literal: "_literal",
        Parameter: "_parameter",
        Variable: "_variable",
        Property: "_property",
        Index: "_index",
        Slice: "_slice",
        ListLiteral: "_list_literal",
        MapLiteral: "_map_literal",
        Unary: "_unary",
        Binary: "_binary",
        Comparison: "_comparison",
        IsNull: "_is_null",
        HasLabels: "_has_labels",
        Visible: "_visible",
        FunctionCall: "_call",
        CountStar: "_count_star",
        Case: "_case",
        ListComprehension: "_list_comprehension",
        PatternComprehension: "_pattern_comprehension",
        Quantifier: "_quantifier",
        Reduce: "_reduce",
        MapProjection: "_map_projection",
        PatternPredicate: "_pattern_predicate",
        SubqueryExpression: "_subquery",
    }
)


def _leftmost(tree: Expression) -> Expression:
    """The expression that a printed expression starts with."""
    while True:
        if isinstance(tree, Binary):
            tree = tree.left
        elif isinstance(tree, Comparison):
            tree = tree.operands[0]
        elif isinstance(tree, IsNull):
            tree = tree.operand
        elif isinstance(tree, _POSTFIX):
            tree = tree.subject
        else:
            return tree
