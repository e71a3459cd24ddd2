"""Diagnostics: what is wrong with a query, where, what was expected, and the corrected query where there is exactly one.

Every stage raises a subclass of `CypherError`, one per stable code. Lines and columns are 1-based; the excerpt is the
line itself with a caret under the first character that is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core.errors import QueryError
from graph.cypher.ast import NOWHERE, Span

_EXCERPT_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about one place of a query. `line` and `column` are 0 where the tree was built without text."""

    code: str
    message: str
    line: int = 0
    column: int = 0
    excerpt: str = ""
    hint: str | None = None
    expected: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    corrected: str | None = None


class CypherError(QueryError):
    """A query refused by the front end; `diagnostic` says everything that is known about it."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        where = f"line {diagnostic.line}, column {diagnostic.column}" if diagnostic.line else None
        super().__init__(diagnostic.message, where=where, hint=_hint(diagnostic), details=asdict(diagnostic))

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}\n{self.diagnostic.excerpt}" if self.diagnostic.excerpt else text


class CypherSyntaxError(CypherError):
    """The text does not follow the grammar, or breaks a rule of form (a missing alias, a duplicate column)."""

    code = "SYNTAX"


class NotReadOnlyError(CypherError):
    """A clause that writes, administers or reaches outside; or a function or procedure that is not listed."""

    code = "NOT_READ_ONLY"
    status = 403


class UnknownProcedureError(NotReadOnlyError):
    """A procedure that is not there, in open mode, where no list of what is allowed stands before it."""

    code = "UNKNOWN_PROCEDURE"
    status = 400


class QueryTooLargeError(CypherError):
    """The text is longer, or nests deeper, than is accepted."""

    code = "TOO_LARGE"
    status = 413


class UnboundedError(CypherError):
    """A variable-length pattern whose upper bound exceeds what is allowed."""

    code = "UNBOUNDED"


class UnknownKindError(CypherError):
    """A label that the schema does not know."""

    code = "UNKNOWN_KIND"


class UnknownRelationError(CypherError):
    """A relation type that the schema does not know."""

    code = "UNKNOWN_RELATION"


class UnknownPropertyError(CypherError):
    """A property that none of the candidate kinds or relation types has."""

    code = "UNKNOWN_PROPERTY"


class UnknownVariableError(CypherError):
    """A variable that is not in scope."""

    code = "UNKNOWN_VARIABLE"


class VariableConflictError(CypherError):
    """A variable declared twice, or used as two sorts of things."""

    code = "VARIABLE_CONFLICT"


class UnknownFunctionError(CypherError):
    """A function that is not listed."""

    code = "UNKNOWN_FUNCTION"


class ImpossiblePatternError(CypherError):
    """A pattern that no graph of this schema can match."""

    code = "IMPOSSIBLE_PATTERN"


class TypeMismatchError(CypherError):
    """A value of a type that does not fit where it stands."""

    code = "TYPE_MISMATCH"


class InvalidAccessError(TypeMismatchError):
    """A property, a key or a position of a value that has none of that sort."""


class InvalidAggregationError(CypherError):
    """An aggregate where none may stand, or an expression that is neither grouped nor aggregated."""

    code = "INVALID_AGGREGATION"


class MissingParameterError(CypherError):
    """A parameter of the query that was given no value."""

    code = "MISSING_PARAMETER"


class ParameterTypeError(CypherError):
    """A parameter whose value cannot be converted to the type that its use asks for."""

    code = "PARAMETER_TYPE"


def report(
    error: type[CypherError],
    message: str,
    *,
    text: str = "",
    span: Span = NOWHERE,
    hint: str | None = None,
    expected: Sequence[str] = (),
    suggestions: Sequence[str] = (),
    corrected: str | None = None,
) -> CypherError:
    """The error to raise for `span` of `text`. A tree built without text gives a diagnostic without position."""
    if not text:
        place = (0, 0, "")
    else:
        place = locate(text, span)
    return error(
        Diagnostic(
            code=error.code,
            message=message,
            line=place[0],
            column=place[1],
            excerpt=place[2],
            hint=hint,
            expected=tuple(expected),
            suggestions=tuple(suggestions),
            corrected=corrected,
        )
    )


def locate(text: str, span: Span) -> tuple[int, int, str]:
    """Line and column (1-based) of a span's start, and the line with carets under the span."""
    start = min(max(span.start, 0), len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_text = text[line_start : line_end if line_end >= 0 else len(text)].rstrip("\r")
    column = start - line_start
    first = max(0, column - _EXCERPT_WIDTH // 2) if len(line_text) > _EXCERPT_WIDTH else 0
    shown = line_text[first : first + _EXCERPT_WIDTH].replace("\t", " ")
    carets = max(1, min(span.end - span.start, len(shown) - (column - first)))
    return text.count("\n", 0, start) + 1, column + 1, f"{shown}\n{' ' * (column - first)}{'^' * carets}"


def replace_span(text: str, span: Span, replacement: str) -> str | None:
    """The text with a span replaced; None where the tree has no text."""
    if not text or span.end <= span.start:
        return None
    return text[: span.start] + replacement + text[span.end :]


def _hint(diagnostic: Diagnostic) -> str | None:
    parts = []
    if diagnostic.expected:
        parts.append("expected " + _either(diagnostic.expected))
    if diagnostic.suggestions:
        parts.append("did you mean " + _either(diagnostic.suggestions) + "?")
    if diagnostic.hint:
        parts.append(diagnostic.hint)
    return "; ".join(parts) or None


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
