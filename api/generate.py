"""`python -m api.generate`: write the committed interface descriptions. Tests fail when they have drifted."""

from __future__ import annotations

from pathlib import Path

import orjson
from graphql import print_schema

from api.app import describe_rest
from api.graphql.root import build_schema
from api.graphql.shape import Shape
from graph.schema.load import load_schema

GRAPHQL_SCHEMA = Path(__file__).parent / "graphql" / "schema.graphql"
OPENAPI = Path(__file__).parent / "openapi.json"
PACK = "it_estate"


def graphql_sdl() -> str:
    """The GraphQL schema of the pack."""
    return print_schema(build_schema(Shape(load_schema(PACK)))) + "\n"


def openapi_text() -> str:
    """The OpenAPI description of the REST interface."""
    return orjson.dumps(describe_rest(), option=orjson.OPT_INDENT_2).decode() + "\n"


def main() -> None:
    """Write both."""
    for path, content in ((GRAPHQL_SCHEMA, graphql_sdl()), (OPENAPI, openapi_text())):
        path.write_text(content, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
