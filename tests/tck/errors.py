"""Our errors as the kit classifies errors: a type, a phase, and the details that one of our codes may stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.errors import JumeauError, QueryRuntimeError
from graph.backends.networkx.errors import ArgumentError, RowCountError
from graph.cypher import diagnostics

COMPILE: Final = "compile time"
RUNTIME: Final = "runtime"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """An error as the kit would name it."""

    type: str
    phase: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.type} at {self.phase}"


@dataclass(frozen=True, slots=True)
class Demand:
    """The error that a scenario demands."""

    type: str
    phase: str
    detail: str

    def met_by(self, kind: ErrorKind) -> bool:
        """Whether type and phase are right."""
        return kind.type == self.type and self.phase in (kind.phase, "any time")

    def __str__(self) -> str:
        return f"{self.type} at {self.phase}: {self.detail}"


_FORM: Final = (
    "UnexpectedSyntax",
    "InvalidNumberLiteral",
    "IntegerOverflow",
    "FloatingPointOverflow",
    "InvalidUnicodeLiteral",
    "InvalidUnicodeCharacter",
    "InvalidClauseComposition",
    "InvalidRelationshipPattern",
    "NoExpressionAlias",
    "ColumnNameConflict",
    "DifferentColumnsInUnion",
    "NoVariablesInScope",
    "NonConstantExpression",
    "InvalidParameterUse",
    "InvalidArgumentPassingMode",
)
"""What the kit tells apart and our code SYNTAX does not; our message does."""

_KINDS: Final[Mapping[type[JumeauError], ErrorKind]] = MappingProxyType(
    {
        diagnostics.CypherSyntaxError: ErrorKind("SyntaxError", COMPILE, _FORM),
        diagnostics.UnknownVariableError: ErrorKind("SyntaxError", COMPILE, ("UndefinedVariable",)),
        diagnostics.VariableConflictError: ErrorKind(
            "SyntaxError",
            COMPILE,
            ("VariableAlreadyBound", "VariableTypeConflict", "RelationshipUniquenessViolation"),
        ),
        diagnostics.UnknownFunctionError: ErrorKind("SyntaxError", COMPILE, ("UnknownFunction",)),
        diagnostics.TypeMismatchError: ErrorKind(
            "SyntaxError",
            COMPILE,
            ("InvalidArgumentType", "InvalidNumberOfArguments", "NegativeIntegerArgument"),
        ),
        diagnostics.InvalidAccessError: ErrorKind("TypeError", COMPILE, ("InvalidArgumentType",)),
        diagnostics.InvalidAggregationError: ErrorKind(
            "SyntaxError",
            COMPILE,
            ("InvalidAggregation", "NestedAggregation", "AmbiguousAggregationExpression", "UndefinedVariable"),
        ),
        diagnostics.UnknownProcedureError: ErrorKind("ProcedureError", COMPILE, ("ProcedureNotFound",)),
        diagnostics.MissingParameterError: ErrorKind("ParameterMissing", COMPILE, ("MissingParameter",)),
        diagnostics.ParameterTypeError: ErrorKind("SyntaxError", RUNTIME, ("InvalidArgumentType",)),
        ArgumentError: ErrorKind("ArgumentError", RUNTIME, ("NumberOutOfRange", "InvalidArgumentType")),
        RowCountError: ErrorKind("SyntaxError", RUNTIME, ("NegativeIntegerArgument", "InvalidArgumentType")),
        QueryRuntimeError: ErrorKind(
            "TypeError",
            RUNTIME,
            ("InvalidArgumentValue", "InvalidArgumentType", "MapElementAccessByNonString"),
        ),
    }
)


def kind_of(error: JumeauError) -> ErrorKind | None:
    """The kit's name of one of our errors, by its class or the nearest above it; None for what is no answer to a query."""
    return next((_KINDS[of] for of in type(error).__mro__ if of in _KINDS), None)
