"""Made expressions: one maker per type; every value is the same on every backend that means what the reference means.

Integers that are computed with are small; what could fail stands in its own queries (`failing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    LabelName,
    LabelOr,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    MapProjectionItem,
    Match,
    PatternComprehension,
    PatternPredicate,
    Projection,
    ProjectionItem,
    Property,
    Quantifier,
    QuantifierKind,
    Query,
    Reduce,
    Return,
    SinglePart,
    Slice,
    SubqueryExpression,
    SubqueryKind,
    Unary,
    UnaryOperator,
    Variable,
)
from graph.cypher.bound import CypherType, TypeName
from graph.schema.model import ValueType
from tests.differential.graphs import DATES, EXTREMES, FLOATS, INSTANTS, INTEGERS, LISTS, TEXTS, values_of
from tests.differential.patterns import PatternMaker
from tests.differential.scope import Known, Scope, of_type

B = BinaryOperator
PLAIN = (TypeName.STRING, TypeName.INTEGER, TypeName.FLOAT, TypeName.BOOLEAN, TypeName.DATE, TypeName.INSTANT)
_VALUE_TYPES = {
    TypeName.STRING: (ValueType.STRING,),
    TypeName.INTEGER: (ValueType.INTEGER,),
    TypeName.FLOAT: (ValueType.FLOAT,),
    TypeName.BOOLEAN: (ValueType.BOOLEAN,),
    TypeName.DATE: (ValueType.DATE,),
    TypeName.INSTANT: (ValueType.INSTANT,),
    TypeName.LIST: (ValueType.STRING_LIST,),
}
_LITERALS: dict[TypeName, tuple[Any, ...]] = {
    TypeName.STRING: TEXTS,
    TypeName.INTEGER: INTEGERS,
    TypeName.FLOAT: FLOATS,
    TypeName.BOOLEAN: (True, False),
    TypeName.DATE: DATES,
    TypeName.INSTANT: INSTANTS,
}


def call(name: str, *arguments: Expression) -> FunctionCall:
    return FunctionCall(name, arguments)


class ExpressionMaker(PatternMaker):
    """Makes expressions of a wanted type from what a scope knows."""

    def plain(self, of: TypeName, scope: Scope, depth: int) -> Expression:
        """An expression of a plain type; `depth` bounds its nesting."""
        if depth <= 0:
            return self.atom(of, scope)
        makers: dict[TypeName, Callable[[Scope, int], Expression]] = {
            TypeName.STRING: self.text,
            TypeName.INTEGER: self.integer,
            TypeName.FLOAT: self.float,
            TypeName.BOOLEAN: self.condition,
            TypeName.DATE: self.date,
            TypeName.INSTANT: self.instant,
        }
        made = makers[of](scope, depth)
        # A pattern is a condition, and no value by itself.
        return Unary(UnaryOperator.NOT, made) if isinstance(made, PatternPredicate) else made

    def atom(self, of: TypeName, scope: Scope, *, large: bool = False) -> Expression:
        """A property, a variable, a constant."""
        found = self.properties_of(of, scope, large=large)
        found += [k.variable for k in of_type(scope, of) if k.stable and (large or not k.large)]
        if found and self.choices.chance(85):
            return self.choices.pick(found)
        if self.choices.chance(5):
            return Literal(None)
        pool = EXTREMES if large and of is TypeName.INTEGER else _LITERALS[of]
        return self.constant(self.choices.pick(pool))

    def constant(self, value: Any) -> Expression:
        if isinstance(value, datetime):
            if self.choices.chance(40):
                return self.making.value(value) if self.choices.chance(100) else Literal(None)
            return call("datetime", Literal(value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"))
        if hasattr(value, "isoformat"):
            return call("date", Literal(value.isoformat()))
        return self.making.value(value)

    def properties_of(self, of: TypeName, scope: Scope, *, large: bool = False) -> list[Expression]:
        """Properties of known elements with values of that type."""
        wanted = _VALUE_TYPES[of] + ((ValueType.MONEY,) if large and of is TypeName.INTEGER else ())
        found: list[Expression] = []
        schema = self.making.schema
        for known in of_type(scope, TypeName.NODE, TypeName.RELATIONSHIP):
            if known.type.name is TypeName.NODE:
                holders = [schema.kinds[k].attributes for k in sorted(known.type.kinds or schema.concrete)]
            else:
                holders = [schema.relations[t].attributes for t in known.type.types or schema.relations]
            names = sorted({a.name for held in holders for a in held.values() if a.type in wanted})
            if of is TypeName.STRING:
                names.append("id")
            found += [Property(known.variable, name) for name in names]
        return found

    # --- booleans --------------------------------------------------------------------------------------------------

    def condition(self, scope: Scope, depth: int) -> Expression:
        if depth <= 0:
            return self.compared(scope, 0)
        deeper = depth - 1
        nodes = of_type(scope, TypeName.NODE)
        return self.making.option(
            [
                (30, "", lambda: self.compared(scope, deeper)),
                (10, "AND", lambda: Binary(B.AND, self.condition(scope, deeper), self.condition(scope, deeper))),
                (10, "OR", lambda: Binary(B.OR, self.condition(scope, deeper), self.condition(scope, deeper))),
                (3, "XOR", lambda: Binary(B.XOR, self.condition(scope, deeper), self.condition(scope, deeper))),
                (8, "NOT", lambda: Unary(UnaryOperator.NOT, self.condition(scope, deeper))),
                (8, "IS NULL", lambda: self.null_test(scope, deeper)),
                (8, "IN", lambda: self.contained(scope, deeper)),
                (7, "string predicate", lambda: self.text_test(scope, deeper)),
                (2, "regex", lambda: self.regex(scope)),
                (6 if nodes else 0, "label test", lambda: self.label_test(scope)),
                (5, "EXISTS { }", lambda: self.subquery(SubqueryKind.EXISTS, scope, deeper)),
                (5 if nodes else 0, "pattern predicate", lambda: self.pattern_predicate(scope)),
                (6, "quantifier", lambda: self.quantifier(scope, deeper)),
                (3, "chained comparison", lambda: self.chain(scope, deeper)),
                (5, "", lambda: self.atom(TypeName.BOOLEAN, scope)),
                (3, "CASE", lambda: self.case(TypeName.BOOLEAN, scope, deeper)),
                (2, "isEmpty", lambda: call("isEmpty", self.lists(scope, deeper)[0])),
                (2 if len(nodes) > 1 else 0, "element equality", lambda: self.same_element(scope)),
            ]
        )

    def compared(self, scope: Scope, depth: int) -> Expression:
        of = self.choices.pick(PLAIN)
        operators = (B.EQ, B.NE) if of is TypeName.BOOLEAN else (B.EQ, B.NE, B.LT, B.LE, B.GT, B.GE)
        if of is TypeName.INTEGER and self.choices.chance(25):
            sides = (self.atom(of, scope, large=True), self.atom(of, scope, large=True))
        elif of is TypeName.INTEGER and self.choices.chance(20):
            properties = self.properties_of(TypeName.FLOAT, scope)
            sides = (self.plain(of, scope, depth), self.choices.pick(properties) if properties else Literal(0.5))
        else:
            sides = (self.plain(of, scope, depth), self.plain(of, scope, depth))
        return Comparison(sides, (self.choices.pick(operators),))

    def chain(self, scope: Scope, depth: int) -> Expression:
        of = self.choices.pick((TypeName.INTEGER, TypeName.STRING, TypeName.DATE))
        operands = tuple(self.plain(of, scope, min(depth, 1)) for _ in range(3))
        return Comparison(operands, (self.choices.pick((B.LT, B.LE)), self.choices.pick((B.LE, B.GT, B.NE))))

    def null_test(self, scope: Scope, depth: int) -> Expression:
        known = [k.variable for k in scope if k.type.name in (TypeName.NODE, TypeName.RELATIONSHIP)]
        if known and self.choices.chance(30):
            subject: Expression = self.choices.pick(known)
        else:
            subject = self.plain(self.choices.pick(PLAIN), scope, depth)
        return IsNull(subject, negated=self.choices.chance(50))

    def contained(self, scope: Scope, depth: int) -> Expression:
        of = self.choices.pick((TypeName.STRING, TypeName.INTEGER, TypeName.STRING, TypeName.DATE))
        subject = self.plain(of, scope, depth)
        if of is TypeName.STRING and self.choices.chance(40):
            return Binary(B.IN, subject, self.lists(scope, depth, TypeName.STRING)[0])
        values = [self.choices.pick(_LITERALS[of]) for _ in range(self.choices.number(0, 3))]
        if self.choices.chance(25):
            values.append(None)
        if of is not TypeName.DATE and self.choices.chance(40):
            return Binary(B.IN, subject, self.list_parameter(values))
        items: tuple[Expression, ...] = tuple(Literal(None) if v is None else self.constant(v) for v in values)
        if items and self.choices.chance(25):
            items = (*items, self.atom(of, scope))
        return Binary(B.IN, subject, ListLiteral(items))

    def list_parameter(self, values: list[Any]) -> Expression:
        from graph.cypher.ast import Parameter

        name = f"p{len(self.making.parameters)}"
        self.making.parameters[name] = values
        return Parameter(name)

    def text_test(self, scope: Scope, depth: int) -> Expression:
        operator = self.choices.pick((B.STARTS_WITH, B.ENDS_WITH, B.CONTAINS))
        return Binary(operator, self.text(scope, depth), self.atom(TypeName.STRING, scope))

    def regex(self, scope: Scope) -> Expression:
        pattern = self.choices.pick(("a", "A.*", ".*b", "[ab]+", "(?i)AB", ".", ""))
        return Binary(B.REGEX, self.atom(TypeName.STRING, scope), Literal(pattern))

    def label_test(self, scope: Scope) -> Expression:
        known = self.choices.pick(of_type(scope, TypeName.NODE))
        mask = self.vocabulary.mask(known.type.kinds)
        names = [n for n in self.making.schema.kinds if (self.vocabulary.covered(n) or 0) & mask]
        one = LabelName(self.choices.pick(names))
        labels = LabelOr((one, LabelName(self.choices.pick(names)))) if self.choices.chance(30) else one
        return HasLabels(known.variable, labels)

    def same_element(self, scope: Scope) -> Expression:
        nodes = of_type(scope, TypeName.NODE)
        sides = (self.choices.pick(nodes).variable, self.choices.pick(nodes).variable)
        return Comparison(sides, (self.choices.pick((B.EQ, B.NE)),))

    def quantifier(self, scope: Scope, depth: int) -> Expression:
        kind = self.choices.pick(tuple(QuantifierKind))
        source, item, _ = self.list_and_item(scope, depth)
        inner = Known(self.making.fresh(), item)
        return Quantifier(kind, inner.name, source, self.of_item(inner, scope, depth))

    def of_item(self, inner: Known, scope: Scope, depth: int) -> Expression:
        """A condition that speaks of an item of a list, mostly."""
        of = inner.type.name
        if of in PLAIN and self.choices.chance(60):
            return Comparison((inner.variable, self.atom(of, scope)), (self.choices.pick((B.EQ, B.NE, B.LT, B.GE)),))
        return self.condition((inner,) if self.choices.chance(70) else (*scope, inner), min(depth, 1))

    # --- patterns as values ----------------------------------------------------------------------------------------

    def pattern_predicate(self, scope: Scope) -> Expression:
        start = self.choices.pick(of_type(scope, TypeName.NODE))
        path = self.path(scope, 1 + self.choices.chance(15), anonymous=True, start=start).pattern
        return PatternPredicate(path) if path.steps else Literal(True)

    def subquery(self, kind: SubqueryKind, scope: Scope, depth: int) -> Expression:
        made = self.path(scope, self.choices.number(1, 2))
        inner = (*scope, *made.known)
        where = self.condition(inner, min(depth, 1)) if self.choices.chance(50) else None
        clauses: tuple[Any, ...] = (Match((made.pattern,), where),)
        if kind is SubqueryKind.COLLECT:
            of = self.choices.pick((TypeName.STRING, TypeName.INTEGER))
            item = ProjectionItem(self.plain(of, inner, 1), "c", False)
            clauses = (*clauses, Return(Projection((item,), distinct=self.choices.chance(20))))
        return SubqueryExpression(kind, Query((SinglePart(clauses),)))

    def pattern_comprehension(self, scope: Scope, depth: int) -> tuple[Expression, CypherType]:
        nodes = of_type(scope, TypeName.NODE)
        made = self.path(scope, 1, start=self.choices.pick(nodes))
        pattern = replace(made.pattern, variable=None)
        inner = (*scope, *(k for k in made.known if k.type.name is not TypeName.PATH))
        of = self.choices.pick((TypeName.STRING, TypeName.INTEGER))
        predicate = self.condition(inner, min(depth, 1)) if self.choices.chance(40) else None
        if not pattern.steps:
            return ListLiteral((Literal("a"),)), types.STRING
        of_type_ = types.STRING if of is TypeName.STRING else types.INTEGER
        return PatternComprehension(pattern, predicate, self.plain(of, inner, 1)), of_type_

    # --- strings ---------------------------------------------------------------------------------------------------

    def text(self, scope: Scope, depth: int) -> Expression:
        if depth <= 0:
            return self.atom(TypeName.STRING, scope)
        deeper = depth - 1
        nodes, relations = of_type(scope, TypeName.NODE), of_type(scope, TypeName.RELATIONSHIP)

        def text() -> Expression:
            return self.text(scope, deeper)

        def small() -> Expression:
            return Literal(self.choices.number(0, 3))

        def function() -> Expression:
            made: tuple[Callable[[], Expression], ...] = (
                lambda: call("toUpper", text()),
                lambda: call("toLower", text()),
                lambda: call("trim", text()),
                lambda: call("ltrim", text()),
                lambda: call("rtrim", text()),
                lambda: call("reverse", text()),
                lambda: call("left", text(), small()),
                lambda: call("right", text(), small()),
                lambda: call("substring", text(), small()),
                lambda: call("substring", text(), small(), small()),
                lambda: call("replace", text(), Literal(self.choices.pick(("a", "b", "A", "xy"))), text()),
            )
            return self.choices.pick(made)()

        def converted() -> Expression:
            of = self.choices.pick((TypeName.INTEGER, TypeName.BOOLEAN, TypeName.DATE))
            return call("toString", self.plain(of, scope, deeper))

        return self.making.option(
            [
                (40, "", lambda: self.atom(TypeName.STRING, scope)),
                (20, "string function", function),
                (
                    2,
                    "substring",
                    lambda: call("substring", text(), small(), *([small()] if self.choices.chance(50) else [])),
                ),
                (2, "simple CASE", lambda: self.simple_case(scope)),
                (6, "toString", converted),
                (8, "string concatenation", lambda: Binary(B.ADD, text(), text())),
                (5, "coalesce", lambda: call("coalesce", text(), text())),
                (4, "CASE", lambda: self.case(TypeName.STRING, scope, deeper)),
                (
                    3 if nodes else 0,
                    "kind",
                    lambda: Index(call("labels", self.choices.pick(nodes).variable), Literal(0)),
                ),
                (3 if relations else 0, "type", lambda: call("type", self.choices.pick(relations).variable)),
                (2 if nodes else 0, "elementId", lambda: call("elementId", self.choices.pick(nodes).variable)),
                (4, "index", lambda: self.item(scope, deeper, TypeName.STRING)),
                (1, "nullIf", lambda: call("nullIf", text(), text())),
            ]
        )

    def item(self, scope: Scope, depth: int, of: TypeName) -> Expression:
        source, stable = self.lists(scope, depth, of, stable=True)
        assert stable
        how = self.choices.number(0, 2)
        if how == 0:
            return call(self.choices.pick(("head", "last")), source)
        position = Literal(self.choices.number(0, 3)) if how == 1 else Unary(UnaryOperator.MINUS, Literal(1))
        return Index(source, position)

    def case(self, of: TypeName, scope: Scope, depth: int) -> Expression:
        def result() -> Expression:
            return self.plain(of, scope, min(depth, 1))

        default = result() if self.choices.chance(60) else None
        if self.choices.chance(40):
            by = self.choices.pick((TypeName.STRING, TypeName.INTEGER, TypeName.BOOLEAN))
            whens = tuple((self.atom(by, scope), result()) for _ in range(self.choices.number(1, 2)))
            return Case(self.plain(by, scope, depth), whens, default)
        conditions = tuple((self.condition(scope, depth), result()) for _ in range(self.choices.number(1, 2)))
        return Case(None, conditions, default)

    def simple_case(self, scope: Scope) -> Expression:
        """A CASE with an operand that may be null, and null among the values that it is held against."""
        by = self.choices.pick((TypeName.STRING, TypeName.INTEGER))
        when = Literal(None) if self.choices.chance(70) else self.atom(by, scope)
        whens = ((when, Literal("then")), (self.atom(by, scope), self.atom(TypeName.STRING, scope)))
        return Case(self.atom(by, scope), whens, Literal("else"))

    # --- numbers ---------------------------------------------------------------------------------------------------

    def integer(self, scope: Scope, depth: int) -> Expression:
        if depth <= 0:
            return self.atom(TypeName.INTEGER, scope)
        deeper = depth - 1
        paths, nodes = of_type(scope, TypeName.PATH), of_type(scope, TypeName.NODE)

        def number() -> Expression:
            return self.integer(scope, deeper)

        def arithmetic() -> Expression:
            operator = self.choices.pick((B.ADD, B.SUBTRACT, B.MULTIPLY, B.DIVIDE, B.MODULO))
            right: Expression = number()
            if operator in (B.DIVIDE, B.MODULO):
                right = Literal(self.choices.pick((2, 3, -2, 7)))
            return Binary(operator, number(), right)

        def temporal() -> Expression:
            when = self.choices.pick((TypeName.DATE, TypeName.INSTANT))
            parts: tuple[str, ...] = ("year", "month", "day", "quarter", "dayOfWeek", "week", "ordinalDay")
            if when is TypeName.INSTANT:
                parts = (
                    "year",
                    "month",
                    "day",
                    "hour",
                    "minute",
                    "second",
                    "millisecond",
                    "microsecond",
                    "epochSeconds",
                )
            return Property(self.plain(when, scope, deeper), self.choices.pick(parts))

        return self.making.option(
            [
                (35, "", lambda: self.atom(TypeName.INTEGER, scope)),
                (15, "arithmetic", arithmetic),
                (5, "negation", lambda: Unary(UnaryOperator.MINUS, number())),
                (4, "math function", lambda: call(self.choices.pick(("abs", "sign")), number())),
                (4, "toInteger", lambda: call("toInteger", self.small_float(scope))),
                (8, "size", lambda: call("size", self.text(scope, deeper))),
                (8, "size of a list", lambda: call("size", self.lists(scope, deeper)[0])),
                (6 if paths else 0, "length", lambda: call("length", self.choices.pick(paths).variable)),
                (6 if nodes else 0, "COUNT { }", lambda: self.subquery(SubqueryKind.COUNT, scope, deeper)),
                (4, "CASE", lambda: self.case(TypeName.INTEGER, scope, deeper)),
                (4, "coalesce", lambda: call("coalesce", number(), number())),
                (5, "temporal part", temporal),
                (5, "reduce", lambda: self.reduce(scope, deeper)),
                (3, "index", lambda: self.item(scope, deeper, TypeName.INTEGER)),
            ]
        )

    def small_float(self, scope: Scope) -> Expression:
        """A float that is half of a small integer, and no constant, which the front end would compute."""
        return Binary(B.MULTIPLY, self.atom(TypeName.INTEGER, scope), Literal(self.choices.pick((0.5, -0.5, 1.5))))

    def reduce(self, scope: Scope, depth: int) -> Expression:
        source, _ = self.lists(scope, depth, TypeName.INTEGER)
        total, item = self.making.fresh(), self.making.fresh()
        return Reduce(total, Literal(0), item, source, Binary(B.ADD, Variable(total), Variable(item)))

    def float(self, scope: Scope, depth: int) -> Expression:
        if depth <= 0:
            return self.atom(TypeName.FLOAT, scope)
        deeper = depth - 1

        def number() -> Expression:
            return self.float(scope, deeper)

        def arithmetic() -> Expression:
            operator = self.choices.pick((B.ADD, B.SUBTRACT, B.MULTIPLY, B.DIVIDE))
            right = Literal(self.choices.pick((2.0, -0.5, 8.0))) if operator is B.DIVIDE else number()
            return Binary(operator, number(), right)

        return self.making.option(
            [
                (40, "", lambda: self.atom(TypeName.FLOAT, scope)),
                (15, "float arithmetic", arithmetic),
                (10, "toFloat", lambda: call("toFloat", self.integer(scope, deeper))),
                (12, "math function", lambda: call(self.choices.pick(("ceil", "floor", "round", "abs")), number())),
                (3, "sqrt", lambda: call("sqrt", call("abs", number()))),
                (3, "float arithmetic", lambda: Binary(B.MULTIPLY, self.integer(scope, deeper), number())),
                (2, "power", lambda: Binary(B.POWER, self.integer(scope, deeper), Literal(2))),
                (2, "division by zero", lambda: Binary(B.DIVIDE, number(), self.atom(TypeName.FLOAT, scope))),
                (3, "CASE", lambda: self.case(TypeName.FLOAT, scope, deeper)),
                (3, "coalesce", lambda: call("coalesce", number(), number())),
            ]
        )

    # --- time ------------------------------------------------------------------------------------------------------

    def date(self, scope: Scope, depth: int) -> Expression:
        if depth <= 0:
            return self.atom(TypeName.DATE, scope)
        deeper = depth - 1
        return self.making.option(
            [
                (40, "", lambda: self.atom(TypeName.DATE, scope)),
                (15, "duration", lambda: self.moved(self.date(scope, deeper), ("years", "months", "weeks", "days"))),
                (8, "truncate", lambda: self.truncated("date", self.date(scope, deeper))),
                (8, "date of an instant", lambda: call("date", self.instant(scope, deeper))),
                (3, "today", lambda: call("date")),
                (3, "coalesce", lambda: call("coalesce", self.date(scope, deeper), self.date(scope, deeper))),
            ]
        )

    def instant(self, scope: Scope, depth: int) -> Expression:
        if depth <= 0:
            return self.atom(TypeName.INSTANT, scope)
        deeper = depth - 1
        units = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
        return self.making.option(
            [
                (40, "", lambda: self.atom(TypeName.INSTANT, scope)),
                (15, "duration", lambda: self.moved(self.instant(scope, deeper), units)),
                (8, "truncate", lambda: self.truncated("datetime", self.instant(scope, deeper))),
                (8, "instant of a date", lambda: call("datetime", self.date(scope, deeper))),
                (3, "now", lambda: call("datetime")),
            ]
        )

    def moved(self, when: Expression, units: tuple[str, ...]) -> Expression:
        unit = self.choices.pick(units)
        amount = self.choices.number(0, 40)
        sign = self.choices.pick((B.ADD, B.SUBTRACT))
        letters = {"years": "Y", "months": "M", "weeks": "W", "days": "D"}
        if unit in letters and self.choices.chance(40):
            return Binary(sign, when, call("duration", Literal(f"P{amount}{letters[unit]}")))
        return Binary(sign, when, call("duration", MapLiteral(((unit, Literal(amount)),))))

    def truncated(self, name: str, when: Expression) -> Expression:
        units = ("year", "quarter", "month", "week", "day") + (("hour", "minute") if name == "datetime" else ())
        return call(f"{name}.truncate", Literal(self.choices.pick(units)), when)

    # --- lists and maps --------------------------------------------------------------------------------------------

    def lists(
        self, scope: Scope, depth: int, of: TypeName | None = None, *, stable: bool = False
    ) -> tuple[Expression, bool]:
        """A list of strings or integers, and whether its order is the same everywhere."""
        of = of or self.choices.pick((TypeName.STRING, TypeName.INTEGER))
        deeper = depth - 1
        item = types.STRING if of is TypeName.STRING else types.INTEGER
        held = [
            k
            for k in of_type(scope, TypeName.LIST)
            if k.type.item is not None and k.type.item.name is of and (k.stable or not stable) and not k.large
        ]
        nodes, paths = of_type(scope, TypeName.NODE), [k for k in of_type(scope, TypeName.PATH) if k.stable]
        properties = self.properties_of(TypeName.LIST, scope) if of is TypeName.STRING else []

        def literal() -> tuple[Expression, bool]:
            items = tuple(self.atom(of, scope) for _ in range(self.choices.number(0, 3)))
            return (ListLiteral(items), True) if items else (ListLiteral((self.constant(_LITERALS[of][0]),)), True)

        if depth <= 0:
            if held and self.choices.chance(60):
                known = self.choices.pick(held)
                return known.variable, known.stable
            return (self.choices.pick(properties), True) if properties else literal()

        def inner() -> tuple[Expression, bool]:
            return self.lists(scope, deeper, of, stable=stable)

        def of_held() -> tuple[Expression, bool]:
            known = self.choices.pick(held)
            return known.variable, known.stable

        def comprehension() -> tuple[Expression, bool]:
            source, kept = inner()
            variable = Known(self.making.fresh(), item)
            predicate = self.of_item(variable, scope, deeper) if self.choices.chance(60) else None
            projection = self.plain(of, (variable,) if self.choices.chance(70) else (*scope, variable), 1)
            if predicate is not None and self.choices.chance(40):
                return ListComprehension(variable.name, source, predicate, None), kept
            return ListComprehension(variable.name, source, predicate, projection), kept

        def cut() -> tuple[Expression, bool]:
            source, kept = self.lists(scope, deeper, of, stable=True)
            bounds = [Literal(self.choices.number(0, 2)), Literal(self.choices.number(0, 3))]
            start, end = self.choices.pick(((bounds[0], None), (None, bounds[1]), (bounds[0], bounds[1])))
            return Slice(source, start, end), kept

        def joined() -> tuple[Expression, bool]:
            (one, first), (other, second) = inner(), inner()
            return Binary(B.ADD, one, other), first and second

        def reversed_() -> tuple[Expression, bool]:
            source, kept = inner()
            return call("reverse", source), kept

        def rest() -> tuple[Expression, bool]:
            source, kept = self.lists(scope, deeper, of, stable=True)
            return call("tail", source), kept

        def range_() -> tuple[Expression, bool]:
            return call("range", Literal(self.choices.number(0, 2)), Literal(self.choices.number(0, 5))), True

        def split() -> tuple[Expression, bool]:
            return call("split", self.text(scope, deeper), Literal(self.choices.pick(("a", ",", "b")))), True

        def along() -> tuple[Expression, bool]:
            name = self.making.fresh()
            known = self.choices.pick(paths)
            key = "id" if of is TypeName.STRING else "cpu_cores"
            source = call("nodes", known.variable)
            return ListComprehension(name, source, None, Property(Variable(name), key)), True

        def of_pattern() -> tuple[Expression, bool]:
            made, of_items = self.pattern_comprehension(scope, deeper)
            if of_items.name is not of:
                return literal()
            return made, False

        text = of is TypeName.STRING
        return self.making.option(
            [
                (10, "list", literal),
                (25 if held else 0, "", of_held),
                (25 if properties else 0, "list property", lambda: (self.choices.pick(properties), True)),
                (12, "list comprehension", comprehension),
                (6, "slice", cut),
                (6, "list concatenation", joined),
                (3, "reverse of a list", reversed_),
                (3, "tail", rest),
                (0 if text else 8, "" if text else "range", range_),
                (4 if text else 0, "split" if text else "", split),
                (
                    4 if text and nodes else 0,
                    "labels" if text and nodes else "",
                    lambda: (call("labels", self.choices.pick(nodes).variable), True),
                ),
                (6 if paths else 0, "nodes of a path" if paths else "", along),
                *([] if stable or not nodes else [(5, "pattern comprehension", of_pattern)]),
                *(
                    []
                    if stable or not nodes or not text
                    else [(4, "COLLECT { }", lambda: (self._collected(scope, deeper), False))]
                ),
            ]
        )

    def _collected(self, scope: Scope, depth: int) -> Expression:
        made = self.path(scope, 1)
        item = ProjectionItem(self.plain(TypeName.STRING, (*scope, *made.known), 1), "c", False)
        clauses = (Match((made.pattern,)), Return(Projection((item,), distinct=self.choices.chance(20))))
        return SubqueryExpression(SubqueryKind.COLLECT, Query((SinglePart(clauses),)))

    def list_and_item(self, scope: Scope, depth: int) -> tuple[Expression, CypherType, bool]:
        """Any list with the type of its items."""
        held = [k for k in of_type(scope, TypeName.LIST) if k.type.item is not None and not k.large]
        paths = [k for k in of_type(scope, TypeName.PATH) if k.stable]
        if held and self.choices.chance(40):
            known = self.choices.pick(held)
            return known.variable, known.type.item or types.ANY, known.stable
        if paths and self.choices.chance(50):
            known = self.choices.pick(paths)
            if self.choices.chance(50):
                return call("nodes", known.variable), types.list_of(types.NODE).item or types.NODE, True
            return call("relationships", known.variable), types.RELATIONSHIP, True
        of = self.choices.pick((TypeName.STRING, TypeName.INTEGER))
        source, stable = self.lists(scope, depth, of)
        return source, types.STRING if of is TypeName.STRING else types.INTEGER, stable

    def map_value(self, scope: Scope, depth: int) -> Expression:
        """A map: written out, or projected from a node."""
        nodes = of_type(scope, TypeName.NODE)
        keys = ("k", "K", "name", "other key")

        def written() -> Expression:
            count = self.choices.number(1, 3)
            return MapLiteral(tuple((k, self.plain(self.choices.pick(PLAIN), scope, depth)) for k in keys[:count]))

        def projected() -> Expression:
            known = self.choices.pick(nodes)
            names = self.vocabulary.property_names(known.type.kinds)
            items = [MapProjectionItem(self.choices.pick(names))]
            if self.choices.chance(50):
                items.append(MapProjectionItem("made", self.plain(self.choices.pick(PLAIN), scope, depth)))
            if self.choices.chance(15):
                items = [MapProjectionItem("*")]
            return MapProjection(known.name, tuple(items))

        return self.making.option([(40, "map", written), *([(60, "map projection", projected)] if nodes else [])])


def values_in_schema(maker: ExpressionMaker, name: str) -> tuple[Any, ...]:
    """The values that generated nodes hold in an attribute."""
    for kind in maker.making.schema.concrete_kinds():
        if name in kind.attributes:
            return tuple(values_of(kind.attributes[name], maker.making.schema))
    return LISTS
