"""The query tree: frozen values with spans, one class per construct of the language.

Covers openCypher 9 reading and the Neo4j forms people and models write. Spans never take part in equality, so that
printing and parsing again gives an equal tree. Passes take a tree and give a tree.

The binder fills what is marked *bound*: names for anonymous pattern parts, the concrete kinds a node pattern may match
(`NodePattern.kinds`), the relation types of a relationship pattern (`RelationshipPattern.types`), variable-length bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of character offsets in the query text."""

    start: int
    end: int


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Root of the hierarchy: everything has a span."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


# --- expressions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expression(Tree):
    """Anything with a value."""


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """null, a boolean, integer, float, string; passes may also place a date or an instant here."""

    value: bool | int | float | str | date | datetime | None

    def __eq__(self, other: object) -> bool:  # 1, 1.0 and true are different literals
        return (
            isinstance(other, Literal)
            and type(self.value) is type(other.value)
            and repr(self.value) == repr(other.value)
        )

    def __hash__(self) -> int:
        return hash((type(self.value), repr(self.value)))


@dataclass(frozen=True, slots=True)
class Parameter(Expression):
    name: str


@dataclass(frozen=True, slots=True)
class Variable(Expression):
    name: str


@dataclass(frozen=True, slots=True)
class Property(Expression):
    subject: Expression
    key: str


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """`subject[index]`, zero-based, negative from the end; on a map or an element: by key."""

    subject: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Slice(Expression):
    """`subject[start..end]`, end excluded; either bound may be absent."""

    subject: Expression
    start: Expression | None
    end: Expression | None


