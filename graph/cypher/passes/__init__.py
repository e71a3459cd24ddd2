"""The passes: one rewrite per module, bound query in, bound query out, applied in the order of `PASSES`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from graph.cypher.bound import BoundQuery
from graph.cypher.passes.aggregates import split_aggregates
from graph.cypher.passes.constants import fold_constants
from graph.cypher.passes.context import PassContext
from graph.cypher.passes.ends_only import mark_ends_only
from graph.cypher.passes.hops import bound_hops
from graph.cypher.passes.limits import push_limits
from graph.cypher.passes.perimeter import restrict
from graph.cypher.passes.predicates import move_conditions
from graph.cypher.passes.pushdown import push_equalities
from graph.cypher.passes.redundant import drop_redundant
from graph.cypher.passes.small_groups import leave_out_small_groups

Pass = Callable[[BoundQuery, PassContext], BoundQuery]

PASSES: Final[tuple[tuple[str, Pass], ...]] = (
    ("hops", bound_hops),
    ("constants", fold_constants),
    ("predicates", lambda bound, _context: move_conditions(bound)),
    ("redundant", lambda bound, _context: drop_redundant(bound)),
    ("pushdown", lambda bound, _context: push_equalities(bound)),
    ("perimeter", restrict),
    ("small_groups", leave_out_small_groups),
    ("aggregates", split_aggregates),
    ("ends_only", lambda bound, _context: mark_ends_only(bound)),
    ("limits", push_limits),
)
"""Name and rewrite, in order."""


def apply_passes(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """The query after every pass."""
    for _, rewrite in PASSES:
        bound = rewrite(bound, context)
    return bound
