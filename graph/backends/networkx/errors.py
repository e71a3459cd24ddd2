"""What may go wrong while a query runs: the query was sound, its values were not."""

from __future__ import annotations

from core.errors import QueryRuntimeError


class EvaluationError(QueryRuntimeError):
    """A value that an expression cannot work with, found while the query ran."""


class ArgumentError(EvaluationError):
    """An argument of the right type whose value a function cannot take, or of a type that only the run could tell."""


class RowCountError(EvaluationError):
    """A SKIP or LIMIT that is no number from 0 up, seen when its parameter was."""


class ArithmeticOverflowError(EvaluationError):
    """An integer result outside 64 bits, or a division of integers by zero."""


class QueryMemoryError(QueryRuntimeError):
    """What a query keeps at one time, or one value that it makes, is larger than a query may take."""

    code = "QUERY_MEMORY"
