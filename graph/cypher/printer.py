"""From a tree to Cypher text: one canonical form, which the parser reads back to an equal tree.

The dialects of the Cypher family build on `Printer` and override what they say differently. Parser and printer know
the tree only, never each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import ClassVar, Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    CallProcedure,
    CallSubquery,
    Case,
    Clause,
    Comparison,
    CountStar,
    Direction,
    Expression,
    FunctionCall,
    HasLabels,
    Hops,
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
    Match,
    NodePattern,
    Parameter,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    Projection,
    ProjectionItem,
    Property,
    Quantifier,
    Query,
    Reduce,
    RelationshipPattern,
    Return,
    SinglePart,
    Slice,
    SortItem,
    SubqueryExpression,
    Tree,
    Unary,
    UnaryOperator,
    Unwind,
    Variable,
    With,
    WritingClause,
)

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

RESERVED: Final = frozenset(
    [
        "all",
        "allshortestpaths",
        "and",
        "any",
        "as",
        "asc",
        "ascending",
        "by",
        "call",
        "case",
        "collect",
        "contains",
        "count",
        "create",
        "delete",
        "desc",
        "descending",
        "detach",
        "distinct",
        "else",
        "end",
        "ends",
        "exists",
        "false",
        "foreach",
        "in",
        "inf",
        "infinity",
        "is",
        "limit",
        "load",
        "match",
        "merge",
        "nan",
        "none",
        "not",
        "null",
        "offset",
        "on",
        "optional",
        "or",
        "order",
        "reduce",
        "remove",
        "return",
        "set",
        "shortestpath",
        "single",
        "skip",
        "starts",
        "then",
        "true",
        "union",
        "unwind",
        "using",
        "when",
        "where",
        "with",
        "xor",
        "yield",
    ]
)
"""Names that are put between backticks where a variable stands, because some reading of them is a keyword."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKS_LIKE_COMPREHENSION: Final = re.compile(r"(`[^`]*`|\w+) IN ")
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def quote_name(name: str) -> str:
    """A label, type or key: between backticks unless it is a plain identifier."""
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def quote_variable(name: str) -> str:
    """A variable: between backticks unless it is a plain identifier that is no keyword."""
    return name if _PLAIN.fullmatch(name) and name.lower() not in RESERVED else "`" + name.replace("`", "``") + "`"


def quote_string(value: str) -> str:
    """A string literal; every sign that could end or disturb it is escaped."""
    return "'" + "".join(_ESCAPES.get(sign) or (sign if sign >= " " else f"\\u{ord(sign):04x}") for sign in value) + "'"


