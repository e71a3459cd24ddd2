"""A day of a service in little: who reads, who lists, who exports, who listens and who loads, each in a thread until the end."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import httpx
from websockets.exceptions import WebSocketException

from tests.api.conftest import Server
from tests.api.websocket_client import Talk, talking

NESTED = """query ($first: Int) { servers(first: $first, orderBy: [{name: ASC}]) { count nodes { name
  runs { nodes { name ownedBy { nodes { name } } } } } } }"""
LISTEN = "subscription { changes { sequence operation name } }"


class Visitors:
    """Everybody who comes to one server until they are told to stop. `done` counts what succeeded, `failed` what did not."""

    def __init__(self, url: str, pause_s: float, seed: int = 7) -> None:
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []
        self._url = url
        self._pause_s = pause_s
        self._random = random.Random(seed)
        self._stop = threading.Event()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """They come for as long as the context lasts."""
        kinds: tuple[Callable[[httpx.Client], None], ...] = (
            self.read, self.read, self.list, self.export, self.leave_an_export, self.listen, self.vanish, self.err,
        )  # fmt: skip
        threads = [threading.Thread(target=self._visit, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)
        assert not any(thread.is_alive() for thread in threads)

    def read(self, client: httpx.Client) -> None:
        """A question, of a form that has been asked before or of a new one."""
        number = self._random.randrange(10**6)
        self._ok(client.post("/api/query", json={"query": f"MATCH (s:Server) RETURN count(s) + {number} AS n"}))
        body = {"query": "MATCH (s:Server) WHERE s.name > $n RETURN s LIMIT 20", "parameters": {"n": str(number)}}
        self._ok(client.post("/api/query", json=body))

    def list(self, client: httpx.Client) -> None:
        """A nested page, and a document that nobody has sent before."""
        size = self._random.randrange(1, 100)
        self._ok(client.post("/graphql", json={"query": NESTED, "variables": {"first": size}}))
        named = f"{{ t{self._random.randrange(10**6)}: teams(first: 5) {{ nodes {{ name owns {{ count }} }} }} }}"
        self._ok(client.post("/graphql", json={"query": named}))

    def export(self, client: httpx.Client) -> None:
        """A file, taken whole."""
        kind = self._random.choice(("csv", "jsonl", "parquet"))
        body = {"format": kind, "query": "MATCH (s:Server) RETURN s.id AS id, s.name AS name"}
        self._ok(client.post("/api/exports", json=body), 200, 503)

    def leave_an_export(self, client: httpx.Client) -> None:
        """A file whose reader goes away in the middle."""
        body = {"format": "graphml", "selection": {"kinds": ["Server", "Team"], "relations": ["OWNED_BY"]}}
        with client.stream("POST", "/api/exports", json=body) as answer:
            next(answer.iter_raw(100), b"")
            self._ok(answer, 200, 503)

    def listen(self, client: httpx.Client) -> None:
        """A subscription that says goodbye."""
        with self._talk(client) as talk:
            talk.subscribe(LISTEN, id="1")
            talk.subscribe("{ teams { count } }", id="2")
            assert talk.next()["teams"]["count"] > 0
            talk.send(id="1", type="complete")

    def vanish(self, client: httpx.Client) -> None:
        """A subscription whose listener is gone from one moment to the next."""
        with self._talk(client) as talk:
            talk.subscribe(LISTEN)
            talk.socket.socket.close()

    def err(self, client: httpx.Client) -> None:
        """What is wrong is refused, and leaves nothing either."""
        self._ok(
            client.post("/api/query", json={"query": f"MATCH (s:Sever{self._random.random()}) RETURN s"}), 400, 422
        )
        self._ok(client.post("/graphql", json={"query": "{ nothing }"}))
        self._ok(client.get("/nowhere"), 404)

    def _visit(self, kind: Callable[[httpx.Client], None]) -> None:
        while not self._stop.wait(self._pause_s):
            try:
                with httpx.Client(base_url=self._url, trust_env=False, timeout=60) as client:
                    for _ in range(5):
                        kind(client)
                        self.done[kind.__name__] += 1
                        if self._stop.wait(self._pause_s):
                            return
            except (httpx.HTTPError, WebSocketException, OSError, AssertionError, TimeoutError) as error:
                self.failed.append(f"{kind.__name__}: {error!r}")

    @contextmanager
    def _talk(self, client: httpx.Client) -> Iterator[Talk]:
        with suppress(WebSocketException, OSError), talking(Server(cast(Any, None), client)) as talk:
            assert talk.init()
            yield talk

    def _ok(self, answer: httpx.Response, *statuses: int) -> None:
        assert answer.status_code in (statuses or (200,)), f"{answer.status_code} {answer.url.path}"


def until_nothing_is_held(held: Callable[[], dict[str, float]], wait_s: float = 20.0) -> dict[str, float]:
    """What is held once everybody has left, or after so long."""
    ends = time.monotonic() + wait_s
    while any((found := held()).values()) and time.monotonic() < ends:
        time.sleep(0.2)
    return found
