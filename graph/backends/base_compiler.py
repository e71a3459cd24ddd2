"""What every dialect shares: three tables that say how it differs, and the refusal that names what it lacks.

A dialect is `RENAMED` (functions it calls otherwise), `LOWERED` (what it must say in a roundabout way), `UNSUPPORTED`
(what it cannot say, with the reason), and a few overridden methods. Functions are keyed by canonical name (`toUpper`),
everything else by the names that `constructs` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from core.errors import UnsupportedConstructError
from graph.cypher.ast import (
    Binary,
    CallProcedure,
    CallSubquery,
    Case,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    ListComprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    MapProjection,
    Match,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    Quantifier,
    Query,
    Reduce,
    RelationshipPattern,
    Slice,
    SubqueryExpression,
    Tree,
    Unwind,
)
from graph.cypher.bound import BoundQuery, CypherType
from graph.cypher.diagnostics import locate
from graph.cypher.inference import TypeReader
from graph.cypher.passes.perimeter import without_visibility
from graph.cypher.rewrite import descend
from graph.cypher.vocabulary import Vocabulary, vocabulary_of
from graph.schema.model import Schema

Lowering = str | Callable[[Any, Any], str]
"""A template with the printed arguments as `{0}`, `{1}` ... (functions only), or a function of compiler and tree."""

_NAMES: Mapping[type[Tree], str] = MappingProxyType(
    {
        CallProcedure: "CALL procedure",
        CallSubquery: "CALL { }",
        Case: "CASE",
        HasLabels: "label test",
        Index: "index",
        ListComprehension: "list comprehension",
        ListLiteral: "list",
        MapLiteral: "map",
        MapProjection: "map projection",
        PatternComprehension: "pattern comprehension",
        Reduce: "reduce",
        Slice: "slice",
        Unwind: "UNWIND",
    }
)


def constructs(tree: Tree) -> Iterator[str]:
    """The names under which a tree may stand in the tables of a dialect, the most particular first."""
    name = _NAMES.get(type(tree))
    if name is not None:
        yield name
    elif isinstance(tree, FunctionCall):
        yield tree.name
    elif isinstance(tree, Binary):
        yield f"operator {tree.operator.value}"
    elif isinstance(tree, Comparison):
        if len(tree.operators) > 1:
            yield "chained comparison"
        for operator in tree.operators:
            yield f"operator {operator.value}"
    elif isinstance(tree, SubqueryExpression):
        yield f"{tree.kind.value} {{ }}"
    elif isinstance(tree, Quantifier):
        yield f"{tree.kind.value}()"
    elif isinstance(tree, PatternPredicate):
        yield "pattern predicate" if tree.pattern.shortest is None else "shortest path as a value"
    elif isinstance(tree, PathPattern):
        if tree.shortest is not None:
            yield tree.shortest.value
        if tree.variable is not None:
            yield "named path"
    elif isinstance(tree, RelationshipPattern):
        if tree.hops is not None:
            yield "variable length"
            if without_visibility(tree.where)[0] is not None or tree.properties is not None:
                yield "condition on each step of a variable-length relationship"
    elif isinstance(tree, Query):
        if len(tree.parts) > 1:
            yield "UNION ALL" if tree.union_all else "UNION"
    elif isinstance(tree, Match) and tree.optional:
        yield "OPTIONAL MATCH"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a backend receives: text of its dialect and the values of its parameters."""

    text: str
    parameters: Mapping[str, Any]


class BaseCompiler:
    """Holds the tables, refuses what they exclude, and knows the types of expressions while a query is compiled.

    One compiler per query: `schema` may be None in open mode.
    """

    DIALECT: ClassVar[str]
    RENAMED: ClassVar[Mapping[str, str]] = MappingProxyType({})
    LOWERED: ClassVar[Mapping[str, Lowering]] = MappingProxyType({})
    UNSUPPORTED: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init__(self, bound: BoundQuery, schema: Schema | None) -> None:
        self.bound = bound
        self.vocabulary: Vocabulary | None = None if schema is None else vocabulary_of(schema)
        self.types = TypeReader(bound, self.vocabulary)

    def type_of(self, tree: Expression) -> CypherType:
        """The type of an expression of the query."""
        return self.types.type_of(tree)

    def check_supported(self) -> None:
        """Refuse the first construct that the tables exclude. Raises UnsupportedConstructError."""
        if not self.UNSUPPORTED:
            return
        for tree in descend(self.bound.query):
            for name in constructs(tree):
                reason = self.UNSUPPORTED.get(name)
                if reason is not None:
                    raise self.unsupported(name, tree, reason)

    def unsupported(self, name: str, tree: Tree, reason: str = "") -> UnsupportedConstructError:
        """The error that names a construct which this dialect cannot express."""
        where = None
        if self.bound.text and tree.span.end > tree.span.start:
            line, column, _ = locate(self.bound.text, tree.span)
            where = f"line {line}, column {column}"
        return UnsupportedConstructError(
            f"{self.DIALECT} cannot express {name}{reason and ': ' + reason}",
            where=where,
            hint="the query can run on the in-memory executor",
            details={"construct": name, "dialect": self.DIALECT},
        )

    def is_literal(self, tree: Expression) -> bool:
        """Whether an expression is a constant of the text."""
        return isinstance(tree, Literal)
