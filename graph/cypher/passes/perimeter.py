"""Row-level security: what the asker does not see matches no pattern, wherever the pattern stands.

Every node pattern asks that its node is in the asker's perimeter, every variable-length or shortest walk that both ends of
each of its relations are. A fixed relation has its ends beside it. So whatever else a query does with nodes and relations
(functions of a path, aggregates, OPTIONAL MATCH, subqueries), it had them from a pattern, and the answer is that of the query
on the graph from which everything invisible was taken out. Which perimeters the asker has is a value of the read, not of the
tree.

Kinds that the asker may not read are taken out of the kinds of each node pattern, which costs no condition on rows. A walk is
asked for the kinds of its ends where its relations can lead to others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeGuard, TypeVar

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Expression,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelWildcard,
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
from graph.cypher.vocabulary import Vocabulary

P = TypeVar("P", NodePattern, RelationshipPattern)

VISIBLE: Final = Visible()

LIMITED: Final = "limited to your perimeter"
"""The note of every answer to an asker with perimeters; the web pages and the agent translate it by this text."""
LIMITED_KINDS: Final = "limited to the kinds of element that you may read"
"""The same of an asker who may read some kinds only."""


def restrict(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """The query as a restricted asker may ask it; unchanged for anybody else."""
    if bound.restricted or not (context.restricted or context.kinds is not None):
        return bound
    notes = [LIMITED] * context.restricted + [LIMITED_KINDS] * (context.kinds is not None)
    return replace(
        bound,
        query=_Restriction(context).of(bound.query),
        bounded=context.restricted,
        seen_kinds=context.kinds,
        notes=(*bound.notes, *notes),
    )


class _Restriction:
    """What one asker's patterns are asked for besides what is written."""

    def __init__(self, context: PassContext) -> None:
        if context.kinds is not None and context.vocabulary is None:
            raise ValueError("kinds that somebody may read are those of a schema")
        self._bounded = context.restricted
        self._kinds = context.kinds
        self._vocabulary = context.vocabulary
        self._public = frozenset[str]() if context.vocabulary is None else context.vocabulary.public

    def of(self, query: Query) -> Query:
        return transform(query, self._visit)

    def _visit(self, tree: Tree) -> Tree | None:
        if isinstance(tree, NodePattern):
            narrowed = self._narrowed(tree)
            is_public = narrowed.kinds is not None and narrowed.kinds <= self._public
            if narrowed is tree and (is_public or not self._bounded):
                return None
            return self._asked(narrowed, VISIBLE if self._bounded and not is_public else None)
        if isinstance(tree, RelationshipPattern) and tree.hops is not None:
            visible = self._of_walk(tree)
            return None if visible is None else self._asked(tree, visible)
        if isinstance(tree, PatternPredicate) and self._walks(tree.pattern):
            return _existence(transform(tree.pattern, self._visit))
        return None

    def _asked(self, tree: P, visible: Visible | None) -> P:
        """A pattern with what is in it restricted, and asked for this as well."""
        inner = transform(tree.where, self._visit) if tree.where is not None else None
        properties = transform(tree.properties, self._visit) if tree.properties is not None else None
        return replace(tree, where=inner if visible is None else _and(visible, inner), properties=properties)

    def _narrowed(self, node: NodePattern) -> NodePattern:
        """The pattern without the kinds that may not be read, in labels that every dialect writes down."""
        if self._kinds is None or self._vocabulary is None:
            return node
        kinds = frozenset(self._vocabulary.schema.concrete) if node.kinds is None else node.kinds
        if kinds <= self._kinds:
            return node
        return replace(node, kinds=kinds & self._kinds, labels=_labels(kinds & self._kinds, self._vocabulary))

    def _of_walk(self, walk: RelationshipPattern) -> Visible | None:
        """What is asked of the ends of each relation of a walk; None for nothing."""
        kinds = None
        if self._kinds is not None and self._vocabulary is not None:
            pairs = self._vocabulary.schema.pairs
            ends = {
                kind for name in (pairs if walk.types is None else walk.types) for pair in pairs[name] for kind in pair
            }
            kinds = None if ends <= self._kinds else self._kinds
        return Visible(bounded=self._bounded, kinds=kinds) if self._bounded or kinds is not None else None

    def _walks(self, pattern: PathPattern) -> bool:
        """Whether a bare pattern has a walk with conditions of its own, which few places but a MATCH can hold."""
        walks = (relationship for relationship in pattern.relationships if relationship.hops is not None)
        return pattern.shortest is None and any(self._of_walk(walk) is not None for walk in walks)


def _labels(kinds: frozenset[str], vocabulary: Vocabulary) -> LabelExpression:
    """Labels that exactly these kinds have; of no kind, what no node fulfils."""
    names = tuple(LabelName(label) for label in vocabulary.least_labels(kinds))
    if not names:
        return LabelNot(LabelWildcard())
    return names[0] if len(names) == 1 else LabelOr(names)


def _and(visible: Visible, condition: Expression | None) -> Expression:
    return visible if condition is None else Binary(BinaryOperator.AND, visible, condition, span=condition.span)


def without_visibility(condition: Expression | None) -> tuple[Expression | None, Visible | None]:
    """The condition of a pattern without what this pass added, and what it had added, if anything."""
    if _is_added(condition):
        return None, condition
    if isinstance(condition, Binary) and condition.operator is BinaryOperator.AND and _is_added(condition.left):
        return condition.right, condition.left
    return condition, None


def _is_added(condition: Expression | None) -> TypeGuard[Visible]:
    """Whether it is what this pass adds; a dialect that names its subject has taken it up already."""
    return isinstance(condition, Visible) and condition.subject is None


def _existence(pattern: PathPattern) -> Expression:
    match = Match((pattern,), span=pattern.span)
    return SubqueryExpression(
        SubqueryKind.EXISTS, Query((SinglePart((match,), span=pattern.span),), span=pattern.span), span=pattern.span
    )
