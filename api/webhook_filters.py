"""Filters of webhooks: those of GraphQL's lists, given as JSON under the name of the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from graphql import GraphQLError, GraphQLNonNull
from graphql.utilities import coerce_input_value, validate_input_value

from api.graphql.filters import check_conditions
from api.graphql.inputs import Inputs
from api.graphql.matching import fits
from api.graphql.shape import Shape
from core.errors import UsageError
from graph.schema.fields import did_you_mean
from graph.schema.model import Schema
from services.changes.change import Matches


class WebhookFilters:
    """Understands filters of one schema; what that takes is made when the first one comes."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def __call__(self, given: Mapping[str, Any]) -> tuple[str, Matches]:
        """The kind that a filter names, and what fits it. Raises UsageError, FilterError."""
        if len(given) != 1:
            raise UsageError("a filter has the name of one list", where="filter", hint='{"servers": {...}}')
        ((root, conditions),) = given.items()
        kind = self._shape.roots.get(root)
        if kind is None:
            hint = did_you_mean(root, list(self._shape.roots))
            raise UsageError(f"there is no list {root!r}", where="filter", hint=hint)
        of = GraphQLNonNull(self._inputs.filter(kind))
        validate_input_value(conditions, of, partial(_refuse, root))
        coerced = coerce_input_value(conditions, of)
        check_conditions(coerced)
        types = self._shape.value_types
        fits(coerced, {}, types)
        return kind, lambda element, _kind, properties: fits(coerced, {**properties, "id": element}, types)

    @cached_property
    def _shape(self) -> Shape:
        return Shape(self._schema)

    @cached_property
    def _inputs(self) -> Inputs:
        return Inputs(self._shape)


def _refuse(root: str, error: GraphQLError, path: Sequence[str | int]) -> None:
    where = ".".join(str(part) for part in ("filter", root, *path))
    raise UsageError(error.message, where=where, hint='as the list of this kind takes it: {"name": {"eq": "x"}}')
