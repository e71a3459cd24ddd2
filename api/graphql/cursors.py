"""Keyset cursors: a cursor holds the order values and identities of its row, so that inserts before it shift nothing.

An order always ends with identities. openCypher's order: absent values last ascending, first descending.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from api.graphql.errors import CursorError
from core.clock import parse_instant
from graph.cypher import ast
from graph.schema.model import ValueType
from services.cells import to_json


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One key of an order: an attribute (`id` among them) and its direction."""

    attribute: str
    descending: bool = False


Order = tuple[OrderKey, ...]
Bind = Callable[[Any], ast.Expression]
"""Makes a parameter of a value."""

EQ, LT, GT = ast.BinaryOperator.EQ, ast.BinaryOperator.LT, ast.BinaryOperator.GT


def encode(order: Order, values: Sequence[Any]) -> str:
    """The cursor of a row: its order values, then the identities that tell equal rows apart."""
    content = orjson.dumps([_signature(order), [to_json(value) for value in values]])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decode(cursor: str, order: Order, types: Mapping[str, ValueType]) -> tuple[Any, ...]:
    """The values in a cursor: one per order key, then identities. Raises CursorError."""
    try:
        signature, raw = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if signature != _signature(order) or len(raw) <= len(order):
            raise CursorError(
                "the cursor was given for another ordering",
                where="after",
                hint="keep orderBy from page to page, or start again without `after`",
            )
        keyed = tuple(_value(types[key.attribute], value) for key, value in zip(order, raw, strict=False))
        identities = raw[len(order) :]
        if not all(isinstance(identity, str) for identity in identities):
            raise TypeError
        return (*keyed, *identities)
    except (ValueError, TypeError, binascii.Error) as error:
        raise CursorError(
            f"{cursor[:60]!r} is no cursor",
            where="after",
            hint="pass `pageInfo.endCursor` or an edge's `cursor` unchanged",
        ) from error


def seek(order: Order, values: Sequence[Any], subject: ast.Variable, bind: Bind) -> ast.Expression:
    """The predicate that holds for the rows after the cursor, in this order with `id` as the last key."""
    beyond: ast.Expression = _compare(ast.Property(subject, "id"), GT, bind(values[len(order)]))
    for key, value in reversed(list(zip(order, values, strict=False))):
        held = ast.Property(subject, key.attribute)
        if value is None:
            tied = ast.Binary(ast.BinaryOperator.AND, ast.IsNull(held), beyond)
            beyond = tied if not key.descending else _either(ast.IsNull(held, negated=True), tied)
            continue
        tied = ast.Binary(ast.BinaryOperator.AND, _compare(held, EQ, bind(value)), beyond)
        further = _further(held, value, key.descending, bind)
        beyond = tied if further is None else _either(further, tied)
        if not key.descending:
            beyond = _either(beyond, ast.IsNull(held))
    return beyond


def is_after(order: Order, values: Sequence[Any], cursor: Sequence[Any]) -> bool:
    """Whether a row with these values stands after the cursor; the same rule as `seek`, on values already fetched."""
    for key, value, bound in zip(order, values, cursor, strict=False):
        if value == bound:
            continue
        if value is None or bound is None:
            return (value is None) is not key.descending
        return bool(value < bound) is key.descending
    return tuple(values[len(order) :]) > tuple(cursor[len(order) :])


def _further(held: ast.Expression, value: Any, descending: bool, bind: Bind) -> ast.Expression | None:
    """Strictly beyond the value; booleans by equality, since false < true is all there is."""
    if isinstance(value, bool):
        return _compare(held, EQ, bind(not value)) if value is descending else None
    return _compare(held, LT if descending else GT, bind(value))


def _signature(order: Order) -> str:
    return ",".join(("-" if key.descending else "") + key.attribute for key in order)


def _value(kind: ValueType, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case ValueType.DATE:
            return date.fromisoformat(value)
        case ValueType.INSTANT:
            return parse_instant(value)
        case ValueType.BOOLEAN:
            accepted: type | tuple[type, ...] = bool
        case ValueType.FLOAT:
            accepted = (int, float)
        case ValueType.INTEGER | ValueType.MONEY:
            accepted = int
        case _:
            accepted = str
    if not isinstance(value, accepted) or (isinstance(value, bool) and accepted is not bool):
        raise TypeError
    return value


def _compare(left: ast.Expression, operator: ast.BinaryOperator, right: ast.Expression) -> ast.Expression:
    return ast.Comparison((left, right), (operator,))


def _either(left: ast.Expression, right: ast.Expression) -> ast.Expression:
    return ast.Binary(ast.BinaryOperator.OR, left, right)
