"""Events of a job as server-sent events: numbered, taken up by `Last-Event-ID`, over with the job, the server or the client."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import AsyncIterator
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.deps import Services
from api.graphql.sessions import Connections
from core.errors import JumeauError, UsageError
from core.principal import require_whole_estate
from services.access.rights import Action, require
from services.jobs.journal import JobEvent, Journal
from services.jobs.queue import JobQueue

POLL_S: Final = 0.2
"""How often the journal of a job is looked at. Whoever watches is no more than a place in it."""
ALIVE_S: Final = 15.0
"""After how long a silence a comment says that the connection lives."""
RETRY_MS: Final = 2_000
MEDIA_TYPE: Final = "text/event-stream"


class JobEventResponse(StreamingResponse):
    """The stream of one job. It holds one of its asker's connections for as long as it lasts, however it ends."""

    def __init__(
        self, services: Services, jobs: JobQueue[Any], request: Request, job: str, after: int, action: Action
    ) -> None:
        """`after` is the number of the last event that is known. Raises NotFoundError."""
        self._services = services
        self._jobs = jobs
        self._action = action
        self._authorization = request.headers.get("authorization")
        self._job = job
        self._after = after
        self._connections: Connections = request.app.state.event_streams
        self._journal: Journal = jobs.journal(job)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # proxies must not hold it back
        super().__init__(self._said(), headers=headers, media_type=MEDIA_TYPE)

    @classmethod
    async def open(
        cls, services: Services, jobs: JobQueue[Any], request: Request, job: str, action: Action = Action.LOAD
    ) -> Response:
        """The stream, or 204 where nothing will come. For the event loop's thread. `action`: who may watch.

        Raises NotFoundError, UsageError, TooManyConnectionsError.
        """
        after = _last_known(request)
        stream = await run_in_threadpool(cls, services, jobs, request, job, after, action)
        if not jobs.is_coming(job) and stream._journal.last <= after:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        stream._connections.take(services.principal.id)
        return stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asker = self._services.principal.id
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._connections.give_back(asker)

    async def _said(self) -> AsyncIterator[bytes]:
        jobs, journal = self._jobs, self._journal
        place, after = 0, self._after
        recheck_s = self._services.twin.settings.subscription_recheck_s
        spoken = checked = monotonic()
        yield f"retry: {RETRY_MS}\n\n".encode()
        while True:
            events: list[JobEvent] = []
            is_over = not jobs.is_coming(self._job)
            try:
                if is_over:
                    await run_in_threadpool(jobs.job, self._job)  # by now its end is written; or it was discarded
                if journal.last > after:
                    events, place = await run_in_threadpool(journal.read, place, after)
                if monotonic() - checked >= recheck_s:
                    await run_in_threadpool(self._recheck)
                    checked = monotonic()
            except JumeauError as error:
                yield block("error", error.to_dict())
                return
            for event in events:
                after = event.number
                yield of_job(event)
            if is_over:
                return
            if events:
                spoken = monotonic()
            elif monotonic() - spoken >= ALIVE_S:
                spoken = monotonic()
                yield b": alive\n\n"
            await sleep(POLL_S)

    def _recheck(self) -> None:
        """Whether who watches still may. Raises UnauthenticatedError, TokenError, ForbiddenError, RestrictedError."""
        principal = self._services.doorkeeper.admit(self._authorization)
        require(principal, self._action)
        require_whole_estate(principal, "a job")


def _last_known(request: Request) -> int:
    """The number of the last event that is known to whoever asks. Raises UsageError."""
    told = request.headers.get("last-event-id", "").strip() or "0"
    if not (told.isascii() and told.isdecimal()) or len(told) > 18:
        raise UsageError(
            "this is no number of an event", where="Last-Event-ID", hint="leave it out to be told everything"
        )
    return int(told)


def of_job(event: JobEvent) -> bytes:
    """An event of a job as lines."""
    return block(event.type, event.data, event.number)


def block(type_: str, data: Any, number: int | None = None) -> bytes:
    """One event as lines: JSON has no line ends, so that `data` is one line."""
    id_ = b"" if number is None else b"id: %d\n" % number
    return id_ + b"event: " + type_.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
