"""Procedures that a query may call: signatures, by name. The product lists none; whoever prepares a query may.

A standalone call, the only clause of its query, may leave out its arguments (parameters of the same names are meant) and
its YIELD (every result is meant). `stand_alone` writes both out and adds the RETURN, so that nothing else need know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from graph.cypher.ast import (
    CallProcedure,
    Clause,
    Parameter,
    Projection,
    ProjectionItem,
    Query,
    Return,
    SinglePart,
    Variable,
)
from graph.cypher.bound import CypherType


@dataclass(frozen=True, slots=True)
class Procedure:
    """A signature: names and types of arguments, all required, and of results; a procedure without results passes rows on."""

    name: str
    arguments: tuple[tuple[str, CypherType], ...]
    results: tuple[tuple[str, CypherType], ...]

    @property
    def signature(self) -> str:
        """The call as it is written."""
        return f"{self.name}({', '.join(name for name, _ in self.arguments)})"


Procedures = Mapping[str, Procedure]
NO_PROCEDURES: Final[Procedures] = MappingProxyType({})

EVERY_RESULT: Final = (("*", "*"),)
"""What `YIELD *` is in a tree."""


def stand_alone(query: Query, procedures: Procedures) -> Query:
    """A query that is one call of a listed procedure, with arguments, results and RETURN written out; others as they are."""
    if len(query.parts) != 1 or len(query.parts[0].clauses) != 1:
        return query
    part = query.parts[0]
    call = part.clauses[0]
    procedure = procedures.get(call.name) if isinstance(call, CallProcedure) else None
    if procedure is None or not isinstance(call, CallProcedure):
        return query
    arguments, yields = call.arguments, call.yields
    if arguments is None:
        arguments = tuple(Parameter(name, span=call.span) for name, _ in procedure.arguments)
    if yields is None or yields == EVERY_RESULT:
        yields = tuple((name, name) for name, _ in procedure.results)
    clauses: tuple[Clause, ...] = (replace(call, arguments=arguments, yields=yields),)
    if yields:
        items = tuple(ProjectionItem(Variable(name, span=call.span), name, span=call.span) for _, name in yields)
        clauses = (*clauses, Return(Projection(items, span=call.span), span=call.span))
    return replace(query, parts=(SinglePart(clauses, span=part.span),))
