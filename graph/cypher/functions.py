"""The functions of the language: one table of signatures, shared by the binder, the executor and the dialects.

What is not listed here does not exist: this table is the allow-list. A call in a bound tree carries the canonical
spelling (`toUpper`, never `upper`). Parameters: `|` joins alternatives, `?` marks optional ones, `...` repeats.
Results: a type, `same` (the type of the first argument), `item` (what the list holds), `union` (of all arguments).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graph.cypher import types
from graph.cypher.bound import CypherType, TypeName

_SCALARS = """
abs(number) same
acos(number) float
asin(number) float
atan(number) float
atan2(number, number) float
btrim(string, string?) string
ceil(number) float
coalesce(any...) union
cos(number) float
cot(number) float
date(string|date|instant|map?) date
date.truncate(string, date|instant, map?) date
datetime(string|date|instant|map?) instant
datetime.fromEpoch(number, number) instant
datetime.fromEpochMillis(number) instant
datetime.truncate(string, date|instant, map?) instant
degrees(number) float
duration(string|map|duration) duration
duration.between(date|instant, date|instant) duration
duration.inDays(date|instant, date|instant) duration
duration.inMonths(date|instant, date|instant) duration
duration.inSeconds(date|instant, date|instant) duration
e() float
elementId(node|relationship) string
endNode(relationship) node
exists(any) boolean
exp(number) float
floor(number) float
haversin(number) float
head(list) item
isEmpty(list|map|string) boolean
isNaN(number) boolean
keys(node|relationship|map) strings
labels(node) strings
last(list) item
left(string, integer) string
length(path) integer
log(number) float
log10(number) float
ltrim(string, string?) string
nodes(path) nodes
nullIf(any, any) same
pi() float
properties(node|relationship|map) map
radians(number) float
range(integer, integer, integer?) integers
relationships(path) relationships
replace(string, string, string) string
reverse(list|string) same
right(string, integer) string
round(number, number?, string?) float
rtrim(string, string?) string
sign(number) integer
sin(number) float
size(list|string) integer
split(string, string|list) strings
sqrt(number) float
startNode(relationship) node
substring(string, integer, integer?) string
tail(list) same
tan(number) float
timestamp() integer
toBoolean(boolean|string|integer) boolean
toBooleanList(list) booleans
toBooleanOrNull(any) boolean
toFloat(number|string) float
toFloatList(list) floats
toFloatOrNull(any) float
toInteger(number|string|boolean) integer
toIntegerList(list) integers
toIntegerOrNull(any) integer
toLower(string) string
toString(number|string|boolean|date|instant|duration) string
toStringList(list) strings
toStringOrNull(any) string
toUpper(string) string
trim(string) string
type(relationship) string
valueType(any) string
"""

_MOMENT = "date|instant|time|local_time|local_datetime"
_OPEN_SCALARS = f"""
date(string|date|instant|local_datetime|map?) date
date.truncate(string, date|instant|local_datetime, map?) date
datetime(string|date|instant|local_datetime|map?) instant
datetime.truncate(string, date|instant|local_datetime, map?) instant
duration.between({_MOMENT}, {_MOMENT}) duration
duration.inDays({_MOMENT}, {_MOMENT}) duration
duration.inMonths({_MOMENT}, {_MOMENT}) duration
duration.inSeconds({_MOMENT}, {_MOMENT}) duration
localdatetime(string|date|instant|local_datetime|map?) local_datetime
localdatetime.truncate(string, date|instant|local_datetime, map?) local_datetime
localtime(string|instant|time|local_time|local_datetime|map?) local_time
localtime.truncate(string, instant|time|local_time|local_datetime, map?) local_time
rand() float
range(any, any, any?) integers
time(string|instant|time|local_time|local_datetime|map?) time
time.truncate(string, instant|time|local_time|local_datetime, map?) time
toString(number|string|boolean|duration|{_MOMENT}) string
"""
"""What open mode knows beside, and what takes more types there."""

_AGGREGATES = """
avg(number|duration) mean
collect(any) list
count(any) integer
max(any) same
min(any) same
percentileCont(number, number) float
percentileDisc(number, number) same
stDev(number) float
stDevP(number) float
sum(number|duration) same
"""

_SPELLINGS = {
    "upper": "toUpper",
    "lower": "toLower",
    "char_length": "size",
    "character_length": "size",
    "ceiling": "ceil",
    "ln": "log",
    "rels": "relationships",
}

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "id": "use elementId(n), or the property n.id: both give the stable identifier",
        "rand": "answers must be repeatable: there is no random function",
        "randomuuid": "answers must be repeatable: there is no random function",
        "time": "times of day are not stored: compare instants with datetime()",
        "localtime": "times of day are not stored: compare instants with datetime()",
        "localdatetime": "instants are in UTC: use datetime()",
        "now": "use datetime() for the present instant, or date() for today",
        "today": "use date()",
        "current_date": "use date()",
        "current_timestamp": "use datetime()",
        "len": "use size() for strings and lists, length() for paths",
        "group_concat": "use collect(), and reduce() to join strings",
        "shortestpath": "write shortestPath((a)-[:TYPE*..10]-(b)) with a pattern inside",
    }
)
"""Well-known names that are refused, with what to use instead."""

_RESULTS = {
    "boolean": types.BOOLEAN,
    "integer": types.INTEGER,
    "float": types.FLOAT,
    "string": types.STRING,
    "date": types.DATE,
    "instant": types.INSTANT,
    "duration": types.DURATION,
    "time": types.TIME,
    "local_time": types.LOCAL_TIME,
    "local_datetime": types.LOCAL_DATETIME,
    "map": types.MAP,
    "node": types.NODE,
    "booleans": types.list_of(types.BOOLEAN),
    "integers": types.list_of(types.INTEGER),
    "floats": types.list_of(types.FLOAT),
    "strings": types.STRING_LIST,
    "nodes": types.list_of(types.NODE),
    "relationships": types.list_of(types.RELATIONSHIP),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A signature. `parameters` are the accepted types by position; the last repeats when `variadic`."""

    name: str
    parameters: tuple[frozenset[TypeName], ...]
    required: int
    variadic: bool
    result: str
    aggregate: bool
    signature: str

    def accepted(self, position: int) -> frozenset[TypeName]:
        """The types accepted at a position."""
        return self.parameters[min(position, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        """Whether the function takes that many arguments."""
        return count >= self.required and (self.variadic or count <= len(self.parameters))

    def result_type(self, arguments: Sequence[CypherType]) -> CypherType:
        """The type of a call, given the types of its arguments."""
        fixed = _RESULTS.get(self.result)
        if fixed is not None:
            return fixed
        first = arguments[0] if arguments else types.ANY
        if self.result == "item":
            return (first.item if first.name is TypeName.LIST else None) or types.ANY
        if self.result == "union":
            return types.unify_all(arguments)
        if self.result == "list":
            return types.list_of(first)
        if self.result == "mean":
            return first if first.name in (TypeName.DURATION, TypeName.ANY) else types.FLOAT
        return first


_LINE = re.compile(r"(?P<name>[\w.]+)\((?P<parameters>.*)\) (?P<result>\w+)")


def _read(line: str, *, aggregate: bool) -> Function:
    found = _LINE.fullmatch(line)
    assert found is not None, line
    written = [part.strip() for part in found["parameters"].split(",")] if found["parameters"] else []
    return Function(
        name=found["name"],
        parameters=tuple(
            frozenset(TypeName(name.upper()) for name in part.rstrip("?.").split("|")) for part in written
        ),
        required=sum(not part.endswith("?") for part in written),
        variadic=bool(written) and written[-1].endswith("..."),
        result=found["result"],
        aggregate=aggregate,
        signature=f"{found['name']}({found['parameters']})",
    )


def _table(*texts: tuple[str, bool]) -> dict[str, Function]:
    table = {}
    for text, aggregate in texts:
        for line in text.strip().splitlines():
            function = _read(line, aggregate=aggregate)
            table[function.name.lower()] = function
    for spelling, name in _SPELLINGS.items():
        table[spelling] = table[name.lower()]
    return table


FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(_table((_SCALARS, False), (_AGGREGATES, True)))
"""Every function that may be called on a schema, by lower-case name."""

OPEN_FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    _table((_SCALARS, False), (_OPEN_SCALARS, False), (_AGGREGATES, True))
)
"""Every function that may be called in open mode: times of day and of no zone, and chance, come to those of a schema."""

AGGREGATES: Final = frozenset(name for name, function in FUNCTIONS.items() if function.aggregate)
"""Lower-case names of the functions that take a group of rows."""

IGNORES_DUPLICATES: Final = frozenset({"min", "max"})
"""Aggregates whose value does not change when a row is repeated."""


def is_aggregate(name: str) -> bool:
    """Whether a function of that name takes a group of rows."""
    return name.lower() in AGGREGATES
