"""What is nested in a node, as clauses of the one query: its lists one by one, inner ones gathered before outer, then its paths.

    OPTIONAL MATCH (n0)-[r1:RUNS_ON]->(n1) WHERE ...         // a relation
    WITH n0, collect({i: n1.id, a0: n1.name, ...}) AS c1
    OPTIONAL MATCH (n0)<-[:RUNS_ON|DEPENDS_ON|...*1..4]-(n2) // a walk: each element once, however many ways lead to it
    WITH DISTINCT c1, n0, n2
    WITH c1, n0, collect(CASE WHEN n2.id <> n0.id AND ... THEN {i: n2.id, ...} END) AS c2
    OPTIONAL MATCH (t3) WHERE t3.id = $p0 AND t3.id <> n0.id // a path
    OPTIONAL MATCH w3 = shortestPath((n0)-[:RUNS_ON|DEPENDS_ON|...*1..12]-(t3))
    WITH c1, c2, n0, w3

Nothing is asked of the end of a walk in its MATCH: so the planner of each backend, and the adjacency index of the embedded
store, visit each element once. What a list leaves out is left out where it is collected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.graphql.filters import both, predicate
from api.graphql.selection import Branch, ListKey, ListSelection, NodeSelection, PathBranch
from api.graphql.shape import RelationField, Shape
from api.graphql.trees import Names, any_of, as_itself, is_element, is_of, label_of, value_of, walk
from api.graphql.walks import Walk
from graph.cypher import ast

ID, KIND, EDGE_ID = "i", "k", "e"
"""Short keys of every node's and relation's identity and kind in what a query gives."""


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """Where a node's parts are in a row or in a nested map: key to attribute; list to key and layout of its items, no key where
    it is always empty; path to the keys of its nodes and of its relations.
    """

    kind: str | None  # None: in the row, under KIND
    attributes: Mapping[str, str]
    lists: Mapping[ListKey, tuple[str | None, ListLayout]]
    paths: Mapping[ListKey, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ListLayout:
    """The layout of a list's items, with what is to be done to the list after fetching; `node` is None of a number of items."""

    node: NodeLayout | None
    edge_attributes: Mapping[str, str]
    selection: ListSelection


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list or a path begins: a variable, those carried beside it, the concrete kinds that it is followed from, and the
    labels of these where the variable may be of others.
    """

    variable: str
    carried: tuple[str, ...]
    starts: frozenset[str]
    labels: ast.LabelExpression | None = None

    @property
    def pattern(self) -> ast.NodePattern:
        """The node that it begins at."""
        return ast.NodePattern(self.variable, self.labels)


class Branches:
    """Appends the clauses that gather what is nested in a node, depth first."""

    def __init__(self, shape: Shape, names: Names, clauses: list[ast.Clause]) -> None:
        self._shape = shape
        self._names = names
        self._clauses = clauses

    def node(
        self,
        selection: NodeSelection,
        variable: str,
        carried: tuple[str, ...],
        kinds: frozenset[str],
        *,
        is_mixed: bool = False,
    ) -> tuple[NodeLayout, list[tuple[str, ast.Expression]]]:
        """Gather what is nested in the node; `carried` are the variables that later clauses need besides this one.

        `kinds` are the concrete kinds that are wanted: what is asked of others only is left out. `is_mixed`: the variable may hold
        nodes of other kinds as well, that are left out later.
        Gives the layout, and what to project: key and expression.
        """
        lists: dict[ListKey, tuple[str | None, ListLayout]] = {}
        gathered: list[str] = []
        for key, branch in selection.branches.items():
            starts = branch.parents & kinds
            if not starts:
                continue
            at = Place(
                variable, (*carried, *gathered), starts, None if starts == kinds else label_of(starts, self._shape)
            )
            lists[key] = self._list(branch, at)
            gathered += [name for name in (lists[key][0],) if name is not None]
        paths: dict[ListKey, str] = {}
        for key, path in selection.paths.items():  # last, since some backends group by no path
            starts = path.parents & kinds
            if starts:
                kept = (*carried, *gathered, *paths.values())
                paths[key] = self._path(path, Place(variable, kept, starts), is_limited=is_mixed or starts != kinds)
        kind = None if selection.needs_kind or self._shape_is_wide(selection) else selection.type_name
        had = self._shape.attributes_of(kinds)
        attributes = {f"a{at}": name for at, name in enumerate(selection.attributes) if name in had}
        items: list[tuple[str, ast.Expression]] = [(ID, value_of(variable, "id"))]
        if kind is None:
            labels = ast.FunctionCall("labels", (ast.Variable(variable),))
            items.append((KIND, ast.Index(labels, ast.Literal(0))))
        items.extend((key, value_of(variable, name)) for key, name in attributes.items())
        items.extend((name, ast.Variable(name)) for name in gathered)
        for name in paths.values():
            items.append((f"{name}n", ast.FunctionCall("nodes", (ast.Variable(name),))))
            items.append((f"{name}r", ast.FunctionCall("relationships", (ast.Variable(name),))))
        placed = {key: (f"{name}n", f"{name}r") for key, name in paths.items()}
        return NodeLayout(kind, attributes, lists, placed), items

    def _list(self, branch: Branch, at: Place) -> tuple[str | None, ListLayout]:
        target, content = branch.target, branch.content
        if isinstance(target, Walk):
            reached = self._shape.walks.reached(at.starts, target.direction, target.depth)
            listed = reached if target.kinds is None else reached & target.kinds
        else:
            listed = reached = self._shape.leads_to(at.starts, target) & self._shape.covered(content.node.type_name)
        if not listed:  # a pattern that nothing can match is an error
            return None, ListLayout(None, {}, content)
        if isinstance(target, Walk):
            return self._reached(target, content, at, listed, is_limited=listed != reached)
        return self._related(target, content, at, listed)

    def _related(
        self, target: RelationField, content: ListSelection, at: Place, listed: frozenset[str]
    ) -> tuple[str, ListLayout]:
        """The list at the other end of a relation."""
        number = next(self._names.numbers)
        far, edge, gathered = f"n{number}", f"r{number}", f"c{number}"
        step = ast.RelationshipPattern(edge, ast.LabelName(target.relation.name), direction=target.direction)
        reached = ast.PathPattern(at.pattern, ((step, any_of(far, content.node.type_name)),))
        self._match(reached, self._fits(content, far))
        if not content.listed:
            return self._count(ast.Variable(edge), gathered, at, content)
        layout, items = self.node(with_order_keys(content), far, (*at.carried, at.variable, edge), listed)
        edge_attributes = {f"r{at}": name for at, name in enumerate(content.edge_attributes)}
        items.append((EDGE_ID, ast.FunctionCall("elementId", (ast.Variable(edge),))))
        items.extend((key, value_of(edge, name)) for key, name in edge_attributes.items())
        self._gather("collect", ast.MapLiteral(tuple(items)), gathered, (*at.carried, at.variable))
        return gathered, ListLayout(layout, edge_attributes, content)

    def _reached(
        self, target: Walk, content: ListSelection, at: Place, kinds: frozenset[str], *, is_limited: bool
    ) -> tuple[str, ListLayout]:
        """The list of what a walk reaches: `kinds` of it, `is_limited` where it reaches others too."""
        number = next(self._names.numbers)
        far, gathered = f"n{number}", f"c{number}"
        step = walk(target.relations, target.direction, target.depth)
        self._match(ast.PathPattern(at.pattern, ((step, ast.NodePattern(far)),)), None)
        self._keep((*at.carried, at.variable, far), distinct=True)
        listed: ast.Expression | None = is_element(far, value_of(at.variable, "id"), ast.BinaryOperator.NE)
        if is_limited:
            listed = both(listed, is_of(far, kinds, self._shape))
        if not content.listed:
            listed = both(listed, self._fits(content, far))
            assert listed is not None
            return self._count(ast.Case(None, ((listed, ast.Literal(1)),), None), gathered, at, content)
        node, kept = with_order_keys(content), (*at.carried, at.variable)
        layout, items = self.node(node, far, kept, kinds, is_mixed=is_limited)
        listed = both(listed, self._fits(content, far))
        assert listed is not None
        item = ast.Case(None, ((listed, ast.MapLiteral(tuple(items))),), None)
        self._gather("collect", item, gathered, (*at.carried, at.variable))
        return gathered, ListLayout(layout, {}, content)

    def _count(self, item: ast.Expression, gathered: str, at: Place, content: ListSelection) -> tuple[str, ListLayout]:
        """A list of which nothing is asked but how long it is: no element of it need leave the store."""
        self._gather("count", item, gathered, (*at.carried, at.variable))
        return gathered, ListLayout(None, {}, content)

    def _fits(self, content: ListSelection, far: str) -> ast.Expression | None:
        return predicate(content.filter, ast.Variable(far), self._shape.value_types, self._names.bind)

    def _path(self, path: PathBranch, at: Place, *, is_limited: bool) -> str:
        """The variable of one shortest path from the node; null where there is none, and where it would lead nowhere else."""
        number = next(self._names.numbers)
        target, found = f"t{number}", f"w{number}"
        others = is_element(target, value_of(at.variable, "id"), ast.BinaryOperator.NE)
        condition = both(is_element(target, self._names.bind(path.to)), others)
        if is_limited:
            condition = both(condition, is_of(at.variable, at.starts, self._shape))
        self._match(ast.PathPattern(ast.NodePattern(target)), condition)
        step = (walk(path.relations, path.direction, path.most), ast.NodePattern(target))
        self._match(ast.PathPattern(at.pattern, (step,), variable=found, shortest=ast.ShortestKind.SINGLE), None)
        self._keep((*at.carried, at.variable, found))
        return found

    def _match(self, pattern: ast.PathPattern, condition: ast.Expression | None) -> None:
        self._clauses.append(ast.Match((pattern,), condition, optional=True))

    def _keep(self, names: tuple[str, ...], *, distinct: bool = False) -> None:
        items = tuple(as_itself(name) for name in names)
        self._clauses.append(ast.With(ast.Projection(items, distinct=distinct)))

    def _gather(self, aggregate: str, item: ast.Expression, gathered: str, kept: tuple[str, ...]) -> None:
        found = ast.ProjectionItem(ast.FunctionCall(aggregate, (item,)), gathered)
        items = (*(as_itself(name) for name in kept), found)
        self._clauses.append(ast.With(ast.Projection(items)))

    def _shape_is_wide(self, selection: NodeSelection) -> bool:
        return self._shape.covered(selection.type_name) != {selection.type_name}


def with_order_keys(selection: ListSelection) -> NodeSelection:
    """The node selection with the attributes that ordering and cursors need."""
    selection.node.attributes.update({key.attribute: None for key in selection.order if key.attribute != "id"})
    return selection.node
