"""A selection as ONE query tree: the root page first, then relation by relation, inner lists gathered before outer.

    MATCH (n0:Server) WHERE ... WITH n0 ORDER BY ..., n0.id LIMIT $p1
    OPTIONAL MATCH (n0)-[r1:RUNS_ON]->(n1) WHERE ...
    WITH n0, collect({i: n1.id, a0: n1.name, ...}) AS c1
    OPTIONAL MATCH ...                                       // the next relation: its rows never multiply the first's
    RETURN n0.id AS i, n0.name AS a0, c1 AS c1

What is nested is added by `api.graphql.branches`. Only selected attributes travel. Every value from outside is a parameter.
Filters of nested lists are in the query; their order and page are applied to what came back (`api.graphql.pages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.graphql.branches import Branches, NodeLayout, with_order_keys
from api.graphql.cursors import seek
from api.graphql.filters import both, predicate
from api.graphql.selection import ListSelection, NodeSelection
from api.graphql.shape import NODE, Shape
from api.graphql.trees import Names, aliased, any_of, as_itself, is_element, one_of, query_of, value_of, walk
from graph.cypher import ast


@dataclass(frozen=True, slots=True)
class CompiledPage:
    """A query whose columns are laid out as `layout` says."""

    query: ast.Query
    parameters: Mapping[str, Any]
    layout: NodeLayout


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a root list begins that is a closure: one element, and the relations that are followed from it.

    `kinds` are the concrete kinds that are listed; what is passed on the way may be of any.
    """

    identity: str
    relations: tuple[str, ...]
    direction: ast.Direction
    depth: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Where a root list begins that is of these elements: those of them that are of the concrete kinds `kinds`."""

    ids: tuple[str, ...]
    kinds: tuple[str, ...]


Begin = Reach | Listed | None
"""Where a root list begins: at all elements of its kind where nothing is said."""


def compile_reach(reach: Reach) -> tuple[ast.Query, Mapping[str, Any]]:
    """The query of the ids that a closure reaches: one row, a list."""
    names = Names()
    ids = ast.FunctionCall("collect", (value_of("n0", "id"),), distinct=True)
    clauses = (_walked(reach, names, None), ast.Return(ast.Projection((ast.ProjectionItem(ids, "reached"),))))
    return query_of(clauses), names.parameters


def compile_page(selection: ListSelection, shape: Shape, begin: Begin = None) -> CompiledPage:
    """The query of a root list: one row per node of the page, and one more to tell whether there is another page."""
    names = Names()
    start = _match_all(selection, shape, names, selection.after, begin)
    most = selection.first + 1
    limit = (
        ast.Literal(most) if selection.node.walks else names.bind(most)
    )  # what walks cost depends on how many there are
    order = tuple(ast.SortItem(value_of("n0", key.attribute), key.descending) for key in selection.order)
    order = (*order, ast.SortItem(value_of("n0", "id")))
    clauses: list[ast.Clause] = [start]
    node = with_order_keys(selection)
    is_walked = isinstance(begin, Reach)
    apart = node.leads_on or is_walked  # the page is cut before lists are gathered, and of distinct nodes
    if apart:
        clauses.append(ast.With(ast.Projection((as_itself("n0"),), distinct=is_walked, order=order, limit=limit)))
    kinds = shape.covered(node.type_name) if begin is None else frozenset(begin.kinds)
    layout, items = Branches(shape, names, clauses).node(node, "n0", (), kinds)
    paged: dict[str, Any] = {} if apart else {"order": order, "limit": limit}
    clauses.append(ast.Return(ast.Projection(aliased(items), **paged)))
    return CompiledPage(query_of(clauses), names.parameters, layout)


def compile_node(selection: NodeSelection, identity: str, shape: Shape) -> CompiledPage:
    """The query of one node by id: no row or one."""
    names = Names()
    condition = is_element("n0", names.bind(identity))
    clauses: list[ast.Clause] = [ast.Match((ast.PathPattern(any_of("n0", selection.type_name)),), condition)]
    layout, items = Branches(shape, names, clauses).node(selection, "n0", (), shape.covered(selection.type_name))
    clauses.append(ast.Return(ast.Projection(aliased(items))))
    return CompiledPage(query_of(clauses), names.parameters, layout)


def compile_count(selection: ListSelection, shape: Shape, begin: Begin = None) -> tuple[ast.Query, Mapping[str, Any]]:
    """The query of a root list's total: how many fit the filter, whatever the page."""
    names = Names()
    clauses: list[ast.Clause] = [_match_all(selection, shape, names, None, begin)]
    if isinstance(begin, Reach):
        clauses.append(ast.With(ast.Projection((as_itself("n0"),), distinct=True)))
    clauses.append(ast.Return(ast.Projection((ast.ProjectionItem(ast.CountStar(), "total"),))))
    return query_of(clauses), names.parameters


def matched(
    type_name: str, given: Mapping[str, Any], shape: Shape, names: Names, after: ast.Expression | None = None
) -> ast.Match:
    """The nodes `n0` of a kind that fit a filter, and one condition more."""
    condition = predicate(given, ast.Variable("n0"), shape.value_types, names.bind)
    return ast.Match((ast.PathPattern(any_of("n0", type_name)),), both(condition, after))


def _match_all(
    selection: ListSelection,
    shape: Shape,
    names: Names,
    after: tuple[Any, ...] | None,
    begin: Begin,
) -> ast.Match:
    further = None if after is None else seek(selection.order, after, ast.Variable("n0"), names.bind)
    found = matched(selection.node.type_name, selection.filter, shape, names, further)
    match begin:
        case Reach():
            return _walked(begin, names, found.where)
        case Listed():
            among = ast.Binary(ast.BinaryOperator.IN, value_of("n0", "id"), names.bind(list(begin.ids)))
            return ast.Match((ast.PathPattern(one_of("n0", begin.kinds)),), both(among, found.where))
        case None:
            return found


def _walked(reach: Reach, names: Names, further: ast.Expression | None) -> ast.Match:
    origin = names.bind(reach.identity)
    others = both(is_element("s", origin), is_element("n0", origin, ast.BinaryOperator.NE))
    step = (walk(reach.relations, reach.direction, reach.depth), one_of("n0", reach.kinds))
    return ast.Match((ast.PathPattern(any_of("s", NODE), (step,)),), both(others, further))
