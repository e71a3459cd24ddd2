"""The functions of the language, on values. Signatures and the allow-list are in `graph.cypher.functions`.

Each takes evaluated arguments. Where not said otherwise, a null argument gives null before the function is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from graph.backends.networkx import durations, temporal
from graph.backends.networkx.durations import Duration
from graph.backends.networkx.errors import ArgumentError, EvaluationError
from graph.backends.networkx.frame import Environment
from graph.backends.networkx.memory import MemoryBudget
from graph.backends.networkx.moments import functions as moments
from graph.backends.networkx.moments.values import Moment
from graph.backends.networkx.numbers import (
    ceiling,
    cotangent,
    float_of_text,
    floored,
    int64,
    integer_of_float,
    integer_of_text,
    logarithm,
    of_float,
    rounded,
)
from graph.backends.networkx.values import identity_key, is_number, text_of, type_name
from graph.model import Edge, Node, Path

Function = Callable[..., Any]

_INTEGER, _LETTER = 40, 58
"""Bytes of an integer and of a text of one letter in a list."""


def _abs(value: Any) -> Any:
    return int64(abs(value)) if type(value) is int else abs(value)


def _sign(value: Any) -> int:
    return int(value > 0) - int(value < 0)


def _size(value: Any) -> int:
    if isinstance(value, str | list | tuple):
        return len(value)
    raise EvaluationError(f"size() of a {type_name(value)}", hint="size() takes strings and lists, length() paths")


def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else list(reversed(value))


def _substring(text: str, start: int, length: int | None = None) -> str:
    if start < 0 or (length is not None and length < 0):
        raise EvaluationError("substring() takes no negative position or length")
    return text[start:] if length is None else text[start : start + length]


def _side(text: str, length: int, *, right: bool) -> str:
    if length < 0:
        raise EvaluationError("left() and right() take no negative length")
    if not right:
        return text[:length]
    return text[-length:] if length else ""


def _split(text: str, separator: str | list[str]) -> list[str]:
    if isinstance(separator, list):
        first, *others = separator
        for other in others:
            text = text.replace(other, first)
        separator = first
    return text.split(separator) if separator else list(text) or [""]


def integers(start: int, end: int, step: int = 1) -> range:
    """The numbers of `range()`, which holds its last. Raises ArgumentError."""
    for value in (start, end, step):
        if type(value) is not int:
            raise ArgumentError(f"range() takes integers, not a {type_name(value)}")
    if step == 0:
        raise ArgumentError("range() needs a step other than 0")
    return range(start, end + (1 if step > 0 else -1), step)


def _to_integer(value: Any) -> int | None:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return integer_of_float(value)
    if isinstance(value, str):
        return integer_of_text(value)
    raise EvaluationError(f"toInteger() of a {type_name(value)}", hint="it takes strings, numbers and booleans")


def _to_float(value: Any) -> float | None:
    if is_number(value):
        return float(value)
    if isinstance(value, str):
        return float_of_text(value)
    raise EvaluationError(f"toFloat() of a {type_name(value)}", hint="it takes strings and numbers")


def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    if isinstance(value, int):
        return value != 0
    raise EvaluationError(f"toBoolean() of a {type_name(value)}", hint="it takes strings, integers and booleans")


def _to_string(value: Any) -> str:
    if isinstance(value, str | bool | int | float | date | Duration | Moment):
        return text_of(value)
    raise EvaluationError(f"toString() of a {type_name(value)}", hint="name a property of it")


def _or_null(function: Function) -> Function:
    def apply(value: Any) -> Any:
        try:
            return function(value)
        except EvaluationError:
            return None

    return apply


def _each(function: Function) -> Function:
    convert = _or_null(function)
    return lambda values: [None if value is None else convert(value) for value in values]


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    return durations.from_text(value) if isinstance(value, str) else durations.from_map(value)


def _keys(value: Any) -> list[str]:
    return sorted(properties_of(value)) if isinstance(value, Node | Edge) else sorted(value)


def _open_keys(value: Any) -> list[str]:
    return sorted(open_properties_of(value))


def properties_of(value: Any) -> dict[str, Any]:
    """`properties()` of an element, the id among them, or of a map."""
    found = open_properties_of(value)
    return {**found, "id": value.id} if isinstance(value, Node | Edge) else found


def open_properties_of(value: Any) -> dict[str, Any]:
    """The same in open mode, where an element has no property that was not given to it."""
    if not isinstance(value, Node | Edge):
        return dict(value)
    return {name: list(item) if type(item) is tuple else item for name, item in value.properties.items()}


def _is_empty(value: Any) -> bool:
    return len(value) == 0


def component(value: Any, key: str) -> Any:
    """A component of a date, an instant or a duration, such as `year`. Raises EvaluationError for an unknown one."""
    found = value.component(key) if isinstance(value, Duration | Moment) else temporal.component_of(value, key)
    if found is None:
        raise EvaluationError(f"a {type_name(value)} has no component {key!r}", hint="year, month, day ...")
    return found


PURE: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "abs": _abs,
        "acos": of_float(math.acos),
        "asin": of_float(math.asin),
        "atan": of_float(math.atan),
        "atan2": lambda y, x: math.atan2(y, x),
        "btrim": lambda text, chars=None: text.strip(chars),
        "ceil": ceiling,
        "cos": of_float(math.cos),
        "cot": of_float(cotangent),
        "date": temporal.to_date,
        "date.truncate": temporal.truncate_date,
        "datetime": temporal.to_instant,
        "datetime.fromEpoch": lambda seconds, nanos: (
            temporal.EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)
        ),
        "datetime.fromEpochMillis": lambda millis: temporal.EPOCH + timedelta(milliseconds=millis),
        "datetime.truncate": temporal.truncate_instant,
        "degrees": of_float(math.degrees),
        "duration": _duration,
        "duration.between": durations.between,
        "duration.inDays": durations.in_days,
        "duration.inMonths": durations.in_months,
        "duration.inSeconds": durations.in_seconds,
        "e": lambda: math.e,
        "elementId": lambda element: element.id,
        "exists": lambda _value: True,
        "exp": of_float(math.exp),
        "floor": floored,
        "haversin": of_float(lambda value: (1 - math.cos(value)) / 2),
        "head": lambda items: items[0] if items else None,
        "isEmpty": _is_empty,
        "isNaN": lambda value: value != value,
        "keys": _keys,
        "labels": lambda node: list(node.labels),
        "last": lambda items: items[-1] if items else None,
        "left": lambda text, length: _side(text, length, right=False),
        "length": lambda path: len(path.edges) if isinstance(path, Path) else _size(path),
        "log": logarithm(math.log),
        "log10": logarithm(math.log10),
        "ltrim": lambda text, chars=None: text.lstrip(chars),
        "nodes": lambda path: list(path.nodes),
        "pi": lambda: math.pi,
        "properties": properties_of,
        "radians": of_float(math.radians),
        "relationships": lambda path: list(path.edges),
        "reverse": _reverse,
        "right": lambda text, length: _side(text, length, right=True),
        "round": rounded,
        "rtrim": lambda text, chars=None: text.rstrip(chars),
        "sign": _sign,
        "sin": of_float(math.sin),
        "size": _size,
        "sqrt": of_float(math.sqrt),
        "substring": _substring,
        "tail": lambda items: list(items[1:]),
        "tan": of_float(math.tan),
        "toBoolean": _to_boolean,
        "toBooleanList": _each(_to_boolean),
        "toBooleanOrNull": _or_null(_to_boolean),
        "toFloat": _to_float,
        "toFloatList": _each(_to_float),
        "toFloatOrNull": _or_null(_to_float),
        "toInteger": _to_integer,
        "toIntegerList": _each(_to_integer),
        "toIntegerOrNull": _or_null(_to_integer),
        "toLower": lambda text: text.lower(),
        "toString": _to_string,
        "toStringList": _each(_to_string),
        "toStringOrNull": _or_null(_to_string),
        "toUpper": lambda text: text.upper(),
        "trim": lambda text: text.strip(),
        "type": lambda edge: edge.type,
    }
)
"""Functions of non-null arguments, by canonical name."""


def null_if(one: Any, other: Any) -> Any:
    """The first value, or null where both are equivalent."""
    return None if identity_key(one) == identity_key(other) else one


_TYPE_ORDER: Final = (
    "BOOLEAN",
    "STRING",
    "INTEGER",
    "FLOAT",
    "DATE",
    "ZONED DATETIME",
    "DURATION",
    "NODE",
    "RELATIONSHIP",
    "MAP",
    "LIST",
    "PATH",
)


def value_type(value: Any) -> str:
    """`valueType()`: the name of a value's type as Neo4j writes it, with the types of a list's items."""
    return "NULL" if value is None else _type_text(value) + " NOT NULL"


def _type_text(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return {"instant": "ZONED DATETIME"}.get(type_name(value), type_name(value).upper())
    known = {_type_text(item) for item in value if item is not None}
    if not known:
        return "LIST<NULL>" if value else "LIST<NOTHING>"
    suffix = "" if any(item is None for item in value) else " NOT NULL"
    ordered = sorted(known, key=_type_place)
    return f"LIST<{' | '.join(name + suffix for name in ordered)}>"


def _type_place(name: str) -> tuple[int, tuple[int, ...]]:
    head, _, inner = name.partition("<")
    return _TYPE_ORDER.index(head), (_TYPE_ORDER.index(inner.split("<")[0].split(" NOT")[0].split(">")[0]),) if (
        inner and inner.split("<")[0].split(" NOT")[0].split(">")[0] in _TYPE_ORDER
    ) else ()


def graph_functions(environment: Environment, *, closed: bool) -> dict[str, Function]:
    """Functions that look into the graph, at chance, or at how much memory is left; `closed` where there is a schema."""
    nodes = environment.store.nodes
    open_mode = {} if closed else {**moments.FUNCTIONS, "keys": _open_keys, "properties": open_properties_of}
    return {
        **open_mode,
        **_growing(environment.memory),
        "rand": environment.random.random,
        "startNode": lambda edge: nodes[edge.start],
        "endNode": lambda edge: nodes[edge.end],
    }


def _growing(memory: MemoryBudget) -> dict[str, Function]:
    """Functions whose result may be far larger than what they are given."""

    def whole_range(start: int, end: int, step: int = 1) -> list[int]:
        found = integers(start, end, step)
        if found:
            memory.ask((abs(found[-1] - found[0]) // abs(step) + 1) * _INTEGER)
        return list(found)

    def replaced(text: str, old: str, new: str) -> str:
        memory.ask(len(text) + text.count(old) * len(new))
        return text.replace(old, new)

    def split(text: str, separator: str | list[str]) -> list[str]:
        memory.ask(len(text) * _LETTER)
        return _split(text, separator)

    return {"range": whole_range, "replace": replaced, "split": split}
