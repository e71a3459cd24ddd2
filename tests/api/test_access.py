"""Every endpoint asks who knocks: the matrix of routes, GraphQL fields and askers is made from what there is, not from a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from api.graphql.root import build_schema
from api.mcp.tools import TOOLS
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.rights import RIGHTS, Action, Role
from services.twin import Twin
from tests.agent.asking import Script
from tests.api.apps import create_app, shape_of
from tests.api.conftest import Serve, Server, served
from tests.api.estate import opened, small_estate
from tests.api.websocket_client import talking
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

PUBLIC = {
    ("GET", "/health"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("POST", "/api/sign-in"),
    ("GET", "/api/oidc"),
    ("GET", "/api/oidc/sign-in"),
    ("GET", "/api/oidc/callback"),
}
NEEDS: Mapping[tuple[str, str], Action] = {
    ("POST", "/api/query"): Action.READ,
    ("POST", "/api/ask"): Action.READ,
    ("POST", "/v1/chat/completions"): Action.READ,
    ("GET", "/v1/models"): Action.READ,
    ("GET", "/api/catalogue"): Action.READ,
    ("POST", "/api/catalogue/{name}"): Action.READ,
    ("POST", "/api/exports"): Action.READ,
    ("POST", "/api/health/scorecard"): Action.READ,
    ("GET", "/api/lines"): Action.READ,
    ("POST", "/api/lines/simulate"): Action.READ,
    ("POST", "/api/lines/live"): Action.READ,
    ("POST", "/api/lines/{name}/readings"): Action.BRANCH,
    ("GET", "/metrics"): Action.MAINTAIN,
    ("POST", "/api/ingestions"): Action.LOAD,
    ("GET", "/api/ingestions"): Action.LOAD,
    ("GET", "/api/ingestions/{id}"): Action.LOAD,
    ("PUT", "/api/ingestions/{id}/files/{name}"): Action.LOAD,
    ("POST", "/api/ingestions/{id}/start"): Action.LOAD,
    ("POST", "/api/ingestions/{id}/cancel"): Action.LOAD,
    ("DELETE", "/api/ingestions/{id}"): Action.LOAD,
    ("GET", "/api/ingestions/{id}/events"): Action.LOAD,
    ("POST", "/api/simulations"): Action.SIMULATE,
    ("GET", "/api/simulations"): Action.SIMULATE,
    ("GET", "/api/simulations/{id}"): Action.SIMULATE,
    ("GET", "/api/simulations/{id}/result"): Action.SIMULATE,
    ("GET", "/api/simulations/{id}/events"): Action.SIMULATE,
    ("POST", "/api/simulations/{id}/cancel"): Action.SIMULATE,
    ("DELETE", "/api/simulations/{id}"): Action.SIMULATE,
    ("GET", "/api/simulation-runs"): Action.READ,
    ("GET", "/api/simulation-runs/{id}"): Action.READ,
    ("GET", "/api/simulation-runs/{id}/insight"): Action.READ,
    ("GET", "/api/simulation-runs/{id}/comparison"): Action.READ,
    ("DELETE", "/api/simulation-runs/{id}"): Action.SIMULATE,
    ("POST", "/api/history"): Action.LOOK_BACK,
    ("POST", "/api/difference"): Action.LOOK_BACK,
    ("GET", "/api/branches"): Action.LOOK_BACK,
    ("POST", "/api/branches"): Action.BRANCH,
    ("POST", "/api/branches/{name}/changes"): Action.BRANCH,
    ("DELETE", "/api/branches/{name}"): Action.BRANCH,
    ("POST", "/api/branches/{name}/apply"): Action.APPLY,
    ("POST", "/api/graph/catch-up"): Action.MAINTAIN,
    ("POST", "/api/graph/verify"): Action.MAINTAIN,
    ("GET", "/api/me"): Action.READ,
    ("GET", "/api/tokens"): Action.READ,
    ("POST", "/api/tokens"): Action.READ,
    ("DELETE", "/api/tokens/{id}"): Action.READ,
    ("GET", "/api/accounts"): Action.ACCOUNTS,
    ("POST", "/api/accounts"): Action.ACCOUNTS,
    ("PATCH", "/api/accounts/{name}"): Action.ACCOUNTS,
    ("GET", "/api/webhooks"): Action.NOTIFY,
    ("POST", "/api/webhooks"): Action.NOTIFY,
    ("GET", "/api/webhooks/{name}"): Action.NOTIFY,
    ("DELETE", "/api/webhooks/{name}"): Action.NOTIFY,
    ("POST", "/api/webhooks/{name}/pause"): Action.NOTIFY,
    ("POST", "/api/webhooks/{name}/resume"): Action.NOTIFY,
    ("POST", "/api/webhooks/{name}/rotate"): Action.NOTIFY,
    ("POST", "/api/webhooks/{name}/test"): Action.NOTIFY,
    ("GET", "/api/webhooks/{name}/deliveries"): Action.NOTIFY,
    ("POST", "/api/webhooks/{name}/replay"): Action.NOTIFY,
    ("POST", "/api/persons/{name}/reveal"): Action.REVEAL,
    ("POST", "/api/persons/{name}/erase"): Action.REVEAL,
    ("GET", "/api/persons/looks"): Action.AUDIT,
    ("GET", "/api/audit"): Action.AUDIT,
    ("POST", "/api/audit/verify"): Action.AUDIT,
}
FIELDS = {  # of GraphQL, with what they ask for beyond reading
    "{ servers { count } }": Action.READ,
    "{ serversAggregate { groups { count } } }": Action.READ,
    '{ search(text: "srv") { hasMore } }': Action.READ,
    '{ dependsOn(id: "x") { count } }': Action.READ,
    '{ impactedBy(id: "x") { count } }': Action.READ,
    '{ pathTo(from: "x", to: "y") { length } }': Action.READ,
    '{ servers { nodes { dependsOn(depth: 3) { count } impactedBy { count } pathTo(to: "x") { length } } } }': Action.READ,
    '{ node(id: "x") { id } }': Action.READ,
    '{ cypher(query: "MATCH (n) RETURN count(n)") }': Action.READ,
    "{ catalogue { name } }": Action.READ,
    '{ indicators(about: "satisfaction") { answer } }': Action.READ,
    '{ runCatalogue(name: "servers_not_restarted") }': Action.READ,
    "{ scorecard { by } }": Action.READ,
    "{ health { lag kinds { count } } }": Action.READ,
    "{ freshness { source } }": Action.READ,
    '{ explain(query: "MATCH (n) RETURN count(n)") { stage } }': Action.READ,
    '{ ask(question: "Combien de serveurs ?") { outcome } }': Action.READ,
    "{ runs { id } }": Action.LOOK_BACK,
    '{ run(id: "x") { id } }': Action.LOOK_BACK,
    "{ runs { location } }": Action.LOAD,
    "{ quarantine { count rows { code } } }": Action.LOOK_BACK,
    "{ disagreements { count } }": Action.LOOK_BACK,
    '{ history(of: "x") { element } }': Action.LOOK_BACK,
    '{ difference(from: "#1") { elements } }': Action.LOOK_BACK,
    "{ webhooks { name deliveries { id } } }": Action.NOTIFY,
    "{ branches { name } }": Action.LOOK_BACK,
    "{ proposals { id } }": Action.LOOK_BACK,
    'mutation { createTeam(data: {}, reason: "r") { __typename } }': Action.APPLY,
    'mutation { updateTeam(id: "x", data: {}, branch: "nothing") { __typename } }': Action.BRANCH,
    'mutation { upsertTeam(data: {}, reason: "r") { __typename } }': Action.APPLY,
    'mutation { delete(ids: ["x"], reason: "r") { __typename } }': Action.APPLY,
    'mutation { delete(ids: ["x"], branch: "nothing") { __typename } }': Action.BRANCH,
    'mutation { relate(type: "OWNED_BY", start: "x", end: "y", reason: "r") { __typename } }': Action.APPLY,
    'mutation { unrelate(type: "OWNED_BY", start: "x", end: "y", reason: "r") { __typename } }': Action.APPLY,
    'mutation { change(reason: "r", delete: ["x"]) { __typename } }': Action.APPLY,
    'mutation { createBranch(name: "No Name") { __typename } }': Action.BRANCH,
    'mutation { dropBranch(name: "nothing") { __typename } }': Action.BRANCH,
    'mutation { applyBranch(name: "nothing") { __typename } }': Action.APPLY,
    'mutation { propose(branch: "nothing", reason: "r") { __typename } }': Action.BRANCH,
    'mutation { approve(proposal: "nothing") { __typename } }': Action.APPLY,
    'mutation { reject(proposal: "nothing", note: "n") { __typename } }': Action.APPLY,
    'mutation { withdraw(proposal: "nothing") { __typename } }': Action.BRANCH,
    "subscription { alerts { sequence } }": Action.READ,
    "subscription { changes { sequence } }": Action.READ,  # who may is told to open a websocket: test_subscriptions has those
    'subscription { askSteps(question: "Combien de serveurs ?") { number } }': Action.READ,
    'subscription { runProgress(run: "x") { state } }': Action.READ,
    'subscription { simulationClock(run: "x") { at } }': Action.READ,
    'subscription { simulationEvents(run: "x") { state } }': Action.READ,
    '{ simulationRun(id: "x") { seed } }': Action.READ,
    '{ simulation(id: "x") { seed } }': Action.READ,
    "{ simulationJobs { id } }": Action.SIMULATE,
    '{ simulationJob(id: "x") { state } }': Action.SIMULATE,
    'mutation { startSimulation(scenario: "name: x", replications: 1) { __typename } }': Action.SIMULATE,
    'mutation { cancelSimulation(id: "x") { __typename } }': Action.SIMULATE,
    'mutation { dropSimulationRun(id: "x") { __typename } }': Action.SIMULATE,
    'subscription { simulationProgress(id: "x") { state } }': Action.READ,
    "{ audit { next } }": Action.AUDIT,
}
WHOLE = frozenset(
    {
        *(
            (method, path)
            for method, path in NEEDS
            if path.startswith(("/api/ingestions", "/api/simulations", "/api/accounts", "/api/audit", "/api/persons"))
        ),
        ("POST", "/api/lines/{name}/readings"),
        ("GET", "/metrics"),
        ("POST", "/api/history"),
        ("POST", "/api/difference"),
        ("POST", "/api/graph/verify"),
        ("GET", "/api/simulation-runs/{id}/insight"),
        ("DELETE", "/api/simulation-runs/{id}"),
    }
)
"""Routes that are of the whole estate."""
WHOLE_FIELDS = frozenset({"history", "difference", "runs", "run", "quarantine", "disagreements", "audit"}) | {
    "approve",
    "reject",
    "simulationJobs",
    "simulationJob",
    "startSimulation",
    "cancelSimulation",
    "dropSimulationRun",
}
"""The same of root fields."""
PAGES = frozenset({"/docs", "/lines", "/openapi.json", "/graphql", "/mcp"})
"""What has no description of REST: pages for everybody, and two doors whose fields and tools are cells of their own."""
NO_ONE = ("anonymous", "forged", "expired", "revoked", "disabled", "basic")
ASKERS = (*NO_ONE, "without a role", "scoped to nothing", *(role.value for role in Role))
LIMITED = ("administrator elsewhere", "administrator of nothing", "administrator of no kind")
"""Whoever may do everything, in a perimeter in which nothing is, in none, and with elements of no kind."""
CHANGES_NOTHING = "administrator who changes no kind"
"""Whoever sees all and may do everything, but change elements of any kind."""
ANY_KIND = frozenset({route for route in NEEDS if route[1].startswith("/api/accounts")}) | {
    ("POST", "/api/lines/{name}/readings")
}
"""Routes that may change elements of any kind, or give the right to."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server that asks people to sign in, and the header of each asker."""

    server: Server
    keeper: Doorkeeper
    headers: Mapping[str, Mapping[str, str]]
    twin: Twin

    def status(self, asker: str, method: str, path: str, body: Any = None) -> int:
        filled = path.replace("{name}", "nothing").replace("{id}", "nothing")
        return self.server.http.request(method, filled, json=body, headers=dict(self.headers[asker])).status_code


