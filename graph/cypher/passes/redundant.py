"""What a query says twice, or to no effect, goes: `WHERE true`, and the match of a node that is matched already.

`MATCH (a:Server) MATCH (a)-->(b)` binds `a` once in any case; `MATCH (a:Server) MATCH (a)` looks at every server twice.
A node goes only where an earlier clause bound it for certain (not an OPTIONAL MATCH) to kinds that it admits, and where
it asks for nothing else; within one MATCH, where another of its patterns admits no other kinds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    CallSubquery,
    Clause,
    Expression,
    Literal,
    Match,
    NodePattern,
    PathPattern,
    SinglePart,
    Tree,
    Variable,
    With,
)
from graph.cypher.bound import BoundQuery
from graph.cypher.passes.pushdown import conjunction, conjuncts
from graph.cypher.rewrite import transform

_TRUE: Final = Literal(True)

Bound = dict[str, frozenset[str] | None]
"""Variables that are nodes for certain, with their possible kinds; None in open mode."""


def drop_redundant(bound: BoundQuery) -> BoundQuery:
    """Every part without conditions that are always true and without matches of what is matched already."""
    if not any(_may_change(part) for part in bound.query.parts) and not bound.features:
        return bound

    def visit(tree: Tree) -> Tree | None:
        if not isinstance(tree, SinglePart):
            return None
        rewritten = _part(tree)
        return None if rewritten is tree else transform(rewritten, visit)

    query = transform(bound.query, visit)
    return bound if query is bound.query else replace(bound, query=query)


def _may_change(part: SinglePart) -> bool:
    """Whether a part could hold something redundant at all: most have one MATCH of one path."""
    matches = 0
    for clause in part.clauses:
        if isinstance(clause, Match):
            matches += len(clause.patterns)
            if clause.where is not None:
                return True
        elif isinstance(clause, CallSubquery) or (isinstance(clause, With) and clause.where is not None):
            return True
    return matches > 1


def _part(part: SinglePart) -> SinglePart:
    known: Bound = {}
    clauses: list[Clause] = []
    for clause in part.clauses:
        kept: Clause | None = clause
        if isinstance(clause, Match):
            kept = _match(clause, known)
            if not clause.optional:
                for path in clause.patterns:
                    known.update({node.variable: node.kinds for node in path.nodes if node.variable is not None})
        elif isinstance(clause, With):
            where = _condition(clause.where)
            kept = clause if where is clause.where else replace(clause, where=where)
            known = {
                item.alias: known[item.expression.name]
                for item in clause.projection.items
                if isinstance(item.expression, Variable) and item.expression.name in known
            }
        if kept is not None:
            clauses.append(kept)
    same = len(clauses) == len(part.clauses) and all(new is old for new, old in zip(clauses, part.clauses, strict=True))
    if same or not clauses:
        return part
    return replace(part, clauses=tuple(clauses))


def _match(match: Match, known: Bound) -> Match | None:
    """The MATCH without what is redundant; None where nothing of it remains."""
    where = _condition(match.where)
    patterns = [path for path in match.patterns if not _is_known(path, known)]
    for path in [path for path in patterns if len(patterns) > 1 and _asks_nothing(path)]:
        patterns = _without(path, patterns)
    if not patterns:
        if where is None:
            return None
        patterns = list(match.patterns[:1])
    if where is match.where and len(patterns) == len(match.patterns):
        return match
    return replace(match, patterns=tuple(patterns), where=where)


def _is_known(path: PathPattern, known: Bound) -> bool:
    node = path.start
    if not _asks_nothing(path) or node.variable not in known:
        return False
    kinds = known[node.variable]
    return node.kinds is None or (kinds is not None and kinds <= node.kinds)


def _without(path: PathPattern, patterns: list[PathPattern]) -> list[PathPattern]:
    """The patterns of a MATCH without a node that another, with a relationship, binds to no other kinds.

    The labels of the node move there: kinds are what the binder knows, labels are what a dialect prints.
    """
    node = path.start
    for position, each in enumerate(patterns):
        for other in each.nodes if each.steps else ():
            if _admits_no_more(other, node):
                labelled = each if node.labels in (None, other.labels) else _labelled(each, other, node)
                return [labelled if at == position else kept for at, kept in enumerate(patterns) if kept is not path]
    return patterns


def _admits_no_more(other: NodePattern, node: NodePattern) -> bool:
    if other.variable != node.variable or (other.labels is not None and node.labels not in (None, other.labels)):
        return False
    return node.kinds is None or (other.kinds is not None and other.kinds <= node.kinds)


def _labelled(path: PathPattern, other: NodePattern, node: NodePattern) -> PathPattern:
    """The path with the labels of `node` on another pattern of it."""
    labelled = replace(other, labels=node.labels)
    steps = tuple((relationship, labelled if end is other else end) for relationship, end in path.steps)
    return replace(path, start=labelled if path.start is other else path.start, steps=steps)


def _asks_nothing(path: PathPattern) -> bool:
    """Whether a path is a node without properties and conditions, and without a name for the path."""
    node = path.start
    if path.steps or path.variable is not None or path.shortest is not None:
        return False
    if node.kinds is None and node.labels is not None:  # open mode: a label is a condition
        return False
    return node.properties is None and node.where is None


def _condition(where: Expression | None) -> Expression | None:
    """A condition without conjuncts that are true."""
    if where is None or (where != _TRUE and not _joins(where)):
        return where
    every = conjuncts(where)
    kept = [condition for condition in every if condition != _TRUE]
    return where if len(kept) == len(every) else conjunction(kept)


def _joins(where: Expression) -> bool:
    return isinstance(where, Binary) and where.operator is BinaryOperator.AND
