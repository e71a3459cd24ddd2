"""Before anything of a request is looked at: whether the server takes it now. What it cannot take is refused early and cheaply.

A request holds its place until its answer begins: what is streamed after that has bounds of its own, such as those of exports.
While it waits, its body is read as far as it is small, and it is dropped if whoever asked has gone. No body is read further than is
accepted, whoever sends it: what is longer is refused, by its announced length or where it passes the bound. An upload has a place and
waits for no turn: it is work for the network, and a few slow ones would hold every turn.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.askers import KnownAskers, address_of
from api.calls import GRAPHQL, MCP
from api.errors import error_response
from api.gate import Gate
from api.rates import RateLimitedError, Rates
from api.strangers import Strangers, TooManyRefusedError
from core.errors import JumeauError

ALWAYS: Final = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
"""What is answered however much there is to do: it tells how the server does. Everything else over HTTP waits its turn."""
AHEAD_BYTES: Final = 256 << 10
"""How much of a body is read before its turn; a larger one is read by its endpoint."""
BODY_S: Final = 10.0
"""How long the beginning of a body may take, in seconds."""
BOUNDED_BY_THEMSELVES: Final = frozenset({GRAPHQL, MCP})
"""Doors that refuse a body of too many bytes in words of their own."""
TRY_LATER: Final = 1013
"""The code that a websocket is closed with where its handshake cannot be answered with a status."""
_UPLOAD: Final = re.compile(r"/api/ingestions/[^/]+/files/")


class SlowRequestError(JumeauError):
    """A request whose body does not come."""

    code = "SLOW_REQUEST"
    exit_code = 2
    status = 408


class BodySizeError(JumeauError):
    """A request has more bytes than are accepted."""

    code = "BODY_SIZE"
    exit_code = 2
    status = 413


class AdmissionMiddleware:
    """Holds HTTP requests to the gate, to the minute of their address and to that of their account.

    Of websockets the handshake is refused to an address that waits; what is asked over them goes through the same gate, and counts.
    """

    def __init__(
        self,
        app: ASGIApp,
        gate: Gate,
        body_bytes: int,
        strangers: Strangers | None = None,
        rates: Rates | None = None,
        body_s: float = BODY_S,
    ) -> None:
        self._app = app
        self._gate = gate
        self._strangers = strangers
        self._rates = rates
        self._body_bytes = body_bytes
        self._body_s = body_s
        self._askers = KnownAskers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._handshake(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self._app(scope, receive, send)
            return
        gate, asker = self._gate, self._askers.of(scope)
        is_bounded = not _is_upload(scope) and scope["path"] not in BOUNDED_BY_THEMSELVES
        request = _Request(receive, self._body_s, self._body_bytes if is_bounded else None)
        try:
            request.check_announced(scope)
            self._check(scope, asker)
            gate.arrive(asker)
        except JumeauError as refusal:
            self._shed(refusal)
            await error_response(refusal)(scope, receive, send)
            return
        place = _Place(gate, asker)
        try:
            if not _is_upload(scope) and not (await request.read_ahead() and await self._turn(place, request)):
                return  # whoever asked has gone
        except JumeauError as refusal:
            place.leave()
            await error_response(refusal)(scope, receive, send)
            return
        else:

            async def answering(message: Message) -> None:
                if message["type"] == "http.response.start":
                    place.leave()
                    if message["status"] == HTTPStatus.UNAUTHORIZED and self._strangers is not None:
                        self._strangers.refused(address_of(scope))
                        self._askers.forget(scope)
                    if request.refusal is not None:
                        await error_response(request.refusal)(scope, receive, send)
                if request.refusal is None:
                    await send(message)

            await self._app(scope, request.receive, answering)
            learned = self._askers.learn(scope)
            if learned is not None and self._rates is not None:
                self._rates.count(learned)
        finally:
            place.leave()
            request.close()

    async def _handshake(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a websocket to an address that waits, before anything is looked up: its token is shown later."""
        asker = self._askers.of(scope)
        try:
            if self._strangers is not None and asker == address_of(scope):
                self._strangers.check(asker)
        except TooManyRefusedError as refusal:
            self._shed(refusal)
            await receive()
            if "websocket.http.response" in scope.get("extensions", {}):
                await error_response(refusal)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": TRY_LATER})
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope, asker: str) -> None:
        """Refuse whoever has used up a minute. Raises TooManyRefusedError, RateLimitedError."""
        if asker == address_of(scope):
            if self._strangers is not None:
                self._strangers.check(asker)
        elif self._rates is not None:
            self._rates.take(asker)

    def _shed(self, refusal: JumeauError) -> None:
        if isinstance(refusal, TooManyRefusedError | RateLimitedError):
            self._gate.shed[refusal.code] += 1

    async def _turn(self, place: _Place, request: _Request) -> bool:
        """Wait for a turn. False where nobody waits for the answer any more. Raises OverloadedError."""
        if self._gate.begin(place.asker):
            place.has_begun()
            return True
        waiting = asyncio.ensure_future(self._gate.turn(place.asker))
        try:
            awaited: set[asyncio.Future[Any]] = {waiting}
            if (gone := request.disconnected()) is not None:
                awaited.add(gone)
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                waiting.result()
                place.has_begun()
                return True
            return False
        finally:
            if not waiting.done():
                waiting.cancel()
            elif not waiting.cancelled() and waiting.exception() is None and not place.runs:
                self._gate.end(place.asker)  # called, and cancelled in the same moment


