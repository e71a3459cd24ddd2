"""What one GraphQL request may use over all its root fields: nodes in pages, work in the graph, time.

Nodes and work are reckoned before the backend is asked: the pages and queries of every root field are planned first, and a
request whose sum is beyond the limits is refused whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import ceil
from time import monotonic

from api.graphql.errors import RequestTimeError, RequestTooCostlyError, TooManyNodesError
from api.graphql.selection import DEFAULT_PAGE, Branch, ListSelection, NodeSelection
from api.graphql.shape import NODE, RelationField
from api.graphql.walks import Walk
from core.settings import Settings
from graph.cypher.statistics import Statistics


class RequestBudget:
    """What is left to one request. `is_told`: whether the asker may know figures of the whole estate."""

    def __init__(self, settings: Settings, *, is_told: bool, timer: Callable[[], float] = monotonic) -> None:
        self._nodes_limit = settings.graphql_nodes
        self._cost_limit = settings.query_cost_limit
        self._time_s = settings.graphql_time_s
        self._is_told = is_told
        self._timer = timer
        self._ends = timer() + settings.graphql_time_s
        self._nodes = 0.0
        self._cost = 0.0

    def take(self, nodes: float, cost: float) -> None:
        """Count a root field's nodes and work, in rows and relations. Raises TooManyNodesError, RequestTooCostlyError."""
        self._nodes += nodes
        if self._nodes > self._nodes_limit:
            raise TooManyNodesError(
                "nodes that the pages of the request may hold",
                self._nodes,
                self._nodes_limit,
                setting="graphql_nodes",
                hint="ask for smaller pages with `first`, walk less far with `depth`, or nest fewer lists",
                shown=None if self._is_told else f"more than {self._nodes_limit:,}",
                told=self._is_told,
            )
        self._cost += cost
        if self._cost > self._cost_limit:
            limit = f"{self._cost_limit:,.0f}"
            figures = f"about {self._cost:,.0f} rows and relations, {limit} are" if self._is_told else "more than is"
            raise RequestTooCostlyError(
                f"the fields of the request together would visit {figures} allowed",
                where="JUMEAU_QUERY_COST_LIMIT",
                hint="ask in several requests, or narrow the lists",
                details={"seen": self._cost, "limit": self._cost_limit} if self._is_told else {},
            )

    def holds(self, nodes: float) -> bool:
        """Whether so many nodes more are within the limit."""
        return self._nodes + nodes <= self._nodes_limit

    def left(self) -> float:
        """Seconds that are left. Raises RequestTimeError where there are none."""
        left = self._ends - self._timer()
        if left <= 0:
            raise RequestTimeError(
                f"the request has used up its {self._time_s:g} s",
                where="JUMEAU_GRAPHQL_TIME_S",
                hint="ask for less at a time, or in several requests",
            )
        return left


def pages_of(selection: ListSelection, statistics: Statistics) -> float:
    """The nodes that a root list may give: its page, and along its nested lists the product of theirs.

    A nested list without `first` counts as the mean number of relations that a node has, one at least. What a walk reaches counts
    as it is expected, whatever its page: all of it is fetched, of as many elements as there are, unless it is counted alone.
    """
    if not selection.listed:
        return 0.0
    there = float(statistics.count(_kinds(selection.node.type_name, statistics)))
    walked = min(selection.first, max(1.0, there)) * _walked(selection.node, statistics)
    return selection.first * (1 + _below(selection.node, statistics)) + walked


def nodes_of(selection: NodeSelection, statistics: Statistics) -> float:
    """The same for a root field that gives one node."""
    return 1 + _below(selection, statistics) + _walked(selection, statistics)


def _below(node: NodeSelection, statistics: Statistics) -> float:
    """The nodes in the lists of relations below a node, walks aside."""
    return sum(
        _page(branch.content, branch.target, branch.parents, statistics) * (1 + _below(branch.content.node, statistics))
        for branch in node.branches.values()
        if isinstance(branch.target, RelationField)
    )


def _page(content: ListSelection, target: RelationField, parents: Collection[str], statistics: Statistics) -> float:
    if content.is_first_given:
        return float(content.first)
    means = (statistics.mean_degree(kind, target.relation.name, target.direction) for kind in parents)
    return float(min(DEFAULT_PAGE, max(1, ceil(max(means, default=1.0)))))


def _walked(node: NodeSelection, statistics: Statistics) -> float:
    """The nodes that walks below a node reach, with all that is nested in them."""
    found = 0.0
    for branch in _listed(node):
        inner, number = branch.content.node, _expected(branch, statistics)
        found += number * (
            _fetched(inner, statistics) if isinstance(branch.target, Walk) else _walked(inner, statistics)
        )
    return found


def _fetched(node: NodeSelection, statistics: Statistics) -> float:
    """A node with all that is nested in it."""
    return 1 + sum(
        _expected(branch, statistics) * _fetched(branch.content.node, statistics) for branch in _listed(node)
    )


def _listed(node: NodeSelection) -> Iterable[Branch]:
    """The lists below a node of which more is fetched than a number."""
    return (branch for branch in node.branches.values() if branch.content.listed)


def _expected(branch: Branch, statistics: Statistics) -> float:
    """How many elements a relation or a walk leads to from one of its elements, on the average."""
    target = branch.target
    if isinstance(target, Walk):
        return statistics.reached(branch.parents, target.relations, target.direction, target.depth)
    return statistics.reached(branch.parents, (target.relation.name,), target.direction, 1)


def _kinds(type_name: str, statistics: Statistics) -> Collection[str] | None:
    return None if type_name == NODE else statistics.schema.descendants[type_name]
