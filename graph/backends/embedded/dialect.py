"""The three tables of ladybug's dialect: what it calls otherwise, what it must say in a roundabout way, what it cannot.

Everything here was tried on ladybug 0.22 (docs/adr/0003-embedded-physical-layout.md lists what was seen). A function
that is in none of the tables means the same there under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {"relationships": "rels", "toLower": "lower", "toUpper": "upper", "log": "ln"}
)

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exists": "({0} IS NOT NULL)",
        "nullIf": "CASE WHEN {0} = {1} THEN NULL ELSE {0} END",
        "isEmpty": "(size({0}) = 0)",
        "ceil": "CAST(ceil({0}) AS DOUBLE)",
        "floor": "CAST(floor({0}) AS DOUBLE)",
        "sqrt": "sqrt(CAST({0} AS DOUBLE))",
        "datetime.fromEpochMillis": "epoch_ms(CAST({0} AS INT64))",
    }
)
"""Functions that are another expression of the same arguments."""

_OTHERWISE = (
    "acos",
    "asin",
    "atan",
    "atan2",
    "btrim",
    "cos",
    "cot",
    "degrees",
    "duration.between",
    "duration.inDays",
    "duration.inMonths",
    "duration.inSeconds",
    "e",
    "endNode",
    "exp",
    "haversin",
    "isNaN",
    "keys",
    "log10",
    "percentileCont",
    "percentileDisc",
    "pi",
    "properties",
    "radians",
    "sin",
    "split",
    "startNode",
    "stDev",
    "stDevP",
    "tail",
    "tan",
    "toBoolean",
    "toBooleanList",
    "toBooleanOrNull",
    "toFloatList",
    "toFloatOrNull",
    "toIntegerList",
    "toIntegerOrNull",
    "toStringList",
    "toStringOrNull",
    "valueType",
    "datetime.fromEpoch",
)

UNSUPPORTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "CALL { }",
                "CALL procedure",
                "COLLECT { }",
                "pattern comprehension",
                "reduce",
                "shortest path as a value",
            ),
            "ladybug has no such construct",
        ),
        "slice": "ladybug cuts some lists wrongly when several are cut in one projection",
        **dict.fromkeys(
            _OTHERWISE,
            "ladybug's differs, or it has none",
        ),
    }
)
"""Refused by name, with the reason. Of other constructs only some uses are refused, where they are printed."""
