"""What may go wrong while a query runs: the query was sound, its values were not."""

from __future__ import annotations

from core.errors import QueryError


class EvaluationError(QueryError):
    """A value that an expression cannot work with, found while the query ran."""

    code = "EVALUATION"


class ArithmeticOverflowError(EvaluationError):
    """An integer result outside 64 bits, or a division of integers by zero."""

    code = "ARITHMETIC"
