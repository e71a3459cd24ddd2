"""Our errors as the kit classifies errors: a type, a phase, and the details that one of our codes may stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.errors import JumeauError, QueryRuntimeError
from graph.cypher.diagnostics import CypherError

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


_COMPILE_TIME: Final = {
    "SYNTAX": "SyntaxError",
    "TOO_LARGE": "SyntaxError",
    "UNBOUNDED": "SyntaxError",
    "UNKNOWN_VARIABLE": "SyntaxError",
    "VARIABLE_CONFLICT": "SyntaxError",
    "UNKNOWN_FUNCTION": "SyntaxError",
    "TYPE_MISMATCH": "SyntaxError",
    "INVALID_AGGREGATION": "SyntaxError",
    "MISSING_PARAMETER": "ParameterMissing",
}


def kind_of(error: JumeauError) -> ErrorKind | None:
    """The kit's name of one of our errors; None for an error that is no answer to a query."""
    if isinstance(error, CypherError):
        found = _COMPILE_TIME.get(error.code)
        return None if found is None else ErrorKind(found, COMPILE)
    if isinstance(error, QueryRuntimeError):
        return ErrorKind("TypeError", RUNTIME)
    return None
