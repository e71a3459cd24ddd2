"""A selection as ONE query tree: the root page first, then relation by relation, inner lists gathered before outer.

    MATCH (n0:Server) WHERE ... WITH n0 ORDER BY ..., n0.id LIMIT $p1
    OPTIONAL MATCH (n0)-[r1:RUNS_ON]->(n1) WHERE ...
    WITH n0, collect({i: n1.id, a0: n1.name, ...}) AS c1
    OPTIONAL MATCH ...                                       // the next relation: its rows never multiply the first's
    RETURN n0.id AS i, n0.name AS a0, c1 AS c1

Only selected attributes travel. Every value from outside is a parameter. Filters of nested lists are in the query; their
order and page are applied to what came back (`api.graphql.pages`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from api.graphql.cursors import seek
from api.graphql.filters import both, predicate
from api.graphql.selection import Branch, ListKey, ListSelection, NodeSelection
from api.graphql.shape import NODE, Shape
from graph.cypher import ast

ID, KIND, EDGE_ID = "i", "k", "e"
"""Short keys of every node's and relation's identity and kind in what a query gives."""


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """Where a node's parts are in a row or in a nested map: key to attribute; list to key and layout of its items."""

    kind: str | None  # None: in the row, under KIND
    attributes: Mapping[str, str]
    lists: Mapping[ListKey, tuple[str, ListLayout]]


@dataclass(frozen=True, slots=True)
class ListLayout:
    """The layout of a list's items, with what is to be done to the list after fetching."""

    node: NodeLayout
    edge_attributes: Mapping[str, str]
    selection: ListSelection


@dataclass(frozen=True, slots=True)
class CompiledPage:
    """A query whose columns are laid out as `layout` says."""

    query: ast.Query
    parameters: Mapping[str, Any]
    layout: NodeLayout


@dataclass(slots=True)
class Names:
    """Fresh variable names, and the parameters made so far."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    parameters: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any) -> ast.Expression:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return ast.Parameter(name)


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
    limit = names.bind(selection.first + 1)
    order = tuple(ast.SortItem(value_of("n0", key.attribute), key.descending) for key in selection.order)
    order = (*order, ast.SortItem(value_of("n0", "id")))
    clauses: list[ast.Clause] = [start]
    node = _with_order_keys(selection)
    is_walked = isinstance(begin, Reach)
    apart = bool(node.branches) or is_walked  # the page is cut before lists are gathered, and of distinct nodes
    if apart:
        clauses.append(ast.With(ast.Projection((as_itself("n0"),), distinct=is_walked, order=order, limit=limit)))
    layout, items = Branches(shape, names, clauses).node(node, "n0", ())
    paged: dict[str, Any] = {} if apart else {"order": order, "limit": limit}
    clauses.append(ast.Return(ast.Projection(aliased(items), **paged)))
    return CompiledPage(query_of(clauses), names.parameters, layout)


def compile_node(selection: NodeSelection, identity: str, shape: Shape) -> CompiledPage:
    """The query of one node by id: no row or one."""
    names = Names()
    condition = is_element("n0", names.bind(identity))
    clauses: list[ast.Clause] = [ast.Match((ast.PathPattern(any_of("n0", selection.type_name)),), condition)]
    layout, items = Branches(shape, names, clauses).node(selection, "n0", ())
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


class Branches:
    """Appends the clauses that gather a node's lists, depth first."""

    def __init__(self, shape: Shape, names: Names, clauses: list[ast.Clause]) -> None:
        self._shape = shape
        self._names = names
        self._clauses = clauses

    def node(
        self, selection: NodeSelection, variable: str, carried: tuple[str, ...]
    ) -> tuple[NodeLayout, list[tuple[str, ast.Expression]]]:
        """Gather the node's lists; `carried` are the variables that later clauses need besides this one.

        Gives the layout, and what to project: key and expression.
        """
        lists: dict[ListKey, tuple[str, ListLayout]] = {}
        for key, branch in selection.branches.items():
            gathered, layout = self._list(
                branch, selection, variable, (*carried, *(name for name, _ in lists.values()))
            )
            lists[key] = (gathered, layout)
        kind = None if selection.needs_kind or self._shape_is_wide(selection) else selection.type_name
        attributes = {f"a{at}": name for at, name in enumerate(selection.attributes)}
        items: list[tuple[str, ast.Expression]] = [(ID, value_of(variable, "id"))]
        if kind is None:
            labels = ast.FunctionCall("labels", (ast.Variable(variable),))
            items.append((KIND, ast.Index(labels, ast.Literal(0))))
        items.extend((key, value_of(variable, name)) for key, name in attributes.items())
        items.extend((name, ast.Variable(name)) for name, _ in lists.values())
        return NodeLayout(kind, attributes, lists), items

    def _list(
        self, branch: Branch, parent: NodeSelection, variable: str, carried: tuple[str, ...]
    ) -> tuple[str, ListLayout]:
        number = next(self._names.numbers)
        far, edge, gathered = f"n{number}", f"r{number}", f"c{number}"
        content = branch.content
        pattern = ast.PathPattern(
            ast.NodePattern(variable, self._restriction(branch, parent)),
            (
                (
                    ast.RelationshipPattern(
                        edge, ast.LabelName(branch.target.relation.name), direction=branch.target.direction
                    ),
                    any_of(far, content.node.type_name),
                ),
            ),
        )
        condition = predicate(content.filter, ast.Variable(far), self._shape.value_types, self._names.bind)
        self._clauses.append(ast.Match((pattern,), condition, optional=True))
        layout, items = self.node(_with_order_keys(content), far, (*carried, variable, edge))
        edge_attributes = {f"r{at}": name for at, name in enumerate(content.edge_attributes)}
        items.append((EDGE_ID, ast.FunctionCall("elementId", (ast.Variable(edge),))))
        items.extend((key, value_of(edge, name)) for key, name in edge_attributes.items())
        collected = ast.FunctionCall("collect", (ast.MapLiteral(tuple(items)),))
        kept = tuple(as_itself(name) for name in (*carried, variable))
        self._clauses.append(ast.With(ast.Projection((*kept, ast.ProjectionItem(collected, gathered)))))
        return gathered, ListLayout(layout, edge_attributes, content)

    def _restriction(self, branch: Branch, parent: NodeSelection) -> ast.LabelExpression | None:
        """The labels that keep a branch asked of some kinds only from being followed from the others."""
        if branch.parents >= self._shape.covered(parent.type_name):
            return None
        least = self._shape.cover(branch.parents)
        if least != NODE and self._shape.covered(least) == branch.parents:
            return ast.LabelName(least)
        return ast.LabelOr(tuple(ast.LabelName(kind) for kind in sorted(branch.parents)))

    def _shape_is_wide(self, selection: NodeSelection) -> bool:
        return self._shape.covered(selection.type_name) != {selection.type_name}


