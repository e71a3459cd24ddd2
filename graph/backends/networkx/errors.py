"""What may go wrong while a query runs: the query was sound, its values were not."""

from __future__ import annotations

from core.errors import QueryRuntimeError


class EvaluationError(QueryRuntimeError):
    """A value that an expression cannot work with, found while the query ran."""


class ArithmeticOverflowError(EvaluationError):
    """An integer result outside 64 bits, or a division of integers by zero."""
