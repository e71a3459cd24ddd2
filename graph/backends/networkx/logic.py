"""Three-valued logic: comparisons, membership, quantifiers and texts, where null is what is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from graph.backends.networkx import values
from graph.backends.networkx.errors import EvaluationError
from graph.backends.networkx.frame import Evaluate, Row
from graph.cypher import ast
from graph.cypher.regular_expressions import is_too_much

_ORDERINGS: Mapping[ast.BinaryOperator, Callable[[Any, Any], bool]] = {
    ast.BinaryOperator.LT: lt,
    ast.BinaryOperator.LE: le,
    ast.BinaryOperator.GT: gt,
    ast.BinaryOperator.GE: ge,
}
_PLAINLY_ORDERED = frozenset({int, str})
"""Types of which two values compare in Python as they do in Cypher."""


def truth(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise EvaluationError(f"a {values.type_name(value)} is neither true nor false", hint="compare it with something")


def both(left: Any, right: Evaluate, row: Row) -> bool | None:
    if left is not None and not truth(left):
        return False
    other = right(row)
    if other is not None and not truth(other):
        return False
    return None if left is None or other is None else True


def either(left: Any, right: Evaluate, row: Row) -> bool | None:
    if left is not None and truth(left):
        return True
    other = right(row)
    if other is not None and truth(other):
        return True
    return None if left is None or other is None else False


def one_of_two(left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else truth(left) != truth(right)


def compared(left: Evaluate, operator: ast.BinaryOperator, right: Evaluate) -> Evaluate:
    if operator is ast.BinaryOperator.EQ:
        return lambda row: values.equal(left(row), right(row))
    if operator is ast.BinaryOperator.NE:

        def differ(row: Row) -> bool | None:
            same = values.equal(left(row), right(row))
            return None if same is None else not same

        return differ
    compares = _ORDERINGS[operator]
    wanted = {
        ast.BinaryOperator.LT: (-1,),
        ast.BinaryOperator.LE: (-1, 0),
        ast.BinaryOperator.GT: (1,),
        ast.BinaryOperator.GE: (1, 0),
    }[operator]

    def ordered(row: Row) -> bool | None:
        one, other = left(row), right(row)
        if type(one) is type(other) and type(one) in _PLAINLY_ORDERED:
            return compares(one, other)
        found = values.compare(one, other)
        if found is None:
            return (
                False
                if (values.is_nan(one) and values.is_number(other)) or (values.is_nan(other) and values.is_number(one))
                else None
            )
        return found in wanted

    return ordered


def contained(item: Any, items: Any) -> bool | None:
    """`item IN items`: null where only an unknown member could be it."""
    if items is None:
        return None
    unknown = False
    for member in listed(items) or ():
        same = values.equal(item, member)
        if same:
            return True
        unknown = unknown or same is None
    return None if unknown else False


def quantified(kind: ast.QuantifierKind, count: int, true: int, unknown: int) -> bool | None:
    match kind:
        case ast.QuantifierKind.ANY:
            return True if true else None if unknown else False
        case ast.QuantifierKind.ALL:
            return False if true + unknown < count else None if unknown else True
        case ast.QuantifierKind.NONE:
            return False if true else None if unknown else True
        case ast.QuantifierKind.SINGLE:
            return False if true > 1 else None if unknown else true == 1


def text_test(left: Evaluate, right: Evaluate, test: Callable[[str, str], bool]) -> Evaluate:
    def evaluate(row: Row) -> bool | None:
        text, part = left(row), right(row)
        return test(text, part) if isinstance(text, str) and isinstance(part, str) else None

    return evaluate


def regular(pattern: str, length: int = 0) -> re.Pattern[str]:
    """A compiled regular expression, to be held against a text of that length. Raises EvaluationError."""
    try:
        if is_too_much(pattern, length):
            raise EvaluationError(
                f"the regular expression {pattern[:100]!r} may take too long: it repeats what repeats"
            )
        return re.compile(pattern)
    except re.error as error:
        raise EvaluationError(f"{pattern!r} is not a regular expression: {error}") from error


def listed(value: Any) -> Any:
    if value is None or isinstance(value, list | tuple | range):
        return value
    raise EvaluationError(f"a {values.type_name(value)} is not a list")
