"""Types of arithmetic and of literals: what the binder checks with and what dialects ask."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from graph.cypher import types
from graph.cypher.ast import BinaryOperator
from graph.cypher.bound import CypherType, TypeName


def literal_type(value: Any) -> CypherType:
    """The type of a literal's value."""
    if value is None:
        return types.NULL
    if isinstance(value, bool):
        return types.BOOLEAN
    if isinstance(value, int):
        return types.INTEGER
    if isinstance(value, float):
        return types.FLOAT
    if isinstance(value, str):
        return types.STRING
    if isinstance(value, datetime):
        return types.INSTANT
    return types.DATE if isinstance(value, date) else types.ANY


def arithmetic_type(operator: BinaryOperator, left: CypherType, right: CypherType) -> CypherType | None:
    """The type of `left operator right` for + - * / % ^; None where it has no meaning."""
    one, other = left.name, right.name
    if one in types.NUMERIC and other in types.NUMERIC:
        if operator is BinaryOperator.POWER:
            return types.FLOAT
        if one is other:
            return left
        return types.FLOAT if TypeName.FLOAT in (one, other) else types.NUMBER
    if operator is BinaryOperator.ADD and TypeName.LIST in (one, other):
        items = [of.item or types.ANY if of.name is TypeName.LIST else of for of in (left, right)]
        return types.list_of(types.unify_all(items))
    if one in types.UNKNOWN or other in types.UNKNOWN:
        return types.FLOAT if operator is BinaryOperator.POWER else types.ANY
    if operator is BinaryOperator.ADD and TypeName.STRING in (one, other):
        joined = {one, other} <= types.NUMERIC | {TypeName.STRING}
        return types.STRING if joined else None
    return _temporal(operator, left, right)


def _temporal(operator: BinaryOperator, left: CypherType, right: CypherType) -> CypherType | None:
    one, other = left.name, right.name
    if operator in (BinaryOperator.ADD, BinaryOperator.SUBTRACT):
        if other is TypeName.DURATION and one in (*types.MOMENTS, TypeName.DURATION):
            return left
        if operator is BinaryOperator.ADD and one is TypeName.DURATION and other in types.MOMENTS:
            return right
    if operator in (BinaryOperator.MULTIPLY, BinaryOperator.DIVIDE):
        if one is TypeName.DURATION and other in types.NUMERIC:
            return left
        if operator is BinaryOperator.MULTIPLY and other is TypeName.DURATION and one in types.NUMERIC:
            return right
    return None
