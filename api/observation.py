"""Around every request: its door is named, its span opened, its end logged, without what is in its address or its body."""

from __future__ import annotations

from time import perf_counter
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.telemetry.observer import DOOR, Observer

log = structlog.get_logger(__name__)

DOORS: Final = (
    ("/graphql", "graphql"),
    ("/api/query", "query"),
    ("/api/catalogue", "catalogue"),
    ("/api/exports", "export"),
    ("/api/health", "scorecard"),
    ("/api/", "rest"),
    ("/mcp", "mcp"),
)


class Observation:
    """ASGI middleware. A span ends with the last byte of an answer."""

    def __init__(self, app: ASGIApp, observer: Observer) -> None:
        self._app = app
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        door, started, status = _door(scope["path"]), perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = DOOR.set(door)
        try:
            with self._observer.span(f"{scope['method']} {door}", True) as span:
                try:
                    await self._app(scope, receive, noted)
                finally:
                    span.set({"http.request.method": scope["method"], "http.response.status_code": status})
        finally:
            DOOR.reset(token)
            elapsed = round((perf_counter() - started) * 1000, 1)
            route = getattr(scope.get("route"), "path", door)  # the pattern: an address may name an element
            log.info("request", method=scope["method"], route=route, status=status, elapsed_ms=elapsed)


def _door(path: str) -> str:
    return next((door for start, door in DOORS if path.startswith(start)), "other")
