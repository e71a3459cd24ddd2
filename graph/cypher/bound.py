"""What the binder hands on: the rewritten tree with the types of its parameters and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from graph.cypher.ast import Query


class TypeName(StrEnum):
    """Names of the language's types. `ANY` is what cannot be known before running; `NULL` is the type of null."""

    ANY = "ANY"
    NULL = "NULL"
    BOOLEAN = "BOOLEAN"
    INTEGER = "INTEGER"
    FLOAT = "FLOAT"
    NUMBER = "NUMBER"
    STRING = "STRING"
    DATE = "DATE"
    INSTANT = "INSTANT"
    DURATION = "DURATION"
    TIME = "TIME"  # of day, with an offset; this and the two that follow exist in open mode only
    LOCAL_TIME = "LOCAL_TIME"
    LOCAL_DATETIME = "LOCAL_DATETIME"
    LIST = "LIST"
    MAP = "MAP"
    NODE = "NODE"
    RELATIONSHIP = "RELATIONSHIP"
    PATH = "PATH"


@dataclass(frozen=True, slots=True)
class CypherType:
    """A type. `item` for lists; `fields` for maps whose keys are known; `kinds` for nodes, `types` for relationships."""

    name: TypeName
    item: CypherType | None = None
    fields: Mapping[str, CypherType] | None = field(default=None, hash=False)
    kinds: frozenset[str] | None = None
    types: tuple[str, ...] | None = None


class Feature(StrEnum):
    """What a query contains, as far as passes and the guard want to know before they walk through it."""

    VARIABLE_LENGTH = "a variable-length relationship"
    UNBOUNDED = "a variable-length relationship without upper bound"
    NESTED_PATTERN = "a pattern within an expression"
    MATCH_CONDITION = "a MATCH with WHERE"
    CONSTANT_CALL = "a function of constants"
    COMPUTED_AGGREGATE = "an expression around an aggregate"


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """A query that may be compiled: names resolved, kinds expanded, bounds present, columns and parameters typed.

    `variables` gives the type of each variable of the outermost scope chain, by name (the binder makes names unique
    where one name means two things).
    """

    query: Query
    columns: tuple[str, ...]
    column_types: tuple[CypherType, ...]
    parameters: Mapping[str, CypherType]
    variables: Mapping[str, CypherType]
    clock: frozenset[str] = frozenset()  # which of the clock's parameters (graph.cypher.parameters) the tree mentions
    notes: tuple[str, ...] = ()  # what the front end changed that may matter to the asker, such as a default bound
    text: str = ""  # as written; empty for a tree built by a caller
    features: frozenset[Feature] = frozenset()
    bounded: bool = False  # whether the perimeter of who asks is among its conditions (ReadContext.sees)
    seen_kinds: frozenset[str] | None = None  # the kinds that who asks may read, where it says no more than these
    read: frozenset[str] = frozenset()  # the variables that an expression, a map projection or an import reads

    @property
    def restricted(self) -> bool:
        """Whether it is for somebody from whom a part of the graph is hidden."""
        return self.bounded or self.seen_kinds is not None
