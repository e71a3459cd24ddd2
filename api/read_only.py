"""What the description of the REST interface leaves out where the twin only answers: what it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from services.access.writing import MARK, SAFE


def writing(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of each route that is one to change something."""
    for route in routes:
        if isinstance(route, APIRoute) and any(getattr(d.call, MARK, False) for d in route.dependant.dependencies):
            yield from ((method, route.path_format) for method in sorted((route.methods or set()) - SAFE))


def hide_writing(app: FastAPI, routes: Iterable[BaseRoute]) -> None:
    """Leave those out of the description of an application."""
    hidden, described = list(writing(routes)), app.openapi

    def openapi() -> dict[str, Any]:
        whole = described()
        for method, path in hidden:
            whole["paths"].get(path, {}).pop(method.lower(), None)
        whole["paths"] = {path: methods for path, methods in whole["paths"].items() if methods}
        return whole

    app.openapi = openapi  # type: ignore[method-assign]
