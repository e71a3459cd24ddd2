"""A receiver of webhooks on loopback: it checks signatures by itself, answers what a test scripts, and remembers all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def names(self) -> list[str]:
        """The names in a message of changes, in order."""
        return [change["name"] for change in self.body["data"]["changes"]]

    def is_signed_with(self, secret: str) -> bool:
        """As a receiver would check it, from the specification and not from our code."""
        key = base64.b64decode(secret[len("whsec_") :]) if secret.startswith("whsec_") else secret.encode("utf-8")
        signed = self.headers["webhook-id"] + "." + self.headers["webhook-timestamp"] + "." + self.raw.decode("utf-8")
        expected = base64.b64encode(hmac.digest(key, signed.encode("utf-8"), hashlib.sha256)).decode("ascii")
        versions = [one.split(",", 1) for one in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(told, expected) for version, told in versions)


@dataclass(slots=True)
class Receiver:
    """`answers` are taken one by one, then 204; each is a status, or what is done with the request."""

    received: list[Received] = field(default_factory=list)
    answers: list[int | Answer] = field(default_factory=list)
    url: str = ""
    port: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]

    @property
    def names(self) -> list[str]:
        """What all messages of changes told, in order, messages that came twice once."""
        once = {one.id: one for one in self.received}
        return [name for one in once.values() for name in one.names]

    @contextmanager
    def serving(self) -> Iterator[Receiver]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    receiver.received.append(Received(self.path, headers, raw))
                    answer = receiver.answers.pop(0) if receiver.answers else 204
                if callable(answer):
                    answer(self)
                    return
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                """Tests look at what was received."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """Senders that break off are what is tried."""

        server = Quiet(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        self.port = server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks/path-that-is-a-secret"
        try:
            yield self
        finally:
            self.stopped.set()
            server.shutdown()
            server.server_close()
            thread.join()


def headed(status: int, **headers: str) -> Answer:
    """An answer with headers."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer
