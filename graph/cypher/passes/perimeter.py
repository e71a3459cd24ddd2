"""Row-level security: what is outside the asker's perimeter matches no pattern, wherever the pattern stands.

Every node pattern asks that its node is visible, every variable-length or shortest walk that both ends of each of its
relations are. A fixed relation has its ends beside it. So whatever else a query does with nodes and relations (functions
of a path, aggregates, OPTIONAL MATCH, subqueries), it had them from a pattern, and the answer is that of the query on the
graph from which everything invisible was taken out. Which perimeters the asker has is a value of the read, not of the tree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Expression,
    Match,
    NodePattern,
    PathPattern,
    PatternPredicate,
    Query,
    RelationshipPattern,
    SinglePart,
    SubqueryExpression,
    SubqueryKind,
    Tree,
    Visible,
)
from graph.cypher.bound import BoundQuery
from graph.cypher.passes.context import PassContext
from graph.cypher.rewrite import transform

VISIBLE: Final = Visible()

LIMITED: Final = "limited to your perimeter"
"""The note of every answer to a restricted asker; the web pages and the agent translate it by this text."""


def restrict(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """The query as a restricted asker may ask it; unchanged for anybody else."""
    if not context.restricted or bound.restricted:
        return bound
    public = frozenset[str]() if context.vocabulary is None else context.vocabulary.public

    def visit(tree: Tree) -> Tree | None:
        if isinstance(tree, NodePattern):
            if tree.kinds is not None and tree.kinds <= public:
                return None
            inner = transform(tree.where, visit) if tree.where is not None else None
            properties = transform(tree.properties, visit) if tree.properties is not None else None
            return replace(tree, where=_and(inner), properties=properties)
        if isinstance(tree, RelationshipPattern) and tree.hops is not None:
            inner = transform(tree.where, visit) if tree.where is not None else None
            properties = transform(tree.properties, visit) if tree.properties is not None else None
            return replace(tree, where=_and(inner), properties=properties)
        if isinstance(tree, PatternPredicate) and _walks(tree.pattern):
            return _existence(transform(tree.pattern, visit))
        return None

    query = transform(bound.query, visit)
    return replace(bound, query=query, restricted=True, notes=(*bound.notes, LIMITED))


def _and(condition: Expression | None) -> Expression:
    return VISIBLE if condition is None else Binary(BinaryOperator.AND, VISIBLE, condition, span=condition.span)


def without_visibility(condition: Expression | None) -> tuple[Expression | None, bool]:
    """The condition of a pattern without what this pass added, and whether it had added something."""
    if condition is None or condition == VISIBLE:
        return None, condition is not None
    if isinstance(condition, Binary) and condition.operator is BinaryOperator.AND and condition.left == VISIBLE:
        return condition.right, True
    return condition, False


def _walks(pattern: PathPattern) -> bool:
    """Whether a bare pattern has a walk with conditions of its own, which few places but a MATCH can hold."""
    return pattern.shortest is None and any(relationship.hops is not None for relationship in pattern.relationships)


def _existence(pattern: PathPattern) -> Expression:
    match = Match((pattern,), span=pattern.span)
    return SubqueryExpression(
        SubqueryKind.EXISTS, Query((SinglePart((match,), span=pattern.span),), span=pattern.span), span=pattern.span
    )
