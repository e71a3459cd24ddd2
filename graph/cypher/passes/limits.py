"""LIMIT moves to where rows are made, and the row cap of the read becomes a LIMIT that every backend can use.

`WITH a ... RETURN a.name LIMIT 5` needs five rows of the WITH; a sorted answer of which 10,000 rows at most come back
needs the first 10,001, which tell that it was cut, and no complete sort. (An answer that is not sorted is read until the
cap, and no further.) A projection hands its LIMIT on only where it makes one row of one row.
"""

from __future__ import annotations

from dataclasses import replace

from graph.cypher.ast import Clause, Expression, Literal, Projection, Return, SinglePart, With
from graph.cypher.bound import BoundQuery
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.passes.context import PassContext


def push_limits(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """The outermost parts with their LIMITs, and the cap, as early as they may stand."""
    query = bound.query
    cap = context.limits.row_cap
    capped = cap is not None and (len(query.parts) == 1 or query.union_all)
    parts = tuple(_part(part, cap if capped else None) for part in query.parts)
    if all(new is old for new, old in zip(parts, query.parts, strict=True)):
        return bound
    return replace(bound, query=replace(query, parts=parts))


def _part(part: SinglePart, cap: int | None) -> SinglePart:
    last = part.clauses[-1] if part.clauses else None
    if not isinstance(last, Return):
        return part
    clauses: list[Clause] = list(part.clauses)
    projection = last.projection
    if cap is not None and _is_above(projection.limit, cap) and _is_sorted(clauses):
        projection = replace(projection, limit=Literal(cap + 1))
        clauses[-1] = replace(last, projection=projection)
    at = len(clauses) - 1
    while at > 0 and projection.limit is not None and _keeps_rows(projection):
        before = clauses[at - 1]
        if not isinstance(before, With) or before.where is not None or before.projection.limit is not None:
            break
        limited = replace(before.projection, limit=projection.limit)
        clauses[at - 1] = replace(before, projection=limited)
        projection, at = limited, at - 1
    same = all(new is old for new, old in zip(clauses, part.clauses, strict=True))
    return part if same else replace(part, clauses=tuple(clauses))


def _is_sorted(clauses: list[Clause]) -> bool:
    """Whether the rows of a part come sorted, by its RETURN or by the WITH before it."""
    return any(isinstance(clause, With | Return) and clause.projection.order for clause in clauses[-2:])


def _is_above(limit: Expression | None, cap: int) -> bool:
    """Whether a projection may give more rows than the cap and one; a LIMIT by parameter is left as it is."""
    if limit is None:
        return True
    return isinstance(limit, Literal) and isinstance(limit.value, int) and limit.value > cap + 1


def _keeps_rows(projection: Projection) -> bool:
    """Whether a projection makes one row of one row, in the order in which they come."""
    if projection.distinct or projection.order or projection.skip is not None:
        return False
    return not any(True for item in projection.items for _ in aggregates_in(item.expression))
