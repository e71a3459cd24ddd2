"""Equality, order and arithmetic of values, as openCypher defines them and Neo4j 5 does them.

Three notions are kept apart: equality (`=`, three-valued), equivalence (DISTINCT and grouping: null equals null, and as
in Neo4j every NaN stays alone), and orderability (ORDER BY: total, across types, null last).
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from graph.backends.networkx.durations import Duration, shift
from graph.backends.networkx.errors import ArithmeticOverflowError, EvaluationError
from graph.backends.networkx.moments.values import Moment
from graph.backends.networkx.numbers import float_text, int64
from graph.model import Edge, Node, Path


def is_number(value: Any) -> bool:
    """An integer or a float; booleans are none."""
    return type(value) is int or type(value) is float


def equal(one: Any, other: Any) -> bool | None:
    """`=`: None where the answer is unknown."""
    if type(one) is str and type(other) is str:
        return one == other
    if one is None or other is None:
        return None
    if is_number(one) and is_number(other):
        return bool(one == other)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return _all_equal(len(one), len(other), zip(one, other, strict=False))
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return False
        return _all_equal(0, 0, ((one[key], other[key]) for key in one))
    if type(one) is not type(other):
        return False
    return bool(one == other)


def _all_equal(length: int, other_length: int, pairs: Any) -> bool | None:
    if length != other_length:
        return False
    unknown = False
    for left, right in pairs:
        same = equal(left, right)
        if same is False:
            return False
        unknown = unknown or same is None
    return None if unknown else True


def compare(one: Any, other: Any) -> int | None:
    """-1, 0 or 1 for `<`, `=`, `>` between values of one comparable type; None where they cannot be compared."""
    if is_number(one) and is_number(other):
        if one != one or other != other:  # NaN compares with nothing
            return None
        return int(one > other) - int(one < other)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        for left, right in zip(one, other, strict=False):
            found = compare(left, right)
            if found != 0:
                return found
        return int(len(one) > len(other)) - int(len(one) < len(other))
    if type(one) is type(other) and isinstance(one, str | bool | date):
        return int(one > other) - int(one < other)
    if isinstance(one, Moment):
        if type(one) is not type(other):
            return None
        return int(one.order > other.order) - int(one.order < other.order)
    if isinstance(one, Duration) and one == other:
        return 0
    return _compare_maps(one, other) if isinstance(one, dict) and isinstance(other, dict) else None


def _compare_maps(one: dict[str, Any], other: dict[str, Any]) -> int | None:
    """By size, then keys, then values in the order of the keys."""
    left, right = (len(one), sorted(one)), (len(other), sorted(other))
    if left != right:
        return int(left > right) - int(left < right)
    return compare([one[key] for key in left[1]], [other[key] for key in left[1]])


def is_nan(value: Any) -> bool:
    """Whether a value is the float NaN."""
    return type(value) is float and value != value


def sort_key(value: Any) -> Any:
    """A key whose order is the total order of ORDER BY, ascending.

    Ranks of types: map, node, relation, list, path, instant, date, duration, string, boolean, number, null.
    """
    if value is None:
        return (11,)
    kind = type(value)
    if kind is int or kind is float:
        return (10, 1, 0) if value != value else (10, 0, value)
    if kind is str:
        return (8, value)
    if kind is bool:
        return (9, value)
    if kind is datetime:
        return (5, value)
    if kind is date:
        return (6, value)
    if isinstance(value, list | tuple):
        return (3, *(sort_key(item) for item in value), ())
    if isinstance(value, Node):
        return (1, value.id)
    if isinstance(value, Edge):
        return (2, value.id)
    if isinstance(value, Path):
        return (4, tuple(n.id for n in value.nodes), tuple(e.id for e in value.edges))
    if isinstance(value, Moment):
        return (value.rank, *value.order)
    if isinstance(value, Duration):
        return (7, value.average(), value.months, value.days)
    return (0, len(value), tuple(sorted(value)), tuple(sort_key(value[key]) for key in sorted(value)))


def identity_key(value: Any) -> Hashable:
    """A key that is equal for equivalent values: what DISTINCT and grouping go by."""
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is bool:
        return ("b", value)
    if kind is int or kind is float:
        return ("nan", object()) if value != value else ("n", value)
    if kind is Node or kind is Edge:
        return (kind, value.id)
    if isinstance(value, list | tuple):
        return ("l", tuple(identity_key(item) for item in value))
    if isinstance(value, dict):
        return ("m", frozenset((key, identity_key(item)) for key, item in value.items()))
    if isinstance(value, Path):
        return ("p", tuple(n.id for n in value.nodes), tuple(e.id for e in value.edges))
    return (kind.__name__, value)


def add(one: Any, other: Any) -> Any:
    """`+`: numbers, strings, lists, moments and durations."""
    if one is None or other is None:
        return None
    if type(one) is int and type(other) is int:
        return int64(one + other)
    if is_number(one) and is_number(other):
        return one + other
    if isinstance(one, list | tuple):
        return [*one, *other] if isinstance(other, list | tuple) else [*one, other]
    if isinstance(other, list | tuple):
        return [one, *other]
    if isinstance(one, str) and (isinstance(other, str) or is_number(other)):
        return one + text_of(other)
    if isinstance(other, str) and is_number(one):
        return text_of(one) + other
    if isinstance(one, Duration) and isinstance(other, Duration):
        return one + other
    if isinstance(one, date) and isinstance(other, Duration):
        return shift(one, other)
    if isinstance(one, Duration) and isinstance(other, date):
        return shift(other, one)
    if isinstance(one, Moment) and isinstance(other, Duration):
        return one.plus(other)
    if isinstance(one, Duration) and isinstance(other, Moment):
        return other.plus(one)
    raise _mismatch("+", one, other)


def subtract(one: Any, other: Any) -> Any:
    """`-`: numbers, moments and durations."""
    if one is None or other is None:
        return None
    if type(one) is int and type(other) is int:
        return int64(one - other)
    if is_number(one) and is_number(other):
        return one - other
    if isinstance(other, Duration) and isinstance(one, Duration | date):
        return one + -other if isinstance(one, Duration) else shift(one, -other)
    if isinstance(other, Duration) and isinstance(one, Moment):
        return one.plus(-other)
    raise _mismatch("-", one, other)


def multiply(one: Any, other: Any) -> Any:
    """`*`: numbers, and durations times numbers."""
    if one is None or other is None:
        return None
    if type(one) is int and type(other) is int:
        return int64(one * other)
    if is_number(one) and is_number(other):
        return one * other
    if isinstance(one, Duration) and is_number(other):
        return one.scaled(other)
    if is_number(one) and isinstance(other, Duration):
        return other.scaled(one)
    raise _mismatch("*", one, other)


def divide(one: Any, other: Any) -> Any:
    """`/`: integers truncate towards zero and refuse a zero divisor; floats follow IEEE 754."""
    if one is None or other is None:
        return None
    if type(one) is int and type(other) is int:
        if other == 0:
            raise ArithmeticOverflowError("division by zero", hint="guard it with CASE, or divide by a float")
        quotient = abs(one) // abs(other)
        return int64(quotient if (one < 0) == (other < 0) else -quotient)
    if is_number(one) and is_number(other):
        if other == 0:
            return math.nan if one == 0 or one != one else math.copysign(math.inf, one) * math.copysign(1, other)
        return one / other
    if isinstance(one, Duration) and is_number(other):
        if math.isinf(other):
            return one.scaled(0)
        if not other:
            raise ArithmeticOverflowError("a duration would be infinite", hint="divide by a number other than 0")
        return one.scaled(math.nan if other != other else 1 / Fraction(repr(other)))
    raise _mismatch("/", one, other)


def modulo(one: Any, other: Any) -> Any:
    """`%`: the sign of the dividend."""
    if one is None or other is None:
        return None
    if type(one) is int and type(other) is int:
        if other == 0:
            raise ArithmeticOverflowError("division by zero", hint="guard it with CASE")
        rest = abs(one) % abs(other)
        return rest if one >= 0 else -rest
    if is_number(one) and is_number(other):
        return math.nan if other == 0 or math.isinf(one) else math.fmod(one, other)
    raise _mismatch("%", one, other)


def power(one: Any, other: Any) -> Any:
    """`^`: always a float."""
    if one is None or other is None:
        return None
    if not (is_number(one) and is_number(other)):
        raise _mismatch("^", one, other)
    base, exponent = float(one), float(other)
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError):
        return math.copysign(math.inf, base) if math.fmod(exponent, 2) in (1, -1) else math.inf
    return math.nan if isinstance(result, complex) else result


def negate(value: Any) -> Any:
    """Unary minus, which makes no zero below zero: what is taken from zero is zero, as in Neo4j."""
    if value is None:
        return None
    if type(value) is int:
        return int64(-value)
    if type(value) is float:
        return 0.0 - value
    if isinstance(value, Duration):
        return -value
    raise EvaluationError(f"a {type_name(value)} has no negative")


def text_of(value: Any) -> str:
    """`toString()`: floats as Neo4j writes them, moments in ISO 8601."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float:
        return float_text(value)
    if type(value) is datetime:
        whole, _, fraction = value.replace(tzinfo=None).isoformat().partition(".")
        return f"{whole}.{fraction.rstrip('0')}Z" if fraction else f"{whole}Z"
    return str(value)


def type_name(value: Any) -> str:
    """What a person calls the type of a value."""
    names = {bool: "boolean", int: "integer", float: "float", str: "string", date: "date", datetime: "instant",
             list: "list", tuple: "list", dict: "map", Node: "node", Edge: "relationship", Path: "path",
             Duration: "duration", type(None): "null"}  # fmt: skip
    return value.name if isinstance(value, Moment) else names.get(type(value), type(value).__name__)


def _mismatch(operator: str, one: Any, other: Any) -> EvaluationError:
    return EvaluationError(
        f"{type_name(one)} {operator} {type_name(other)} has no meaning", hint="convert one side, or guard it with CASE"
    )
