"""Input types: filters and orders per kind, enums, and the filter of each scalar."""

from __future__ import annotations

from functools import partial

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputFieldMap,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from api.graphql.filters import operators
from api.graphql.names import camel, is_graphql_name, pascal
from api.graphql.scalars import OF_VALUE_TYPE
from api.graphql.shape import NODE, Shape
from graph.schema.model import Attribute, ValueType

DIRECTION = GraphQLEnumType(
    "SortDirection",
    {"ASC": GraphQLEnumValue("ASC"), "DESC": GraphQLEnumValue("DESC")},
    description="Absent values come last ascending, first descending.",
)

Leaf = GraphQLScalarType | GraphQLEnumType


class Inputs:
    """The input types of one schema, each made once."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._enums = self._make_enums()
        self._value_filters: dict[str, GraphQLInputObjectType] = {}
        self._filters = {kind: self._make_filter(kind) for kind in (NODE, *shape.kinds)}
        self._orders = {kind: self._make_order(kind) for kind in (NODE, *shape.kinds)}
        self.kind_name = GraphQLEnumType(
            "KindName",
            {name: name for name in shape.kinds},
            description="A kind, or a generic that stands for several.",
        )

    def filter(self, kind: str) -> GraphQLInputObjectType:
        """The filter of a kind's attributes."""
        return self._filters[kind]

    def order(self, kind: str) -> GraphQLInputObjectType:
        """One key of an order of a kind's nodes."""
        return self._orders[kind]

    def leaf(self, attribute: Attribute) -> Leaf:
        """The scalar or enum of an attribute; for a list, that of its items."""
        return self._enums.get(attribute.enum or "", OF_VALUE_TYPE[attribute.type])

    def _make_enums(self) -> dict[str, GraphQLEnumType]:
        """Closed lists whose values may all be written in GraphQL; the others stay strings."""
        schema = self._shape.schema
        made: dict[str, GraphQLEnumType] = {}
        for enum in schema.enums.values():
            if all(is_graphql_name(value) for value in enum.values):
                name = pascal(enum.name)
                values = {
                    value: GraphQLEnumValue(
                        value, description=enum.wording[value].en if value in enum.wording else None
                    )
                    for value in enum.values
                }
                made[enum.name] = GraphQLEnumType(f"{name}Value" if name in schema.kinds else name, values)
        return made

    def _attributes(self, kind: str) -> dict[str, Attribute]:
        return {} if kind == NODE else dict(self._shape.schema.kinds[kind].attributes)

    def _make_filter(self, kind: str) -> GraphQLInputObjectType:
        return GraphQLInputObjectType(f"{kind}Filter", partial(self._filter_fields, kind))

    def _filter_fields(self, kind: str) -> GraphQLInputFieldMap:
        own = self._filters[kind]
        nested = GraphQLList(GraphQLNonNull(own))
        fields = {
            "AND": GraphQLInputField(nested),
            "OR": GraphQLInputField(nested),
            "NOT": GraphQLInputField(own),
            "id": GraphQLInputField(self._value_filter(GraphQLID, ValueType.STRING, closed=True)),
        }
        for name, attribute in self._attributes(kind).items():
            closed = attribute.enum in self._enums
            kind_of_value = self._value_filter(self.leaf(attribute), attribute.type, closed=closed)
            fields[camel(name)] = GraphQLInputField(kind_of_value, out_name=name)
        return fields

    def _value_filter(self, leaf: Leaf, kind: ValueType, *, closed: bool) -> GraphQLInputObjectType:
        name = ("StringList" if kind is ValueType.STRING_LIST else leaf.name) + "Filter"
        if name in self._filters_of_kinds():
            name = f"{leaf.name}ValueFilter"
        found = self._value_filters.get(name)
        if found is None:
            fields = {}
            for operator in operators(kind, closed):
                wanted: GraphQLInputType = leaf
                if operator == "in":
                    wanted = GraphQLList(GraphQLNonNull(leaf))
                elif operator == "isNull":
                    wanted = GraphQLBoolean
                fields[operator] = GraphQLInputField(wanted)
            found = self._value_filters[name] = GraphQLInputObjectType(name, fields)
        return found

    def _filters_of_kinds(self) -> set[str]:
        return {f"{kind}Filter" for kind in (NODE, *self._shape.kinds)}

    def _make_order(self, kind: str) -> GraphQLInputObjectType:
        fields = {"id": GraphQLInputField(DIRECTION)}
        for name, attribute in self._attributes(kind).items():
            if attribute.type is not ValueType.STRING_LIST:
                fields[camel(name)] = GraphQLInputField(DIRECTION, out_name=name)
        return GraphQLInputObjectType(f"{kind}Order", fields, is_one_of=True)
