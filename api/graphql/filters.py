"""Filters: the input types of a kind's attributes, and what a filter means as a predicate.

Comparison is Cypher's: an absent value fits no comparison and no negation of one; only `isNull` and `eq: null` find it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.graphql.cursors import Bind
from api.graphql.errors import FilterError
from graph.cypher import ast
from graph.schema.model import ValueType

B = ast.BinaryOperator

COMPARISONS: Mapping[str, ast.BinaryOperator] = {
    "eq": B.EQ,
    "ne": B.NE,
    "gt": B.GT,
    "gte": B.GE,
    "lt": B.LT,
    "lte": B.LE,
}
TEXT: Mapping[str, ast.BinaryOperator] = {
    "contains": B.CONTAINS,
    "startsWith": B.STARTS_WITH,
    "endsWith": B.ENDS_WITH,
}
EQUALITY = ("eq", "ne", "in", "isNull")
RANGE = ("gt", "gte", "lt", "lte")

MAX_CONDITIONS = 500
"""Conditions of one filter, nested ones among them; a list of values in `in` is one."""

_TRUE, _FALSE = ast.Literal(True), ast.Literal(False)


def operators(kind: ValueType, closed: bool) -> tuple[str, ...]:
    """The operators that an attribute's filter offers; `closed` for an enum."""
    match kind:
        case ValueType.STRING_LIST:
            return ("contains", "isNull")
        case ValueType.BOOLEAN:
            return ("eq", "ne", "isNull")
        case ValueType.STRING:
            return EQUALITY if closed else (*EQUALITY, *RANGE, *TEXT)
        case _:
            return (*EQUALITY, *RANGE)


def check_conditions(given: Mapping[str, Any]) -> None:
    """Refuse a filter of more conditions than are accepted, having looked at one more at most. Raises FilterError."""
    pending: list[Mapping[str, Any]] = [given]
    seen = 0
    while pending:
        for name, content in pending.pop().items():
            if name in ("AND", "OR"):
                pending.extend(content or ())
                seen += len(content or ())
            elif name == "NOT":
                pending.append(content or {})
                seen += 1
            else:
                seen += len(content or ())
            if seen > MAX_CONDITIONS:
                raise FilterError(
                    f"the filter has more than {MAX_CONDITIONS} conditions",
                    where="filter",
                    hint="compare with a list of values: `in: [...]`",
                )


def predicate(
    given: Mapping[str, Any], subject: ast.Variable, types: Mapping[str, ValueType], bind: Bind
) -> ast.Expression | None:
    """The predicate of a filter input, None for an empty one; every value becomes a parameter. Raises FilterError."""
    found: list[ast.Expression] = []
    for name, content in given.items():
        if content is None:
            continue
        match name:
            case "AND":
                found.extend(part for part in (predicate(one, subject, types, bind) for one in content) if part)
            case "OR":
                parts = [predicate(one, subject, types, bind) or _TRUE for one in content]
                found.append(_joined(B.OR, parts) or _FALSE)
            case "NOT":
                inner = predicate(content, subject, types, bind)
                found.append(_FALSE if inner is None else ast.Unary(ast.UnaryOperator.NOT, inner))
            case _:
                held = ast.Property(subject, name)
                is_list = types[name] is ValueType.STRING_LIST
                found.extend(_one(held, is_list, operator, value, bind) for operator, value in content.items())
    return _joined(B.AND, found)


def both(left: ast.Expression | None, right: ast.Expression | None) -> ast.Expression | None:
    """The conjunction of what is there."""
    return _joined(B.AND, [part for part in (left, right) if part is not None])


def _one(held: ast.Property, is_list: bool, operator: str, value: Any, bind: Bind) -> ast.Expression:
    if value is None:
        if operator in ("eq", "ne"):
            return ast.IsNull(held, negated=operator == "ne")
        raise FilterError(
            f"{operator!r} cannot compare with null",
            where=f"filter on {held.key}",
            hint="use isNull: true, or eq: null",
        )
    if operator == "isNull":
        return ast.IsNull(held, negated=not value)
    if operator == "in":
        return ast.Binary(B.IN, held, bind(list(value)))
    if operator == "contains" and is_list:
        return ast.Binary(B.IN, bind(value), held)
    if operator in TEXT:
        return ast.Binary(TEXT[operator], held, bind(value))
    return ast.Comparison((held, bind(value)), (COMPARISONS[operator],))


def _joined(operator: ast.BinaryOperator, parts: Iterable[ast.Expression]) -> ast.Expression | None:
    """The parts joined in a balanced tree, whose height does not grow with their number."""
    items = list(parts)
    while len(items) > 1:
        pairs = [ast.Binary(operator, left, right) for left, right in zip(items[::2], items[1::2], strict=False)]
        items = [*pairs, *items[len(pairs) * 2 :]]
    return items[0] if items else None
