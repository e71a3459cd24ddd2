"""The guard: read-only, bounded, of bearable size. It refuses; it never repairs (the passes give default bounds).

Functions are guarded by the binder, which knows the listed ones only. No procedure is listed yet.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from graph.cypher.ast import CallProcedure, Clause, Query, RelationshipPattern, WritingClause
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.diagnostics import CypherError, NotReadOnlyError, QueryTooLargeError, UnboundedError, report
from graph.cypher.rewrite import descend


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a query may ask for. Time and memory are limits of the read (`ReadContext`), not of the text.

    `default_hops` is the upper bound given to a variable-length pattern without one, `default_path_hops` to a shortest
    path without one, `maximum_hops` the largest that may be written. `row_cap` is that of the reads that will follow, None
    where it is not known: beyond one row more, no row need be made.
    """

    default_hops: int = 8
    default_path_hops: int = 30
    maximum_hops: int = 30
    maximum_bytes: int = 100_000
    row_cap: int | None = None


DEFAULT_LIMITS: Final = QueryLimits()


def check_size(text: str, limits: QueryLimits) -> None:
    """Refuse a text longer than is accepted. Raises QueryTooLargeError."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > limits.maximum_bytes:
        raise report(
            QueryTooLargeError,
            f"the query has {size} bytes; {limits.maximum_bytes} are accepted",
            hint="pass long lists as parameters",
        )


def check_read_only(query: Query, text: str = "", procedures: Container[str] = ()) -> None:
    """Refuse what does not read, by name, wherever it stands. Raises NotReadOnlyError.

    The binder refuses each such clause when it meets it; this walk is for whoever wants to know first. `procedures` are
    the names of those that may be called.
    """
    for tree in descend(query):
        if isinstance(tree, WritingClause) or (isinstance(tree, CallProcedure) and tree.name not in procedures):
            raise refuse_clause(tree, text)


def refuse_clause(clause: Clause, text: str) -> CypherError:
    """The error for a clause that does not read."""
    if isinstance(clause, WritingClause):
        return report(
            NotReadOnlyError,
            f"{clause.name} is not allowed: queries only read",
            text=text,
            span=clause.span,
            hint="data enters through ingestion; a query is made of MATCH, WITH, UNWIND, CALL { } and RETURN",
        )
    name = clause.name if isinstance(clause, CallProcedure) else type(clause).__name__
    return report(
        NotReadOnlyError,
        f"the procedure {name} is not allowed",
        text=text,
        span=clause.span,
        hint="no procedure can be called; `jumeau schema` lists kinds and relations",
    )


def check_bounds(bound: BoundQuery, limits: QueryLimits) -> None:
    """Refuse variable-length patterns beyond the limit. Raises UnboundedError."""
    if Feature.VARIABLE_LENGTH not in bound.features:
        return
    for tree in descend(bound.query):
        if isinstance(tree, RelationshipPattern) and tree.hops is not None:
            highest = max(tree.hops.minimum or 0, tree.hops.maximum or 0)
            if highest > limits.maximum_hops:
                raise report(
                    UnboundedError,
                    f"a path of up to {highest} relations is longer than is allowed",
                    text=bound.text,
                    span=tree.hops.span,
                    hint=f"the upper bound may be {limits.maximum_hops} at most",
                )
