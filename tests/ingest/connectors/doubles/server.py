"""An HTTP server in a thread, and the faults that a test scripts into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from core.outbound import AddressGuard, networks

HERE = ("127.0.0.0/8", "::1")
"""Where doubles are: what a test allows as JUMEAU_ALLOWED_NETWORKS."""
TO_DOUBLES = AddressGuard(networks(HERE))
DATE = "Wed, 01 Jan 2025 06:00:00 GMT"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `query` holds the last value of each name, `headers` are in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered. `body` is sent as it is where it is bytes, else as JSON."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


Fault = Callable[[Response], Response]
"""Turns a sound answer into a broken one."""

CUT = "x-cut"
DRIP = "x-drip"


def status(code: int, **headers: str) -> Fault:
    return lambda _sound: Response({"error": code}, code, {n.replace("_", "-"): v for n, v in headers.items()})


def truncated(sound: Response) -> Response:
    """A body that ends in the middle, correctly announced."""
    body = sound.encoded()
    return Response(body[: len(body) // 2], sound.status, sound.headers)


def cut(sound: Response) -> Response:
    """A connection that is closed in the middle of the body."""
    return Response(sound.encoded(), sound.status, {**sound.headers, CUT: "1"})


def html(_sound: Response) -> Response:
    return Response(b"<html>Log in</html>", 200, {"Content-Type": "text/html"})


def slow(seconds: float) -> Fault:
    """Nothing for a while."""

    def wait(sound: Response) -> Response:
        time.sleep(seconds)
        return sound

    return wait


def dripping(sound: Response) -> Response:
    """The body byte by byte, never silent for long and never done."""
    return Response(sound.encoded(), sound.status, {**sound.headers, DRIP: "1"})


class Double:
    """One API. `faults` are taken one per request, None for a sound answer; `before` is called with the request's number."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: list[Fault | None] = []
        self.before: Callable[[int], None] | None = None
        self.secret: str | None = None
        self.url = ""
        self.stopped = Event()

    def answer(self, request: Request) -> Response:
        raise NotImplementedError

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        if self.before is not None:
            self.before(len(self.requests))
        fault = self.faults.pop(0) if self.faults else None
        sound = self.answer(request) if self._is_known(request) else self.refusal()
        return sound if fault is None else fault(sound)

    def refusal(self) -> Response:
        return Response({"error": {"message": "User Not Authenticated"}}, 401)

    def _is_known(self, request: Request) -> bool:
        return self.secret is None or request.headers.get("authorization", "").endswith(self.secret)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve until the block ends; gives the base URL."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self.url
        finally:
            self.stopped.set()
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(double: Double) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(double.handle(Request(parts.path, query, headers)))

        def _send(self, response: Response) -> None:
            body = b"" if response.status == 304 else response.encoded()
            self.send_response_only(response.status)
            sent = {"Date": DATE, "Content-Type": "application/json", **response.headers}
            breaks, drips = sent.pop(CUT, None), sent.pop(DRIP, None)
            for name, value in {**sent, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                if breaks:
                    self.wfile.write(body[: len(body) // 2])
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.close()
                elif drips:
                    for byte in body:
                        if double.stopped.wait(0.02):
                            break
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                else:
                    self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
