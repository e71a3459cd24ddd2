"""A line as server-sent events: what it is, its figures at each look, and its end; whoever watches is asked again for their rights."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.deps import Services
from api.graphql.sessions import Connections
from api.job_events import MEDIA_TYPE, block
from core.errors import JumeauError
from core.principal import Principal
from services.access.rights import Action, require

OFTENEST_S: Final = 0.2
SELDOMEST_S: Final = 60.0


class LineStream(StreamingResponse):
    """The stream of one asker, who holds one of their connections for as long as it lasts, however it ends."""

    def __init__(
        self,
        services: Services,
        request: Request,
        opening: dict[str, Any],
        look: Callable[[Principal], dict[str, Any]],
        every_s: float,
    ) -> None:
        """`look` tells what there is to see, for who asks; `opening` is told first. Raises TooManyConnectionsError."""
        self._services = services
        self._authorization = request.headers.get("authorization")
        self._opening = opening
        self._look = look
        self._every = every_s
        self._connections: Connections = request.app.state.event_streams
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # proxies must not hold it back
        super().__init__(self._said(), headers=headers, media_type=MEDIA_TYPE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asker = self._services.principal.id
        self._connections.take(asker)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._connections.give_back(asker)

    async def _said(self) -> AsyncIterator[bytes]:
        recheck_s = self._services.twin.settings.subscription_recheck_s
        principal, checked = self._services.principal, monotonic()
        yield block("line", self._opening, 0)
        number = 0
        while True:
            try:
                if monotonic() - checked >= recheck_s:
                    principal, checked = await run_in_threadpool(self._admitted), monotonic()
                look = await run_in_threadpool(self._look, principal)
            except JumeauError as error:
                yield block("error", error.to_dict())
                return
            number += 1
            yield block("over" if look["is_over"] else "figures", look, number)
            if look["is_over"]:
                return
            await sleep(self._every)

    def _admitted(self) -> Principal:
        """Whether who watches still may. Raises UnauthenticatedError, TokenError, ForbiddenError."""
        principal = self._services.doorkeeper.admit(self._authorization)
        require(principal, Action.READ)
        return principal
