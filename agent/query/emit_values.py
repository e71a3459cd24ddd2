"""Values and conditions of an intermediate query as expressions of the query language."""

from __future__ import annotations

from typing import Any

from agent.query import model as m
from agent.query.scope import ANY, DATE, ELEMENT, INSTANT, LIST, Scope
from graph.cypher import ast
from graph.cypher.ast import BinaryOperator as Op

_COMPARISONS = {"=": Op.EQ, "<>": Op.NE, "<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}
_TEXTS = {"contains": Op.CONTAINS, "starts with": Op.STARTS_WITH, "ends with": Op.ENDS_WITH}
_ARITHMETIC = {"+": Op.ADD, "-": Op.SUBTRACT, "*": Op.MULTIPLY, "/": Op.DIVIDE}
_AGGREGATES = {
    "count": "count",
    "sum": "sum",
    "average": "avg",
    "minimum": "min",
    "maximum": "max",
    "standard deviation": "stDev",
    "collect": "collect",
}
_MILLISECONDS = {"minutes": 60_000, "hours": 3_600_000, "days": 86_400_000, "weeks": 604_800_000}


def call(name: str, *arguments: ast.Expression, distinct: bool = False) -> ast.FunctionCall:
    return ast.FunctionCall(name, arguments, distinct)


def binary(operator: Op, left: ast.Expression, right: ast.Expression) -> ast.Expression:
    """`left operator right`; comparisons are chains in the tree."""
    if operator in _COMPARISONS.values():
        return ast.Comparison((left, right), (operator,))
    return ast.Binary(operator, left, right)


def both(conditions: list[ast.Expression]) -> ast.Expression | None:
    """All conditions joined by AND; None for none."""
    whole: ast.Expression | None = None
    for condition in conditions:
        whole = condition if whole is None else ast.Binary(Op.AND, whole, condition)
    return whole


class Expressions:
    """Translates within one query, whose parameters it gathers."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self.overall: dict[m.Overall, str] = {}  # of the select that is emitted: figures of its own, by their names
        self.overalls = 0

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, value: m.Value, scope: Scope) -> ast.Expression:
        match value:
            case m.Attribute():
                return self._attribute(value, scope)
            case m.KindOf(of):
                return ast.Index(call("labels", ast.Variable(of)), ast.Literal(0))
            case m.Itself(of):
                return ast.Property(ast.Variable(of), scope.naming(of))
            case m.Constant():
                return self.constant(value)
            case m.Moment():
                return moment(value)
            case m.Elapsed():
                return self._elapsed(value, scope)
            case m.Arithmetic():
                return self._arithmetic(value, scope)
            case m.Length(of):
                return call("length", ast.Variable(of))
            case m.Way(of):
                step = ast.Property(ast.Variable("step"), "name")
                return ast.ListComprehension("step", call("nodes", ast.Variable(of)), None, step)
            case m.ColumnOf(name):
                return ast.Variable(name)
            case m.Aggregate():
                return self._aggregate(value, scope)
            case m.Ratio():
                return self._ratio(value, scope)
            case m.HowMany():
                return self._how_many(value, scope)
            case m.Overall():
                return self._overall(value)

    def constant(self, constant: m.Constant) -> ast.Expression:
        if constant.parameter is not None:
            self.parameters[constant.parameter] = constant.value
            return ast.Parameter(constant.parameter)
        if isinstance(constant.value, list):
            return ast.ListLiteral(tuple(_literal(item) for item in constant.value))
        return _literal(constant.value)

    def _attribute(self, value: m.Attribute, scope: Scope) -> ast.Expression:
        held: ast.Expression = ast.Property(ast.Variable(value.of), value.name)
        if value.period is None:
            return held
        if scope.type_of(m.Attribute(value.of, value.name)) == INSTANT:
            held = call("date", held)
        return held if value.period == "day" else call("date.truncate", ast.Literal(value.period), held)

    def _elapsed(self, value: m.Elapsed, scope: Scope) -> ast.Expression:
        """Both ends as instants, so that days and instants may be mixed; whole milliseconds, then the unit."""
        start, end = (ast.Property(self.as_instant(side, scope), "epochMillis") for side in (value.start, value.end))
        return ast.Binary(Op.DIVIDE, ast.Binary(Op.SUBTRACT, end, start), ast.Literal(float(_MILLISECONDS[value.unit])))

    def as_instant(self, value: m.Value, scope: Scope) -> ast.Expression:
        expression = self.value(value, scope)
        return call("datetime", expression) if scope.type_of(value) == DATE else expression

    def as_date(self, value: m.Value, scope: Scope) -> ast.Expression:
        """A day: of an instant the day it is in, of a text the day it says."""
        expression = self.value(value, scope)
        return expression if scope.type_of(value) in (DATE, ANY) else call("date", expression)

    def _arithmetic(self, value: m.Arithmetic, scope: Scope) -> ast.Expression:
        left, right = self.value(value.left, scope), self.value(value.right, scope)
        if value.operator != "/":
            return ast.Binary(_ARITHMETIC[value.operator], left, right)
        return unless_zero(right, ast.Binary(Op.DIVIDE, call("toFloat", left), right))

    def _aggregate(self, value: m.Aggregate, scope: Scope) -> ast.Expression:
        of, counts = value.of, value.function == "count"
        element = isinstance(of, m.Itself)
        if of is None:
            measured: ast.Expression | None = None if value.where is None else ast.Literal(1)
        elif isinstance(of, m.Itself) and counts:
            measured = ast.Variable(of.of) if value.where is None else ast.Property(ast.Variable(of.of), "id")
        else:
            measured = self.value(of, scope)
        if value.where is not None and measured is not None:
            measured = ast.Case(None, ((self.condition(value.where, scope), measured),), None)
        if measured is None:
            return ast.CountStar()
        if element and counts and not scope.joined:
            return call("count", measured)
        distinct = value.distinct and (element or value.function == "collect" or (counts and of is not None))
        if value.function in ("median", "percentile"):
            share = 0.5 if value.function == "median" or value.share is None else value.share
            return call("percentileCont", measured, ast.Literal(share))
        return call(_AGGREGATES[value.function], measured, distinct=distinct)

    def _ratio(self, value: m.Ratio, scope: Scope) -> ast.Expression:
        over, under = self.value(value.numerator, scope), self.value(value.denominator, scope)
        share = ast.Binary(
            Op.DIVIDE, ast.Binary(Op.MULTIPLY, ast.Literal(float(value.scale * 10**value.digits)), over), under
        )
        rounded = ast.Binary(Op.DIVIDE, call("round", share), ast.Literal(float(10**value.digits)))
        return unless_zero(under, rounded)

    def _how_many(self, value: m.HowMany, scope: Scope) -> ast.Expression:
        inner = scope.with_pattern(value.pattern)
        clauses = self.matches(value.pattern, scope)
        hops = value.pattern.hops
        if len(hops) > 1 or any(hop.maximum != 1 or len(hop.relations) != 1 for hop in hops):
            item = ast.ProjectionItem(ast.Property(ast.Variable(value.counted), "id"), "counted")
            clauses = [*clauses, ast.Return(ast.Projection((item,), distinct=True))]
        assert value.counted in inner.kinds
        return ast.SubqueryExpression(ast.SubqueryKind.COUNT, ast.Query((ast.SinglePart(tuple(clauses)),)))

    def _overall(self, value: m.Overall) -> ast.Expression:
        """The name of a figure that is reckoned before everything else."""
        if value not in self.overall:
            self.overalls += 1
            self.overall[value] = f"overall_{self.overalls}"
        return ast.Variable(self.overall[value])

    # --- conditions --------------------------------------------------------------------------------------------------

    def condition(self, condition: m.Condition, scope: Scope) -> ast.Expression:
        match condition:
            case m.Compare():
                return self._compare(condition, scope)
            case m.Within():
                return self._within(condition, scope)
            case m.Missing(value, negated):
                return ast.IsNull(self.value(value, scope), negated)
            case m.Exists(pattern, negated):
                query = ast.Query((ast.SinglePart(tuple(self.matches(pattern, scope))),))
                there = ast.SubqueryExpression(ast.SubqueryKind.EXISTS, query)
                return ast.Unary(ast.UnaryOperator.NOT, there) if negated else there
            case m.All(conditions):
                whole = both([self.condition(part, scope) for part in conditions])
                return ast.Literal(True) if whole is None else whole
            case m.Some(conditions):
                some: ast.Expression | None = None
                for part in conditions:
                    found = self.condition(part, scope)
                    some = found if some is None else ast.Binary(Op.OR, some, found)
                return ast.Literal(False) if some is None else some
            case m.Negation(inner):
                return ast.Unary(ast.UnaryOperator.NOT, self.condition(inner, scope))

    def _compare(self, condition: m.Compare, scope: Scope) -> ast.Expression:
        left, right, operator = condition.left, condition.right, condition.operator
        if operator in ("in", "not in"):
            within = ast.Binary(Op.IN, self.value(left, scope), self.value(right, scope))
            return ast.Unary(ast.UnaryOperator.NOT, within) if operator == "not in" else within
        if operator == "contains" and scope.type_of(left) == LIST:
            return ast.Binary(Op.IN, self.value(right, scope), self.value(left, scope))
        first, second = self._alike(left, right, scope)
        if condition.ignore_case:
            first, second = call("toLower", first), call("toLower", second)
        return binary(_COMPARISONS.get(operator) or _TEXTS[operator], first, second)

    def _alike(self, left: m.Value, right: m.Value, scope: Scope) -> tuple[ast.Expression, ast.Expression]:
        """Both sides as one type: where one is a day the other becomes one; a text beside an instant is read as one."""
        types = {scope.type_of(left), scope.type_of(right)}
        if ELEMENT in types and isinstance(left, m.Itself) and isinstance(right, m.Itself):
            return ast.Variable(left.of), ast.Variable(right.of)
        if DATE in types:
            return self.as_date(left, scope), self.as_date(right, scope)
        if INSTANT in types:
            sides = []
            for side in (left, right):
                expression = self.value(side, scope)
                sides.append(call("datetime", expression) if isinstance(side, m.Constant) else expression)
            return sides[0], sides[1]
        return self.value(left, scope), self.value(right, scope)

    def _within(self, condition: m.Within, scope: Scope) -> ast.Expression:
        bounds = []
        last = Op.LE if condition.closed else Op.LT
        for bound, operator in ((condition.start, Op.GE), (condition.end, last)):
            if bound is not None:
                value, edge = self._alike(condition.value, bound, scope)
                bounds.append(binary(operator, value, edge))
        return both(bounds) or ast.Literal(True)

    # --- patterns ----------------------------------------------------------------------------------------------------

    def matches(self, pattern: m.Pattern, outer: Scope) -> list[ast.Clause]:
        """The MATCH clauses of a pattern within what `outer` has bound."""
        from agent.query.emit_patterns import match_clauses  # here: patterns hold conditions, conditions patterns

        return match_clauses(pattern, outer, self)


def unless_zero(divisor: ast.Expression, value: ast.Expression) -> ast.Expression:
    """The value, or null where the divisor is 0."""
    return ast.Case(None, ((ast.Comparison((divisor, ast.Literal(0)), (Op.NE,)), value),), None)


def moment(value: m.Moment) -> ast.Expression:
    """A day or an instant, as the query says it: relative ones stay relative, so that the query may be kept."""
    if value.at == "today" or (value.at == "now" and value.start_of is not None):
        start: ast.Expression = call("date")
    elif value.at == "now":
        start = call("datetime")
    else:
        start = call("datetime" if "T" in value.at else "date", ast.Literal(value.at))
        if value.start_of is not None and "T" in value.at:
            start = call("date", start)
    if value.start_of is not None and value.start_of != "day":
        start = call("date.truncate", ast.Literal(value.start_of), start)
    if not value.shift:
        return start
    if value.unit in ("minutes", "hours") and not _has_time(start):
        start = call("datetime", start) if value.at != "today" or value.start_of is not None else call("datetime")
    shift = call("duration", ast.MapLiteral(((value.unit, ast.Literal(abs(value.shift))),)))
    return ast.Binary(Op.ADD if value.shift > 0 else Op.SUBTRACT, start, shift)


def _has_time(expression: ast.Expression) -> bool:
    return isinstance(expression, ast.FunctionCall) and expression.name == "datetime"


def _literal(value: bool | int | float | str) -> ast.Expression:
    """A literal; a negative number is a sign before one, as the parser reads it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return ast.Unary(ast.UnaryOperator.MINUS, ast.Literal(-value))
    return ast.Literal(value)
