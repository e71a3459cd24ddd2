"""Filters held against one element in memory, with the meaning that `filters.predicate` gives them in a query.

Three-valued, as in Cypher: a comparison with an absent value is unknown (None), and so is its negation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from api.graphql.errors import FilterError
from graph.schema.model import ValueType

_RANGE: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}


def fits(given: Mapping[str, Any], values: Mapping[str, Any], types: Mapping[str, ValueType]) -> bool:
    """Whether an element with these attributes (`id` among them) fits a filter. Raises FilterError."""
    return _value(given, values, types) is True


def _value(given: Mapping[str, Any], values: Mapping[str, Any], types: Mapping[str, ValueType]) -> bool | None:
    found: list[bool | None] = []
    for name, content in given.items():
        if content is None:
            continue
        match name:
            case "AND":
                found.extend(_value(one, values, types) for one in content)
            case "OR":
                found.append(_any(_value(one, values, types) for one in content))
            case "NOT":
                inner = _value(content, values, types)
                found.append(None if inner is None else not inner)
            case _:
                held = values.get(name)
                is_list = types[name] is ValueType.STRING_LIST
                found.extend(_one(name, held, is_list, operator, value) for operator, value in content.items())
    return _all(found)


def _one(name: str, held: Any, is_list: bool, operator: str, value: Any) -> bool | None:
    if value is None:
        if operator in ("eq", "ne"):
            return (held is None) == (operator == "eq")
        raise FilterError(
            f"{operator!r} cannot compare with null", where=f"filter on {name}", hint="use isNull: true, or eq: null"
        )
    if operator == "isNull":
        return (held is None) == bool(value)
    if operator == "in" and not value:
        return False
    if held is None:
        return None
    if operator == "in":
        return held in value
    if operator == "contains" and is_list:
        return value in held
    if operator in _TEXT:
        return _TEXT[operator](held, value)
    if operator in _RANGE:
        return _RANGE[operator](held, value)
    return bool(held == value) == (operator == "eq")


def _all(parts: Iterable[bool | None]) -> bool | None:
    known = list(parts)
    if False in known:
        return False
    return None if None in known else True


def _any(parts: Iterable[bool | None]) -> bool | None:
    known = list(parts)
    if True in known:
        return True
    return None if None in known else False
