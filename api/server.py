"""The server of one process: it ends in order on SIGTERM and Ctrl-C, and within a bounded time."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from threading import Timer, current_thread, main_thread
from time import monotonic
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

_FOR_REQUESTS: Final = 0.8
"""Share of the time to stop that requests under way have; the rest is for the follower and the store."""
_LOOK_S: Final = 0.1
"""How often it is looked whether the time to be seen is over."""
_OVERDUE: Final = 4  # exit code: the server failed

log = structlog.get_logger(__name__)


class TwinServer(uvicorn.Server):
    """Takes no requests any more once it is told to stop, lets those under way end, and returns to whoever ran it.

    `drain_s` after the signal, or with a second one, it stops to take requests; `stop_s` after that the process ends whatever goes
    on, with exit code 4, as if it were killed: ledger and stores are made for that. `message_bytes`: the longest message of a
    websocket. `told` is called with the signal, in its handler, while requests are still taken; `leaving` before requests under
    way are waited for: those that would wait for news end then.
    """

    def __init__(
        self,
        app: FastAPI,
        *,
        log_level: str,
        stop_s: float,
        drain_s: float = 0.0,
        message_bytes: int,
        told: Callable[[], None] = lambda: None,
        leaving: Callable[[], None] = lambda: None,
    ) -> None:
        requests_s = max(1, int(stop_s * _FOR_REQUESTS))
        config = uvicorn.Config(
            app,
            log_level=log_level.lower(),
            timeout_graceful_shutdown=requests_s,
            ws_max_size=message_bytes,
            access_log=False,  # requests are logged by the application, without what is in their addresses
            server_header=False,
        )
        super().__init__(config)
        self._stop_s = stop_s
        self._drain_s = drain_s
        self._signals = 0
        self._told = told
        self._leaving = leaving

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await self._drain()
        self._leaving()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        first = not self.should_exit
        self._signals += 1
        self._told()
        super().handle_exit(sig, frame)
        if first:
            overdue = Timer(self._drain_s + self._stop_s, self._give_up)
            overdue.daemon = True
            overdue.start()

    async def _drain(self) -> None:
        """Go on as before until whoever sends requests has seen that this server is not ready."""
        ends = monotonic() + self._drain_s
        while self._signals == 1 and monotonic() < ends:
            await asyncio.sleep(_LOOK_S)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own raises the signal again at its end: SIGTERM would end the process before the store is closed."""
        if current_thread() is not main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _give_up(self) -> None:
        log.error("stop_overdue", after_s=self._drain_s + self._stop_s)
        os._exit(_OVERDUE)
