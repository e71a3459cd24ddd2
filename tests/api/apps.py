"""The application as tests make it: what GraphQL says of a schema is built once in a process, not once for each test."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from api import app
from api.graphql.shape import Shape
from graph.schema.model import Schema
from services.twin import Twin

_MADE: list[Shape] = []


def shape_of(schema: Schema) -> Shape:
    """The shape of a schema, with the GraphQL types that were built of it: most of the time of an application."""
    for made in _MADE:
        if made.schema is schema or made.schema == schema:
            return made
    _MADE.append(Shape(schema))
    return _MADE[-1]


def create_app(twin: Twin, **how: Any) -> FastAPI:
    """`api.app.create_app` over what was built before."""
    return app.create_app(twin, shape=shape_of(twin.schema), **how)
