"""Binding of procedure calls: listed procedures only, arguments by their signature, results as new variables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NoReturn

from graph.cypher.ast import CallProcedure, Clause, Query
from graph.cypher.binder.operators import is_asked
from graph.cypher.binder.projections import ProjectionBinder
from graph.cypher.binder.scope import Scope
from graph.cypher.bound import TypeName
from graph.cypher.diagnostics import (
    CypherSyntaxError,
    TypeMismatchError,
    UnknownProcedureError,
    UnknownVariableError,
    report,
)
from graph.cypher.guard import refuse_clause
from graph.cypher.procedures import EVERY_RESULT, NO_PROCEDURES, Procedure, Procedures
from graph.cypher.vocabulary import Vocabulary, suggest

_TAKEN: Final[Mapping[TypeName, frozenset[TypeName]]] = MappingProxyType(
    {TypeName.FLOAT: frozenset({TypeName.FLOAT, TypeName.INTEGER, TypeName.NUMBER})}
)
"""What is taken beside the type of an argument itself: an integer is as good as a float."""


class ProcedureBinder(ProjectionBinder):
    """Binds calls of procedures."""

    def __init__(
        self, query: Query, vocabulary: Vocabulary | None, text: str = "", procedures: Procedures = NO_PROCEDURES
    ) -> None:
        super().__init__(query, vocabulary, text)
        self.procedures = procedures

    def call_procedure(self, clause: CallProcedure, scope: Scope) -> tuple[Clause, Scope]:
        """The call with its arguments and results written out, and the scope after it."""
        procedure = self.procedures.get(clause.name)
        if procedure is None:
            self._unknown(clause)
        if clause.yields == EVERY_RESULT:
            self.refuse(
                CypherSyntaxError,
                "YIELD * can stand in a call that is the whole query only",
                clause.span,
                f"name the results: YIELD {', '.join(name for name, _ in procedure.results)}",
            )
        if clause.arguments is None and procedure.arguments:
            self.refuse(
                CypherSyntaxError,
                f"{procedure.name} needs its arguments here",
                clause.span,
                f"write {procedure.signature}; arguments are left out only where the call is the whole query",
            )
        given = clause.arguments or ()
        if len(given) != len(procedure.arguments):
            self.refuse(
                TypeMismatchError,
                f"{procedure.name} was given {len(given)} arguments",
                clause.span,
                f"write {procedure.signature}",
            )
        arguments = []
        for (name, wanted), argument in zip(procedure.arguments, given, strict=True):
            bound, of = self.expression(argument, scope)
            taken = None if is_asked(bound) else _TAKEN.get(wanted.name)
            self.expect(bound, of, wanted, f"{name} of {procedure.name}", taken)
            arguments.append(bound)
        yields, inner = self._results(clause, procedure, scope)
        where = None if clause.where is None else self.predicate(clause.where, inner)
        return CallProcedure(procedure.name, tuple(arguments), yields, where, span=clause.span), inner

    def _results(
        self, clause: CallProcedure, procedure: Procedure, scope: Scope
    ) -> tuple[tuple[tuple[str, str], ...], Scope]:
        inner = dict(scope)
        known = dict(procedure.results)
        found = []
        for result, name in clause.yields or ():
            if result not in known:
                raise report(
                    UnknownVariableError,
                    f"{procedure.name} has no result {result!r}",
                    text=self.text,
                    span=clause.span,
                    suggestions=suggest(result, known),
                    hint=f"it gives {', '.join(known)}" if known else "it gives nothing",
                )
            if name in inner:
                self.conflict(f"{name!r} is already a variable", clause.span, f"rename it: YIELD {result} AS other")
            found.append((result, self.declare(name, known[result], inner)))
        return tuple(found), inner

    def _unknown(self, clause: CallProcedure) -> NoReturn:
        """On a schema a procedure is refused whatever its name; without one it is said not to be there."""
        if self.vocabulary is not None:
            raise refuse_clause(clause, self.text)
        suggestions = suggest(clause.name, self.procedures)
        raise report(
            UnknownProcedureError,
            f"there is no procedure {clause.name}",
            text=self.text,
            span=clause.span,
            suggestions=suggestions,
            hint=None if suggestions else "no other procedure can be called here",
        )
