"""The three tables of the GSQL dialect, from TigerGraph's documentation: nothing here has met a server.

What is in none of the tables and is no construct of `expressions` and `functions` is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "abs": "abs",
        "acos": "acos",
        "asin": "asin",
        "atan": "atan",
        "atan2": "atan2",
        "cos": "cos",
        "exp": "exp",
        "left": "left",
        "log10": "log10",
        "ltrim": "ltrim",
        "replace": "replace",
        "right": "right",
        "rtrim": "rtrim",
        "sin": "sin",
        "tan": "tan",
        "toLower": "lower",
        "toUpper": "upper",
        "trim": "trim",
    }
)
"""Functions that take the same arguments and give null where one of them is null."""

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ceil": "(ceil({0}) * 1.0)",
        "floor": "(floor({0}) * 1.0)",
        "round": "(floor({0} + 0.5) * 1.0)",
        "e": "2.718281828459045",
        "pi": "3.141592653589793",
        "degrees": "({0} * 57.29577951308232)",
        "radians": "({0} * 0.017453292519943295)",
    }
)
"""Functions that are another expression of the same arguments, and null where one of them is null."""

_NO_NULL_INSIDE = "lists of GSQL hold no null, no maps and values of one type only"
_NONE = "GSQL has no such function that gives the same"

UNSUPPORTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CALL procedure": "GSQL has no procedures of that sort",
        "operator =~": "GSQL has no regular expressions in queries",
        "shortest path as a value": "a pattern inside an expression is only tested for",
        **dict.fromkeys(
            (
                "btrim",
                "cot",
                "datetime.fromEpoch",
                "endNode",
                "haversin",
                "isNaN",
                "keys",
                "properties",
                "split",
                "stDev",
                "stDevP",
                "startNode",
                "toBoolean",
                "toBooleanOrNull",
                "toFloatOrNull",
                "toIntegerOrNull",
                "toStringOrNull",
                "valueType",
            ),
            _NONE,
        ),
        **dict.fromkeys(("toBooleanList", "toFloatList", "toIntegerList", "toStringList"), _NO_NULL_INSIDE),
    }
)
"""Refused by name, with the reason. Of other constructs only some uses are refused, where they are compiled."""
