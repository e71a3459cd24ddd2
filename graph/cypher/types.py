"""Types of the language: the constants, what fits where, and what schema types become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from graph.cypher.bound import CypherType, TypeName
from graph.schema.model import ValueType

ANY: Final = CypherType(TypeName.ANY)
NULL: Final = CypherType(TypeName.NULL)
BOOLEAN: Final = CypherType(TypeName.BOOLEAN)
INTEGER: Final = CypherType(TypeName.INTEGER)
FLOAT: Final = CypherType(TypeName.FLOAT)
NUMBER: Final = CypherType(TypeName.NUMBER)
STRING: Final = CypherType(TypeName.STRING)
DATE: Final = CypherType(TypeName.DATE)
INSTANT: Final = CypherType(TypeName.INSTANT)
DURATION: Final = CypherType(TypeName.DURATION)
TIME: Final = CypherType(TypeName.TIME)
LOCAL_TIME: Final = CypherType(TypeName.LOCAL_TIME)
LOCAL_DATETIME: Final = CypherType(TypeName.LOCAL_DATETIME)
MAP: Final = CypherType(TypeName.MAP)
NODE: Final = CypherType(TypeName.NODE)
RELATIONSHIP: Final = CypherType(TypeName.RELATIONSHIP)
PATH: Final = CypherType(TypeName.PATH)
LIST: Final = CypherType(TypeName.LIST, item=ANY)
STRING_LIST: Final = CypherType(TypeName.LIST, item=STRING)

NUMERIC: Final = frozenset({TypeName.INTEGER, TypeName.FLOAT, TypeName.NUMBER})
TEMPORAL: Final = frozenset({TypeName.DATE, TypeName.INSTANT})
MOMENTS: Final = TEMPORAL | {TypeName.TIME, TypeName.LOCAL_TIME, TypeName.LOCAL_DATETIME}
UNKNOWN: Final = frozenset({TypeName.ANY, TypeName.NULL})
ELEMENTS: Final = frozenset({TypeName.NODE, TypeName.RELATIONSHIP})

OF_VALUE_TYPE: Final[Mapping[ValueType, CypherType]] = MappingProxyType(
    {
        ValueType.STRING: STRING,
        ValueType.INTEGER: INTEGER,
        ValueType.FLOAT: FLOAT,
        ValueType.BOOLEAN: BOOLEAN,
        ValueType.DATE: DATE,
        ValueType.INSTANT: INSTANT,
        ValueType.MONEY: INTEGER,
        ValueType.STRING_LIST: STRING_LIST,
    }
)

_DATE_PARTS = [
    "year",
    "quarter",
    "month",
    "week",
    "weekYear",
    "dayOfQuarter",
    "quarterDay",
    "day",
    "ordinalDay",
    "dayOfWeek",
    "weekDay",
    "dayOfYear",
]
_CLOCK_PARTS = ["hour", "minute", "second", "millisecond", "microsecond", "nanosecond"]
_TIME_PARTS = [*_CLOCK_PARTS, "epochSeconds", "epochMillis"]
_OFFSET_PARTS = {"timezone": STRING, "offset": STRING}
_DURATION_PARTS = [
    "years",
    "quarters",
    "months",
    "weeks",
    "days",
    "hours",
    "minutes",
    "seconds",
    "milliseconds",
    "microseconds",
    "nanoseconds",
    "quartersOfYear",
    "monthsOfQuarter",
    "monthsOfYear",
    "daysOfWeek",
    "minutesOfHour",
    "secondsOfMinute",
    "millisecondsOfSecond",
    "microsecondsOfSecond",
    "nanosecondsOfSecond",
]

PARTS: Final[Mapping[TypeName, Mapping[str, CypherType]]] = MappingProxyType(
    {
        TypeName.DATE: MappingProxyType(dict.fromkeys(_DATE_PARTS, INTEGER)),
        TypeName.INSTANT: MappingProxyType({**dict.fromkeys([*_DATE_PARTS, *_TIME_PARTS], INTEGER), **_OFFSET_PARTS}),
        TypeName.DURATION: MappingProxyType(dict.fromkeys(_DURATION_PARTS, INTEGER)),
    }
)
"""What `date().year` and the like give, by the type of what stands before the dot."""

_OFFSET_NUMBERS = dict.fromkeys(["offsetMinutes", "offsetSeconds"], INTEGER)
OPEN_PARTS: Final[Mapping[TypeName, Mapping[str, CypherType]]] = MappingProxyType(
    {
        **PARTS,
        TypeName.INSTANT: MappingProxyType({**PARTS[TypeName.INSTANT], **_OFFSET_NUMBERS}),
        TypeName.TIME: MappingProxyType({**dict.fromkeys(_CLOCK_PARTS, INTEGER), **_OFFSET_PARTS, **_OFFSET_NUMBERS}),
        TypeName.LOCAL_TIME: MappingProxyType(dict.fromkeys(_CLOCK_PARTS, INTEGER)),
        TypeName.LOCAL_DATETIME: MappingProxyType(dict.fromkeys([*_DATE_PARTS, *_CLOCK_PARTS], INTEGER)),
    }
)
"""The same in open mode, which knows times of day and what has no zone."""


def list_of(item: CypherType) -> CypherType:
    """The type of a list."""
    return LIST if item.name is TypeName.ANY else CypherType(TypeName.LIST, item=item)


def unify(left: CypherType, right: CypherType) -> CypherType:
    """The narrowest type that holds values of both."""
    if left == right or right.name is TypeName.NULL:
        return left
    if left.name is TypeName.NULL:
        return right
    if left.name in NUMERIC and right.name in NUMERIC:
        return NUMBER
    if left.name is not right.name:
        return ANY
    if left.name is TypeName.LIST:
        return list_of(unify(left.item or ANY, right.item or ANY))
    if left.name is TypeName.NODE:
        kinds = None if left.kinds is None or right.kinds is None else left.kinds | right.kinds
        return CypherType(TypeName.NODE, kinds=kinds)
    if left.name is TypeName.RELATIONSHIP:
        if left.types is None or right.types is None:
            return RELATIONSHIP
        return CypherType(TypeName.RELATIONSHIP, types=tuple(dict.fromkeys((*left.types, *right.types))))
    return CypherType(left.name)


def unify_all(types: Iterable[CypherType]) -> CypherType:
    """The narrowest type that holds values of all; ANY for none."""
    found: CypherType | None = None
    for item in types:
        found = item if found is None else unify(found, item)
    return ANY if found is None else found


def comparable(left: CypherType, right: CypherType) -> bool:
    """Whether comparing values of the two types can give anything but null or a constant."""
    if left.name in UNKNOWN or right.name in UNKNOWN:
        return True
    return left.name is right.name or (left.name in NUMERIC and right.name in NUMERIC)


def accepts(accepted: frozenset[TypeName], actual: CypherType) -> bool:
    """Whether a value of type `actual` may stand where `accepted` types are wanted."""
    name = actual.name
    if name in accepted or name in UNKNOWN or TypeName.ANY in accepted:
        return True
    if name in NUMERIC:
        return TypeName.NUMBER in accepted or (name is TypeName.NUMBER and bool(NUMERIC & accepted))
    return False


def describe(of: CypherType, *, article: bool = False) -> str:
    """A type in words, for messages; with `a` or `an` before it where asked for."""
    name = of.name.value.lower().replace("_", " ")
    if of.name is TypeName.LIST and of.item is not None and of.item.name is not TypeName.ANY:
        name = f"list of {of.item.name.value.lower()}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}" if article else name
