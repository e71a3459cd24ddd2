"""Variable-length patterns without an upper bound get the default one, and the answer says so."""

from __future__ import annotations

from dataclasses import replace

from graph.cypher.ast import Hops, PathPattern, Query, RelationshipPattern, Tree
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.diagnostics import locate
from graph.cypher.passes.context import PassContext
from graph.cypher.rewrite import transform


def bound_hops(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """Every `*` and `*2..` bounded, with a note for each."""
    if Feature.UNBOUNDED not in bound.features:
        return bound
    notes: list[str] = []

    def limit(relationship: RelationshipPattern, default: int) -> RelationshipPattern:
        hops = relationship.hops
        if hops is None or hops.maximum is not None:
            return relationship
        minimum = 1 if hops.minimum is None else hops.minimum
        highest = max(default, minimum)
        notes.append(_note(bound.text, relationship, highest))
        return replace(relationship, hops=Hops(minimum, highest, span=hops.span))

    def visit(tree: Tree) -> Tree | None:
        if not isinstance(tree, PathPattern) or all(
            r.hops is None or r.hops.maximum is not None for r in tree.relationships
        ):
            return None
        default = context.limits.default_hops if tree.shortest is None else context.limits.default_path_hops
        # the nodes and conditions of the path are entered by the transformation of the new path's parts
        steps = tuple((limit(relationship, default), node) for relationship, node in tree.steps)
        return transform(replace(tree, steps=steps), visit)

    query: Query = transform(bound.query, visit)
    return bound if query is bound.query else replace(bound, query=query, notes=(*bound.notes, *notes))


def _note(text: str, relationship: RelationshipPattern, highest: int) -> str:
    where = ""
    if text:
        line, column, _ = locate(text, relationship.span)
        where = f" at line {line}, column {column}"
    return f"the variable-length pattern{where} has no upper bound: {highest} relations at most were followed"
