"""The fixed parts of the language: types, accumulators with their methods, functions with their counts of arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_BASE: Final = "INT UINT FLOAT DOUBLE STRING BOOL DATETIME VERTEX EDGE JSONOBJECT JSONARRAY"
BASE: Final = frozenset(_BASE.split())
NUMBERS: Final = frozenset({"INT", "UINT", "FLOAT", "DOUBLE"})
SCALAR_ACCUMULATORS: Final = frozenset({"SumAccum", "MinAccum", "MaxAccum"})
PLAIN_ACCUMULATORS: Final = frozenset({"AvgAccum", "OrAccum", "AndAccum"})
COLLECTIONS: Final = frozenset({"ListAccum", "SetAccum", "BagAccum", "MapAccum", "HeapAccum"})
PARAMETER_CONTAINERS: Final = frozenset({"SET", "BAG"})


@dataclass(frozen=True, slots=True)
class Type:
    """A type; `args` are those between the angle brackets. `vertices` or `edges`: the types that an alias may have."""

    name: str
    args: tuple[Type, ...] = ()
    elements: frozenset[str] | None = None

    def __str__(self) -> str:
        return f"{self.name}<{', '.join(map(str, self.args))}>" if self.args else self.name


UNKNOWN: Final = Type("?")
INT, DOUBLE, BOOL, STRING, DATETIME = (Type(name) for name in ("INT", "DOUBLE", "BOOL", "STRING", "DATETIME"))

METHODS: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "ListAccum": MappingProxyType({"size": 0, "contains": 1, "get": 1, "clear": 0, "update": 2, "remove": 1}),
        "SetAccum": MappingProxyType({"size": 0, "contains": 1, "clear": 0, "remove": 1}),
        "BagAccum": MappingProxyType({"size": 0, "contains": 1, "clear": 0, "remove": 1}),
        "MapAccum": MappingProxyType({"size": 0, "containsKey": 1, "get": 1, "clear": 0, "remove": 1}),
        "HeapAccum": MappingProxyType({"size": 0, "top": 0, "pop": 0, "resize": 1, "clear": 0}),
        "SET": MappingProxyType({"size": 0, "contains": 1}),
        "BAG": MappingProxyType({"size": 0, "contains": 1}),
        "LIST": MappingProxyType({"size": 0, "contains": 1, "get": 1}),
        "vertex set": MappingProxyType({"size": 0}),
        "VERTEX": MappingProxyType({"outdegree": -1, "neighbors": -1}),
        "JSONARRAY": MappingProxyType({"size": 0}),
    }
)
"""Methods by type, with their counts of arguments (-1: any)."""

MUTATORS: Final = frozenset({"clear", "remove", "update", "pop", "resize"})

FUNCTIONS: Final[Mapping[str, tuple[int, int, str]]] = MappingProxyType(
    {
        **dict.fromkeys(("abs", "ceil", "floor", "round"), (1, 1, "?")),
        **dict.fromkeys(("acos", "asin", "atan", "cos", "exp", "log", "log10", "sin", "sqrt", "tan"), (1, 1, "DOUBLE")),
        "atan2": (2, 2, "DOUBLE"),
        "pow": (2, 2, "DOUBLE"),
        "float_to_int": (1, 1, "INT"),
        "str_to_int": (1, 1, "INT"),
        "to_string": (1, 1, "STRING"),
        "to_datetime": (1, 1, "DATETIME"),
        "epoch_to_datetime": (1, 1, "DATETIME"),
        "datetime_to_epoch": (1, 1, "INT"),
        "datetime_add": (2, 2, "DATETIME"),
        "datetime_sub": (2, 2, "DATETIME"),
        "datetime_diff": (2, 2, "INT"),
        "datetime_format": (1, 2, "STRING"),
        **dict.fromkeys(("year", "month", "day", "hour", "minute", "second"), (1, 1, "INT")),
        "instr": (2, 4, "INT"),
        "length": (1, 1, "INT"),
        "lower": (1, 1, "STRING"),
        "upper": (1, 1, "STRING"),
        "ltrim": (1, 2, "STRING"),
        "rtrim": (1, 2, "STRING"),
        "trim": (1, 1, "STRING"),
        "left": (2, 2, "STRING"),
        "right": (2, 2, "STRING"),
        "replace": (2, 3, "STRING"),
        "substr": (2, 3, "STRING"),
        "getvid": (1, 1, "INT"),
        "coalesce": (1, 9, "?"),
        "count": (1, 1, "INT"),
        "sum": (1, 1, "?"),
        "avg": (1, 1, "DOUBLE"),
        "min": (1, 9, "?"),
        "max": (1, 9, "?"),
    }
)
"""Functions in small letters: least and most arguments, and the type of the result (`?`: not followed)."""

AGGREGATES: Final = frozenset({"count", "sum", "avg", "min", "max"})
UNITS: Final = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})
CONSTANTS: Final[Mapping[str, Type]] = MappingProxyType(
    {"TRUE": BOOL, "FALSE": BOOL, "GSQL_INT_MAX": INT, "GSQL_INT_MIN": INT, "GSQL_UINT_MAX": Type("UINT")}
)

_KEYWORDS: Final = (
    "SELECT FROM WHERE ACCUM POST-ACCUM HAVING ORDER LIMIT IF THEN ELSE END WHILE DO FOREACH CASE WHEN PRINT RETURN "
    "AND OR NOT INTO CREATE QUERY VALUES IN LIKE BETWEEN UNION INTERSECT MINUS BREAK CONTINUE TYPEDEF DISTINCT AS "
    "GROUP BY ASC DESC INTERVAL NULL IS TUPLE INT UINT FLOAT DOUBLE STRING BOOL DATETIME VERTEX EDGE"
)
KEYWORDS: Final = frozenset(_KEYWORDS.split())
"""Words that are no name of anything."""


def item_of(of: Type) -> Type:
    """What a collection holds; the value of a map."""
    if of.name in ("ListAccum", "SetAccum", "BagAccum", "HeapAccum", "SET", "BAG", "LIST") and of.args:
        return of.args[0]
    if of.name == "MapAccum" and len(of.args) == 2:
        return of.args[1]
    return UNKNOWN


def content(of: Type) -> Type:
    """The value that an accumulator of one value holds; other types as they are."""
    if of.name in SCALAR_ACCUMULATORS and of.args:
        return of.args[0]
    return {"AvgAccum": DOUBLE, "OrAccum": BOOL, "AndAccum": BOOL}.get(of.name, of)