@dataclass(frozen=True, slots=True)
class ListLiteral(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapLiteral(Expression):
    items: tuple[tuple[str, Expression], ...]


class UnaryOperator(StrEnum):
    NOT = "NOT"
    MINUS = "-"
    PLUS = "+"


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    operator: UnaryOperator
    operand: Expression


class BinaryOperator(StrEnum):
    OR = "OR"
    XOR = "XOR"
    AND = "AND"
    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"
    POWER = "^"
    IN = "IN"
    STARTS_WITH = "STARTS WITH"
    ENDS_WITH = "ENDS WITH"
    CONTAINS = "CONTAINS"
    REGEX = "=~"


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    operator: BinaryOperator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison(Expression):
    """A chain `a < b <= c`: `operands` has one more item than `operators`. Two operands for a plain comparison."""

    operands: tuple[Expression, ...]
    operators: tuple[BinaryOperator, ...]


@dataclass(frozen=True, slots=True)
class IsNull(Expression):
    operand: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class HasLabels(Expression):
    """`n:Server` as a predicate."""

    subject: Expression
    labels: LabelExpression
    kinds: frozenset[str] | None = None  # bound


@dataclass(frozen=True, slots=True)
class Visible(Expression):
    """Whether a node, or both ends of a relationship, are seen by the asker. Set by a pass; nobody can write it.

    Without subject it speaks of the pattern in whose WHERE it stands: the node, or each relationship of a walk. `bounded`:
    they must be in the asker's perimeter; `kinds`: they must be of these, where the pattern itself cannot say so.
    """

    subject: Variable | None = None
    bounded: bool = True
    kinds: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class FunctionCall(Expression):
    """A function or an aggregate; `name` as written, compare it lower-case."""

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class CountStar(Expression):
    """`count(*)`."""


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """`CASE operand WHEN value THEN result ...`; without operand the whens are predicates."""

    operand: Expression | None
    whens: tuple[tuple[Expression, Expression], ...]
    default: Expression | None


@dataclass(frozen=True, slots=True)
class ListComprehension(Expression):
    """`[variable IN source WHERE predicate | projection]`."""

    variable: str
    source: Expression
    predicate: Expression | None
    projection: Expression | None


@dataclass(frozen=True, slots=True)
class PatternComprehension(Expression):
    """`[(a)-->(b) WHERE predicate | projection]`."""

    pattern: PathPattern
    predicate: Expression | None
    projection: Expression


class QuantifierKind(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Quantifier(Expression):
    """`any(variable IN source WHERE predicate)`."""

    kind: QuantifierKind
    variable: str
    source: Expression
    predicate: Expression


@dataclass(frozen=True, slots=True)
class Reduce(Expression):
    """`reduce(accumulator = initial, variable IN source | step)`."""

    accumulator: str
    initial: Expression
    variable: str
    source: Expression
    step: Expression


@dataclass(frozen=True, slots=True)
class MapProjection(Expression):
    """`n {.name, .*, key: expression, variable}`: `items` in order."""

    subject: str
    items: tuple[MapProjectionItem, ...]


@dataclass(frozen=True, slots=True)
class MapProjectionItem(Tree):
    """`.key` (value None), `.*` (key "*"), or `key: value`."""

    key: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class PatternPredicate(Expression):
    """A bare pattern used as a predicate: true where it matches."""

    pattern: PathPattern


class SubqueryKind(StrEnum):
    EXISTS = "EXISTS"
    COUNT = "COUNT"
    COLLECT = "COLLECT"


@dataclass(frozen=True, slots=True)
class SubqueryExpression(Expression):
    """`EXISTS { ... }`, `COUNT { ... }`, `COLLECT { ... }`; a bare pattern inside is a query of one MATCH without RETURN."""

    kind: SubqueryKind
    query: Query


# --- labels --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabelExpression(Tree):
    """An expression over labels or relation types."""


@dataclass(frozen=True, slots=True)
class LabelName(LabelExpression):
    name: str


@dataclass(frozen=True, slots=True)
class LabelWildcard(LabelExpression):
    """`%`: any label."""


@dataclass(frozen=True, slots=True)
class LabelNot(LabelExpression):
    operand: LabelExpression


@dataclass(frozen=True, slots=True)
class LabelAnd(LabelExpression):
    operands: tuple[LabelExpression, ...]


@dataclass(frozen=True, slots=True)
class LabelOr(LabelExpression):
    operands: tuple[LabelExpression, ...]


# --- patterns ------------------------------------------------------------------------------------------------------


class Direction(StrEnum):
    OUT = "out"
    IN = "in"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class NodePattern(Tree):
    variable: str | None = None
    labels: LabelExpression | None = None
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None
    kinds: frozenset[str] | None = None  # bound: concrete kinds that may match; None in open mode


@dataclass(frozen=True, slots=True)
class Hops(Tree):
    """Bounds of a variable-length relationship; None where the text gave none (the guard fills the upper one)."""

    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class RelationshipPattern(Tree):
    variable: str | None = None
    labels: LabelExpression | None = None
    direction: Direction = Direction.BOTH
    properties: MapLiteral | Parameter | None = None
    where: Expression | None = None
    hops: Hops | None = None
    types: tuple[str, ...] | None = None  # bound: relation types that may match; None in open mode without types
    ends_only: bool = (
        False  # set by a pass: only the set of end nodes matters, so a closure may be searched once per node
    )


class ShortestKind(StrEnum):
    SINGLE = "shortestPath"
    ALL = "allShortestPaths"


@dataclass(frozen=True, slots=True)
class PathPattern(Tree):
    """A node, then (relationship, node) pairs; named by `variable` if any."""

    start: NodePattern
    steps: tuple[tuple[RelationshipPattern, NodePattern], ...] = ()
    variable: str | None = None
    shortest: ShortestKind | None = None

    @property
    def nodes(self) -> tuple[NodePattern, ...]:
        return (self.start, *(node for _, node in self.steps))

    @property
    def relationships(self) -> tuple[RelationshipPattern, ...]:
        return tuple(relationship for relationship, _ in self.steps)


# --- clauses -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clause(Tree):
    """A clause of a query."""


@dataclass(frozen=True, slots=True)
class Match(Clause):
    patterns: tuple[PathPattern, ...]
    where: Expression | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Unwind(Clause):
    source: Expression
    variable: str


@dataclass(frozen=True, slots=True)
class ProjectionItem(Tree):
    """`expression AS alias`; without alias, `alias` is the expression's text as written, and `implicit` is true."""

    expression: Expression
    alias: str
    implicit: bool = False


@dataclass(frozen=True, slots=True)
class SortItem(Tree):
    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Projection(Tree):
    """What WITH and RETURN share. `star` is `*` (the binder replaces it by items)."""

    items: tuple[ProjectionItem, ...]
    distinct: bool = False
    star: bool = False
    order: tuple[SortItem, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True)
class With(Clause):
    projection: Projection
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class Return(Clause):
    projection: Projection


@dataclass(frozen=True, slots=True)
class CallSubquery(Clause):
    """`CALL { ... }` or `CALL (x, y) { ... }`; `imports` None where a leading WITH inside does the import."""

    query: Query
    imports: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class CallProcedure(Clause):
    """`CALL name(arguments) YIELD items`; the guard allows listed procedures only."""

    name: str
    arguments: tuple[Expression, ...] | None
    yields: tuple[tuple[str, str], ...] | None = None  # (result field, variable)
    where: Expression | None = None


@dataclass(frozen=True, slots=True)
class WritingClause(Clause):
    """CREATE, MERGE, SET, DELETE, REMOVE, LOAD CSV, FOREACH ...: parsed so that it can be refused by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Query(Tree):
    """Parts joined by UNION. One part for a plain query. All unions of a query are of one sort (`union_all`)."""

    parts: tuple[SinglePart, ...]
    union_all: bool = False


@dataclass(frozen=True, slots=True)
class SinglePart(Tree):
    """Clauses in order, the last a RETURN (or none, inside EXISTS and COUNT)."""

    clauses: tuple[Clause, ...]


def walk(tree: Any) -> Iterator[Tree]:
    """The tree and everything under it, parents first, without recursion."""
    pending: list[Any] = [tree]
    while pending:
        item = pending.pop()
        if isinstance(item, Tree):
            yield item
            pending.extend(reversed([getattr(item, f.name) for f in fields(item) if f.name != "span"]))
        elif isinstance(item, tuple):
            pending.extend(reversed(item))
