"""Conditions on each step of a variable-length relationship, which Neo4j takes in WHERE only.

`MATCH (a)-[r:T*1..3 WHERE r.x > 1]->(b)` becomes `MATCH (a)-[r:T*1..3]->(b) WHERE all(r IN r WHERE r.x > 1)`; Neo4j
checks such a condition while it walks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Expression,
    Match,
    PathPattern,
    PatternComprehension,
    Quantifier,
    QuantifierKind,
    Query,
    RelationshipPattern,
    Tree,
    Variable,
)
from graph.cypher.rewrite import descend, transform


def move_step_conditions(query: Query) -> Query:
    """The query with such conditions in the WHERE of their MATCH or comprehension; elsewhere they stay."""
    if not any(isinstance(tree, RelationshipPattern) and _has_condition(tree) for tree in descend(query)):
        return query
    names = (f"  step{number}" for number in count())  # a name with two spaces is in nobody's query

    def visit(tree: Tree) -> Tree | None:
        if isinstance(tree, Match):
            paths, conditions = _moved(tree.patterns, names)
            if conditions:
                return transform(replace(tree, patterns=paths, where=_all(tree.where, conditions)), visit)
        elif isinstance(tree, PatternComprehension):
            (path,), conditions = _moved((tree.pattern,), names)
            if conditions:
                return transform(replace(tree, pattern=path, predicate=_all(tree.predicate, conditions)), visit)
        return None

    return transform(query, visit)


def _moved(paths: tuple[PathPattern, ...], names: Iterator[str]) -> tuple[tuple[PathPattern, ...], list[Expression]]:
    conditions: list[Expression] = []
    rewritten = []
    for path in paths:
        steps = []
        for relationship, node in path.steps:
            if relationship.where is not None and _has_condition(relationship):
                name = relationship.variable or next(names)
                conditions.append(Quantifier(QuantifierKind.ALL, name, Variable(name), relationship.where))
                relationship = replace(relationship, variable=name, where=None)
            steps.append((relationship, node))
        rewritten.append(replace(path, steps=tuple(steps)))
    return tuple(rewritten), conditions


def _all(condition: Expression | None, more: list[Expression]) -> Expression:
    first, *rest = [*([] if condition is None else [condition]), *more]
    for other in rest:
        first = Binary(BinaryOperator.AND, first, other)
    return first


def _has_condition(relationship: RelationshipPattern) -> bool:
    return relationship.hops is not None and relationship.where is not None