@pytest.fixture(scope="module")
def guarded(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    with opened("networkx", schema, folder, small_estate(), {"refused_per_minute": 10**6}) as twin:
        clock = MovedClock()
        keeper = Doorkeeper(twin.ledger, clock, hasher=CHEAP)
        headers = _askers(keeper, clock)
        app = create_app(twin, follow=False, doorkeeper=keeper, producer=Script({}))
        with served(twin, app) as server:
            yield Guarded(server, keeper, headers, twin)


def _askers(keeper: Doorkeeper, clock: MovedClock) -> dict[str, dict[str, str]]:
    """A token of an account for each role, and all that is no token, or no longer."""
    found: dict[str, dict[str, str]] = {"anonymous": {}, "forged": _bearer("jmo_" + "A" * 43)}
    found["basic"] = {"Authorization": "Basic YW5hOng="}

    def issue(
        name: str, roles: list[str], sees: list[str] | None = None, kinds: Mapping[str, list[str]] = {}, **options: Any
    ) -> tuple[str, str]:
        account = keeper.accounts.create(name, PASSWORD, roles, sees, by="test", **kinds)
        secret, token = keeper.tokens.issue(account, options.pop("lasting", timedelta(days=30)), **options)
        return secret, token.id

    for role in Role:
        found[role.value] = _bearer(issue(role.value, [role.value])[0])
    limits: tuple[tuple[list[str] | None, dict[str, list[str]]], ...] = (
        (["Nowhere"], {}),
        ([], {}),
        (None, {"reads": []}),
        (None, {"changes": []}),
    )
    for name, (sees, kinds) in zip((*LIMITED, CHANGES_NOTHING), limits, strict=True):
        found[name] = _bearer(issue(name.replace(" ", "-"), ["administrator"], sees, kinds)[0])
    found["without a role"] = _bearer(issue("norole", [])[0])
    found["scoped to nothing"] = _bearer(issue("scoped", ["administrator"], actions=[])[0])
    found["expired"] = _bearer(issue("late", ["administrator"], lasting=timedelta(hours=1))[0])
    secret, id_ = issue("revoked", ["administrator"])
    keeper.tokens.revoke(id_)
    found["revoked"] = _bearer(secret)
    found["disabled"] = _bearer(issue("disabled", ["administrator"])[0])
    keeper.accounts.change("disabled", enabled=False)
    clock.move(timedelta(hours=2))
    return found


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def _expected(asker: str, action: Action, *, whole: bool = False, any_kind: bool = False) -> int | None:
    """The status that refuses an asker; None where the endpoint itself answers.

    `whole`: it is of the whole estate; `any_kind`: it may change elements of any kind.
    """
    if asker in NO_ONE:
        return 401
    if asker in LIMITED:
        return 403 if whole else None
    if asker == CHANGES_NOTHING:
        return 403 if any_kind or action not in RIGHTS[Role.ADMINISTRATOR] else None
    rights = RIGHTS[Role(asker)] if asker in {role.value for role in Role} else frozenset()
    return None if action in rights else 403


def _root(text: str) -> str:
    """The root field of a document."""
    return str(re.findall(r"\w+", text.split("{", 1)[1])[0])


def test_every_route_says_who_may_call_it(guarded: Guarded) -> None:
    app = create_app(guarded.twin, follow=False, doorkeeper=guarded.keeper)
    routes = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert routes == PUBLIC | NEEDS.keys()


def test_every_root_field_says_who_may_ask_it(schema: Schema) -> None:
    """A field of one kind stands for those of the other kinds: they are made by the same code."""
    made = build_schema(shape_of(schema))
    assert made.query_type is not None
    assert made.mutation_type is not None
    assert made.subscription_type is not None
    queries = made.query_type.fields.keys()
    of_kinds = {
        name for plural in queries if f"{plural}Aggregate" in queries for name in (plural, f"{plural}Aggregate")
    }
    verbs = ("create", "update", "upsert")
    changes = {f"{verb}{kind.name}" for kind in schema.concrete_kinds() for verb in verbs}
    general = (queries - of_kinds) | (made.mutation_type.fields.keys() - changes) | made.subscription_type.fields.keys()
    told = {_root(text) for text in FIELDS}
    assert general - told == set(), "say in FIELDS what they ask for"
    assert told - general <= of_kinds | changes


@pytest.mark.parametrize("asker", [*ASKERS, *LIMITED, CHANGES_NOTHING])
def test_a_route_answers_whoever_may_call_it_and_nobody_else(guarded: Guarded, asker: str) -> None:
    wrong = []
    for (method, path), action in NEEDS.items():
        status = guarded.status(asker, method, path, {} if method in ("POST", "PATCH") else None)
        route = method, path
        expected = _expected(asker, action, whole=route in WHOLE, any_kind=route in ANY_KIND)
        if (status if status in (401, 403) else None) != expected:
            wrong.append((method, path, status, expected))
    assert wrong == []


@pytest.mark.parametrize("asker", [*ASKERS, *LIMITED, CHANGES_NOTHING])
def test_a_field_answers_whoever_may_ask_it_and_nobody_else(guarded: Guarded, asker: str) -> None:
    wrong = []
    for text, action in FIELDS.items():
        answer = guarded.server.http.post("/graphql", json={"query": text}, headers=dict(guarded.headers[asker]))
        expected = _expected(asker, action, whole=_root(text) in WHOLE_FIELDS)
        codes = {error["extensions"]["code"] for error in answer.json().get("errors") or ()}
        is_refused = bool(codes & {"FORBIDDEN", "RESTRICTED"})
        refused = answer.status_code if answer.status_code in (401, 403) else 403 if is_refused else None
        if refused != expected:
            wrong.append((text, answer.status_code, codes, expected))
    assert wrong == []


@pytest.mark.parametrize("asker", [*ASKERS, *LIMITED, CHANGES_NOTHING])
def test_a_websocket_is_opened_by_whoever_may_ask_and_told_what_a_request_is(guarded: Guarded, asker: str) -> None:
    """`changes` and `alerts` begin to tell when something happens: who may hear what is the matter of other tests."""
    refused = _expected(asker, Action.READ)
    with talking(guarded.server) as talk:
        assert talk.init(dict(guarded.headers[asker])) is (refused is None)
        if refused is not None:
            assert talk.closed is not None
            assert talk.closed[0] == {401: 4401, 403: 4403}[refused]
            return
        beginning = [text for text in FIELDS if text.startswith("subscription") and "sequence" not in text]
        for number, text in enumerate(beginning):
            talk.subscribe(text, id=str(number))
            if "askSteps" not in text:
                of_all = "runProgress" in text or "simulationProgress" in text
                expected = "RESTRICTED" if asker in LIMITED and of_all else "NOT_FOUND"
                if "simulationProgress" in text and _expected(asker, Action.SIMULATE) is not None:
                    expected = "FORBIDDEN"
                assert talk.code() == expected, text
                continue
            while (message := talk.receive())["type"] == "next":
                assert "errors" not in message["payload"], message
            assert message["type"] == "complete"


def test_no_door_is_outside_of_the_matrix(guarded: Guarded) -> None:
    app = create_app(guarded.twin, follow=False, doorkeeper=guarded.keeper)
    described = {path for _, path in PUBLIC | NEEDS.keys()}
    rooms = [getattr(route, "original_router", None) for route in app.routes]
    routes: list[Any] = [*app.routes, *(route for room in rooms if room is not None for route in room.routes)]
    paths = {route.path.replace(":path}", "}") for route in routes if hasattr(route, "path")}
    assert paths >= described | PAGES
    assert {path for path in paths - described - PAGES if not path.startswith("/assets/")} == set()
    assert {tool.action for tool in TOOLS.values()} <= set(Action)


def test_there_are_four_hundred_cells() -> None:
    assert len(list(product((*ASKERS, *LIMITED), (*NEEDS, *FIELDS, *TOOLS)))) >= 1_500


@pytest.mark.parametrize("asker", NO_ONE)
def test_nobody_learns_anything_from_a_refusal(guarded: Guarded, asker: str) -> None:
    headers = dict(guarded.headers[asker])
    answers = [
        guarded.server.http.post("/graphql", json={"query": text}, headers=headers)
        for text in ("{ servers { nodes { name } } }", "{ nonsense }", "not graphql")
    ]
    answers.append(guarded.server.http.get("/graphql", params={"query": "{ servers { count } }"}, headers=headers))
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert set(answer.json()) == {"error"}


def test_the_page_and_the_health_are_for_everybody(guarded: Guarded) -> None:
    http = guarded.server.http
    for path in ("/health", "/health/live", "/health/ready"):
        assert http.get(path).status_code == 200
    assert http.get("/graphql", headers={"Accept": "text/html"}).status_code == 200


def test_signing_in_gives_a_token_that_works_and_is_listed_and_revoked(guarded: Guarded) -> None:
    http = guarded.server.http
    issued = http.post("/api/sign-in", json={"name": "auditor", "password": PASSWORD}).json()
    headers = _bearer(issued["secret"])
    me = http.get("/api/me", headers=headers).json()
    assert (me["id"], me["roles"], me["perimeters"]) == ("auditor", ["auditor"], None)
    assert set(me["actions"]) == RIGHTS[Role.AUDITOR]
    made = http.post("/api/tokens", json={"note": "script", "hours": 1, "actions": ["read"]}, headers=headers)
    assert made.status_code == 201
    scoped = _bearer(made.json()["secret"])
    assert http.get("/api/me", headers=scoped).json()["actions"] == ["read"]
    assert http.post("/api/tokens", json={"hours": 1}, headers=scoped).status_code == 400
    listed = http.get("/api/tokens", headers=headers).json()
    assert issued["token"]["id"] in {token["id"] for token in listed}
    assert all("secret" not in token for token in listed)
    assert http.delete(f"/api/tokens/{made.json()['token']['id']}", headers=headers).status_code == 200
    assert http.get("/api/me", headers=scoped).status_code == 401


def test_wrong_passwords_are_refused_and_then_made_to_wait(guarded: Guarded) -> None:
    http = guarded.server.http
    wrong = {"name": "owner", "password": "wrong password here"}
    assert [http.post("/api/sign-in", json=wrong).status_code for _ in range(6)] == [401] * 5 + [429]
    waiting = http.post("/api/sign-in", json={"name": "owner", "password": PASSWORD})
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) > 0
    assert waiting.json()["error"]["code"] == "TOO_MANY_ATTEMPTS"


