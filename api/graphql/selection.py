"""Look-ahead: what a field asks for, all the way down, read from the selection set before anything is fetched.

The same list asked for twice (aliases, fragments, `nodes` beside `edges`) is one list here: a list is known by its
field and its arguments (`ListKey`), never by its alias.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
)

from api.graphql.cursors import Order, OrderKey, decode
from api.graphql.errors import PageSizeError, PathError, SelectionTooDeepError
from api.graphql.filters import check_conditions
from api.graphql.shape import HIDDEN, NODE, RelationField, Shape
from api.graphql.walks import LONGEST, PATH, Walk, length
from graph.cypher.ast import Direction
from graph.schema.model import Schema

MAX_DEPTH = 8
MAX_PAGE = 500
DEFAULT_PAGE = 100

ListKey = tuple[str, Hashable]
"""Field name and arguments of a list."""


def page_size(first: int | None, *, usual: int = DEFAULT_PAGE, most: int = MAX_PAGE) -> int:
    """How many are asked for at a time. Raises PageSizeError."""
    first = usual if first is None else first
    if not 0 <= first <= most:
        raise PageSizeError(f"first is {first}", where="first", hint=f"ask for 0 to {most} at a time")
    return first


def frozen(value: Any) -> Hashable:
    """Arguments as a value that can be compared and hashed."""
    if isinstance(value, dict):
        return tuple((name, frozen(item)) for name, item in value.items())
    return tuple(frozen(item) for item in value) if isinstance(value, list) else (type(value).__name__, value)


@dataclass(slots=True)
class NodeSelection:
    """What is wanted of each node. `type_name` is a kind or `NODE`; attributes are names of the schema."""

    type_name: str
    needs_kind: bool = False
    attributes: dict[str, None] = field(default_factory=dict)  # an ordered set
    branches: dict[ListKey, Branch] = field(default_factory=dict)
    paths: dict[ListKey, PathBranch] = field(default_factory=dict)

    @property
    def leads_on(self) -> bool:
        """Whether anything is wanted that lies beyond the nodes themselves."""
        return bool(self.branches or self.paths)

    @property
    def walks(self) -> bool:
        """Whether walks or paths begin at the nodes, or at what is nested in them."""
        below = self.branches.values()
        return bool(self.paths) or any(isinstance(one.target, Walk) or one.content.node.walks for one in below)

    def keep(self, kinds: Collection[str], schema: Schema) -> None:
        """Leave out what nodes of these concrete kinds, and no others, cannot be asked."""
        had = {name for kind in kinds for name in schema.kinds[kind].attributes}
        self.attributes = {name: None for name in self.attributes if name in had}
        self.branches = {key: one for key, one in self.branches.items() if not one.parents.isdisjoint(kinds)}
        self.paths = {key: one for key, one in self.paths.items() if not one.parents.isdisjoint(kinds)}


@dataclass(slots=True)
class ListSelection:
    """What is wanted of a list: its filter, order and page, and of each of its nodes.

    `listed`: rows are wanted at all; `counted`: the total is wanted.
    """

    node: NodeSelection
    filter: Mapping[str, Any]
    order: Order
    first: int
    after: tuple[Any, ...] | None
    is_first_given: bool = False
    listed: bool = False
    counted: bool = False
    edge_attributes: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Branch:
    """A relation, or a walk, followed from the nodes of kinds `parents` to a list of its own."""

    target: RelationField | Walk
    parents: frozenset[str]
    content: ListSelection


@dataclass(slots=True)
class PathBranch:
    """One shortest path from the nodes of kinds `parents` to the element `to`."""

    relations: tuple[str, ...]
    direction: Direction
    most: int
    to: str
    parents: frozenset[str]


class SelectionReader:
    """Reads the selection under one root field."""

    def __init__(self, shape: Shape, info: GraphQLResolveInfo[Any]) -> None:
        self._shape = shape
        self._info = info

    def read_list(self, kind: str, arguments: Mapping[str, Any]) -> ListSelection:
        """The selection of a root field that gives a list. Raises PageSizeError, CursorError, SelectionTooDeepError."""
        content = self._list(kind, arguments)
        for node in self._info.field_nodes:
            self._read_connection(content, node.selection_set, 1)
        return content

    def read_node(self, type_name: str = NODE) -> NodeSelection:
        """The selection of a field that gives one node, of a kind or of any."""
        content = NodeSelection(type_name, needs_kind=True)
        for node in self._info.field_nodes:
            self._read_node(content, node.selection_set, 1)
        return content

    def read_back(self, type_name: str, field: str) -> NodeSelection | None:
        """The selection of a node that lies under `field` of what the root field gives; None where it is not asked for."""
        found = [
            selected
            for node in self._info.field_nodes
            for selected, _ in self._fields(node.selection_set, "")
            if selected.name.value == field
        ]
        content = NodeSelection(type_name, needs_kind=True)
        for selected in found:
            self._read_node(content, selected.selection_set, 1)
        return content if found else None

    def _list(self, kind: str, arguments: Mapping[str, Any]) -> ListSelection:
        order = tuple(
            OrderKey(attribute, direction == "DESC")
            for one in arguments.get("orderBy") or ()
            for attribute, direction in one.items()
        )
        first = page_size(arguments.get("first"))
        cursor = arguments.get("after")
        after = None if cursor is None else decode(cursor, order, self._shape.value_types)
        given = arguments.get("first") is not None
        filter_ = arguments.get("filter") or {}
        check_conditions(filter_)
        return ListSelection(NodeSelection(kind), filter_, order, first, after, given)

    def _read_connection(self, content: ListSelection, selections: SelectionSetNode | None, depth: int) -> None:
        for selected, _ in self._fields(selections, ""):
            match selected.name.value:
                case "count":
                    content.counted = True
                case "pageInfo":
                    content.listed = True
                case "nodes":
                    content.listed = True
                    self._read_node(content.node, selected.selection_set, depth)
                case "edges":
                    content.listed = True
                    self._read_edge(content, selected.selection_set, depth)

    def _read_edge(self, content: ListSelection, selections: SelectionSetNode | None, depth: int) -> None:
        for selected, _ in self._fields(selections, ""):
            name = selected.name.value
            if name == "node":
                self._read_node(content.node, selected.selection_set, depth)
            elif name in self._shape.relation_attributes:
                content.edge_attributes[self._shape.relation_attributes[name]] = None

    def _read_node(self, content: NodeSelection, selections: SelectionSetNode | None, depth: int) -> None:
        for selected, type_name in self._fields(selections, content.type_name):
            name = selected.name.value
            if name in self._shape.attributes:
                content.attributes[self._shape.attributes[name]] = None
            elif name == PATH and self._shape.walks.has_path(type_name):
                self._read_path(content, selected, type_name)
            elif name not in ("id", "__typename"):
                self._read_branch(content, selected, type_name, depth + 1)

    def _read_branch(self, content: NodeSelection, selected: FieldNode, type_name: str, depth: int) -> None:
        name = selected.name.value
        if depth > MAX_DEPTH:
            raise SelectionTooDeepError(
                f"{name!r} is nested {depth} lists deep",
                where="selection",
                hint=f"nest at most {MAX_DEPTH}; ask for the rest by id, or in Cypher",
            )
        arguments = self._arguments(type_name, selected)
        walk = self._shape.walks.fields(type_name).get(name)
        target: RelationField | Walk
        if walk is None:
            target = self._shape.relation_fields(type_name)[name]
            far = target.far
        else:
            target, far = self._shape.walks.asked(walk, arguments), walk.far
        key = (name, frozen(arguments))
        parents = self._parents(type_name, content)
        branch = content.branches.get(key)
        if branch is None:
            branch = content.branches[key] = Branch(target, parents, self._list(far, arguments))
        branch.parents |= parents
        self._read_connection(branch.content, selected.selection_set, depth)
        if isinstance(target, Walk) and target.kinds is not None:
            branch.content.node.keep(target.kinds, self._shape.schema)

    def _read_path(self, content: NodeSelection, selected: FieldNode, type_name: str) -> None:
        self._check_path(selected.selection_set)
        arguments = self._arguments(type_name, selected)
        key = (PATH, frozen(arguments))
        parents = self._parents(type_name, content)
        path = content.paths.get(key)
        if path is None:
            most = length(arguments.get("maxLength"), LONGEST, "maxLength")
            direction = Direction.OUT if arguments.get("directed") else Direction.BOTH
            relations = self._shape.walks.relations
            path = content.paths[key] = PathBranch(relations, direction, most, arguments["to"], parents)
        path.parents |= parents

    def _parents(self, type_name: str, content: NodeSelection) -> frozenset[str]:
        return self._shape.covered(type_name) & self._shape.covered(content.type_name)

    def check_path(self) -> None:
        """Refuse what a path at the root does not tell. Raises PathError."""
        for root in self._info.field_nodes:
            self._check_path(root.selection_set)

    def _check_path(self, selections: SelectionSetNode | None) -> None:
        content = NodeSelection(NODE, needs_kind=True)
        for selected, _ in self._fields(selections, ""):
            if selected.name.value == "nodes":
                self._read_node(content, selected.selection_set, 1)
        for name, _ in (*content.branches, *content.paths):
            raise PathError(f"{name!r} is asked of a node of a path", where="nodes", hint="ask it of `node(id:)`")

    def _fields(self, selections: SelectionSetNode | None, type_name: str) -> Iterator[tuple[FieldNode, str]]:
        """The fields of a selection set with the type they are asked of; fragments opened, skipped parts left out."""
        for selection in selections.selections if selections else ():
            if self._skipped(selection):
                continue
            match selection:
                case FieldNode():
                    yield selection, type_name
                case InlineFragmentNode(type_condition=condition):
                    yield from self._narrowed(
                        selection.selection_set, type_name, condition.name.value if condition else None
                    )
                case FragmentSpreadNode():
                    fragment = self._info.fragments[selection.name.value]
                    yield from self._narrowed(fragment.selection_set, type_name, fragment.type_condition.name.value)

    def _narrowed(
        self, selections: SelectionSetNode, type_name: str, condition: str | None
    ) -> Iterator[tuple[FieldNode, str]]:
        if condition == HIDDEN:
            return  # it has nothing but its id
        if condition is None or not type_name:
            yield from self._fields(selections, type_name)
        elif self._shape.covered(condition) & self._shape.covered(type_name):
            yield from self._fields(selections, condition)

    def _skipped(self, selection: Any) -> bool:
        if not selection.directives:
            return False
        variables = self._info.variable_values
        skip = get_directive_values(GraphQLSkipDirective, selection, variables)
        include = get_directive_values(GraphQLIncludeDirective, selection, variables)
        return bool(skip and skip["if"]) or bool(include and not include["if"])

    def _arguments(self, type_name: str, selected: FieldNode) -> dict[str, Any]:
        owner: GraphQLNamedType = self._info.schema.type_map[type_name]
        definition = owner.fields[selected.name.value]  # type: ignore[attr-defined]
        return get_argument_values(definition, selected, self._info.variable_values)
