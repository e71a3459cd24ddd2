"""Made queries: clauses in any order that the language allows, typed by the schema, with what they need to be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    CallSubquery,
    Clause,
    CountStar,
    Expression,
    FunctionCall,
    ListLiteral,
    Literal,
    Match,
    Parameter,
    Projection,
    ProjectionItem,
    Query,
    Return,
    SinglePart,
    SortItem,
    Unwind,
    Variable,
    With,
)
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.diagnostics import CypherError, ImpossiblePatternError, UnknownPropertyError
from graph.cypher.prepare import prepare
from graph.cypher.printer import print_tree
from graph.schema.model import Schema
from tests.differential.choices import Choices
from tests.differential.expressions import PLAIN, ExpressionMaker
from tests.differential.graphs import INTEGERS, TEXTS, Graph
from tests.differential.patterns import Path, all_of
from tests.differential.schema import SCHEMA
from tests.differential.scope import Known, Making, Scope, of_type

AGGREGATES = (
    "count(*)", "count", "count distinct", "collect", "collect distinct", "sum", "avg", "min", "max", "stDev", "stDevP",
    "percentileCont", "percentileDisc",
)  # fmt: skip

WANTED: tuple[str, ...] = (
    "OPTIONAL MATCH", "variable length", "zero length", "undirected", "shortestPath", "allShortestPaths", "named path",
    "label expression", "label conjunction", "label negation", "inline WHERE", "MATCH chain",
    "substring", "simple CASE", "quantifier", "label conjunction", "zero length", "long chain",
    "shortestPath", "allShortestPaths", "CALL { }",
    "EXISTS { }", "COUNT { }", "COLLECT { }", "pattern predicate", "pattern comprehension",
    "WITH", "WITH WHERE", "DISTINCT", "UNWIND", "UNION", "UNION ALL", "CALL { }", "ORDER BY", "SKIP", "LIMIT",
    *AGGREGATES,
    "AND", "OR", "XOR", "NOT", "IS NULL", "IN", "string predicate", "regex", "label test", "quantifier",
    "chained comparison", "CASE", "coalesce", "string function", "string concatenation", "toString", "toInteger",
    "toFloat", "index", "slice", "list", "list comprehension", "list concatenation", "list property", "range", "split",
    "tail", "labels", "nodes of a path", "reduce", "size", "size of a list", "length", "arithmetic", "float arithmetic",
    "math function", "duration", "truncate", "temporal part", "map", "map projection", "parameter", "type", "kind",
)  # fmt: skip
"""What queries are asked to contain, one each in turn, so that every construct has its share."""

_BOOLEANS = frozenset(
    ("AND", "OR", "XOR", "NOT", "IS NULL", "IN", "string predicate", "regex", "label test", "quantifier", "EXISTS { }",
     "pattern predicate", "chained comparison")
)  # fmt: skip
_TEXTS = frozenset(("substring", "simple CASE", "string function", "string concatenation", "toString", "kind", "type"))
_INTEGERS = frozenset(
    ("COUNT { }", "toInteger", "size", "size of a list", "length", "arithmetic", "temporal part", "reduce")
)
_FLOATS = frozenset(("toFloat", "float arithmetic", "math function"))
_LISTS = frozenset(
    ("slice", "list", "list comprehension", "list concatenation", "list property", "range", "split", "tail", "labels",
     "nodes of a path", "pattern comprehension", "COLLECT { }")
)  # fmt: skip
_OF_INTEGERS = frozenset(("range",))


@dataclass(frozen=True, slots=True)
class Sample:
    """A made query. `ordered`: its rows have one order. `unstable`: positions of columns whose lists have no order, or
    whose floats depend on the order of a sum.
    """

    query: Query
    parameters: Mapping[str, Any]
    ordered: bool
    unstable: frozenset[int]

    @property
    def text(self) -> str:
        return print_tree(self.query)


class QueryMaker(ExpressionMaker):
    """Makes whole queries."""

    def sample(self) -> Sample:
        making = self.making
        union = making.wanted in ("UNION", "UNION ALL") or self.choices.chance(4)
        if union:
            return self._union()
        part, items, ordered = self.part(())
        unstable = frozenset(at for at, known in enumerate(items) if not known.stable)
        return Sample(Query((SinglePart(part),)), making.parameters, ordered, unstable)

    def _union(self) -> Sample:
        keep = self.making.option([(50, "UNION", lambda: False), (50, "UNION ALL", lambda: True)])
        parts = []
        wanted = [self.choices.pick(PLAIN) for _ in range(self.choices.number(1, 2))]
        for _ in range(2):
            clauses, scope = self.reading((), self.choices.number(0, 1))
            items = tuple(ProjectionItem(self.plain(of, scope, 1), f"c{at}", False) for at, of in enumerate(wanted))
            parts.append(SinglePart((*clauses, Return(Projection(items)))))
        return Sample(Query(tuple(parts), keep), self.making.parameters, False, frozenset())

    # --- clauses ---------------------------------------------------------------------------------------------------

    def part(self, scope: Scope) -> tuple[tuple[Clause, ...], list[Known], bool]:
        """Clauses that end with a RETURN, the columns, and whether the rows have one order."""
        clauses, scope = self.reading(scope, self.choices.weighted([(55, 1), (30, 2), (15, 0)]))
        if self.making.wanted in ("WITH", "WITH WHERE") or self.choices.chance(22):
            made, scope = self.with_(scope)
            clauses.append(made)
            more, scope = self.reading(scope, self.choices.weighted([(50, 0), (45, 1), (5, 2)]))
            clauses += more
        projection, items, ordered = self.projection(scope, final=True)
        return (*clauses, Return(projection)), items, ordered

    def reading(self, scope: Scope, count: int) -> tuple[list[Clause], Scope]:
        """Clauses that read, and what is known after them."""
        made: list[Clause] = []
        wanted = self.making.wanted
        if wanted in ("OPTIONAL MATCH", "shortestPath", "allShortestPaths", "MATCH chain"):
            count = max(count, 2)
        elif wanted not in (None, "UNWIND", "CALL { }", "WITH"):
            count = max(count, 1)
        for _ in range(count):
            clause, scope = self._reading(scope)
            made += clause
        return made, scope

    def _reading(self, scope: Scope) -> tuple[list[Clause], Scope]:
        nodes = of_type(scope, TypeName.NODE)
        return self.making.option(
            [
                (60, "", lambda: self.match(scope)),
                (25 if scope else 0, "OPTIONAL MATCH" if scope else "", lambda: self.match(scope, optional=True)),
                (10, "UNWIND", lambda: self.unwind(scope)),
                (6 if nodes else 0, "CALL { }" if nodes else "", lambda: self.call(scope)),
                (8 if len(nodes) > 1 else 0, "shortestPath" if len(nodes) > 1 else "", lambda: self.short(scope, "")),
                (4 if len(nodes) > 1 else 0, "allShortestPaths", lambda: self.short(scope, "allShortestPaths")),
            ]
        )

    def short(self, scope: Scope, wanted: str) -> tuple[list[Clause], Scope]:
        self.making.wanted = wanted or self.making.wanted
        nodes = of_type(scope, TypeName.NODE)
        made: Path | None = self.shortest(self.choices.pick(nodes[:-1]), nodes[-1])
        if made is None:
            return self.match(scope)
        return [Match((made.pattern,), optional=self.choices.chance(30))], (*scope, *made.known)

    def match(self, scope: Scope, *, optional: bool = False) -> tuple[list[Clause], Scope]:
        paths: list[Path] = []
        after = scope
        wanted = self.making.wanted
        apart = wanted in ("shortestPath", "allShortestPaths") and not of_type(scope, TypeName.NODE)
        for _ in range(2 if apart else self.choices.weighted([(82, 1), (18, 2)])):
            long = self.making.wants("long chain")
            most = 3 if long else 0 if apart else self.choices.weighted([(35, 1), (20, 0), (35, 2), (10, 3)])
            if wanted in ("variable length", "zero length", "named path", "undirected", "type", "length"):
                most = max(most, 1)
            made = self.path(after, most, apart=apart)
            paths.append(made)
            after = (*after, *made.known)
        conditions = [self.condition(after, self.choices.number(0, 2))] if self.choices.chance(30) else []
        return [Match(tuple(p.pattern for p in paths), all_of(conditions), optional)], after

    def unwind(self, scope: Scope) -> tuple[list[Clause], Scope]:
        name = self.making.fresh()
        if self.choices.chance(60) or not scope:
            of = self.choices.pick((TypeName.STRING, TypeName.INTEGER))
            pool: Sequence[str | int] = TEXTS if of is TypeName.STRING else INTEGERS
            values = [self.choices.pick(pool) for _ in range(self.choices.number(0, 3))]
            item = types.STRING if of is TypeName.STRING else types.INTEGER
            if self.choices.chance(30):
                source: Expression = self.list_parameter(values)
            else:
                source = ListLiteral(tuple(Literal(v) for v in values) or (Literal(None),))
        else:
            source, item, _ = self.list_and_item(scope, 1)
        return [Unwind(source, name)], (*scope, Known(name, item))

    def call(self, scope: Scope) -> tuple[list[Clause], Scope]:
        nodes = of_type(scope, TypeName.NODE)
        imported = self.choices.pick(nodes)
        inner, known = self.match((imported,), optional=self.choices.chance(30))
        projection, items, _ = self.projection(known, final=False, prefix="s")
        body = Query((SinglePart((*inner, Return(projection))),))
        return [CallSubquery(body, (imported.name,))], (*scope, *items)

    def with_(self, scope: Scope) -> tuple[Clause, Scope]:
        wants_where = self.making.wants("WITH WHERE")
        self.making.wants("WITH")
        projection, items, _ = self.projection(scope, final=False, keep=True, prefix="w")
        after = tuple(items)
        where = self.condition(after, 1) if wants_where or self.choices.chance(25) else None
        return With(projection, where), after

    # --- projections -----------------------------------------------------------------------------------------------

    def projection(
        self, scope: Scope, *, final: bool, keep: bool = False, prefix: str = "c"
    ) -> tuple[Projection, list[Known], bool]:
        """Items, what they are known as, and whether they give the rows one order. `keep`: elements are handed on."""
        wanted = self.making.wanted
        aggregates = wanted in AGGREGATES or self.choices.chance(28)
        distinct = not aggregates and (self.making.wants("DISTINCT") or self.choices.chance(12))
        strict = aggregates or distinct
        items: list[tuple[ProjectionItem, Known]] = []
        if keep:
            elements = [k for k in scope if k.type.name in (TypeName.NODE, TypeName.RELATIONSHIP, TypeName.LIST)]
            for known in elements:
                if self.choices.chance(75) and (known.stable or not strict):
                    items.append((ProjectionItem(known.variable, known.name, False), known))
        count = self.choices.number(1, 3)
        for at in range(count):
            expression, known = self.item_of(scope, strict=strict)
            name = self._alias(prefix, at)
            items.append((ProjectionItem(expression, name, False), replace(known, name=name)))
        if aggregates:
            for at in range(self.choices.weighted([(70, 1), (30, 2)])):
                expression, known = self.aggregate(scope)
                name = self._alias(prefix + "g", at)
                items.append((ProjectionItem(expression, name, False), replace(known, name=name)))
            if self.choices.chance(25):
                items = items[-1:]  # of all rows
        order, skip, limit = self._order([known for _, known in items])
        projection = Projection(tuple(item for item, _ in items), distinct, False, order, skip, limit)
        return projection, [known for _, known in items], bool(order)

    def _alias(self, prefix: str, at: int) -> str:
        self.making.names += 1
        return f"{prefix}{self.making.names}"

    def _order(self, items: list[Known]) -> tuple[tuple[SortItem, ...], Expression | None, Expression | None]:
        """ORDER BY everything, so that rows that tie are the same row; or nothing."""
        wanted = self.making.wanted in ("ORDER BY", "SKIP", "LIMIT")
        if not all(k.stable and k.type.name in (*PLAIN, TypeName.NODE) for k in items):
            return (), None, None
        if not wanted and not self.choices.chance(22):
            return (), None, None
        self.making.wants("ORDER BY")
        sorts = []
        for known in items:
            by: Expression = known.variable
            if known.type.name is TypeName.NODE:
                by = FunctionCall("elementId", (known.variable,))
            sorts.append(SortItem(by, self.choices.chance(40)))
        skip = limit = None
        if self.making.wants("SKIP") or self.choices.chance(30):
            skip = self._count("skip", self.choices.number(0, 3))
        if self.making.wants("LIMIT") or self.choices.chance(50):
            limit = self._count("limit", self.choices.number(0, 6))
        return tuple(sorts), skip, limit

    def _count(self, name: str, value: int) -> Expression:
        if not self.choices.chance(25):
            return Literal(value)
        name = f"{name}{len(self.making.parameters)}"
        self.making.parameters[name] = value
        return Parameter(name)

    def item_of(self, scope: Scope, *, strict: bool) -> tuple[Expression, Known]:
        """A column. `strict`: it takes part in DISTINCT or grouping, so that its value is the same everywhere."""
        of = self._wanted_type()
        if of is None:
            elements = [k for k in scope if k.type.name not in PLAIN and (k.stable or not strict)]
            elements = [k for k in elements if k.type.name is not TypeName.PATH or k.stable]
            if elements and self.choices.chance(25):
                known = self.choices.pick(elements)
                return known.variable, known
            choices = [(12, t) for t in PLAIN]
            of = self.choices.weighted([*choices, (10, TypeName.LIST), *([] if strict else [(6, TypeName.MAP)])])
        if of is TypeName.LIST:
            item = TypeName.INTEGER if self.making.wanted in _OF_INTEGERS else None
            item = item or self.choices.pick((TypeName.STRING, TypeName.INTEGER))
            if self.making.wanted in _LISTS - _OF_INTEGERS:
                item = TypeName.STRING
            expression, stable = self.lists(scope, 2, item, stable=strict)
            inner = types.STRING if item is TypeName.STRING else types.INTEGER
            return expression, Known("", types.list_of(inner), stable)
        if of is TypeName.MAP:
            return self.map_value(scope, 1), Known("", types.MAP, stable=False)
        if of is TypeName.INTEGER and self.making.wanted is None and self.choices.chance(25):
            return self.atom(of, scope, large=True), Known("", types.INTEGER, large=True)
        return self.plain(of, scope, 2), Known("", CypherType(of))

    def _wanted_type(self) -> TypeName | None:
        wanted = self.making.wanted
        for names, of in (
            (_BOOLEANS, TypeName.BOOLEAN), (_TEXTS, TypeName.STRING), (_INTEGERS, TypeName.INTEGER),
            (_FLOATS, TypeName.FLOAT), (_LISTS, TypeName.LIST), ({"map", "map projection"}, TypeName.MAP),
            ({"duration", "truncate"}, TypeName.DATE), ({"CASE", "coalesce", "index", "parameter"}, TypeName.STRING),
        ):  # fmt: skip
            if wanted in names:
                return of
        return None

    def aggregate(self, scope: Scope) -> tuple[Expression, Known]:
        """An aggregate, sometimes within an expression."""
        integer, plain = types.INTEGER, self.choices.pick(PLAIN)

        def whole() -> Expression:
            return self.plain(TypeName.INTEGER, scope, 1)

        def number() -> Expression:
            return self.plain(self.choices.pick((TypeName.INTEGER, TypeName.FLOAT)), scope, 1)

        def counted() -> Expression:
            elements = [k.variable for k in of_type(scope, TypeName.NODE, TypeName.RELATIONSHIP)]
            return self.choices.pick(elements) if elements and self.choices.chance(50) else self.plain(plain, scope, 1)

        def collected(distinct: bool) -> tuple[Expression, Known]:
            nodes = of_type(scope, TypeName.NODE)
            if nodes and self.choices.chance(25):
                known = self.choices.pick(nodes)
                made = FunctionCall("collect", (known.variable,), distinct)
                return made, Known("", types.list_of(known.type), False)
            of = self.choices.pick((TypeName.STRING, TypeName.INTEGER, TypeName.STRING, TypeName.DATE))
            made = FunctionCall("collect", (self.plain(of, scope, 1),), distinct)
            if self.choices.chance(20):
                return FunctionCall("size", (made,)), Known("", integer)
            return made, Known("", types.list_of(CypherType(of)), False)

        def summed() -> tuple[Expression, Known]:
            if self.choices.chance(70):
                made: Expression = FunctionCall("sum", (whole(),), self.choices.chance(15))
                if self.choices.chance(20):
                    made = Binary(BinaryOperator.ADD, made, Literal(1))
                return made, Known("", integer)
            return FunctionCall("sum", (self.plain(TypeName.FLOAT, scope, 1),)), Known("", types.FLOAT, False)

        def extreme(name: str) -> tuple[Expression, Known]:
            argument = self.atom(plain, scope, large=True) if self.choices.chance(40) else self.plain(plain, scope, 1)
            return FunctionCall(name, (argument,)), Known("", CypherType(plain), large=plain is TypeName.INTEGER)

        def deviation(name: str) -> tuple[Expression, Known]:
            return FunctionCall(name, (number(),)), Known("", types.FLOAT, False)

        def percentile(name: str) -> tuple[Expression, Known]:
            rank = Literal(self.choices.pick((0.5, 0.0, 1.0, 0.25)))
            if name == "percentileDisc":
                return FunctionCall(name, (whole(), rank)), Known("", integer)
            return FunctionCall(name, (number(), rank)), Known("", types.FLOAT, False)

        return self.making.option(
            [
                (20, "count(*)", lambda: (CountStar(), Known("", integer))),
                (15, "count", lambda: (FunctionCall("count", (counted(),)), Known("", integer))),
                (8, "count distinct", lambda: (FunctionCall("count", (counted(),), True), Known("", integer))),
                (12, "collect", lambda: collected(False)),
                (8, "collect distinct", lambda: collected(True)),
                (12, "sum", summed),
                (6, "avg", lambda: deviation("avg")),
                (8, "min", lambda: extreme("min")),
                (8, "max", lambda: extreme("max")),
                (2, "stDev", lambda: deviation("stDev")),
                (2, "stDevP", lambda: deviation("stDevP")),
                (2, "percentileCont", lambda: percentile("percentileCont")),
                (2, "percentileDisc", lambda: percentile("percentileDisc")),
            ]
        )


ATTEMPTS = 12
TRIES = 3
"""Queries that are made where none has an answer with rows: the last of them is taken as it is."""


def make_sample(
    choices: Choices,
    graph: Graph,
    wanted: str | None = None,
    schema: Schema = SCHEMA,
    has_rows: Callable[[Sample], bool] | None = None,
) -> Sample:
    """A query over a graph, with the wanted construct in it wherever its shape has a place for it.

    What the front end knows to be impossible in the schema (it narrows kinds better than the generator) is made anew;
    so is, a few times, what has no rows: an empty answer tells little.
    """
    tries = 0
    for _ in range(ATTEMPTS):
        sample = QueryMaker(Making(choices, schema, graph, wanted)).sample()
        try:
            prepare(sample.text, schema)
        except (UnknownPropertyError, ImpossiblePatternError):
            continue
        except CypherError:
            return sample  # whoever asks it finds the error
        tries += 1
        if has_rows is None or tries == TRIES or has_rows(sample):
            return sample
    return Sample(
        Query((SinglePart((Return(Projection((ProjectionItem(Literal(1), "c"),))),)),)), {}, True, frozenset()
    )


__all__ = ["AGGREGATES", "WANTED", "QueryMaker", "Sample", "Variable", "make_sample"]
