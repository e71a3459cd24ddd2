"""Refuses regular expressions that may take exponential time before any backend is asked: each has an engine of its own.

Patterns that a query computes are not known here; the in-memory executor looks at those when it meets them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graph.cypher.ast import Binary, BinaryOperator, Expression, Literal, Parameter
from graph.cypher.bound import BoundQuery
from graph.cypher.diagnostics import CypherError, report
from graph.cypher.regular_expressions import LONGEST, is_explosive
from graph.cypher.rewrite import descend


class ExplosivePatternError(CypherError):
    """A regular expression that may take exponential time: it repeats what repeats."""

    code = "REGEX_TOO_COSTLY"


def check_expressions(bound: BoundQuery, values: Mapping[str, Any]) -> None:
    """Look at the patterns that are written in a text or given as its parameters. Raises ExplosivePatternError."""
    if "=~" not in bound.text:
        return
    for tree in descend(bound.query):
        if isinstance(tree, Binary) and tree.operator is BinaryOperator.REGEX:
            pattern = _known(tree.right, values)
            if pattern is not None and _is_dangerous(pattern):
                raise report(
                    ExplosivePatternError,
                    f"the regular expression {pattern[:100]!r} may take too long: it repeats what repeats",
                    text=bound.text,
                    span=tree.span,
                    hint="write it without the inner repetition, or use STARTS WITH, ENDS WITH or CONTAINS",
                )


def _known(pattern: Expression, values: Mapping[str, Any]) -> str | None:
    found: Any = None
    if isinstance(pattern, Literal):
        found = pattern.value
    elif isinstance(pattern, Parameter):
        found = values.get(pattern.name)
    return found if isinstance(found, str) else None


def _is_dangerous(pattern: str) -> bool:
    try:
        return len(pattern) > LONGEST or is_explosive(pattern)
    except (re.error, RecursionError, OverflowError):
        return False  # no pattern of Python's: the backend says what it thinks of it
