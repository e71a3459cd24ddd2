"""Shortest paths between a node and itself: Neo4j refuses them while it runs, whatever rows have been found before.

`MATCH p = shortestPath((a)-[*..5]-(b))` becomes `... WHERE a <> b`: a row with both ends the same has no shortest path,
as where `dbms.cypher.forbid_shortestpath_common_nodes` is false, and the other rows are answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Expression,
    Literal,
    Match,
    NodePattern,
    PathPattern,
    Query,
    Tree,
    Variable,
)
from graph.cypher.rewrite import descend, transform


def keep_ends_apart(query: Query) -> Query:
    """The query in which every MATCH of a shortest path says that its ends differ."""
    if not any(isinstance(tree, PathPattern) and tree.shortest is not None for tree in descend(query)):
        return query
    names = (f"  end{number}" for number in count())  # a name with two spaces is in nobody's query

    def visit(tree: Tree) -> Tree | None:
        if not isinstance(tree, Match) or all(path.shortest is None or _apart(tree, path) for path in tree.patterns):
            return None
        paths, where = [], tree.where
        for path in tree.patterns:
            if path.shortest is None:
                paths.append(path)
            elif path.nodes[0].variable is not None and path.nodes[0].variable == path.nodes[-1].variable:
                paths.append(replace(path, shortest=None))  # refused even where no row has come so far
                where = _and(where, Literal(False))
            else:
                paths.append(_named(path, names))
                where = _and(where, _differ(paths[-1]))
        return transform(replace(tree, patterns=tuple(paths), where=where), visit)

    return transform(query, visit)


def _differ(path: PathPattern) -> Expression:
    start, end = path.nodes[0].variable, path.nodes[-1].variable
    return Comparison((Variable(start or ""), Variable(end or "")), (BinaryOperator.NE,))


def _apart(match: Match, path: PathPattern) -> bool:
    """Whether the WHERE already says so."""
    return match.where is not None and any(tree == _differ(path) for tree in descend(match.where))


def _named(path: PathPattern, names: Iterator[str]) -> PathPattern:
    *steps, (relationship, end) = path.steps
    return replace(path, start=_name(path.start, names), steps=(*steps, (relationship, _name(end, names))))


def _name(node: NodePattern, names: Iterator[str]) -> NodePattern:
    return node if node.variable is not None else replace(node, variable=next(names))


def _and(condition: Expression | None, more: Expression) -> Expression:
    return more if condition is None else Binary(BinaryOperator.AND, condition, more)
