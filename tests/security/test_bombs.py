"""Requests that are too long, too deep or many in one: refused at every route with a code, the long ones before anybody says who asks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from api.app import describe_rest
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from tests.agent.asking import Script
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import opened, small_estate
from tests.security.doors.asking import Client
from tests.security.doors.other_questions import tool
from tests.services.access.conftest import CHEAP, MovedClock

BOUND = 400_000
"""Bytes; more than the server reads of a body before its turn."""
ROUTES = sorted(
    (method.upper(), path.replace("{name}", "nothing").replace("{id}", "nothing"))
    for path, methods in describe_rest()["paths"].items()
    for method in methods
    if method in ("post", "patch", "delete")
)
NESTED = {
    "of a query": ("/api/query", {"query": "RETURN 1 AS n", "parameters": {"x": "DEEP"}}),
    "of the catalogue": ("/api/catalogue/servers_not_restarted", {"parameters": {"x": "DEEP"}}),
    "of a question": ("/api/ask", {"question": "x", "after": ["y"], "understood": {"body": "DEEP"}}),
    "of a chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}], "tools": "DEEP"}),
    "of a tool": ("/mcp", tool("query", {"cypher": "RETURN 1 AS n", "parameters": {"x": "DEEP"}}).body),
    "of a webhook": ("/api/webhooks", {"name": "x", "url": "https://192.0.2.1/", "filter": {"servers": "DEEP"}}),
}


@pytest.fixture(scope="module")
def apps(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """The application with its door open, and as whoever has not said who they are has it."""
    with ExitStack() as open_:
        home = tmp_path_factory.mktemp("bombs")
        twin = open_.enter_context(opened("networkx", schema, home, small_estate(), {"graphql_body_bytes": BOUND}))
        keeper, clients = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP), {}
        for name, kept in (("open", None), ("nobody", keeper)):
            app = create_app(twin, follow=False, doorkeeper=kept, producer=Script({}))
            clients[name] = Client(app)
            open_.callback(app.state.services.moments.close)
            open_.callback(clients[name].close)
        yield clients


@pytest.fixture(scope="module")
def server(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        opened("networkx", schema, tmp_path_factory.mktemp("deep"), small_estate()) as twin,
        served(twin, create_app(twin, follow=False, producer=Script({}))) as server,
    ):
        yield server


def told(answer: Any) -> tuple[int, str]:
    content = answer.json()
    return answer.status_code, content["error"]["code"] if "error" in content else ""


def test_an_announced_length_beyond_the_bound_is_refused_at_every_route(apps: dict[str, Client]) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(BOUND + 1)}
    answers = {route: told(apps["nobody"].request(*route, content=b"{}", headers=headers)) for route in ROUTES}
    assert {route: answer for route, answer in answers.items() if answer != (413, "BODY_SIZE")} == {}
    assert len(answers) >= 25


@pytest.mark.parametrize("asker", ["open", "nobody"])
def test_a_body_without_a_length_is_read_to_the_bound_and_no_further(apps: dict[str, Client], asker: str) -> None:
    read = []

    async def parts() -> AsyncIterator[bytes]:
        yield b'{"query": "RETURN 1 AS n", "parameters": {"x": "'
        for number in range(100):
            read.append(number)
            yield b"x" * 50_000

    answer = apps[asker].request("POST", "/api/query", content=parts(), headers={"Content-Type": "application/json"})
    assert told(answer) == (413, "BODY_SIZE")
    assert answer.json()["error"]["details"] == {"limit": BOUND}
    assert len(read) <= BOUND // 50_000 + 1


def test_a_body_of_the_bound_is_answered(apps: dict[str, Client]) -> None:
    body = {"query": "RETURN size($x) AS n", "parameters": {"x": ""}}
    body["parameters"] = {"x": "x" * (BOUND - len(json.dumps(body)))}
    content = json.dumps(body).encode()
    assert len(content) == BOUND
    answer = apps["open"].request("POST", "/api/query", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("where", sorted(NESTED))
@pytest.mark.parametrize("depth", [50, 400, 900, 50_000])
def test_what_nests_beyond_all_sense_is_answered_or_refused_with_a_code(server: Server, where: str, depth: int) -> None:
    path, body = NESTED[where]
    content = json.dumps(body).replace('"DEEP"', "[" * depth + "]" * depth)
    answer = server.http.post(path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, answer.text[:300]
    assert '"INTERNAL"' not in answer.text


@pytest.mark.parametrize("path", ["/api/query", "/api/ask", "/v1/chat/completions", "/graphql", "/mcp"])
def test_requests_in_an_array_are_refused(server: Server, path: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "/api/query": {"query": "RETURN 1 AS n"},
        "/api/ask": {"question": "x"},
        "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
        "/graphql": {"query": "{ servers { count } }"},
        "/mcp": dict(tool("query", {"cypher": "RETURN 1 AS n"}).body or {}),
    }
    one = bodies[path]
    assert server.http.post(path, json=one).status_code == 200
    answer = server.http.post(path, json=[one] * 50)
    assert 400 <= answer.status_code < 500
    assert isinstance(answer.json(), dict)
    assert "rows" not in answer.text


def test_a_conversation_is_bounded(server: Server) -> None:
    messages = [{"role": "user", "content": "x"}] * 201
    assert server.http.post("/v1/chat/completions", json={"messages": messages}).status_code == 422
    long = [{"role": "user", "content": "x" * 4_001}]
    assert told(server.http.post("/v1/chat/completions", json={"messages": long}))[0] == 400
    assert server.http.post("/api/ask", json={"question": "x" * 4_001}).status_code == 422
    assert server.http.post("/api/ask", json={"question": "x", "after": ["y"] * 21}).status_code == 422
