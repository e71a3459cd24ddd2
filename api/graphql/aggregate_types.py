"""GraphQL types of aggregates: per kind what it may be grouped by and ordered by, and what a group tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFieldMap,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputFieldMap,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
)

from api.graphql.aggregates import Group
from api.graphql.groups import KIND, Figure, Groups, figures
from api.graphql.inputs import DIRECTION, Inputs
from api.graphql.names import camel
from api.graphql.scalars import LONG, OF_VALUE_TYPE
from api.graphql.shape import Shape
from graph.schema.model import Attribute, ValueType
from services.access.small_groups import LEAST

OWN: Final = "attribute"
"""The field of a grouping that names an attribute of the kind itself; the others are relations."""

OF: Final = "of:"
"""Goes before an attribute's name in an order, so that none is taken for `count` or `keys`."""

_FIGURES: Final = {
    Figure.COUNT: "How many have a value.",
    Figure.COUNT_DISTINCT: "How many different values there are.",
    Figure.MIN: None,
    Figure.MAX: None,
    Figure.AVG: None,
    Figure.SUM: "0 where none has a value.",
}
_WITHHELD: Final = f"Of people: null where fewer than {LEAST} are told."


def _required(of: Any) -> GraphQLNonNull[Any]:
    return GraphQLNonNull(of)


