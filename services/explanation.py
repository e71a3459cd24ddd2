"""EXPLAIN: the whole road of a query without its answer, from the text to the statement that the backend would receive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from core.errors import UnsupportedConstructError
from graph.cypher.bound import BoundQuery, CypherType, TypeName
from graph.cypher.explain import Stage
from graph.repository import GraphRepository, Plans, ReadContext

COLUMNS: Final = ("stage", "query", "findings")
"""Columns of the answer to a query that begins with EXPLAIN: one row per stage, the findings a list of texts."""


def compiled_stage(
    bound: BoundQuery, repository: GraphRepository, parameters: Mapping[str, Any], context: ReadContext
) -> Stage:
    """What the backend would run: its statement and engine, or the construct for which it falls back."""
    name = f"compile: {repository.capabilities.name}"
    if not isinstance(repository, Plans):
        return Stage(name, "", ("this backend does not tell how it answers",))
    samples = [f"${parameter} has no value: a sample is supposed" for parameter in bound.parameters.keys() - parameters]
    values = {**{name: _sample(of) for name, of in bound.parameters.items()}, **parameters}
    try:
        plan = repository.plan(bound, values, context)
    except UnsupportedConstructError as reason:
        where = f" ({reason.where})" if reason.where else ""
        return Stage(name, "", ("engine: fallback, on a snapshot in memory", f"reason: {reason.seen}{where}", *samples))
    if plan.statement is None:
        return Stage(name, "", (f"engine: {plan.engine}, our executor over the graph in memory", *sorted(samples)))
    return Stage(name, plan.statement, (f"engine: {plan.engine}", *sorted(samples)))


def rows_of(stages: tuple[Stage, ...]) -> list[tuple[Any, ...]]:
    """The stages as rows of an answer."""
    return [(stage.name, stage.text, list(stage.findings)) for stage in stages]


def _sample(of: CypherType) -> Any:
    """A value of a type, for a statement whose form depends on values."""
    match of.name:
        case TypeName.INTEGER | TypeName.NUMBER:
            return 1
        case TypeName.FLOAT:
            return 1.0
        case TypeName.BOOLEAN:
            return True
        case TypeName.DATE:
            return date(2025, 1, 1).isoformat()
        case TypeName.INSTANT:
            return "2025-01-01T00:00:00Z"
        case TypeName.DURATION:
            return "P1D"
        case TypeName.LIST:
            return [_sample(of.item)] if of.item is not None else ["x"]
        case TypeName.MAP:
            return {key: _sample(field) for key, field in (of.fields or {}).items()}
        case TypeName.NULL:
            return None
        case _:
            return "x"
