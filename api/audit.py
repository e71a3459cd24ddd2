"""Every request leaves its entry in the audit trail, whatever endpoint it meets: none of them can forget it."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.calls import CALL, door_of, path_of
from api.errors import error_response
from api.pages import GRAPHIQL_URL, SWAGGER_URL
from core.errors import JumeauError
from core.settings import Settings
from services.audit.call import Call
from services.audit.entry import outcome_of
from services.audit.recorder import Recorder

UNKEPT: Final = frozenset(
    {
        "/health",
        "/health/live",
        "/health/ready",
        "/docs",
        "/openapi.json",
        "/api/oidc",
        "/api/oidc/sign-in",
        GRAPHIQL_URL,
        SWAGGER_URL,
    }
)
"""What asks nothing of the twin. Everything else that the application has leaves entries."""
CUT_OFF: Final = "CUT_OFF"
"""The code of a call that ended with the server."""

log = structlog.get_logger(__name__)


class AuditMiddleware:
    """Makes the call of each request, and writes how it ended before the answer begins.

    An answer whose entry cannot be kept is not given: it becomes a refusal with status 503.
    """

    def __init__(self, app: ASGIApp, recorder: Recorder, settings: Settings) -> None:
        self._app = app
        self._recorder = recorder
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        recorder, settings = self._recorder, self._settings
        call = Call(recorder.clock, recorder, actor=settings.actor, keeps_text=settings.audit_text)
        scope[CALL] = call
        has_ended = is_withheld = False

        async def answering(message: Message) -> None:
            nonlocal has_ended, is_withheld
            if message["type"] == "http.response.start" and not has_ended:
                has_ended = True
                refusal = await self._end(scope, call, message["status"])
                if refusal is not None:
                    is_withheld = True
                    await error_response(refusal)(scope, receive, send)
            if not is_withheld:
                await send(message)

        try:
            await self._app(scope, receive, answering)
        except Exception:
            if not has_ended:
                call.ended_with(JumeauError.code, JumeauError.status)
                await self._end(scope, call, JumeauError.status)
            raise
        except CancelledError:
            if not has_ended:
                call.ended_with(CUT_OFF, JumeauError.status)
                self._abandon(scope, call)
            raise

    async def _end(self, scope: Scope, call: Call, status: int) -> JumeauError | None:
        """Write how a call ended; why its answer must be withheld, if it must."""
        if not _is_kept(scope, call):
            return None
        call.door = door_of(scope)
        entry = call.entry(outcome_of(call.status or status))
        if call.has_begun:
            await run_in_threadpool(self._recorder.end, entry)
        elif not self._recorder.offer(entry):
            try:
                await run_in_threadpool(self._recorder.note, entry)
            except JumeauError as error:
                log.error("answer_withheld", door=entry.door, who=entry.who, error=str(error))
                return error
        return None

    def _abandon(self, scope: Scope, call: Call) -> None:
        """Write that a call was cut off with the server: nothing can be waited for any more."""
        if _is_kept(scope, call):
            call.door = door_of(scope)
            self._recorder.end(call.entry(outcome_of(JumeauError.status)))


def _is_kept(scope: Scope, call: Call) -> bool:
    path = path_of(scope)
    return call.is_kept and path is not None and path not in UNKEPT
