"""The guard: read-only, bounded, of bearable size. It refuses; it never repairs (the passes give default bounds).

Functions are guarded by the binder, which knows the listed ones only. No procedure is listed yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.cypher.ast import CallProcedure, Query, RelationshipPattern, WritingClause
from graph.cypher.bound import BoundQuery
from graph.cypher.diagnostics import NotReadOnlyError, QueryTooLargeError, UnboundedError, report
from graph.cypher.rewrite import descend

PROCEDURES: Final[frozenset[str]] = frozenset()
"""Lower-case names of the procedures that may be called."""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a query may ask for. Rows and time are limits of the read (`ReadContext`), not of the text.

    `default_hops` is the upper bound given to a variable-length pattern without one, `default_path_hops` to a shortest
    path without one, `maximum_hops` the largest that may be written.
    """

    default_hops: int = 8
    default_path_hops: int = 30
    maximum_hops: int = 30
    maximum_bytes: int = 100_000


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


def check_read_only(query: Query, text: str = "") -> None:
    """Refuse writing clauses and procedures that are not listed, by name, wherever they stand. Raises NotReadOnlyError."""
    for tree in descend(query):
        if isinstance(tree, WritingClause):
            raise report(
                NotReadOnlyError,
                f"{tree.name} is not allowed: queries only read",
                text=text,
                span=tree.span,
                hint="data enters through ingestion; a query is made of MATCH, WITH, UNWIND, CALL { } and RETURN",
            )
        if isinstance(tree, CallProcedure) and tree.name.lower() not in PROCEDURES:
            raise report(
                NotReadOnlyError,
                f"the procedure {tree.name} is not allowed",
                text=text,
                span=tree.span,
                hint="no procedure can be called; `jumeau schema` lists kinds and relations",
            )


def check_bounds(bound: BoundQuery, limits: QueryLimits) -> None:
    """Refuse variable-length patterns beyond the limit. Raises UnboundedError."""
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
