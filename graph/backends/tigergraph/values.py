"""What an expression becomes: a text with the condition under which it is known, or two conditions for a truth value.

GSQL has no null: a value that may be missing is a text that is only looked at where `known` holds. Truth values have
three states, so a condition is two texts of two states each: when it is true, and when it is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graph.cypher.bound import CypherType, TypeName
from graph.cypher.types import BOOLEAN

TRUE: Final = "TRUE"
FALSE: Final = "FALSE"

BASE_TYPES: Final[Mapping[TypeName, str]] = MappingProxyType(
    {
        TypeName.STRING: "STRING",
        TypeName.INTEGER: "INT",
        TypeName.FLOAT: "DOUBLE",
        TypeName.NUMBER: "DOUBLE",
        TypeName.BOOLEAN: "BOOL",
        TypeName.DATE: "INT",
        TypeName.INSTANT: "INT",
        TypeName.NODE: "STRING",
        TypeName.RELATIONSHIP: "STRING",
        TypeName.NULL: "STRING",
    }
)
"""Nodes and relations are their ids, dates seconds since 1970, instants microseconds."""

DEFAULTS: Final[Mapping[str, str]] = MappingProxyType({"STRING": '""', "INT": "0", "DOUBLE": "0.0", "BOOL": "FALSE"})


@dataclass(frozen=True, slots=True)
class Value:
    """A GSQL expression, its type in the query, and when it has a value."""

    text: str
    type: CypherType
    known: str = TRUE

    @property
    def nullable(self) -> bool:
        return self.known != TRUE


@dataclass(frozen=True, slots=True)
class Truth:
    """When a condition is true, and when it is false; else it is null."""

    true: str
    false: str

    @property
    def value(self) -> Value:
        """The condition as a value."""
        if self.false == negation(self.true):
            return Value(self.true, BOOLEAN)
        return Value(self.true, BOOLEAN, either(self.true, self.false))


def both(*conditions: str) -> str:
    """All of some conditions, in brackets where they are several."""
    kept = list(dict.fromkeys(condition for condition in conditions if condition != TRUE))
    if FALSE in kept:
        return FALSE
    if len(kept) < 2:
        return kept[0] if kept else TRUE
    return f"({' AND '.join(kept)})"


def either(*conditions: str) -> str:
    """Any of some conditions, in brackets where they are several."""
    kept = list(dict.fromkeys(condition for condition in conditions if condition != FALSE))
    if TRUE in kept:
        return TRUE
    if len(kept) < 2:
        return kept[0] if kept else FALSE
    return f"({' OR '.join(kept)})"


def negation(condition: str) -> str:
    """The opposite of a condition of two states."""
    if condition in (TRUE, FALSE):
        return FALSE if condition == TRUE else TRUE
    if condition.startswith("(NOT ") and condition.endswith(")") and _closes_last(condition):
        return condition[5:-1]
    return f"(NOT {condition})"


def _closes_last(text: str) -> bool:
    depth = 0
    quoted = escaped = False
    for position, sign in enumerate(text):
        if quoted:
            quoted = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if depth == 0:
                return position == len(text) - 1
    return False


def all_known(values: Iterable[Value]) -> str:
    """The condition that every value is known."""
    return both(*(value.known for value in values))


def certain(condition: str) -> Truth:
    """A condition that is never null."""
    return Truth(condition, negation(condition))
