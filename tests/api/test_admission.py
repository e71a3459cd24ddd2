"""A server that has enough to do says so at once, and goes on telling how it does; nothing comes in by another way."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount

from api.admission import ALWAYS, AdmissionMiddleware
from api.askers import KnownAskers
from api.calls import CALL
from api.gate import Gate, GateLimits
from core.principal import Principal
from graph.cypher.bound import BoundQuery
from graph.repository import Answer, ReadContext
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.audit.call import Call
from tests.api.apps import create_app
from tests.api.conftest import CountedRepository, Server, served
from tests.api.estate import opened, small_estate
from tests.api.test_metrics import figure, figures
from tests.api.websocket_client import talking
from tests.patience import PATIENCE_S, until
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

QUESTION = {"query": "MATCH (t:Team) RETURN count(*) AS n"}
SITE = "https://portal.example"


class HeldRepository(CountedRepository):
    """The real repository, whose answers wait until they are let go."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.let_go = threading.Event()

    def run(self, query: BoundQuery, parameters: Any, context: ReadContext) -> Answer:
        answer = super().run(query, parameters, context)
        assert self.let_go.wait(PATIENCE_S)
        return answer


class Started:
    """A server, the gate before it, and the repository behind it."""

    def __init__(self, server: Server, app: FastAPI, repository: HeldRepository) -> None:
        self.server, self.app, self.repository = server, app, repository
        self.gate: Gate = app.state.gate
        self.answers: list[httpx.Response] = []
        self._asking: list[threading.Thread] = []

    def ask(self, wait_for: tuple[int, int], token: str | None = None) -> None:
        """Ask beside this test, until so many run and so many wait."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{self.server.http.base_url}/api/query"

        def post() -> None:
            self.answers.append(httpx.post(url, json=QUESTION, headers=headers, timeout=PATIENCE_S, trust_env=False))

        self._asking.append(threading.Thread(target=post))
        self._asking[-1].start()
        until(lambda: (self.gate.running, self.gate.waiting) == wait_for)

    def all_answers(self) -> list[int]:
        """Let everything go; the statuses of all answers, in order."""
        self.repository.let_go.set()
        for thread in self._asking:
            thread.join(PATIENCE_S)
        return sorted(answer.status_code for answer in self.answers)


def line_to(at: Started) -> socket.socket:
    """A connection of its own, to be cut at any byte."""
    address = at.server.http.base_url
    return socket.create_connection((address.host, address.port or 0), timeout=PATIENCE_S)


def asking(length: int) -> bytes:
    """The head of a question whose body has so many bytes."""
    head = f"POST /api/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    return head.encode()


Start = Callable[..., Started]


@pytest.fixture(scope="module")
def server(
    schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, FastAPI, HeldRepository]]:
    """A server on the small estate, with an open door."""
    more = {"allowed_origins": [SITE]}
    with opened("networkx", schema, tmp_path_factory.mktemp("gate"), small_estate(), more) as twin:
        repository = HeldRepository(twin.repository)
        twin.repository = repository
        app = create_app(twin, follow=False)
        with served(twin, app) as server:
            yield server, app, repository


@pytest.fixture
def start(server: tuple[Server, FastAPI, HeldRepository]) -> Iterator[Start]:
    """The server with limits of a test's own, and nobody there."""
    _, app, repository = server
    with ExitStack() as ended:

        def start(**limits: Any) -> Started:
            before: Gate = app.state.gate
            usual = before.limits
            before.limits = replace(usual, **limits)
            before.shed.clear()
            repository.let_go.clear()
            repository.asked.clear()
            started = Started(*server)
            ended.callback(setattr, before, "limits", usual)
            ended.callback(started.all_answers)
            return started

        yield start


@contextmanager
def full(gate: Gate) -> Iterator[None]:
    """All places taken by somebody."""
    somebody = [f"somebody {place}" for place in range(gate.limits.at_once + gate.limits.waiting)]
    for name in somebody:
        gate.arrive(name)
    yield
    for name in somebody:
        gate.depart(name)


def test_a_full_server_refuses_at_once_says_when_to_come_back_and_still_tells_how_it_does(start: Start) -> None:
    at = start(at_once=1, waiting=1)
    at.ask(wait_for=(1, 0))
    at.ask(wait_for=(1, 1))
    refused = at.server.post("/api/query", QUESTION)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "OVERLOADED")
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["error"]["where"] == "JUMEAU_REQUESTS_WAITING"
    assert at.server.get("/health").json()["status"] == "ok"
    found = figures(at.server.get("/metrics").text)
    assert figure(found, "jumeau_requests_running") == 1
    assert figure(found, "jumeau_requests_waiting") == 1
    assert figure(found, "jumeau_requests_shed_total", code="OVERLOADED") == 1
    assert at.all_answers() == [200, 200]
    assert at.server.post("/api/query", QUESTION).status_code == 200
    assert (at.gate.running, at.gate.waiting) == (0, 0)