class AggregateTypes:
    """The types of aggregates of one schema, each made once; fields are made when GraphQL first asks for them."""

    def __init__(self, shape: Shape, inputs: Inputs, groups: Groups) -> None:
        self._shape = shape
        self._inputs = inputs
        self._groups = groups
        self._keys: dict[str, GraphQLEnumType] = {}
        self._related: dict[str, GraphQLObjectType] = {}
        self._figures: dict[str, GraphQLObjectType] = {}
        self._orders: dict[str, GraphQLInputObjectType] = {}

    def arguments(self, kind: str) -> dict[str, GraphQLArgument]:
        """The arguments of a kind's aggregate."""
        by = GraphQLInputObjectType(f"{kind}GroupBy", partial(self._grouping_fields, kind), is_one_of=True)
        order = GraphQLInputObjectType(f"{kind}AggregateOrder", partial(self._order_fields, kind), is_one_of=True)
        return {
            "filter": GraphQLArgument(self._inputs.filter(kind)),
            "groupBy": GraphQLArgument(GraphQLList(_required(by)), description="One group of all where it is empty."),
            "orderBy": GraphQLArgument(GraphQLList(_required(order)), description="By the keys where it is not given."),
            "first": GraphQLArgument(GraphQLInt),
        }

    def result(self, kind: str) -> GraphQLObjectType:
        """What a kind's aggregate gives."""
        group = GraphQLObjectType(f"{kind}Group", partial(self._group_fields, kind))
        return GraphQLObjectType(
            f"{kind}Aggregate",
            {
                "groups": GraphQLField(_required(GraphQLList(_required(group))), resolve=lambda page, _: page.groups),
                "hasMore": GraphQLField(
                    _required(GraphQLBoolean),
                    resolve=lambda page, _: page.has_more,
                    description="Whether there are more groups than `first`.",
                ),
            },
        )

    # --- what is asked -----------------------------------------------------------------------------------------------

    def _grouping_fields(self, kind: str) -> GraphQLInputFieldMap:
        own = self._key_enum(kind, self._groups.attributes(kind))
        fields = {OWN: GraphQLInputField(own, description="An attribute of its own.")}
        for name, target in self._groups.relations(kind).items():
            related = self._key_enum(*self._groups.related(kind, target))
            fields[name] = GraphQLInputField(related, description="An attribute of what the relation leads to.")
        return fields

    def _key_enum(self, called: str, attributes: Mapping[str, Attribute]) -> GraphQLEnumType:
        found = self._keys.get(called)
        if found is None:
            values = {KIND: KIND, **{camel(name): name for name in attributes}}
            found = self._keys[called] = GraphQLEnumType(f"{called}GroupKey", values)
        return found

    def _order_fields(self, kind: str) -> GraphQLInputFieldMap:
        fields = {"count": GraphQLInputField(DIRECTION), "keys": GraphQLInputField(DIRECTION)}
        for name, attribute in self._groups.figure_fields(kind).items():
            order = self._figure_order(figures(attribute.type))
            fields[name] = GraphQLInputField(order, out_name=OF + attribute.name)
        return fields

    def _figure_order(self, told: tuple[Figure, ...]) -> GraphQLInputObjectType:
        name = {2: "ValueAggregateOrder", 4: "MomentAggregateOrder"}.get(len(told), "NumberAggregateOrder")
        found = self._orders.get(name)
        if found is None:
            fields = {figure.value: GraphQLInputField(DIRECTION) for figure in told}
            found = self._orders[name] = GraphQLInputObjectType(name, fields, is_one_of=True)
        return found

    # --- what is told ------------------------------------------------------------------------------------------------

    def _group_fields(self, kind: str) -> GraphQLFieldMap:
        people = self._groups.of_people(kind)
        keys = GraphQLObjectType(f"{kind}GroupKeys", partial(self._key_fields, kind))
        fields: GraphQLFieldMap = {
            "keys": GraphQLField(
                _required(keys), resolve=lambda group, _: group, description="What the group has in common."
            ),
            "count": GraphQLField(
                LONG if people else _required(LONG),
                resolve=lambda group, _: group.count,
                description=_WITHHELD if people else None,
            ),
            "suppressed": GraphQLField(
                _required(GraphQLBoolean),
                resolve=lambda group, _: group.suppressed,
                description="Whether there are too few people in the group for anything to be told of it.",
            ),
        }
        for name, attribute in self._groups.figure_fields(kind).items():
            fields[name] = GraphQLField(
                self._figures_of(attribute) if people else _required(self._figures_of(attribute)),
                resolve=_figures_of(attribute.name),
            )
        return fields

    def _key_fields(self, kind: str) -> GraphQLFieldMap:
        fields = self._attribute_keys(self._groups.attributes(kind), lambda group, name: group.keys[name])
        for field, target in self._groups.relations(kind).items():
            fields[field] = GraphQLField(
                self._related_keys(*self._groups.related(kind, target)),
                resolve=_related_of(field),
                description="Null where the relation leads nowhere.",
            )
        return fields

    def _related_keys(self, called: str, attributes: Mapping[str, Attribute]) -> GraphQLObjectType:
        found = self._related.get(called)
        if found is None:
            fields = self._attribute_keys(attributes, lambda keys, name: keys[name])
            found = self._related[called] = GraphQLObjectType(f"{called}Keys", fields)
        return found

    def _attribute_keys(self, attributes: Mapping[str, Attribute], read: Callable[[Any, str], Any]) -> GraphQLFieldMap:
        fields = {KIND: GraphQLField(GraphQLString, resolve=lambda held, _: read(held, KIND))}
        for name, attribute in attributes.items():
            fields[camel(name)] = GraphQLField(self._inputs.leaf(attribute), resolve=_key_of(name, read))
        return fields

    def _figures_of(self, attribute: Attribute) -> GraphQLObjectType:
        told = figures(attribute.type)
        scalar = OF_VALUE_TYPE[attribute.type]
        name = f"{scalar.name}Aggregate" if len(told) > 2 else "ValueAggregate"
        found = self._figures.get(name)
        if found is None:
            fields = {
                figure.value: GraphQLField(
                    _figure_type(figure, attribute.type), resolve=_figure(figure), description=_FIGURES[figure]
                )
                for figure in told
            }
            found = self._figures[name] = GraphQLObjectType(name, fields)
        return found


def _figure_type(figure: Figure, of: ValueType) -> GraphQLOutputType:
    match figure:
        case Figure.COUNT | Figure.COUNT_DISTINCT:
            return _required(LONG)
        case Figure.AVG:
            return GraphQLFloat
        case _:
            return OF_VALUE_TYPE[of]


def _figure(figure: Figure) -> Callable[[Mapping[Figure, Any], GraphQLResolveInfo[Any]], Any]:
    return lambda told, _info: told[figure]


def _figures_of(attribute: str) -> Callable[[Group, GraphQLResolveInfo[Any]], Any]:
    return lambda group, _info: group.figures.get(attribute)


def _related_of(field: str) -> Callable[[Group, GraphQLResolveInfo[Any]], Any]:
    return lambda group, _info: group.related[field]


def _key_of(name: str, read: Callable[[Any, str], Any]) -> Callable[[Any, GraphQLResolveInfo[Any]], Any]:
    return lambda held, _info: read(held, name)
