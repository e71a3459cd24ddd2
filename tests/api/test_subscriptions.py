"""Subscriptions over a real websocket: what happens to elements is heard, by those who may, for as long as they may."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

import orjson
import pytest
from graphql import coerce_input_value
from websockets.exceptions import InvalidStatus

from api.deps import Services
from api.graphql.matching import fits
from api.graphql.persisted import digest
from api.graphql.shape import Shape
from core.ids import relation_id, uuid_of
from graph.history.ledger import Event, Ledger
from graph.model import Operation
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.rights import RIGHTS, Action, Role
from services.audit.trail import Trail, Wanted, audit_url
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import Asking, Server, served
from tests.api.estate import created, opened, small_estate, write
from tests.api.websocket_client import talking
from tests.conftest import ROOT
from tests.patience import until
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

ALL = """subscription ($since: Long, $kinds: [String!], $ids: [ID!], $filter: ChangeEventFilter) {
    changes(since: $since, kinds: $kinds, ids: $ids, filter: $filter) {
        sequence operation element kind name source start end changes { attribute before after } } }"""
SITE = "https://portal.example"
Start = Callable[..., Server]


@pytest.fixture
def start(schema: Schema, tmp_path: Path) -> Iterator[Start]:
    """Starts a server on the small estate; with `access` among the settings, people sign in."""
    with ExitStack() as running:

        def start(url: str = "networkx", **settings: object) -> Server:
            twin = running.enter_context(opened(url, schema, tmp_path, small_estate(), settings))
            doorkeeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP) if settings.get("access") else None
            app = create_app(twin, doorkeeper=doorkeeper)
            app.add_api_route("/going-on", partial(_going_on, app.state.services), response_model=None)
            return running.enter_context(served(twin, app))

        yield start


async def _going_on(services: Services) -> dict[str, int]:
    """What would be left of a listener that nobody has forgotten."""
    return {"listeners": services.changes.listeners, "tasks": len(asyncio.all_tasks())}


def _team(name: str) -> str:
    return uuid_of("tests", "Team", name)


def _changed(twin: Twin, element: str, **values: Any) -> Event:
    state = twin.ledger.states([element])[element]
    return Event(Operation.UPDATE, element, False, state.kind, state.properties, {**state.properties, **values})


def _deleted(twin: Twin, element: str) -> Event:
    state = twin.ledger.states([element])[element]
    return Event(Operation.DELETE, element, state.edge, state.kind, state.properties, None, state.start, state.end)


@pytest.mark.parametrize("url", ["networkx", "embedded"])
def test_what_happens_is_heard_once_it_can_be_read(start: Start, url: str) -> None:
    server = start(url=url)
    twin = server.twin
    with talking(server) as talk:
        assert talk.init()
        talk.subscribe(ALL, {"since": twin.ledger.sequence()})
        write(twin.ledger, [created("Team", "Cloud", code="CL")], "one")
        heard = talk.next()["changes"]
        assert heard == {
            "sequence": twin.ledger.sequence(),
            "operation": "create",
            "element": _team("Cloud"),
            "kind": "Team",
            "name": "Cloud",
            "source": "tests",
            "start": None,
            "end": None,
            "changes": [
                {"attribute": "code", "before": None, "after": "CL"},
                {"attribute": "name", "before": None, "after": "Cloud"},
            ],
        }
        assert server.post("/graphql", {"query": '{ teams(filter: {code: {eq: "CL"}}) { count } }'}).json()["data"] == {
            "teams": {"count": 1}
        }
        write(twin.ledger, [_changed(twin, _team("Cloud"), code="CLD")], "two")
        heard = talk.next()["changes"]
        assert (heard["operation"], heard["changes"]) == (
            "update",
            [{"attribute": "code", "before": "CL", "after": "CLD"}],
        )
        write(twin.ledger, [_deleted(twin, _team("Cloud"))], "three")
        heard = talk.next()["changes"]
        assert (heard["operation"], heard["element"], heard["name"]) == ("delete", _team("Cloud"), "Cloud")


def test_another_process_may_have_written_it(start: Start) -> None:
    server = start()
    other = Ledger(server.twin.settings.ledger_url, server.twin.schema, server.twin.clock)
    with talking(server) as talk:
        assert talk.init()
        talk.subscribe(ALL, {"since": server.twin.ledger.sequence(), "kinds": ["Team"]})
        write(other, [created("Rack", "rack-new"), created("Team", "Cloud")], "other")
        assert talk.next()["changes"]["name"] == "Cloud"
    other.close()


def test_only_what_is_wanted_is_heard(start: Start) -> None:
    server = start()
    twin = server.twin
    place = {"since": twin.ledger.sequence()}
    server_id = uuid_of("tests", "PhysicalServer", "srv-0-00")
    with talking(server) as talk:
        assert talk.init()
        talk.subscribe(ALL, {**place, "filter": {"servers": {"environment": {"eq": "test"}}}}, id="filter")
        talk.subscribe(ALL, {**place, "ids": [_team("Socle")]}, id="ids")
        talk.subscribe(ALL, {**place, "kinds": ["RUNS_ON"]}, id="kinds")
        relation = relation_id("RUNS_ON", uuid_of("tests", "BusinessApplication", "app-4"), server_id)
        link = Event(
            Operation.CREATE,
            relation,
            True,
            "RUNS_ON",
            None,
            {},
            uuid_of("tests", "BusinessApplication", "app-4"),
            server_id,
        )
        write(twin.ledger, [created("Team", "Cloud"), link, _changed(twin, _team("Socle"), code="XX")], "one")
        write(twin.ledger, [_changed(twin, server_id, environment="test")], "two")
        write(twin.ledger, [_changed(twin, server_id, environment="production")], "three")
        write(twin.ledger, [_changed(twin, server_id, cpu_cores=1)], "four")
        heard: dict[str, list[tuple[str, str]]] = {"filter": [], "ids": [], "kinds": []}
        for _ in range(4):
            message = talk.receive()
            change = message["payload"]["data"]["changes"]
            heard[message["id"]].append((change["operation"], change["element"]))
        assert heard == {
            "filter": [("update", server_id)] * 2,
            "ids": [("update", _team("Socle"))],
            "kinds": [("create", relation)],
        }
        assert talk.is_silent()


@pytest.mark.parametrize(
    "filter_",
    [
        {},
        {"name": {"startsWith": "srv-1"}},
        {"environment": {"eq": "test"}},
        {"environment": {"ne": "test"}},
        {"environment": {"eq": None}},
        {"environment": {"ne": None}},
        {"environment": {"isNull": True}},
        {"environment": {"in": ["test", "production"]}},
        {"environment": {"in": []}},
        {"NOT": {"environment": {"eq": "test"}}},
        {"NOT": {"environment": {"in": []}}},
        {"NOT": {}},
        {"OR": []},
        {"OR": [{}, {"name": {"eq": "nobody"}}]},
        {"OR": [{"cpuCores": {"gt": 1}}, {"environment": {"eq": "test"}}]},
        {"AND": [{"cpuCores": {"gte": 1, "lt": 3}}, {"NOT": {"internetExposed": {"eq": True}}}]},
        {"memoryGb": {"lte": 3.5}},
        {"aliases": {"contains": "alias-3"}},
        {"NOT": {"aliases": {"contains": "alias-3"}}},
        {"commissionedOn": {"gt": "2020-01-02"}},
        {"lastRestart": {"lt": "2024-12-30T00:00:00Z"}},
        {"yearlyCost": {"gte": 3_000_000_010}},
        {"name": {"contains": "-2-", "endsWith": "9"}},
    ],
    ids=str,
)
def test_a_filter_means_what_it_means_in_a_list(memory: Asking, filter_: dict[str, Any]) -> None:
    shape = Shape(memory.twin.schema)
    text = "query ($f: ServerFilter) { servers(filter: $f, first: 500) { nodes { id } } }"
    listed = {node["id"] for node in memory.graphql(text, f=filter_)["servers"]["nodes"]}
    query = memory.schema.schema.query_type
    assert query is not None
    given = coerce_input_value(filter_, query.fields["servers"].args["filter"].type)
    things = [thing for thing in memory.estate.things if thing.kind in shape.covered("Server")]
    held = {t.id for t in things if fits(given, {**t.properties, "id": t.id}, shape.value_types)}
    assert held == listed


def test_listening_goes_on_where_it_ended(start: Start) -> None:
    server = start()
    twin = server.twin
    begun = twin.ledger.sequence()
    for n in range(4):
        write(twin.ledger, [created("Team", f"t{n}-{m}") for m in range(3)], f"run {n}")
    heard: list[int] = []
    since = begun
    for count in (5, 3, 4):
        with talking(server) as talk:
            assert talk.init()
            talk.subscribe(ALL, {"since": since})
            heard += [talk.next()["changes"]["sequence"] for _ in range(count)]
            since = heard[-1]
    assert heard == list(range(begun + 1, begun + 13))


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"since": 10**9}, "USAGE"),
        ({"since": -1}, "USAGE"),
        ({"since": 0}, "SUBSCRIPTION_LAGGED"),
        ({"kinds": ["Sever"]}, "NOT_FOUND"),
        ({"kinds": ["Team"], "filter": {"teams": {}}}, "USAGE"),
        ({"filter": {"teams": {"name": {"gt": None}}}}, "FILTER"),
        ({"filter": {"teams": {"OR": [{}] * 600}}}, "FILTER"),
        ({"filter": {"teams": {}, "servers": {}}}, "GRAPHQL_VALIDATION"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_subscription_is_refused_with_a_code(start: Start, variables: dict[str, Any], code: str) -> None:
    server = start(subscription_backlog=10)
    with talking(server) as talk:
        assert talk.init()
        talk.subscribe(ALL, variables)
        assert talk.code() == code
        talk.subscribe("{ teams { count } }", id="after")
        assert talk.next() == {"teams": {"count": 3}}


def test_documents_have_the_same_limits_on_a_websocket(start: Start) -> None:
    with talking(start()) as talk:
        assert talk.init()
        many = " ".join(f"a{n}: servers {{ count }}" for n in range(30))
        for text, code in ((f"{{ {many} }}", "GRAPHQL_ROOT_FIELDS"), ("{ servers", "GRAPHQL_SYNTAX")):
            talk.subscribe(text)
            assert talk.code() == code


def test_registered_documents_only_are_answered_on_a_websocket_too(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_bytes(orjson.dumps({digest(ALL): ALL}))
    server = start(access="accounts", graphql_documents=file, graphql_registered_only=True)
    secret, _ = _token(_people(server), "ana", ["reader"])
    with talking(server) as talk:
        assert talk.init(_bearer(secret))
        for text in ("{ teams { count } }", "subscription { changes { sequence } }"):
            talk.subscribe(text)
            assert talk.code() == "DOCUMENT_NOT_REGISTERED"
        talk.subscribe(ALL, {"since": server.twin.ledger.sequence()}, id="2")
        write(server.twin.ledger, [created("Team", "Cloud")], "one")
        assert talk.next()["changes"]["name"] == "Cloud"


def test_what_is_asked_over_a_websocket_is_on_record(start: Start) -> None:
    server = start(access="accounts")
    secret, _ = _token(_people(server), "ana", ["change_manager"])
    with talking(server) as talk:
        assert not talk.init({})
    with talking(server) as talk:
        assert talk.init(_bearer(secret))
        talk.subscribe("{ teams { count } }")
        assert talk.next()["teams"]["count"] > 0
        assert talk.receive()["type"] == "complete"
        talk.subscribe('mutation { createTeam(data: {name: "Cloud"}, reason: "r") { __typename } }', id="2")
        assert talk.next()["createTeam"]["__typename"] == "TeamChanged"
        assert talk.receive()["type"] == "complete"
        talk.subscribe(ALL, {"since": server.twin.ledger.sequence() - 1}, id="3")
        assert talk.next()["changes"]["name"] == "Cloud"
    expected = [
        ("nobody", "read", "refused", "UNAUTHENTICATED"),
        ("ana", "read", "answered", None),
        ("ana", "apply", "begun", None),
        ("ana", "apply", "answered", None),
        ("ana", "read", "answered", None),
    ]
    trail = Trail(audit_url(server.twin.settings.ledger_url))
    deadline = time.monotonic() + 30
    while (found := _on_record(trail)) != expected and time.monotonic() < deadline:
        time.sleep(0.05)  # entries of questions are written behind their answers
    assert found == expected


def _on_record(trail: Trail) -> list[tuple[str, str | None, str, str | None]]:
    entries = [recorded.entry for recorded in reversed(trail.page(Wanted(), limit=20))]
    return [(e.who, e.action, e.outcome.value, e.code) for e in entries if e.door == "graphql websocket"]


def test_a_subscription_needs_a_websocket(start: Start) -> None:
    answer = start().post("/graphql", {"query": "subscription { changes { sequence } }"}).json()
    assert answer["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_TRANSPORT"


def test_the_progress_of_a_run_is_heard_until_it_is_over(start: Start) -> None:
    server = start()
    ledger = server.twin.ledger
    run = ledger.begin_run("cmdb", "tester", "nowhere", "slow")
    with talking(server) as talk:
        assert talk.init()
        text = "subscription ($run: String!) { runProgress(run: $run) { source state stage rows batches events counters } }"
        talk.subscribe(text, {"run": run.id})
        first = talk.next()["runProgress"]
        assert (first["state"], first["batches"], first["stage"]) == ("incomplete", 0, None)
        ledger.append(run, [created("Team", "A"), created("Team", "B")], cursor={"phase": "nodes", "rows": 2})
        second = talk.next()["runProgress"]
        assert (second["stage"], second["rows"], second["batches"], second["events"]) == ("nodes", 2, 1, 2)
        ledger.finish_run(run, "complete", {"created": 2})
        last = talk.next()["runProgress"]
        assert (last["state"], last["counters"]) == ("complete", {"created": 2})
        assert talk.receive() == {"id": "1", "type": "complete"}
        talk.subscribe(text, {"run": "nothing"}, id="2")
        assert talk.code() == "NOT_FOUND"


# --- who may listen -----------------------------------------------------------------------------------------------------


def _people(server: Server) -> Doorkeeper:
    """Accounts and tokens of a server, in the same database."""
    return Doorkeeper(server.twin.ledger, MovedClock(), hasher=CHEAP)


def _token(
    people: Doorkeeper, name: str, roles: list[str], perimeters: list[str] | None = None, **options: Any
) -> tuple[str, str]:
    account = people.accounts.create(name, PASSWORD, roles, perimeters, by="test")
    secret, token = people.tokens.issue(account, timedelta(days=1), **options)
    return secret, token.id


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_who_may_not_read_is_not_let_in(start: Start) -> None:
    server = start(access="accounts")
    people = _people(server)
    expected = {role.value: Action.READ in RIGHTS[role] for role in Role}
    for role in Role:
        secret, _ = _token(people, role.value.replace("_", "-"), [role.value])
        with talking(server) as talk:
            assert talk.init(_bearer(secret)) is expected[role.value]
    refusals: list[tuple[Any, int]] = [
        (None, 4401),
        ({}, 4401),
        ({"Authorization": "Bearer jmo_" + "A" * 43}, 4401),
        ({"Authorization": "Basic YW5hOng="}, 4401),
        ({"Authorization": 7}, 4401),
        (_bearer(_token(people, "norole", [])[0]), 4403),
        (_bearer(_token(people, "scoped", ["administrator"], actions=[])[0]), 4403),
        ("text", 4400),
    ]
    for payload, code in refusals:
        with talking(server) as talk:
            assert not talk.init(payload), payload
            assert talk.closed is not None
            assert talk.closed[0] == code, (payload, talk.closed)
    with talking(server) as talk:
        talk.subscribe(ALL)
        assert talk.receive() == {}
        assert talk.closed is not None
        assert talk.closed[0] == 4401, "nothing before it is said who asks"


def test_the_header_of_the_handshake_may_say_who_asks(start: Start) -> None:
    server = start(access="accounts")
    secret, _ = _token(_people(server), "ana", ["reader"])
    with talking(server, token=secret) as talk:
        assert talk.init()
        talk.subscribe("{ teams { count } }")
        assert talk.next() == {"teams": {"count": 3}}


@pytest.mark.parametrize("something_happens", [True, False])
def test_a_token_that_ends_ends_its_subscriptions(start: Start, something_happens: bool) -> None:
    server = start(access="accounts", subscription_recheck_s=0.2)
    people = _people(server)
    secret, id_ = _token(people, "ana", ["reader"])
    with talking(server) as talk:
        assert talk.init(_bearer(secret))
        talk.subscribe(ALL, {"since": server.twin.ledger.sequence()})
        write(server.twin.ledger, [created("Team", "Before")], "before")
        assert talk.next()["changes"]["name"] == "Before"
        people.tokens.revoke(id_)
        if something_happens:
            write(server.twin.ledger, [created("Team", "After")], "after")
        assert talk.code() == "TOKEN_REFUSED"
        assert talk.receive()["type"] == "complete"
        talk.subscribe("{ teams { count } }", id="2")
        assert talk.code() == "TOKEN_REFUSED"


def test_a_restricted_listener_hears_of_their_perimeter_only(start: Start) -> None:
    server = start(access="accounts")
    twin = server.twin
    mine = uuid_of("tests", "Perimeter", "Mine")
    inside = _team("Socle")
    link = relation_id("IN_PERIMETER", inside, mine)
    enter = Event(Operation.CREATE, link, True, "IN_PERIMETER", None, {}, inside, mine)
    write(twin.ledger, [created("Perimeter", "Mine")], "perimeter")
    secret, _ = _token(_people(server), "ana", ["reader"], ["Mine"])
    with talking(server) as talk:
        assert talk.init(_bearer(secret))
        talk.subscribe(ALL, {"since": twin.ledger.sequence(), "kinds": ["Team", "Server"]})
        write(twin.ledger, [_changed(twin, inside, code="S1")], "unseen")
        write(twin.ledger, [enter], "enters")
        write(twin.ledger, [_changed(twin, inside, code="S2"), _changed(twin, _team("Réseau"), code="R")], "seen")
        write(twin.ledger, [_deleted(twin, link)], "leaves")
        write(twin.ledger, [_changed(twin, inside, code="S3")], "unseen again")
        estate = small_estate()
        owned = {link.start.id for link in estate.links if link.type == "OWNED_BY" and link.end.id == inside}
        owned &= {thing.id for thing in estate.of("PhysicalServer", "VirtualMachine")}
        words = [talk.next()["changes"] for _ in range(2 * (1 + len(owned)) + 1)]
        assert talk.is_silent()
        for operation in ("create", "delete"):
            assert {w["element"] for w in words if w["operation"] == operation} == {inside, *owned}
        of_team = [(w["operation"], w["changes"]) for w in words if w["element"] == inside]
        assert [operation for operation, _ in of_team] == ["create", "update", "delete"]
        assert {"attribute": "code", "before": None, "after": "S1"} in of_team[0][1]
        assert of_team[1][1] == [{"attribute": "code", "before": "S1", "after": "S2"}]
        assert all(change["after"] is None for change in of_team[2][1])
        text = str(words)
        assert "S3" not in text
        assert _team("Réseau") not in text


def test_progress_of_runs_is_for_who_sees_the_whole_estate(start: Start) -> None:
    server = start(access="accounts")
    secret, _ = _token(_people(server), "ana", ["reader"], ["Mine"])
    with talking(server) as talk:
        assert talk.init(_bearer(secret))
        run = server.twin.ledger.runs()[0].id
        talk.subscribe("subscription ($r: String!) { runProgress(run: $r) { state } }", {"r": run})
        assert talk.code() == "RESTRICTED"


# --- from where, and how many -------------------------------------------------------------------------------------------


def test_pages_of_other_sites_open_no_websocket(start: Start) -> None:
    server = start()
    own = str(server.http.base_url).rstrip("/")
    for origin in (SITE, "null", "http://127.0.0.1:1"):
        with pytest.raises(InvalidStatus) as refused, talking(server, origin=origin):
            pass
        assert refused.value.response.status_code == 403
    with talking(server, origin=own) as talk:
        assert talk.init()


def test_pages_of_named_sites_may(start: Start) -> None:
    server = start(allowed_origins=(SITE,))
    with talking(server, origin=SITE) as talk:
        assert talk.init()


def test_connections_and_operations_are_limited(start: Start) -> None:
    server = start(connections_per_account=2, subscriptions_per_connection=3)
    with talking(server) as one, talking(server) as two:
        assert one.init()
        assert two.init()
        with talking(server) as third:
            assert not third.init()
            assert third.closed is not None
            assert third.closed[0] == 4429
            assert third.closed[1].startswith("TOO_MANY_CONNECTIONS")
        for n in range(4):
            one.subscribe(ALL, id=str(n))
        assert one.code() == "TOO_MANY_SUBSCRIPTIONS"
        one.send(id="0", type="complete")
        one.subscribe("{ teams { count } }", id="again")
        assert one.next() == {"teams": {"count": 3}}


def test_messages_of_no_form_end_the_connection(start: Start) -> None:
    server = start(graphql_body_bytes=10_000)
    for message in ("{", "[]", "7", '{"type": "subscribe"}', '{"type": "nonsense"}', "[" * 5_000):
        with talking(server) as talk:
            assert talk.init()
            talk.socket.send(message)
            assert talk.receive() == {}
            assert talk.closed is not None
            assert talk.closed[0] == 4400, message


@pytest.mark.parametrize("ends", ["politely", "by a cut"])
def test_nothing_is_left_of_who_goes_away(start: Start, ends: str) -> None:
    server = start(connections_per_account=4)
    idle = server.get("/going-on").json()
    assert idle["listeners"] == 0
    with ExitStack() as open_:
        talks = [open_.enter_context(talking(server)) for _ in range(4)]
        for talk in talks:
            assert talk.init()
            for n in range(5):
                talk.subscribe(ALL, id=str(n))
        until(lambda: server.get("/going-on").json()["listeners"] == 20)
        assert server.get("/going-on").json()["tasks"] >= idle["tasks"] + 20
        if ends == "by a cut":
            for talk in talks:
                talk.socket.socket.shutdown(SHUT_RDWR)
    until(lambda: server.get("/going-on").json() == idle)
    with ExitStack() as open_:
        assert all(open_.enter_context(talking(server)).init() for _ in range(4)), "their places are free again"


def test_a_server_stops_while_somebody_listens(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, small_estate()) as twin, ExitStack() as open_:
        app = create_app(twin)
        server = open_.enter_context(served(twin, app))
        talk = open_.enter_context(talking(server))
        assert talk.init()
        talk.subscribe(ALL)
        until(lambda: app.state.services.changes.listeners == 1)
        open_.pop_all().close()  # fails where the server does not stop
        assert app.state.services.changes.listeners == 0


def test_the_program_of_the_how_to_hears_what_happens(start: Start, tmp_path: Path) -> None:
    server = start(access="accounts")
    secret, _ = _token(_people(server), "ana", ["reader"])
    page = (ROOT / "docs" / "how-to" / "follow-changes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(python|graphql)\n(.*?)```", page, re.DOTALL)
    (program,) = (text for language, text in blocks if language == "python")
    for language, text in blocks:
        if language == "graphql":
            answer = server.http.post("/graphql", json={"query": text}, headers=_bearer(secret)).json()
            assert answer["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_TRANSPORT", "it is valid"
    since = server.twin.ledger.sequence()
    write(
        server.twin.ledger, [created("Team", "One"), created("Rack", "not heard of"), created("Team", "Two")], "how-to"
    )
    address = str(server.http.base_url).removeprefix("http://").rstrip("/")
    given = {**os.environ, "TWIN": address, "TOKEN": secret, "SINCE": str(since)}
    with subprocess.Popen([sys.executable, "-c", program], env=given, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline().strip() for _ in range(2)]
        running.kill()
    assert lines == [f"{since + 1} create One", f"{since + 3} create Two"]