def paths(routes: list[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            yield f"{route.path}/anything"
        else:
            yield str(getattr(route, "path", "")).replace("{", "").replace("}", "")


def test_nothing_but_health_and_metrics_comes_in_where_the_server_is_full(start: Start) -> None:
    at = start()
    known = {
        *paths(at.app.routes),
        *at.app.openapi()["paths"],
        "/",
        "/nothing/here",
        "/health/",
        "/HEALTH",
        "/metrics/x",
        "/graphql",
    }
    assert {"/graphql", "/api/query", "/api/exports", "/api/sign-in", "/docs", "/openapi.json"} <= known
    with full(at.gate):
        answers = {
            (method, path): at.server.http.request(method, path).status_code
            for path in known - {""}
            for method in ("GET", "POST", "DELETE")
        }
    let_in = {path for (_, path), status in answers.items() if status != 503}
    assert let_in == ALWAYS == {"/health", "/health/live", "/health/ready", "/metrics"}


def test_who_waits_too_long_is_refused_and_their_question_is_never_asked(start: Start) -> None:
    at = start(at_once=1, waiting=5, wait_s=0.2)
    at.ask(wait_for=(1, 0))
    refused = at.server.post("/api/query", QUESTION)
    assert (refused.status_code, refused.json()["error"]["where"]) == (503, "JUMEAU_REQUEST_WAIT_S")
    assert at.all_answers() == [200]
    assert len(at.repository.asked) == 1


def test_who_goes_away_while_waiting_is_not_worked_for(start: Start) -> None:
    at = start(at_once=1)
    at.ask(wait_for=(1, 0))
    body = json.dumps(QUESTION).encode()
    with line_to(at) as line:
        line.sendall(asking(len(body)) + body)
        until(lambda: at.gate.waiting == 1)
    until(lambda: at.gate.waiting == 0)
    assert at.all_answers() == [200]
    assert len(at.repository.asked) == 1


def test_each_asker_has_a_share_whatever_tokens_they_show(schema: Schema, tmp_path: Path) -> None:
    limits = {"requests_at_once": 4, "requests_per_asker": 3, "access": "accounts"}
    with opened("networkx", schema, tmp_path, small_estate(), limits) as twin:
        twin.repository = repository = HeldRepository(twin.repository)
        keeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
        tokens = {}
        for name in ("ana", "bob"):
            account = keeper.accounts.create(name, PASSWORD, ["reader"], None, by="test")
            tokens[name] = [keeper.tokens.issue(account, timedelta(days=1))[0] for _ in range(2)]
        app = create_app(twin, follow=False, doorkeeper=keeper)
        with served(twin, app) as server, ExitStack() as ended:
            at = Started(server, app, repository)
            ended.callback(at.all_answers)
            url = f"{server.http.base_url}/api/query"

            def post(token: str) -> httpx.Response:
                return httpx.post(url, json=QUESTION, headers={"Authorization": f"Bearer {token}"}, trust_env=False)

            repository.let_go.set()
            for token in (*tokens["ana"], *tokens["bob"]):
                assert post(token).status_code == 200, "from here on the gate knows whose it is"
            repository.let_go.clear()
            at.ask((1, 0), tokens["ana"][0])
            at.ask((2, 0), tokens["ana"][1])
            at.ask((3, 0), tokens["ana"][0])
            refused = post(tokens["ana"][1])
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_REQUESTS")
            assert int(refused.headers["Retry-After"]) >= 1
            at.ask((4, 0), tokens["bob"][0])
            assert at.all_answers() == [200] * 4


def test_credentials_that_nobody_gave_out_count_as_the_address_they_come_from() -> None:
    def scope(token: str, address: str = "127.0.0.9") -> dict[str, Any]:
        return {"headers": [(b"authorization", token.encode())], "client": (address, 1)}

    askers = KnownAskers(most=2)
    assert {askers.of(scope(f"Bearer {n}")) for n in range(5)} == {"from 127.0.0.9"}
    nobody = {**scope("Bearer 0"), CALL: Call(MovedClock())}
    askers.learn(nobody)
    assert askers.of(scope("Bearer 0")) == "from 127.0.0.9"
    for name in ("ana", "bob", "eve"):
        call = Call(MovedClock())
        call.principal = Principal(name)
        askers.learn({**scope(name), CALL: call})
    assert [askers.of(scope(name)) for name in ("ana", "bob", "eve")] == ["from 127.0.0.9", "bob", "eve"]


def test_questions_over_a_websocket_wait_for_the_same_turns_and_subscriptions_need_none(start: Start) -> None:
    at = start(at_once=1, waiting=0)
    at.repository.let_go.set()
    with talking(at.server) as talk:
        assert talk.init()
        with full(at.gate):
            talk.subscribe("{ teams { count } }", id="asked")
            assert talk.code() == "OVERLOADED"
            talk.subscribe("subscription { changes { sequence } }", id="heard")
            assert talk.is_silent(0.3), "it listens, and nothing happens"
        talk.subscribe("{ teams { count } }", id="again")
        seen = [talk.receive() for _ in range(2)]
        assert {"teams": {"count": 3}} in [message.get("payload", {}).get("data") for message in seen]


def test_an_answer_that_is_streamed_holds_no_turn(start: Start) -> None:
    at = start(at_once=1, waiting=0)
    at.repository.let_go.set()
    body = {"format": "csv", "query": "MATCH (s:Server) RETURN s.name AS name"}
    with at.server.http.stream("POST", "/api/exports", json=body) as answer:
        assert answer.status_code == 200
        assert (at.gate.running, at.gate.waiting) == (0, 0)
        assert at.server.post("/api/query", QUESTION).status_code == 200


def test_a_refusal_can_be_read_by_pages_that_may_ask(start: Start) -> None:
    at = start()
    with full(at.gate):
        refused = at.server.http.post("/api/query", json=QUESTION, headers={"Origin": SITE})
    assert refused.status_code == 503
    assert refused.headers["access-control-allow-origin"] == SITE


def test_bodies_that_do_not_come_hold_no_turn_and_are_given_up() -> None:
    sent: list[Any] = []

    async def story() -> None:
        gate = Gate(GateLimits(1, 1, 1.0, 2))
        parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

        async def receive() -> Any:
            part = next(parts, None)
            if part is None:
                assert (gate.running, gate.waiting) == (0, 1), "whoever sends slowly holds up nobody's turn"
                await asyncio.sleep(30)
            return part

        async def send(message: Any) -> None:
            sent.append(message)

        async def app(*_: Any) -> None:
            pytest.fail("the request is not whole")

        scope = {"type": "http", "path": "/api/query", "headers": [], "client": ("127.0.0.1", 1), "method": "POST"}
        await AdmissionMiddleware(app, gate, 1_000, body_s=0.05)(scope, receive, send)
        assert (gate.running, gate.waiting) == (0, 0)

    asyncio.run(story())
    assert sent[0]["status"] == 408
    assert b"SLOW_REQUEST" in sent[1]["body"]


def test_an_upload_has_a_place_and_takes_nobodys_turn() -> None:
    async def story() -> None:
        gate = Gate(GateLimits(at_once=1, waiting=8, wait_s=5.0, of_one=8))
        arriving, answered = asyncio.Event(), asyncio.Event()

        async def app(scope: Any, receive: Any, _send: Any) -> None:
            if scope["method"] == "PUT":
                assert (await receive())["body"] == b"first part"
                arriving.set()
                await answered.wait()
            else:
                assert (gate.running, gate.waiting) == (1, 1), "the upload has a place and no turn"

        def coming(body: bytes, *, more: bool) -> Any:
            async def receive() -> Any:
                return {"type": "http.request", "body": body, "more_body": more}

            return receive

        async def send(_message: Any) -> None: ...

        at = AdmissionMiddleware(app, gate, 1_000)
        every = {"type": "http", "headers": [], "client": ("127.0.0.1", 1)}
        put = {**every, "method": "PUT", "path": "/api/ingestions/1f/files/relations/RUNS_ON.csv"}
        upload = asyncio.create_task(at(put, coming(b"first part", more=True), send))
        await arriving.wait()
        assert (gate.running, gate.waiting) == (0, 1)
        await at({**every, "method": "POST", "path": "/api/query"}, coming(b"{}", more=False), send)
        answered.set()
        await upload
        assert (gate.running, gate.waiting) == (0, 0)

    asyncio.run(story())


def test_a_large_body_arrives_whole(start: Start) -> None:
    at = start()
    at.repository.let_go.set()
    text = "RETURN size($text) AS n"
    answer = at.server.post("/api/query", {"query": text, "parameters": {"text": "x" * 700_000}})
    assert answer.json()["rows"] == [[700_000]]


def test_a_client_that_sends_half_a_request_and_leaves_takes_its_place_with_it(start: Start) -> None:
    at = start()
    with line_to(at) as line:
        line.sendall(asking(99) + b"{")
        until(lambda: at.gate.waiting == 1)
    until(lambda: (at.gate.running, at.gate.waiting) == (0, 0))
