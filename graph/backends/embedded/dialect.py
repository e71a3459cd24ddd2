"""The three tables of ladybug's dialect: what it calls otherwise, what it must say in a roundabout way, what it cannot.

Everything here was tried on ladybug 0.22 (docs/adr/0003-embedded-physical-layout.md lists what was seen). A function
that is in none of the tables means the same there under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from graph.backends.embedded.functions import LOWER, SPLIT, UPPER

PLAIN_TEXT: Final = "^[\\x00-\\x7F\\xC0-\\xD6\\xD8-\\xDE\\xE0-\\xF6\\xF8-\\xFE]*$"
"""Letters that have one letter in the other case: ASCII and most of Latin-1."""

RENAMED: Final[Mapping[str, str]] = MappingProxyType({"relationships": "rels", "log": "ln"})

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exists": "({0} IS NOT NULL)",
        "nullIf": "CASE WHEN {0} = {1} THEN NULL ELSE {0} END",
        # The rare letters whose other case is several letters, or depends on their place, are left to us.
        "toLower": f"CASE WHEN regexp_matches({{0}}, '{PLAIN_TEXT}') THEN lower({{0}}) ELSE {LOWER}({{0}}) END",
        "toUpper": f"CASE WHEN regexp_matches({{0}}, '{PLAIN_TEXT}') THEN upper({{0}}) ELSE {UPPER}({{0}}) END",
        "split": f"{SPLIT}({{0}}, {{1}})",
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
    "startNode",
    "stDev",
    "stDevP",
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
        **dict.fromkeys(
            _OTHERWISE,
            "ladybug's differs, or it has none",
        ),
    }
)
"""Refused by name, with the reason. Of other constructs only some uses are refused, where they are printed."""
