"""The functions of the language, on values. Signatures and the allow-list are in `graph.cypher.functions`.

Each takes evaluated arguments. Where not said otherwise, a null argument gives null before the function is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from core.clock import parse_instant
from graph.backends.networkx import durations
from graph.backends.networkx.durations import Duration
from graph.backends.networkx.errors import EvaluationError
from graph.backends.networkx.store import GraphStore
from graph.backends.networkx.values import INT_MAX, INT_MIN, identity_key, int64, is_number, text_of, type_name
from graph.model import Edge, Node, Path

Function = Callable[..., Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _math(function: Callable[[float], float]) -> Function:
    def apply(value: Any) -> float:
        try:
            return function(float(value))
        except (ValueError, ZeroDivisionError):
            return math.nan
        except OverflowError:
            return math.inf

    return apply


def _log(value: float) -> float:
    return -math.inf if value == 0 else math.log(value)


def _log10(value: float) -> float:
    return -math.inf if value == 0 else math.log10(value)


def _abs(value: Any) -> Any:
    return int64(abs(value)) if type(value) is int else abs(value)


def _round(value: Any, digits: int = 0, _mode: str = "HALF_UP") -> float:
    number = float(value)
    if math.isinf(number) or number != number:
        return number
    scale = 10.0**digits
    if digits:
        return math.copysign(math.floor(abs(number) * scale + 0.5) / scale, number)
    return float(math.floor(number + 0.5))


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
    return text.split(separator) if separator else list(text)


def _range(start: int, end: int, step: int = 1) -> list[int]:
    if step == 0:
        raise EvaluationError("range() needs a step other than 0")
    return list(range(start, end + (1 if step > 0 else -1), step))


def _to_integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return None if value != value or math.isinf(value) else _bounded(int(value))
    if isinstance(value, str):
        try:
            return _bounded(int(value.strip()))
        except ValueError:
            try:
                return _to_integer(float(value))
            except ValueError:
                return None
    raise EvaluationError(f"toInteger() of a {type_name(value)}", hint="it takes strings, numbers and booleans")


def _bounded(value: int) -> int | None:
    return value if INT_MIN <= value <= INT_MAX else None


def _to_float(value: Any) -> float | None:
    if is_number(value):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
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
    if isinstance(value, str | bool | int | float | date | Duration):
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


def _date(value: Any) -> date:
    if type(value) is datetime:
        return value.date()
    if type(value) is date:
        return value
    if isinstance(value, Mapping):
        return _date_of_map(value)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise EvaluationError(f"{value!r} is not a date", hint="write it as 2025-01-31") from error


def _date_of_map(parts: Mapping[str, Any]) -> date:
    base = _date(parts["date"]) if "date" in parts else date(1, 1, 1)
    try:
        return date(
            parts.get("year", base.year),
            parts.get("month", base.month if "date" in parts else 1),
            parts.get("day", base.day if "date" in parts else 1),
        )
    except (ValueError, TypeError) as error:
        raise EvaluationError(f"no such date: {dict(parts)}", hint="year, month and day") from error


def _datetime(value: Any) -> datetime:
    if type(value) is datetime:
        return value
    if type(value) is date:
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, Mapping):
        day = _date_of_map(value)
        micro = value.get("microsecond", 0) + 1000 * value.get("millisecond", 0)
        clock = (value.get("hour", 0), value.get("minute", 0), value.get("second", 0), micro)
        return datetime(day.year, day.month, day.day, *clock, tzinfo=UTC)
    try:
        return parse_instant(value)
    except ValueError as error:
        raise EvaluationError(f"{value!r} is not a date and time", hint="write it as 2025-01-31T08:00:00Z") from error


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    return durations.from_text(value) if isinstance(value, str) else durations.from_map(value)


def _truncate_date(unit: str, moment: Any, _fields: Any = None) -> date:
    day = _date(moment)
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case "decade":
            return date(max(1, day.year // 10 * 10), 1, 1)
        case "century":
            return date(max(1, day.year // 100 * 100), 1, 1)
    raise EvaluationError(f"{unit!r} is no unit to truncate to", hint="year, quarter, month, week, day ...")


def _truncate_instant(unit: str, moment: Any, _fields: Any = None) -> datetime:
    instant = _datetime(moment)
    match unit:
        case "hour":
            return instant.replace(minute=0, second=0, microsecond=0)
        case "minute":
            return instant.replace(second=0, microsecond=0)
        case "second":
            return instant.replace(microsecond=0)
        case "millisecond":
            return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
        case "microsecond":
            return instant
    return _datetime(_truncate_date(unit, instant))


def _keys(value: Any) -> list[str]:
    return sorted(properties_of(value)) if isinstance(value, Node | Edge) else list(value)


def properties_of(value: Any) -> dict[str, Any]:
    """`properties()` of an element, the id among them, or of a map."""
    if not isinstance(value, Node | Edge):
        return dict(value)
    found = {name: list(item) if type(item) is tuple else item for name, item in value.properties.items()}
    return {**found, "id": value.id}


def _is_empty(value: Any) -> bool:
    return len(value) == 0


def _value_type(value: Any) -> str:
    return type_name(value).upper()


def component(value: Any, key: str) -> Any:
    """A component of a date, an instant or a duration, such as `year`. Raises EvaluationError for an unknown one."""
    found: Any = None
    if isinstance(value, Duration):
        found = value.component(key)
    else:
        iso = value.isocalendar()
        names: dict[str, Any] = {
            "year": value.year,
            "quarter": (value.month - 1) // 3 + 1,
            "month": value.month,
            "week": iso.week,
            "weekYear": iso.year,
            "day": value.day,
            "ordinalDay": value.timetuple().tm_yday,
            "dayOfWeek": iso.weekday,
            "weekDay": iso.weekday,
            "dayOfQuarter": (value - _truncate_date("quarter", value)).days + 1 if type(value) is date else None,
        }
        if type(value) is datetime:
            names |= {
                "hour": value.hour,
                "minute": value.minute,
                "second": value.second,
                "millisecond": value.microsecond // 1000,
                "microsecond": value.microsecond,
                "nanosecond": value.microsecond * 1000,
                "timezone": "Z",
                "offset": "Z",
                "epochSeconds": (value - _EPOCH) // timedelta(seconds=1),
                "epochMillis": (value - _EPOCH) // timedelta(milliseconds=1),
                "dayOfQuarter": (value.date() - _truncate_date("quarter", value)).days + 1,
            }
        found = names.get(key)
    if found is None:
        raise EvaluationError(f"a {type_name(value)} has no component {key!r}", hint="year, month, day ...")
    return found


PURE: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "abs": _abs,
        "acos": _math(math.acos),
        "asin": _math(math.asin),
        "atan": _math(math.atan),
        "atan2": lambda y, x: math.atan2(y, x),
        "btrim": lambda text, chars=None: text.strip(chars),
        "ceil": lambda value: float(math.ceil(value)) if math.isfinite(value) else float(value),
        "cos": _math(math.cos),
        "cot": _math(lambda value: 1 / math.tan(value)),
        "date": _date,
        "date.truncate": _truncate_date,
        "datetime": _datetime,
        "datetime.fromEpoch": lambda seconds, nanos: _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000),
        "datetime.fromEpochMillis": lambda millis: _EPOCH + timedelta(milliseconds=millis),
        "datetime.truncate": _truncate_instant,
        "degrees": _math(math.degrees),
        "duration": _duration,
        "duration.between": durations.between,
        "duration.inDays": durations.in_days,
        "duration.inMonths": durations.in_months,
        "duration.inSeconds": durations.in_seconds,
        "e": lambda: math.e,
        "elementId": lambda element: element.id,
        "exists": lambda _value: True,
        "exp": _math(math.exp),
        "floor": lambda value: float(math.floor(value)) if math.isfinite(value) else float(value),
        "haversin": _math(lambda value: (1 - math.cos(value)) / 2),
        "head": lambda items: items[0] if items else None,
        "isEmpty": _is_empty,
        "isNaN": lambda value: value != value,
        "keys": _keys,
        "labels": lambda node: list(node.labels),
        "last": lambda items: items[-1] if items else None,
        "left": lambda text, length: _side(text, length, right=False),
        "length": lambda path: len(path.edges) if isinstance(path, Path) else _size(path),
        "log": _math(_log),
        "log10": _math(_log10),
        "ltrim": lambda text, chars=None: text.lstrip(chars),
        "nodes": lambda path: list(path.nodes),
        "pi": lambda: math.pi,
        "properties": properties_of,
        "radians": _math(math.radians),
        "range": _range,
        "relationships": lambda path: list(path.edges),
        "replace": lambda text, old, new: text.replace(old, new),
        "reverse": _reverse,
        "right": lambda text, length: _side(text, length, right=True),
        "round": _round,
        "rtrim": lambda text, chars=None: text.rstrip(chars),
        "sign": _sign,
        "sin": _math(math.sin),
        "size": _size,
        "split": _split,
        "sqrt": _math(math.sqrt),
        "substring": _substring,
        "tail": lambda items: list(items[1:]),
        "tan": _math(math.tan),
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


def value_type(value: Any) -> str:
    """The name of a value's type, null included."""
    return _value_type(value)


def graph_functions(store: GraphStore) -> dict[str, Function]:
    """Functions that look into the graph."""
    return {
        "startNode": lambda edge: store.nodes[edge.start],
        "endNode": lambda edge: store.nodes[edge.end],
    }
