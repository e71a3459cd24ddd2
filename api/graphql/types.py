"""Output types: an object per kind, an interface per generic, a connection and an edge per way to reach a kind.

Resolvers read records that were fetched beforehand; none of them asks the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
)

from api.graphql.executor import held, held_by_arguments
from api.graphql.inputs import Inputs
from api.graphql.names import camel, pascal
from api.graphql.pages import FoundPath, Page, PageEdge, Record
from api.graphql.selection import frozen
from api.graphql.shape import HIDDEN, NODE, RelationField, Shape
from api.graphql.walk_types import PATH_TOLD, closure_arguments, path_arguments, path_type, told_of_both
from api.graphql.walks import PATH, WalkField
from graph.cypher.ast import Direction
from graph.schema.model import Attribute, Kind, Relation, ValueType

KindType = GraphQLObjectType | GraphQLInterfaceType


def _required(of: Any) -> GraphQLNonNull[Any]:
    return GraphQLNonNull(of)


def _kind_of(record: Record, _info: GraphQLResolveInfo[Any], _type: Any) -> str:
    return record.kind


PAGE_INFO = GraphQLObjectType(
    "PageInfo",
    {
        "hasNextPage": held(_required(GraphQLBoolean), attrgetter("has_next")),
        "hasPreviousPage": held(
            _required(GraphQLBoolean),
            attrgetter("has_previous"),
            description="Whether the page was asked for with `after`.",
        ),
        "startCursor": held(GraphQLString, lambda page: page.edges[0].cursor if page.edges else None),
        "endCursor": held(GraphQLString, lambda page: page.edges[-1].cursor if page.edges else None),
    },
    description="Where a page stands in its list.",
)

_ID = partial(held, _required(GraphQLID), lambda record: record.values["id"])


class Types:
    """The output types of one schema, each made once; fields are made when GraphQL first asks for them."""

    def __init__(self, shape: Shape, inputs: Inputs) -> None:
        self._shape = shape
        self._inputs = inputs
        self._connections: dict[str, GraphQLObjectType] = {}
        self._edges: dict[str, GraphQLObjectType] = {}
        self._attribute_fields: dict[str, GraphQLField] = {}
        self.node = GraphQLInterfaceType(
            NODE,
            {"id": _ID(description="The stable identifier, a UUID.")},
            resolve_type=_kind_of,
            description="Anything in the twin; `__typename` is its kind.",
        )
        self.hidden = GraphQLObjectType(
            HIDDEN,
            {"id": _ID(description="A number within this answer, such as hidden-1: nothing is found by it.")},
            interfaces=[self.node],
            description="Stands on a path for an element that may not be seen: that something is there is all that is told.",
        )
        self.path = path_type(self.node)
        self.kinds: Mapping[str, KindType] = {
            NODE: self.node,
            **{name: self._kind(shape.schema.kinds[name]) for name in shape.kinds},
        }

    def connection(self, kind: str) -> GraphQLObjectType:
        """The connection of a root list."""
        return self._connection(f"{kind}Connection", kind, lambda: self._edge(f"{kind}Edge", kind, None))

    def reached(self, kind: str) -> GraphQLObjectType:
        """The connection of what a walk reaches, some of which may be hidden."""
        name = f"Reached{kind}Connection"
        if name in self._connections:
            return self._connections[name]
        fields = self.connection(kind)
        self._connections[name] = GraphQLObjectType(
            name,
            lambda: {
                **fields.fields,
                "hidden": held(
                    GraphQLInt,
                    attrgetter("hidden"),
                    description="How many elements were reached that the asker may not see, whatever `kinds` and `filter` say. "
                    "Null where the walk did not go through what is hidden: that is a right (`impact_through`).",
                ),
            },
        )
        return self._connections[name]

    def arguments(self, kind: str) -> dict[str, GraphQLArgument]:
        """The arguments of every list of a kind."""
        return {
            "filter": GraphQLArgument(self._inputs.filter(kind)),
            "orderBy": GraphQLArgument(GraphQLList(_required(self._inputs.order(kind)))),
            "first": GraphQLArgument(GraphQLInt),
            "after": GraphQLArgument(GraphQLString),
        }

    # --- kinds -----------------------------------------------------------------------------------------------------

    def _kind(self, kind: Kind) -> KindType:
        made: type[GraphQLInterfaceType] | type[GraphQLObjectType]
        made = GraphQLInterfaceType if kind.abstract else GraphQLObjectType
        kwargs: dict[str, Any] = {"resolve_type": _kind_of} if kind.abstract else {}
        return made(
            kind.name,
            partial(self._kind_fields, kind),
            interfaces=partial(self._interfaces, kind),
            description=_described(kind.wording.en, kind.wording.fr, kind.description),
            **kwargs,
        )

    def _interfaces(self, kind: Kind) -> list[GraphQLInterfaceType]:
        found = [self.kinds[name] for name in kind.ancestors if name in self.kinds]
        return [self.node, *(one for one in found if isinstance(one, GraphQLInterfaceType))]

    def _kind_fields(self, kind: Kind) -> GraphQLFieldMap:
        fields = {"id": _ID()}
        fields.update({camel(name): self._attribute(attribute) for name, attribute in kind.attributes.items()})
        relations, walks = self._shape.relation_fields(kind.name), self._shape.walks
        walked = walks.fields(kind.name)
        for name, target in relations.items():
            fields[name] = self._walk(walked[name]) if name in walked else self._relation(target)
        fields.update({name: self._walk(field) for name, field in walked.items() if name not in relations})
        if walks.has_path(kind.name):
            fields[PATH] = held_by_arguments(
                self.path,
                _nested(PATH),
                args=path_arguments(),
                description=PATH_TOLD.format("from this element ") + " Null for the element itself.",
            )
        return fields

    def _attribute(self, attribute: Attribute) -> GraphQLField:
        key = f"{attribute.declared_in}.{attribute.name}"
        found = self._attribute_fields.get(key)
        if found is None:
            found = held(
                self._output(attribute), _value_of(attribute.name), description=_described_attribute(attribute)
            )
            if attribute.declared_in:
                self._attribute_fields[key] = found
        return found

    def _output(self, attribute: Attribute) -> GraphQLOutputType:
        leaf = self._inputs.leaf(attribute)
        return GraphQLList(_required(leaf)) if attribute.type is ValueType.STRING_LIST else leaf

    # --- relations -------------------------------------------------------------------------------------------------

    def _relation(self, target: RelationField) -> GraphQLField:
        connection = self._connection(
            f"{pascal(target.name)}{target.far}Connection",
            target.far,
            lambda: self._edge(f"{pascal(target.relation.name)}{target.far}Edge", target.far, target.relation),
        )
        return held_by_arguments(
            _required(connection),
            _nested(target.name),
            args=self.arguments(target.far),
            description=f"{target.wording or target.name}: {_arrow(target, target.far)}.",
        )

    def _walk(self, field: WalkField) -> GraphQLField:
        """A closure as the field of a kind, which may be that of a relation as well."""
        name, far, kind_name = field.closure.name, field.far, self._inputs.kind_name
        if field.named is None:
            return held_by_arguments(
                _required(self.reached(far)),
                _nested(name),
                args={**closure_arguments(kind_name), **self.arguments(far)},
                description=field.description,
            )
        connection = self._connection(
            f"{pascal(name)}{far}Connection",
            far,
            lambda: self._edge(f"Walked{far}Edge", far, field.named, always=False),
        )
        alone = None if field.relation is None else _arrow(field.relation, far)
        return held_by_arguments(
            _required(connection),
            _nested(name),
            args={**closure_arguments(kind_name, depth=None), **self.arguments(far)},
            description=told_of_both(alone, field),
        )

    def _connection(self, name: str, kind: str, edge: Callable[[], GraphQLObjectType]) -> GraphQLObjectType:
        found = self._connections.get(name)
        if found is None:
            found = self._connections[name] = GraphQLObjectType(
                name,
                lambda: {
                    "count": held(_required(GraphQLInt), attrgetter("count")),
                    "pageInfo": held(_required(PAGE_INFO), lambda page: page),
                    "nodes": held(_list_type(self.kinds[kind]), _nodes),
                    "edges": held(_list_type(edge()), attrgetter("edges")),
                },
            )
        return found

    def _edge(self, name: str, kind: str, relation: Relation | None, *, always: bool = True) -> GraphQLObjectType:
        found = self._edges.get(name)
        if found is None:
            found = self._edges[name] = GraphQLObjectType(
                name, lambda: self._edge_fields(kind, relation, always=always)
            )
        return found

    def _edge_fields(self, kind: str, relation: Relation | None, *, always: bool) -> GraphQLFieldMap:
        fields = {
            "cursor": held(_required(GraphQLString), attrgetter("cursor")),
            "node": held(_required(self.kinds[kind]), attrgetter("node")),
        }
        if relation is not None:
            fields["id"] = (
                held(_required(GraphQLID), attrgetter("id"))
                if always
                else held(GraphQLID, lambda edge: edge.id or None, description="Null where the list is that of a walk.")
            )
            for name, attribute in relation.attributes.items():
                fields[camel(name)] = held(
                    self._output(attribute),
                    _value_of(name) if always else _value_if_held(name),
                    description=_described_attribute(attribute),
                )
        return fields


def _list_type(item: GraphQLOutputType) -> GraphQLNonNull[Any]:
    return _required(GraphQLList(_required(item)))


def _nodes(page: Page) -> list[Record]:
    return [edge.node for edge in page.edges]


def _value_of(attribute: str) -> Callable[[Record | PageEdge], Any]:
    return lambda holder: holder.values[attribute]


def _value_if_held(attribute: str) -> Callable[[PageEdge], Any]:
    return lambda holder: holder.values.get(attribute)


def _nested(name: str) -> Callable[[dict[str, Any]], Callable[[Record], Page | FoundPath | None]]:
    """What is nested in a record under a field and its arguments: a list or a path."""

    def under(arguments: dict[str, Any]) -> Callable[[Record], Page | FoundPath | None]:
        key = name, frozen(arguments)
        return lambda record: record.lists[key]

    return under


def _arrow(target: RelationField, far: str) -> str:
    arrow = f"-[:{target.relation.name}]->" if target.direction is Direction.OUT else f"<-[:{target.relation.name}]-"
    return f"`(this){arrow}({'' if far == NODE else f':{far}'})`"


def _described(en: str, fr: str, more: str = "") -> str | None:
    names = " / ".join(dict.fromkeys(word for word in (en, fr) if word))
    return ". ".join(part for part in (names, more) if part) or None


def _described_attribute(attribute: Attribute) -> str | None:
    unit = f"In {attribute.unit}" if attribute.unit else ""
    return _described(
        attribute.wording.en, attribute.wording.fr, " ".join(p for p in (unit, attribute.description) if p)
    )
