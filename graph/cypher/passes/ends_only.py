"""Marks variable-length relationships of which only the set of ends matters, so that a closure visits each node once.

That is so where nobody reads the relationship or its path, where the rows end in something that repeated rows do not
change (DISTINCT, `count(DISTINCT ...)`, min, max, EXISTS, UNION), and where no other relationship of the MATCH could be
the one that a trail may not walk again. Then the ends of all trails of at most n relations are the nodes within n
relations: a shortest walk repeats none. Two cases are left alone because that does not hold there: a minimum above one,
and undirected walks of at least one, which return to their start by the relation they came by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graph.cypher.ast import (
    CallSubquery,
    Clause,
    Direction,
    FunctionCall,
    Match,
    PathPattern,
    PatternPredicate,
    Projection,
    Query,
    RelationshipPattern,
    Return,
    SinglePart,
    SubqueryExpression,
    SubqueryKind,
    Tree,
    With,
)
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.functions import IGNORES_DUPLICATES
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.rewrite import transform


def mark_ends_only(bound: BoundQuery) -> BoundQuery:
    """The query with `ends_only` set where it may be."""
    if Feature.VARIABLE_LENGTH not in bound.features:
        return bound
    marker = _Marker(bound.read)
    query = marker.query(bound.query, ignored=False)
    if Feature.NESTED_PATTERN in bound.features:
        query = transform(query, marker.visit)
    return bound if query is bound.query else replace(bound, query=query)


class _Marker:
    """Goes through clauses backwards, knowing whether what follows ignores repeated rows."""

    def __init__(self, read: frozenset[str]) -> None:
        self.read = read

    def visit(self, tree: Tree) -> Tree | None:
        """Mark what stands in expressions: tests of existence ignore repetition, COUNT and COLLECT do not."""
        if isinstance(tree, SubqueryExpression):
            query = self.query(tree.query, ignored=tree.kind is SubqueryKind.EXISTS)
            return None if query is tree.query else replace(tree, query=transform(query, self.visit))
        if isinstance(tree, PatternPredicate):
            pattern = self._path(tree.pattern, [tree.pattern])
            return None if pattern is tree.pattern else replace(tree, pattern=transform(pattern, self.visit))
        return None

    def query(self, query: Query, *, ignored: bool) -> Query:
        distinct = len(query.parts) > 1 and not query.union_all
        parts = tuple(self._part(part, ignored=ignored or distinct) for part in query.parts)
        same = all(new is old for new, old in zip(parts, query.parts, strict=True))
        return query if same else replace(query, parts=parts)

    def _part(self, part: SinglePart, *, ignored: bool) -> SinglePart:
        clauses: list[Clause] = []
        for clause in reversed(part.clauses):
            if isinstance(clause, With | Return):
                ignored = _ignores(clause.projection, ignored)
            elif isinstance(clause, Match) and ignored:
                clause = self._match(clause)
            elif isinstance(clause, CallSubquery):
                inner = self.query(clause.query, ignored=ignored)
                clause = clause if inner is clause.query else replace(clause, query=inner)
            clauses.append(clause)
        same = all(new is old for new, old in zip(reversed(clauses), part.clauses, strict=True))
        return part if same else replace(part, clauses=tuple(reversed(clauses)))

    def _match(self, match: Match) -> Match:
        patterns = tuple(self._path(path, match.patterns) for path in match.patterns)
        same = all(new is old for new, old in zip(patterns, match.patterns, strict=True))
        return match if same else replace(match, patterns=patterns)

    def _path(self, path: PathPattern, patterns: Sequence[PathPattern]) -> PathPattern:
        if path.shortest is not None or path.variable in self.read:
            return path
        others = [relationship for other in patterns for relationship in other.relationships]
        steps = []
        for relationship, node in path.steps:
            if self._only_ends_matter(relationship, others):
                relationship = replace(relationship, ends_only=True)
            steps.append((relationship, node))
        same = all(new[0] is old[0] for new, old in zip(steps, path.steps, strict=True))
        return path if same else replace(path, steps=tuple(steps))

    def _only_ends_matter(self, relationship: RelationshipPattern, others: Sequence[RelationshipPattern]) -> bool:
        hops = relationship.hops
        if hops is None or relationship.ends_only or relationship.variable in self.read:
            return False
        minimum = 1 if hops.minimum is None else hops.minimum
        if minimum > 1 or (minimum == 1 and relationship.direction is Direction.BOTH):
            return False
        return all(other is relationship or _disjoint(relationship, other) for other in others)


def _disjoint(one: RelationshipPattern, other: RelationshipPattern) -> bool:
    """Whether no relation can be matched by both."""
    if one.types is None or other.types is None:
        return False
    return not set(one.types) & set(other.types)


def _ignores(projection: Projection, ignored: bool) -> bool:
    """Whether a projection gives the same when a row before it is repeated, given what follows it."""
    aggregates = [aggregate for item in projection.items for aggregate in aggregates_in(item.expression)]
    if aggregates:
        return all(
            isinstance(aggregate, FunctionCall) and (aggregate.distinct or aggregate.name.lower() in IGNORES_DUPLICATES)
            for aggregate in aggregates
        )
    if projection.distinct:
        return True
    return ignored and projection.skip is None and projection.limit is None