class Printer:
    """Prints trees. Subclasses override single methods; `RULES` names the method of each class of expressions."""

    RULES: ClassVar[Mapping[type[Expression], str]]

    # --- queries ---------------------------------------------------------------------------------------------------

    def query(self, query: Query, separator: str = "\n") -> str:
        union = f"{separator}UNION ALL{separator}" if query.union_all else f"{separator}UNION{separator}"
        return union.join(self.part(part, separator) for part in query.parts)

    def part(self, part: SinglePart, separator: str) -> str:
        return separator.join(self.clause(clause) for clause in part.clauses)

    def clause(self, clause: Clause) -> str:
        if isinstance(clause, Match):
            return self.match(clause)
        if isinstance(clause, Return):
            return "RETURN " + self.projection(clause.projection)
        if isinstance(clause, With):
            return "WITH " + self.projection(clause.projection) + self.where(clause.where)
        if isinstance(clause, Unwind):
            return f"UNWIND {self.expression(clause.source)} AS {self.variable(clause.variable)}"
        if isinstance(clause, CallSubquery):
            return self.call_subquery(clause)
        if isinstance(clause, CallProcedure):
            return self.call_procedure(clause)
        if isinstance(clause, WritingClause):
            return clause.name
        raise TypeError(f"no way to print {type(clause).__name__}")

    def match(self, clause: Match) -> str:
        start = "OPTIONAL MATCH " if clause.optional else "MATCH "
        return start + ", ".join(self.path(path) for path in clause.patterns) + self.where(clause.where)

    def where(self, condition: Expression | None) -> str:
        return "" if condition is None else f" WHERE {self.expression(condition)}"

    def call_subquery(self, clause: CallSubquery) -> str:
        imports = ""
        if clause.imports is not None:
            names = ("*",) if clause.imports == ("*",) else [self.variable(name) for name in clause.imports]
            imports = f"({', '.join(names)}) "
        return f"CALL {imports}{{ {self.query(clause.query, ' ')} }}"

    def call_procedure(self, clause: CallProcedure) -> str:
        text = "CALL " + ".".join(quote_name(part) for part in clause.name.split("."))
        if clause.arguments is not None:
            text += f"({self.list_of(clause.arguments)})"
        if clause.yields is not None:
            items = (f"{quote_name(field)} AS {self.variable(name)}" for field, name in clause.yields)
            text += f" YIELD {', '.join(items)}{self.where(clause.where)}"
        return text

    def projection(self, projection: Projection) -> str:
        items = (["*"] if projection.star else []) + [self.projection_item(item) for item in projection.items]
        text = ("DISTINCT " if projection.distinct else "") + ", ".join(items)
        if projection.order:
            text += " ORDER BY " + ", ".join(self.sort_item(item) for item in projection.order)
        if projection.skip is not None:
            text += f" SKIP {self.expression(projection.skip)}"
        if projection.limit is not None:
            text += f" LIMIT {self.expression(projection.limit)}"
        return text

    def projection_item(self, item: ProjectionItem) -> str:
        text = self.expression(item.expression)
        if item.implicit and item.alias == (item.expression.name if isinstance(item.expression, Variable) else text):
            return text
        return f"{text} AS {self.variable(item.alias)}"

    def sort_item(self, item: SortItem) -> str:
        return self.expression(item.expression) + (" DESC" if item.descending else "")

    # --- patterns --------------------------------------------------------------------------------------------------

    def path(self, path: PathPattern) -> str:
        steps = "".join(self.relationship(relationship) + self.node(node) for relationship, node in path.steps)
        text = self.node(path.start) + steps
        if path.shortest is not None:
            text = f"{path.shortest.value}({text})"
        return text if path.variable is None else f"{self.variable(path.variable)} = {text}"

    def node(self, node: NodePattern) -> str:
        labels = "" if node.labels is None else ":" + self.labels(node.labels)
        return f"({self.inside(node.variable, labels, node.properties, node.where)})"

    def relationship(self, relationship: RelationshipPattern) -> str:
        labels = "" if relationship.labels is None else ":" + self.labels(relationship.labels)
        labels += "" if relationship.hops is None else self.hops(relationship.hops)
        inside = self.inside(relationship.variable, labels, relationship.properties, relationship.where)
        return self.arrow(relationship.direction, inside)

    def arrow(self, direction: Direction, inside: str) -> str:
        body = f"[{inside}]" if inside else ""
        left = "<-" if direction is Direction.IN else "-"
        right = "->" if direction is Direction.OUT else "-"
        return f"{left}{body}{right}"

    def inside(
        self,
        variable: str | None,
        labels: str,
        properties: MapLiteral | Parameter | None,
        where: Expression | None,
    ) -> str:
        """What stands between the brackets of a node or a relationship."""
        text = ("" if variable is None else self.variable(variable)) + labels
        for extra in (
            "" if properties is None else self.expression(properties),
            "" if where is None else f"WHERE {self.expression(where)}",
        ):
            if extra:
                text += f" {extra}" if text else extra
        return text

    def hops(self, hops: Hops) -> str:
        if hops.minimum is not None and hops.minimum == hops.maximum:
            return f"*{hops.minimum}"
        if hops.minimum is None and hops.maximum is None:
            return "*"
        low = "" if hops.minimum is None else str(hops.minimum)
        return f"*{low}..{'' if hops.maximum is None else hops.maximum}"

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
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
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


Printer.RULES = MappingProxyType(
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


def print_tree(tree: Tree) -> str:
    """The canonical text of a query, a clause, a pattern or an expression."""
    printer = Printer()
    if isinstance(tree, Query):
        return printer.query(tree)
    if isinstance(tree, Clause):
        return printer.clause(tree)
    if isinstance(tree, Expression):
        return printer.expression(tree)
    if isinstance(tree, PathPattern):
        return printer.path(tree)
    if isinstance(tree, NodePattern):
        return printer.node(tree)
    if isinstance(tree, LabelExpression):
        return printer.labels(tree)
    raise TypeError(f"no way to print {type(tree).__name__} by itself")
