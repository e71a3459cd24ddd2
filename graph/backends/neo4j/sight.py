"""Who may see a node, on Neo4j: one label per perimeter, so that no function of properties can show it.

`labels()` answers in our words and passes technical labels over; a pattern cannot name one, since the schema knows none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Expression,
    Match,
    NodePattern,
    Query,
    RelationshipPattern,
    Tree,
    Variable,
    Visible,
)
from graph.cypher.passes.perimeter import without_visibility
from graph.cypher.rewrite import descend, transform

PREFIX: Final = "JumeauPerimeter "
"""Begins the label of a perimeter; the rest is its name."""

NODE: Final = "  seen"
STEP: Final = "  passed"
"""Begin names that nobody can have given: of nodes and of relationships."""


def labels_of(perimeters: Iterable[str]) -> list[str]:
    """The labels of some perimeters."""
    return [PREFIX + name for name in perimeters]


def perimeters_of(labels: Iterable[str]) -> tuple[str, ...]:
    """The perimeters that labels stand for, in order."""
    return tuple(sorted(label.removeprefix(PREFIX) for label in labels if label.startswith(PREFIX)))


def test_of_labels(node: str, labels: str) -> str:
    """A condition that a node carries one of some labels; both are printed."""
    return f"any(label IN labels({node}) WHERE label IN {labels})"


def name_the_seen(query: Query) -> Query:
    """The query in which each pattern that must be seen has a name, and says by it that it must be.

    The ends of a shortest path may have no condition of their own: the WHERE of their MATCH says it.
    """
    if not any(isinstance(tree, Visible) for tree in descend(query)):
        return query
    numbers = count()

    def visit(tree: Tree) -> Tree | None:
        if isinstance(tree, NodePattern | RelationshipPattern) and tree.where is not None:
            condition, asked = without_visibility(tree.where)
            if asked is not None:
                start = NODE if isinstance(tree, NodePattern) else STEP
                name = tree.variable or f"{start}{next(numbers)}"
                named = replace(tree, variable=name, where=_and(replace(asked, subject=Variable(name)), condition))
                return transform(named, visit)
        if isinstance(tree, Match) and any(path.shortest is not None for path in tree.patterns):
            return _conditions_moved(replace(tree, patterns=tuple(transform(path, visit) for path in tree.patterns)))
        return None

    return transform(query, visit)


def _conditions_moved(match: Match) -> Match:
    paths, where = [], match.where
    for path in match.patterns:
        if path.shortest is not None:
            for node in path.nodes:
                where = where if node.where is None else _and(node.where, where)
            steps = tuple((relationship, replace(node, where=None)) for relationship, node in path.steps)
            path = replace(path, start=replace(path.start, where=None), steps=steps)
        paths.append(path)
    return replace(match, patterns=tuple(paths), where=where)


def _and(first: Expression, condition: Expression | None) -> Expression:
    return first if condition is None else Binary(BinaryOperator.AND, first, condition, span=condition.span)
