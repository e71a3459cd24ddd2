"""Tools of the Model Context Protocol, asked with its own client library over both transports: read-only, within one's rights."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from api.mcp.stdio import through
from api.mcp.tools import TOOLS
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.rights import RIGHTS, Action, Role
from services.audit.entry import Outcome
from services.audit.recorder import recorder_of
from services.audit.trail import Wanted
from services.rendezvous import RunningServer, ServerError
from tests.acceptance.console import Console
from tests.agent.asking import Script
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import opened, small_estate
from tests.api.test_access import ASKERS, LIMITED, NO_ONE, Guarded, _askers
from tests.api.test_ask import SCRIPT
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

CALLS: Mapping[str, Mapping[str, Any]] = {
    "ask": {"question": "Combien de serveurs ?"},
    "query": {"cypher": "MATCH (s:Server) RETURN count(s) AS n"},
    "schema": {"kind": "Server"},
    "impact": {"of": "srv-0-00"},
    "history": {"of": "srv-0-00"},
    "simulate": {"scenario": {"name": "a week", "duration": 168, "watch": ["Server"]}, "replications": 10},
}
"""Every tool with arguments that it answers."""


@pytest.fixture(scope="module")
def guarded(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """People sign in; `elsewhere` is a reader of a perimeter in which nothing is."""
    folder: Path = tmp_path_factory.mktemp("tools")
    with opened("networkx", schema, folder, small_estate()) as twin:
        clock = MovedClock()
        keeper = Doorkeeper(twin.ledger, clock, hasher=CHEAP)
        headers = _askers(keeper, clock)
        account = keeper.accounts.create("elsewhere", PASSWORD, ["reader"], ["Nowhere"], by="test")
        headers["elsewhere"] = {"Authorization": f"Bearer {keeper.tokens.issue(account, timedelta(days=30))[0]}"}
        app = create_app(twin, follow=False, doorkeeper=keeper, producer=Script(SCRIPT))
        with served(twin, app) as server:
            yield Guarded(server, keeper, headers, twin)


@asynccontextmanager
async def client(server: Server, headers: Mapping[str, str], mode: str = "auto") -> AsyncIterator[Client]:
    address = str(server.http.base_url).rstrip("/") + "/mcp"
    async with (
        httpx2.AsyncClient(headers=dict(headers), trust_env=False, timeout=30) as http,
        Client(streamable_http_client(address, http_client=http), mode=mode) as found,
    ):
        yield found


def asked(guarded: Guarded, asker: str, name: str, **given: Any) -> CallToolResult:
    async def call() -> CallToolResult:
        async with client(guarded.server, guarded.headers[asker]) as found:
            return await found.call_tool(name, given)

    return anyio.run(call)


def posted(guarded: Guarded, asker: str, name: str, given: Mapping[str, Any]) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": dict(given)}}
    return guarded.server.http.post("/mcp", json=body, headers=dict(guarded.headers[asker]), timeout=300)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_tools_are_listed_with_their_arguments_and_all_only_read(guarded: Guarded, mode: str) -> None:
    async def listed() -> Any:
        async with client(guarded.server, guarded.headers["reader"], mode) as found:
            return await found.list_tools()

    tools = anyio.run(listed).tools
    assert [tool.name for tool in tools] == ["ask", "query", "schema", "impact", "history", "simulate"]
    for tool in tools:
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert "perimeters" in tool.input_schema["properties"]


def test_a_question_is_answered_over_http(guarded: Guarded) -> None:
    told = asked(guarded, "reader", "ask", question="Combien de serveurs ?")
    assert not told.is_error
    assert told.structured_content is not None
    assert (told.structured_content["outcome"], told.structured_content["rows"]) == ("answer", [[24]])
    assert told.structured_content["answer"] == "24 serveurs."


def test_a_past_moment_is_asked_as_elsewhere(guarded: Guarded) -> None:
    told = asked(guarded, "reader", "query", cypher="MATCH (s:Server) RETURN count(s) AS n", as_of="#0")
    assert told.structured_content is not None
    assert told.structured_content["rows"] == [[0]]


def test_what_is_written_in_cypher_is_refused_with_its_code(guarded: Guarded) -> None:
    before = guarded.twin.ledger.sequence()
    told = asked(guarded, "administrator", "query", cypher="CREATE (:Server {name: 'x'})")
    assert told.is_error
    assert told.structured_content is not None
    assert told.structured_content["error"]["code"] != "INTERNAL"
    assert guarded.twin.ledger.sequence() == before


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("accès admin : mot de passe = Zx9!kQ7#vb2L", {"secret": 1}),
        ("carte 4111 1111 1111 1111 refusée", {"payment": 1}),
        ("appeler 10.0.0.12 ou jean@example.fr", None),
        ("bc415344-17a0-87a6-a2dc-8cfea9478cce", None),
    ],
)
def test_no_tool_hands_a_secret_of_a_source_to_a_model(
    text: str, kept: dict[str, int] | None, guarded: Guarded
) -> None:
    told = asked(guarded, "administrator", "query", cypher="RETURN $text AS said", parameters={"text": text})
    assert told.structured_content is not None
    assert told.structured_content.get("withheld") == kept
    for sensitive in ("Zx9!kQ7#vb2L", "4111 1111 1111 1111"):
        assert sensitive not in told.model_dump_json()
    assert (told.structured_content["rows"] == [[text]]) is (kept is None)


def test_the_schema_tells_kinds_and_one_kind_whole(guarded: Guarded) -> None:
    every = asked(guarded, "reader", "schema").structured_content
    one = asked(guarded, "reader", "schema", kind="Server").structured_content
    assert every is not None
    assert one is not None
    assert "Server" in {kind["kind"] for kind in every["kinds"]}
    assert "hostname" in {attribute["name"] for attribute in one["attributes"]}
    assert one["relations"]
    assert asked(guarded, "reader", "schema", kind="Sevrer").is_error


@pytest.mark.parametrize("asker", [*ASKERS, *LIMITED])
@pytest.mark.parametrize("name", list(TOOLS))
def test_a_tool_answers_whoever_may_and_nobody_else(guarded: Guarded, asker: str, name: str) -> None:
    answer = posted(guarded, asker, name, CALLS[name])
    if asker in NO_ONE:
        assert (answer.status_code, set(answer.json())) == (401, {"error"})
        return
    roles = {role.value for role in Role}
    rights = set(Action) if asker in LIMITED else RIGHTS[Role(asker)] if asker in roles else set()
    if Action.READ not in rights:
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
        return
    told = answer.json()["result"]
    content = told["structuredContent"]
    if asker in LIMITED and name in ("history", "simulate"):
        assert (told["isError"], content["error"]["code"]) == (True, "RESTRICTED")
    elif asker in LIMITED and name == "impact":
        assert told["isError"] or content["rows"] == []
        assert "srv-0-00" not in str(content.get("rows"))
    else:
        assert not told.get("isError"), content
        if name in ("ask", "query"):
            assert content["rows"] == [[0 if asker in LIMITED else 24]]


def test_perimeters_of_a_call_only_narrow(guarded: Guarded) -> None:
    given = {**CALLS["query"], "perimeters": ["Payments", "Nowhere", "Trading"]}
    assert posted(guarded, "elsewhere", "query", given).json()["result"]["structuredContent"]["rows"] == [[0]]
    restricted = posted(guarded, "administrator", "simulate", {**CALLS["simulate"], "perimeters": ["Payments"]}).json()
    assert restricted["result"]["structuredContent"]["error"]["code"] == "RESTRICTED"


def test_a_simulation_tells_intervals_and_keeps_nothing(guarded: Guarded) -> None:
    before = guarded.twin.ledger.sequence()
    given = {**CALLS["simulate"], "scenario": {"name": "a week", "duration": 168, "watch": ["Server"]}}
    told = posted(guarded, "reader", "simulate", given).json()["result"]["structuredContent"]
    assert (told["simulated"], told["replications"], len(told["rows"])) == (True, 10, 24)
    assert guarded.twin.ledger.sequence() == before


def test_a_scenario_is_played_on_a_branch_as_it_makes_the_estate(guarded: Guarded) -> None:
    http, headers = guarded.server.http, dict(guarded.headers["administrator"])
    assert http.post("/api/branches", json={"name": "without"}, headers=headers).status_code == 201
    found = http.post(
        "/api/query", json={"query": "MATCH (s:Server) RETURN s.id ORDER BY s.id LIMIT 1"}, headers=headers
    )
    changes = {"delete": [found.json()["rows"][0][0]]}
    assert http.post("/api/branches/without/changes", json=changes, headers=headers).status_code == 200
    given = {**CALLS["simulate"], "scenario": "name: a week\nduration: 168\nwatch: [Server]\n"}
    counts = [
        len(posted(guarded, "reader", "simulate", {**given, **where}).json()["result"]["structuredContent"]["rows"])
        for where in ({}, {"branch": "without"})
    ]
    assert counts == [24, 23]
    gone = posted(guarded, "reader", "simulate", {**given, "branch": "gone"}).json()["result"]["structuredContent"]
    assert gone["error"]["code"] == "NOT_FOUND"


def test_a_simulation_beyond_the_bounds_is_refused_before_it_is_played(guarded: Guarded) -> None:
    often = {"Server": {"failure": {"mean": "1 ms"}, "repair": {"mean": "1 ms"}}}
    given = {**CALLS["simulate"], "scenario": {**CALLS["simulate"]["scenario"], "kinds": often}}
    content = posted(guarded, "reader", "simulate", given).json()["result"]["structuredContent"]
    assert content["error"]["code"] == "SIMULATION_TOO_MANY_EVENTS"


def test_wrong_arguments_and_tools_are_told(guarded: Guarded) -> None:
    for name, given, code in (
        ("ask", {}, "PAYLOAD"),
        ("ask", {"question": "x", "more": 1}, "PAYLOAD"),
        ("delete", {}, "NOT_FOUND"),
        ("simulate", {"scenario": {}, "replications": 10**6}, "PAYLOAD"),
    ):
        content = posted(guarded, "administrator", name, given).json()["result"]["structuredContent"]
        assert content["error"]["code"] == code


def test_pages_of_other_sites_and_other_methods_are_refused(guarded: Guarded) -> None:
    headers = {**guarded.headers["reader"], "Origin": "https://evil.example"}
    http = guarded.server.http
    refused = http.post("/mcp", json={}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["where"]) == (403, "Origin")
    for method in ("GET", "DELETE"):
        answer = http.request(method, "/mcp", headers=dict(guarded.headers["reader"]))
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_each_call_leaves_its_entry(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        recorder = recorder_of(twin)
        app = create_app(twin, follow=False, recorder=recorder, producer=Script(SCRIPT))
        with served(twin, app) as server:
            local = Guarded(server, Doorkeeper(twin.ledger, MovedClock()), {"local": {}}, twin)
            posted(local, "local", "ask", CALLS["ask"])
            posted(local, "local", "query", {"cypher": "nonsense"})
            recorder.flush()
            said = [recorded.entry for recorded in reversed(recorder.trail.page(Wanted()))]
    assert [(e.door, e.target, e.outcome) for e in said] == [
        ("POST /mcp", "ask", Outcome.ANSWERED),
        ("POST /mcp", "query", Outcome.REFUSED),
    ]
    assert said[0].rows == 1
    assert said[1].code is not None
    assert all(entry.asked_sha256 is not None for entry in said)


Talk = Callable[[Client], Awaitable[Any]]


def over_stdio(console: Console, talk: Talk, *options: str) -> Any:
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "cli.main", "mcp", *options], env=console.variables()
    )

    async def run() -> Any:
        async with Client(stdio_client(parameters)) as found:
            return await talk(found)

    return anyio.run(run)


@pytest.fixture(scope="module")
def console(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Console:
    home: Path = tmp_path_factory.mktemp("stdio")
    with opened("networkx", schema, home, small_estate()):
        return Console(home, {"JUMEAU_BACKEND": "networkx"})


async def _all(found: Client) -> Any:
    tools = [tool.name for tool in (await found.list_tools()).tools]
    told = {name: await found.call_tool(name, dict(CALLS[name])) for name in ("query", "schema", "impact", "history")}
    refused = await found.call_tool("query", {"cypher": "MATCH (n:Sevrer) RETURN n"})
    return tools, told, refused


def test_a_program_on_this_machine_asks_over_standard_input_and_output(console: Console) -> None:
    tools, told, refused = over_stdio(console, _all)
    assert tools == list(TOOLS)
    assert told["query"].structured_content["rows"] == [[24]]
    assert told["history"].structured_content["entries"]
    assert not any(answer.is_error for answer in told.values())
    assert (refused.is_error, refused.structured_content["error"]["code"]) == (True, "UNKNOWN_KIND")
    said = console.json("audit", "list")["entries"]
    assert {(entry["door"], entry["who"]) for entry in said} == {("mcp stdio", "local:operator")}
    assert sorted(entry["outcome"] for entry in said) == ["answered"] * 4 + ["refused"]


def test_over_standard_input_and_output_perimeters_narrow(console: Console) -> None:
    async def counted(found: Client) -> Any:
        return await found.call_tool("query", dict(CALLS["query"])), await found.call_tool(
            "history", dict(CALLS["history"])
        )

    count, history = over_stdio(console, counted, "--as-perimeter", "Nowhere")
    assert count.structured_content["rows"] == [[0]]
    assert history.structured_content["error"]["code"] == "RESTRICTED"


def test_a_server_that_has_the_twin_open_answers_for_the_command(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, small_estate()) as twin, served(twin, create_app(twin)) as server:
        running = RunningServer(str(server.http.base_url).rstrip("/"), 0)
        assert through(running, None)(None, "query", CALLS["query"])["rows"] == [[24]]
        assert through(running, ["Nowhere"])(None, "query", {**CALLS["query"], "perimeters": ["Payments"]})["rows"] == [
            [0]
        ]
        with pytest.raises(ServerError, match="no tool") as refused:
            through(running, None)(None, "delete", {})
        assert refused.value.code == "NOT_FOUND"