def test_an_administrator_makes_and_changes_accounts(guarded: Guarded) -> None:
    http, headers = guarded.server.http, dict(guarded.headers["administrator"])
    body = {"name": "bob", "password": PASSWORD, "roles": ["reader"], "perimeters": ["Payments"]}
    made = http.post("/api/accounts", json=body, headers=headers)
    assert (made.status_code, made.json()["created_by"]) == (201, "administrator")
    assert "password" not in made.text
    assert http.post("/api/accounts", json=body, headers=headers).status_code == 400
    changed = http.patch("/api/accounts/bob", json={"enabled": False}, headers=headers).json()
    assert (changed["enabled"], changed["perimeters"]) == (False, ["Payments"])
    assert http.post("/api/sign-in", json={"name": "bob", "password": PASSWORD}).status_code == 401


def test_a_token_with_a_scope_gives_no_account_more_than_it_may(guarded: Guarded) -> None:
    keeper, http = guarded.keeper, guarded.server.http
    account = keeper.accounts.create("desk", PASSWORD, ["administrator"], None, by="test")
    actions = ["accounts", *(action.value for action in RIGHTS[Role.READER])]
    headers = _bearer(keeper.tokens.issue(account, timedelta(days=1), actions=actions)[0])

    def made(name: str, *roles: str) -> int:
        body = {"name": name, "password": PASSWORD, "roles": list(roles)}
        return http.post("/api/accounts", json=body, headers=headers).status_code

    def changed(name: str, **what: Any) -> int:
        return http.patch(f"/api/accounts/{name}", json=what, headers=headers).status_code

    assert made("intern", "reader") == 201
    assert [made(f"wants-{role.value}", role.value) for role in Role if role is not Role.READER] == [403] * 7
    assert changed("intern", password="another " + PASSWORD) == 200
    assert changed("intern", roles=["administrator"]) == 403
    assert [
        changed("desk", **what) for what in ({"password": PASSWORD}, {"whole_estate": True}, {"enabled": True})
    ] == [403] * 3, "nobody takes over who may more"
    assert changed("operator", enabled=False) == 200
    assert keeper.accounts.change("operator", enabled=True).roles == frozenset({"operator"})
    assert not keeper.accounts.has("wants-administrator")


def test_who_writes_on_a_branch_is_its_author(guarded: Guarded) -> None:
    http = guarded.server.http
    made = http.post("/api/branches", json={"name": "mine"}, headers=dict(guarded.headers["owner"]))
    assert (made.status_code, made.json()["actor"]) == (201, "owner")


def test_an_open_door_lets_everybody_in_as_the_operator(durable_twin: Twin, serve: Serve) -> None:
    server = serve(durable_twin)
    assert server.get("/api/me").json()["id"] == "local"
    assert server.get("/api/accounts").json() == []
