"""A provider on this machine that speaks the wire format of whoever asks, and behaves well or badly.

`plain` answers `says`; `slow` never gets to it; `endless` sends without end; `malformed` sends no JSON, `odd` JSON of another shape;
`busy`, `expired` and `broken` are statuses 429, 401 and 500; `elsewhere` is a redirect to another host.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.patience import PATIENCE_S

STATUS = {"busy": 429, "expired": 401, "broken": 500, "elsewhere": 307}


@dataclass
class Double:
    url: str = ""
    mode: str = "plain"
    says: str = "bonjour"
    script: list[str] = field(default_factory=list)  # said first, one after the other
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    stopped: Event = field(default_factory=Event)


def body_of(path: str, says: str) -> dict[str, Any]:
    """An answer in the format of the provider that has this path."""
    if path.endswith("/converse"):
        message = {"role": "assistant", "content": [{"text": says}]}
        used = {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}
        return {"output": {"message": message}, "stopReason": "end_turn", "usage": used, "metrics": {"latencyMs": 1}}
    if ":generateContent" in path:
        content = {"role": "model", "parts": [{"text": says}]}
        used = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
        return {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": used}
    message = {"role": "assistant", "content": says}
    used = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": used}


@contextmanager
def provider() -> Iterator[Double]:
    double = Double()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            path = self.path.partition("?")[0].replace("%3A", ":")
            headers = {name.lower(): value for name, value in self.headers.items()}
            double.requests.append((self.path, headers, json.loads(content)))
            if double.mode == "slow":
                double.stopped.wait(PATIENCE_S)
                return
            if double.mode == "endless":
                self._endless()
                return
            status = STATUS.get(double.mode, 200)
            told = (
                json.dumps(body_of(path, double.script.pop(0) if double.script else double.says))
                if status == 200
                else '{"error": {"message": "no", "code": 1}}'
            )
            told = {"malformed": "<html>{", "odd": '{"choices": 3, "output": [], "candidates": "x"}'}.get(
                double.mode, told
            )
            self.send_response(status)
            if double.mode == "elsewhere":
                self.send_header("location", "http://192.0.2.1/steal")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(told.encode())))
            self.end_headers()
            self.wfile.write(told.encode())

        def _endless(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            try:
                while not double.stopped.is_set():
                    self.wfile.write(b" " * 4096)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Nothing is told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield double
    finally:
        double.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
