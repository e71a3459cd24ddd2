"""Quantified path patterns of one relationship as variable-length relationships whose steps have a condition.

`((a:Server)-[r:RUNS_ON]->(b) WHERE a.x < b.x){1,3}` walks RUNS_ON one to three times, and of each step the start must be
a Server whose x is less than that of its end. The names of the group mean lists outside of it: who uses them there is
refused by the parser, not here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Direction,
    Expression,
    FunctionCall,
    HasLabels,
    Hops,
    MapLiteral,
    MapProjection,
    NodePattern,
    Parameter,
    PathPattern,
    Property,
    RelationshipPattern,
    Span,
    SubqueryExpression,
    Tree,
    Variable,
)
from graph.cypher.rewrite import descend, transform

STEP: Final = "__step"
"""What a step without a name is called in its own condition."""


def reduced(group: PathPattern, where: Expression | None, hops: Hops, span: Span) -> RelationshipPattern | None:
    """The variable-length relationship that a quantified group is; None where it is none.

    A group is one where it has one relationship, and where its conditions speak of the step and its ends without
    patterns or subqueries. Of an undirected relationship nobody can say which end is which: its ends are unconditional.
    """
    if len(group.steps) != 1 or group.steps[0][0].hops is not None:
        return None
    relationship, right = group.steps[0]
    left = group.start
    step = Variable(relationship.variable or STEP, span=relationship.span)
    start, end = (right, left) if relationship.direction is Direction.IN else (left, right)
    ends = (
        (start, FunctionCall("startNode", (step,), span=start.span)),
        (end, FunctionCall("endNode", (step,), span=end.span)),
    )
    names = {node.variable: call for node, call in ends if node.variable is not None}
    conditions = [] if relationship.where is None else [relationship.where]
    for node, call in ends:
        found = _conditions(node, call)
        if found is None:
            return None
        conditions += found
    if where is not None:
        conditions.append(where)
    rewritten = [_speaking_of(condition, names) for condition in conditions]
    if any(_reaches_out(condition) for condition in rewritten):
        return None
    if relationship.direction is Direction.BOTH and any(_names_an_end(condition) for condition in rewritten):
        return None
    return replace(relationship, where=_all(rewritten), hops=hops, span=span)


def _conditions(node: NodePattern, call: FunctionCall) -> list[Expression] | None:
    """What a node pattern says, as conditions on the node that the call gives; None where it names no properties."""
    if isinstance(node.properties, Parameter):
        return None
    found: list[Expression] = []
    if node.labels is not None:
        found.append(HasLabels(call, node.labels, span=node.span))
    if isinstance(node.properties, MapLiteral):
        for key, value in node.properties.items:
            place = Property(call, key, span=node.span)
            found.append(Comparison((place, value), (BinaryOperator.EQ,), span=node.span))
    if node.where is not None:
        found.append(node.where)
    return found


def _speaking_of(condition: Expression, names: dict[str, FunctionCall]) -> Expression:
    def visit(tree: Tree) -> Tree | None:
        return names.get(tree.name) if isinstance(tree, Variable) else None

    return transform(condition, visit)


def _reaches_out(condition: Expression) -> bool:
    return any(isinstance(tree, PathPattern | SubqueryExpression | MapProjection) for tree in descend(condition))


def _names_an_end(condition: Expression) -> bool:
    return any(isinstance(tree, FunctionCall) and tree.name in ("startNode", "endNode") for tree in descend(condition))


def _all(conditions: list[Expression]) -> Expression | None:
    joined: Expression | None = None
    for condition in conditions:
        joined = condition if joined is None else Binary(BinaryOperator.AND, joined, condition, span=condition.span)
    return joined