class _Place:
    """A place at the gate, given back once."""

    def __init__(self, gate: Gate, asker: str) -> None:
        self._gate = gate
        self.asker = asker
        self.runs = False
        self._is_held = True
        self._began = 0.0

    def has_begun(self) -> None:
        self.runs, self._began = True, perf_counter()

    def leave(self) -> None:
        """Give back what is held. Harmless where nothing is."""
        if self.runs:
            self.runs = False
            self._gate.end(self.asker, perf_counter() - self._began)
        if self._is_held:
            self._is_held = False
            self._gate.depart(self.asker)


class _Request:
    """The messages of a request: some read ahead, the others as they come."""

    def __init__(self, receive: Receive, body_s: float, most: int | None) -> None:
        """`most`: bytes of its body that are accepted; None where its endpoint bounds it."""
        self._receive = receive
        self._body_s = body_s
        self._most = most
        self._size = 0
        self.refusal: BodySizeError | None = None  # of a body that passed the bound while it was read
        self._ahead: deque[Message] = deque()
        self._next: asyncio.Future[Message] | None = None
        self._is_whole = False

    def check_announced(self, scope: Scope) -> None:
        """Refuse what says itself that it is too long. Raises BodySizeError."""
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if self._most is not None and announced.isdigit() and int(announced) > self._most:
            raise self._too_large()

    def _count(self, message: Message) -> Message:
        self._size += len(message.get("body", b""))
        if self._most is not None and self._size > self._most:
            self.refusal = self._too_large()
            raise self.refusal
        return message

    def _too_large(self) -> BodySizeError:
        return BodySizeError(
            f"the request has more than {self._most:,} bytes",
            where="JUMEAU_GRAPHQL_BODY_BYTES",
            hint="send less at a time; whole exports are loaded as files",
            details={"limit": self._most},
        )

    async def read_ahead(self) -> bool:
        """Read the body, or its beginning; False where whoever sends it has gone. Raises SlowRequestError, BodySizeError."""
        size = 0
        try:
            async with asyncio.timeout(self._body_s):
                while not self._is_whole and size < AHEAD_BYTES:
                    message = self._count(await self._receive())
                    if message["type"] == "http.disconnect":
                        return False
                    self._ahead.append(message)
                    size += len(message.get("body", b""))
                    self._is_whole = not message.get("more_body", False)
        except TimeoutError:
            raise SlowRequestError(
                f"the body has not come in {self._body_s:g} s", where="body", hint="send it at once"
            ) from None
        return True

    def disconnected(self) -> asyncio.Future[Message] | None:
        """Done when whoever asked has gone; None where it cannot be known, since more of the body is to come."""
        if not self._is_whole:
            return None
        self._next = asyncio.ensure_future(self._receive())
        return self._next

    async def receive(self) -> Message:
        """The next message, for the application."""
        if self._ahead:
            return self._ahead.popleft()
        if self._next is not None:
            return await asyncio.shield(self._next)  # whoever gives up waiting for it may ask again
        return self._count(await self._receive())

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._next is not None and not self._next.done():
            self._next.cancel()


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "PUT" and _UPLOAD.match(scope["path"]) is not None
