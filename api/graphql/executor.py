"""How answers are put together: as graphql-core does it, with short cuts where nothing can come of the long way.

Below the root fields everything has been read when it is completed: a field's value is taken from what holds it. So the
arguments of a field are read once for all that it is asked of, and a value that is already what its scalar would make of it is
taken as it is. A page of some hundred elements has thousands of values: the long way costs more than the database does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
)
from graphql.execution import Executor
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

Reader = Callable[..., Any]
HELD: Final = "held"
"""The name, among a field's extensions, of what makes a reader of its arguments: the reader takes the value from its holder."""

_ALREADY: Final = {GraphQLString.name: str, GraphQLID.name: str, GraphQLBoolean.name: bool}
"""Scalars that leave values of a Python type as they are."""


def held(type_: GraphQLOutputType, reader: Reader, **options: Any) -> GraphQLField:
    """A field whose value lies in what holds it: `reader` takes it from there, and looks at nothing else."""
    return held_by_arguments(type_, lambda _arguments: reader, **options)


def held_by_arguments(
    type_: GraphQLOutputType, made: Callable[[dict[str, Any]], Reader], **options: Any
) -> GraphQLField:
    """A field whose value lies in what holds it, under its arguments: `made` gives the reader for some."""

    def resolve(holder: Any, _info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        return made(arguments)(holder)

    return GraphQLField(type_, resolve=resolve, extensions={HELD: made}, **options)


@dataclass(frozen=True, slots=True)
class _Short:
    """The short way of one field of a document on one type."""

    reader: Reader
    output: GraphQLOutputType
    info: GraphQLResolveInfo[Any]  # of the first that was asked; its path is not looked at
    scalar: type | None
    is_nullable: bool


class TwinExecutor(Executor[Any]):
    """Takes the short way for what is held, the long one for everything else and whenever something is not as expected."""

    def __init__(self, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self._ways: dict[tuple[int, int], _Short | None] = {}

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, field_details_list: Any, path: Path, position_context: Any
    ) -> Any:
        """The value of a field of one object."""
        details = field_details_list[0]
        ways, key = self._ways, (id(details.node), id(parent_type))
        if key in ways:
            way = ways[key]
        else:
            way = ways[key] = self._way(parent_type, field_details_list, path)
        if way is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        try:
            value = way.reader(source)
            if (value is None and way.is_nullable) or type(value) is way.scalar:
                return value
            return self.complete_value(way.output, field_details_list, way.info, path, value, position_context)
        except Exception as error:
            self.handle_field_error(error, way.output, field_details_list, path)
            return None

    def _way(self, parent_type: GraphQLObjectType, field_details_list: Any, path: Path) -> _Short | None:
        details = field_details_list[0]
        field = self.schema.get_field(parent_type, details.node.name.value)
        made = None if field is None else field.extensions.get(HELD)
        if field is None or made is None:
            return None
        arguments: dict[str, Any] = {}
        if field.args:
            arguments = get_argument_values(
                field, details.node, self.variable_values, details.fragment_variable_values, self.hide_suggestions
            )
        info = self.build_resolve_info(field, [each.node for each in field_details_list], parent_type, path)
        inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        scalar = _ALREADY.get(getattr(inner, "name", ""))
        return _Short(made(arguments), field.type, info, scalar, inner is field.type)
