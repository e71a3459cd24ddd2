"""Where what becomes known of a request waits for its end: beside the request, for whoever admits it, answers it or refuses it."""

from __future__ import annotations

from typing import Any, Final, cast

from starlette.types import Scope

from services.audit.call import Call

CALL: Final = "jumeau.call"
GRAPHQL: Final = "/graphql"
MCP: Final = "/mcp"


def call_of(scope: Scope) -> Call:
    """What is known of a request."""
    return cast(Call, scope[CALL])


def path_of(scope: Scope) -> str | None:
    """The path of a request as the application declares it, without what somebody wrote into it; None where there is nothing."""
    route = scope.get("route")
    if route is not None:
        return str(getattr(route, "path_format", route.path))
    if "endpoint" not in scope:
        return None
    if "app_root_path" in scope:  # something that is mounted
        return str(scope["root_path"])
    named: Any = scope["endpoint"]
    return str(scope["path"]) if not scope.get("path_params") else f"({getattr(named, '__name__', 'unnamed')})"


def door_of(scope: Scope) -> str:
    """What the audit trail calls the door of a request: `POST /api/query`, `graphql`."""
    path = path_of(scope)
    return "graphql" if path == GRAPHQL else f"{scope['method']} {path}"
