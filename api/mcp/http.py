"""`/mcp`: the protocol over streamable HTTP. Each request stands alone, with its token, its turn at the gate and its entry.

There are no sessions: nothing of one asker can be taken up by another, and several servers may answer in turn.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from agent.extra import needs_the_steps
from api.calls import MCP
from api.deps import SERVICES, Services, to
from api.errors import RequestError, refuse
from api.mcp.tools import tool_called
from core.errors import JumeauError
from services.access.rights import Action

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager


class McpDoor:
    """An ASGI application; it answers while `opened` lasts. Without the extra `agent` it refuses, naming it."""

    def __init__(self, body_bytes: int) -> None:
        self._body_bytes = body_bytes
        self._manager: StreamableHTTPSessionManager | None = None
        self._missing: JumeauError | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Answer as long as the context lasts."""
        try:
            with needs_the_steps():
                from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

                from api.mcp.protocol import protocol_server
        except JumeauError as missing:
            self._missing = missing
            yield
            return
        manager = StreamableHTTPSessionManager(
            protocol_server(_answer), json_response=True, stateless=True, max_request_body_size=self._body_bytes
        )
        async with manager.run():
            self._manager = manager
            try:
                yield
            finally:
                self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            scope[SERVICES] = await run_in_threadpool(to(Action.READ), request)
            if request.method != "POST":
                raise _OnlyPostError(f"{request.method} is not answered here", where=MCP, hint="POST: no sessions")
            if self._manager is None:
                raise self._missing or RequestError("the door is closed", where=MCP)
        except JumeauError as refusal:
            answer = refuse(request, refusal)
            if isinstance(refusal, _OnlyPostError):
                answer.headers["Allow"] = "POST"
            await answer(scope, receive, send)
            return
        await self._manager.handle_request(scope, receive, send)


class _OnlyPostError(RequestError):
    """Streams that a client opens to be told of something: there is nothing to tell."""

    status = 405


def _answer(request: Any, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A call over HTTP, whose entry tells how it ended."""
    services: Services = request.scope[SERVICES]
    try:
        return tool_called(name).call(services, given)
    except JumeauError as refusal:
        services.call.ended_with(refusal.code, refusal.status)
        raise
    except Exception:
        services.call.ended_with(JumeauError.code, JumeauError.status)
        raise