def matched(
    type_name: str, given: Mapping[str, Any], shape: Shape, names: Names, after: ast.Expression | None = None
) -> ast.Match:
    """The nodes `n0` of a kind that fit a filter, and one condition more."""
    condition = predicate(given, ast.Variable("n0"), shape.value_types, names.bind)
    return ast.Match((ast.PathPattern(any_of("n0", type_name)),), both(condition, after))


def is_element(
    variable: str, identity: ast.Expression, operator: ast.BinaryOperator = ast.BinaryOperator.EQ
) -> ast.Expression:
    """Whether a variable is the element of that id, or with another operator is not."""
    return ast.Comparison((value_of(variable, "id"), identity), (operator,))


def one_of(variable: str, kinds: Iterable[str]) -> ast.NodePattern:
    """The pattern of a node of one of these kinds."""
    labels = tuple(ast.LabelName(kind) for kind in kinds)
    return ast.NodePattern(variable, labels[0] if len(labels) == 1 else ast.LabelOr(labels))


def walk(relations: Iterable[str], direction: ast.Direction, most: int) -> ast.RelationshipPattern:
    """The pattern of one to so many relations of these types, one after another."""
    labels = ast.LabelOr(tuple(ast.LabelName(name) for name in relations))
    return ast.RelationshipPattern(None, labels, direction=direction, hops=ast.Hops(1, most))


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


def _with_order_keys(selection: ListSelection) -> NodeSelection:
    """The node selection with the attributes that ordering and cursors need."""
    selection.node.attributes.update({key.attribute: None for key in selection.order if key.attribute != "id"})
    return selection.node


def any_of(variable: str, type_name: str) -> ast.NodePattern:
    """The pattern of a node of a kind, or of any where it is `NODE`."""
    return ast.NodePattern(variable, None if type_name == NODE else ast.LabelName(type_name))


def value_of(variable: str, attribute: str) -> ast.Property:
    """An attribute of a variable."""
    return ast.Property(ast.Variable(variable), attribute)


def as_itself(variable: str) -> ast.ProjectionItem:
    """A variable carried on under its name."""
    return ast.ProjectionItem(ast.Variable(variable), variable)


def aliased(items: Iterable[tuple[str, ast.Expression]]) -> tuple[ast.ProjectionItem, ...]:
    """Expressions projected under their keys."""
    return tuple(ast.ProjectionItem(expression, key) for key, expression in items)


def query_of(clauses: Iterable[ast.Clause]) -> ast.Query:
    """Clauses as a query."""
    return ast.Query((ast.SinglePart(tuple(clauses)),))
