"""Label expressions as tests, for open mode where the binder could not reduce them to kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graph.cypher import ast


def label_test(expression: ast.LabelExpression) -> Callable[[Sequence[str]], bool]:
    """A test of the labels of a node, or of the one type of a relation."""
    match expression:
        case ast.LabelName(name=name):
            return lambda labels: name in labels
        case ast.LabelWildcard():
            return lambda labels: len(labels) > 0
        case ast.LabelNot(operand=operand):
            refused = label_test(operand)
            return lambda labels: not refused(labels)
        case ast.LabelAnd(operands=operands):
            every = [label_test(operand) for operand in operands]
            return lambda labels: all(test(labels) for test in every)
        case ast.LabelOr(operands=operands):
            either = [label_test(operand) for operand in operands]
            return lambda labels: any(test(labels) for test in either)
    raise TypeError(type(expression).__name__)
