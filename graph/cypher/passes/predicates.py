"""Conditions on one node move back to the MATCH that binds it, where they save work.

`MATCH (a) MATCH (a)-->(b) WHERE a.name = $x` and `MATCH (a) WITH a WHERE a.name = $x` ask of each `a` what its own MATCH
can ask: the same rows, fewer on the way. Only conditions that compare attributes of one node with constants move (they
cannot fail, and an index may serve them), and never over SKIP or LIMIT, which count rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    CallSubquery,
    Clause,
    Comparison,
    Expression,
    HasLabels,
    IsNull,
    ListLiteral,
    Literal,
    Match,
    Parameter,
    Property,
    SinglePart,
    Tree,
    Unary,
    UnaryOperator,
    Unwind,
    Variable,
    With,
)
from graph.cypher.bound import BoundQuery
from graph.cypher.passes.pushdown import conjunction, conjuncts
from graph.cypher.rewrite import children, transform

_SAFE: Final = (Comparison, IsNull, HasLabels, ListLiteral, Literal, Parameter, Property, Variable)
_OPERATORS: Final = frozenset(
    {
        BinaryOperator.AND,
        BinaryOperator.OR,
        BinaryOperator.STARTS_WITH,
        BinaryOperator.ENDS_WITH,
        BinaryOperator.CONTAINS,
    }
)


def move_conditions(bound: BoundQuery) -> BoundQuery:
    """Every part with conditions on one node at the MATCH that binds it."""

    def visit(tree: Tree) -> Tree | None:
        if not isinstance(tree, SinglePart) or len(tree.clauses) < 3:
            return None
        rewritten = _part(tree)
        return None if rewritten is tree else transform(rewritten, visit)

    query = transform(bound.query, visit)
    return bound if query is bound.query else replace(bound, query=query)


def _part(part: SinglePart) -> SinglePart:
    clauses = list(part.clauses)
    changed = False
    for at, clause in enumerate(clauses):
        where = clause.where if isinstance(clause, Match | With) else None
        if at == 0 or where is None or (isinstance(clause, Match) and clause.optional):
            continue
        kept = []
        for condition in conjuncts(where):
            name = _node_asked(condition)
            target = None if name is None else _home(clauses, at, name)
            if target is None:
                kept.append(condition)
                continue
            home = clauses[target]
            assert isinstance(home, Match)
            known = [] if home.where is None else conjuncts(home.where)
            clauses[target] = replace(home, where=conjunction([*known, condition]))
            changed = True
        if len(kept) < len(conjuncts(where)):
            assert isinstance(clause, Match | With)
            clauses[at] = replace(clause, where=conjunction(kept))
    return replace(part, clauses=tuple(clauses)) if changed else part


def _home(clauses: Sequence[Clause], at: int, name: str) -> int | None:
    """The clause before `at` that binds the node, where everything in between lets a condition on it pass."""
    clause = clauses[at]
    if isinstance(clause, With) and not _passes(clause, name):
        return None
    for before in range(at - 1, -1, -1):
        clause = clauses[before]
        if isinstance(clause, Match):
            if any(node.variable == name for path in clause.patterns for node in path.nodes):
                if not clause.optional and not _is_bound_before(clauses[:before], name):
                    return before
                if clause.optional:
                    return None
        elif isinstance(clause, With):
            if not _passes(clause, name):
                return None
        elif not isinstance(clause, Unwind | CallSubquery):
            return None
    return None


def _is_bound_before(clauses: Sequence[Clause], name: str) -> bool:
    return any(
        node.variable == name
        for clause in clauses
        if isinstance(clause, Match)
        for path in clause.patterns
        for node in path.nodes
    )


def _passes(clause: With, name: str) -> bool:
    """Whether a projection hands the node on as it is, and does not count rows."""
    projection = clause.projection
    if projection.skip is not None or projection.limit is not None:
        return False
    return any(
        item.alias == name and isinstance(item.expression, Variable) and item.expression.name == name
        for item in projection.items
    )


def _node_asked(condition: Expression) -> str | None:
    """The one variable of a condition that compares its attributes with constants; None for every other condition."""
    names: set[str] = set()
    pending: list[Tree] = [condition]
    while pending:
        tree = pending.pop()
        if isinstance(tree, Property):
            if not isinstance(tree.subject, Variable):
                return None
            names.add(tree.subject.name)
            continue
        if isinstance(tree, HasLabels):
            if not isinstance(tree.subject, Variable):
                return None
            names.add(tree.subject.name)
            continue
        if isinstance(tree, Variable) or not _is_safe(tree):
            return None
        pending.extend(children(tree))
    return names.pop() if len(names) == 1 else None


def _is_safe(tree: Tree) -> bool:
    """Whether an expression cannot fail, whatever its operands are."""
    if isinstance(tree, Binary):
        if tree.operator is BinaryOperator.IN:
            return isinstance(tree.right, ListLiteral)
        return tree.operator in _OPERATORS
    if isinstance(tree, Unary):
        return tree.operator is UnaryOperator.NOT
    return isinstance(tree, _SAFE)
