"""The guard: read-only, bounded, of bearable size. It refuses; it never repairs (the passes give default bounds).

Functions are guarded by the binder, which knows the listed ones only. No procedure is listed yet.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from graph.cypher.ast import CallProcedure, Clause, NodePattern, Query, RelationshipPattern, Tree, WritingClause
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.diagnostics import CypherError, NotReadOnlyError, QueryTooLargeError, UnboundedError, report
from graph.cypher.rewrite import descend


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a query may ask for. Time and memory are limits of the read (`ReadContext`), not of the text.

    `default_hops` is the upper bound given to a variable-length pattern without one, `default_path_hops` to a shortest
    path without one, `maximum_hops` the largest that may be written. `row_cap` is that of the reads that will follow, None
    where it is not known: beyond one row more, no row need be made. `maximum_nodes` and `maximum_clauses` are those of a
    whole query: every backend's planner takes a time that grows faster than they do.
    """

    default_hops: int = 8
    default_path_hops: int = 30
    maximum_hops: int = 30
    maximum_bytes: int = 100_000
    row_cap: int | None = None
    maximum_nodes: int = 100
    maximum_clauses: int = 100


LEAST_BYTES_OF_A_NODE: Final = 4
"""`--()`: a shorter text needs no count."""

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


def check_extent(query: Query, text: str, limits: QueryLimits) -> None:
    """Refuse a query of more nodes in patterns, or of more clauses, than is accepted. Raises QueryTooLargeError."""
    if text and len(text) < LEAST_BYTES_OF_A_NODE * min(limits.maximum_nodes, limits.maximum_clauses):
        return
    nodes = clauses = 0
    for tree in descend(query):
        if isinstance(tree, NodePattern):
            nodes += 1
            if nodes > limits.maximum_nodes:
                raise _too_many(tree, f"more than {limits.maximum_nodes} nodes in its patterns", text)
        elif isinstance(tree, Clause):
            clauses += 1
            if clauses > limits.maximum_clauses:
                raise _too_many(tree, f"more than {limits.maximum_clauses} clauses", text)


def _too_many(tree: Tree, what: str, text: str) -> CypherError:
    return report(
        QueryTooLargeError,
        f"the query has {what}",
        text=text,
        span=tree.span,
        hint="ask in several queries, or let a variable-length relationship stand for a chain",
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
