"""What mutations count in the total cost of a request: the elements that they change, and the node that they read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import GraphQLResolveInfo

from api.graphql.context import PLAN, GraphQLContext

Elements = Callable[[GraphQLContext, Mapping[str, Any]], float]
"""How many elements a mutation changes with the arguments that it is given."""


def costing(elements: Elements, kind: str | None = None) -> dict[str, Any]:
    """The extensions of a mutation whose `elements` and node of a `kind` count."""

    def plan(context: GraphQLContext, info: GraphQLResolveInfo[GraphQLContext], given: Mapping[str, Any]) -> None:
        context.plan_change(info, elements(context, given), kind)

    return {PLAN: plan}


def told_on(context: GraphQLContext, branch: str) -> float:
    """How many events a branch has. Raises NotFoundError."""
    return float(context.services.branches.get(branch).version)


ONE: Final = costing(lambda _context, _given: 1)
"""A mutation of one element, or of what stands beside the graph."""
