"""Calls of constants become constants: `date('2025-01-31')` is a date, once, and the same on every backend."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Final

from core.clock import parse_instant
from graph.cypher.ast import FunctionCall, Literal, Tree, Unary, UnaryOperator
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.diagnostics import CypherError, TypeMismatchError, report
from graph.cypher.passes.context import PassContext
from graph.cypher.rewrite import transform

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?")
_ISO: Final = re.compile(r"[+-]?\d{4,}[-\dWQ]*(T[\d:.,]+)?(Z|[+-][\d:]+)?(\[[\w/+-]+\])?")
"""What ISO 8601 and the language admit beside the plain forms: weeks, quarters, ordinal days, no separators, zones."""


def fold_constants(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """Dates and instants written as strings become literals; a string that is none is refused here, with its place."""
    if Feature.CONSTANT_CALL not in bound.features:
        return bound

    def visit(tree: Tree) -> Tree | None:
        if isinstance(tree, FunctionCall) and tree.name in ("date", "datetime") and len(tree.arguments) == 1:
            argument = tree.arguments[0]
            if isinstance(argument, Literal) and isinstance(argument.value, str):
                return _fold(tree, argument.value, bound.text, keeps_offset=context.vocabulary is None)
        if (
            isinstance(tree, Unary)
            and tree.operator is UnaryOperator.NOT
            and isinstance(tree.operand, Literal)
            and isinstance(tree.operand.value, bool)
        ):
            return Literal(not tree.operand.value, span=tree.span)
        return None

    query = transform(bound.query, visit)
    return bound if query is bound.query else replace(bound, query=query)


def _fold(call: FunctionCall, written: str, text: str, *, keeps_offset: bool) -> Literal | None:
    """The literal; None where the call is left to the backend: a form of ISO 8601 that is rarely written, or an offset.

    Instants are kept in UTC; without schema the offset or zone that was written may be asked for again.
    """
    is_date = call.name == "date"
    if not (_DATE if is_date else _INSTANT).fullmatch(written):
        if _ISO.fullmatch(written):
            return None
        raise _refusal(call, written, text)
    if keeps_offset and not is_date:
        return None
    try:
        return Literal(date.fromisoformat(written) if is_date else parse_instant(written), span=call.span)
    except ValueError as error:
        raise _refusal(call, written, text) from error


def _refusal(call: FunctionCall, written: str, text: str) -> CypherError:
    is_date = call.name == "date"
    return report(
        TypeMismatchError,
        f"{written!r} is not a {'date' if is_date else 'date and time'}",
        text=text,
        span=call.arguments[0].span,
        hint=f"write it as {'2025-01-31' if is_date else '2025-01-31T08:00:00Z'}",
    )
