"""Limits of kinds over HTTP: given, seen, narrowed by tokens, and held to by what is asked, changed and loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graph.cypher.passes.perimeter import LIMITED, LIMITED_KINDS
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import opened, small_estate
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

KINDS = "MATCH (n) RETURN DISTINCT labels(n)[0] AS kind ORDER BY kind"
PATHS = "MATCH (a:BusinessApplication)-[:RUNS_ON|OWNED_BY*1..3]-(b) RETURN count(*) AS ways, count(DISTINCT b) AS ends"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server that asks people to sign in, and the administrator of its accounts."""

    server: Server
    keeper: Doorkeeper
    twin: Twin
    root: Mapping[str, str]

    def person(self, name: str, *roles: str, **limits: Any) -> dict[str, str]:
        """The header of somebody whose account the administrator makes."""
        body = {"name": name, "password": PASSWORD, "roles": list(roles or ("reader",)), "whole_estate": True}
        made = self.server.http.post("/api/accounts", json=body | limits, headers=dict(self.root))
        assert made.status_code == 201, made.text
        token, _ = self.keeper.tokens.issue(self.keeper.accounts.get(name), timedelta(days=1))
        return {"Authorization": f"Bearer {token}"}

    def post(self, headers: Mapping[str, str], path: str, **body: Any) -> Any:
        return self.server.http.post(path, json=body, headers=dict(headers))

    def rows(self, headers: Mapping[str, str], query: str) -> Any:
        return self.post(headers, "/api/query", query=query).json()["rows"]


@pytest.fixture(scope="module")
def guarded(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder: Path = tmp_path_factory.mktemp("kinds")
    with opened("networkx", schema, folder, small_estate()) as twin:
        keeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
        root = keeper.accounts.create("root", PASSWORD, ["administrator"], None, by="test")
        headers = {"Authorization": f"Bearer {keeper.tokens.issue(root, timedelta(days=1))[0]}"}
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:
            yield Guarded(server, keeper, twin, headers)


def test_somebody_reads_the_kinds_that_they_were_given_and_is_told_so(guarded: Guarded) -> None:
    sam = guarded.person("sam", reads=["Server", "Team"])
    answer = guarded.post(sam, "/api/query", query=KINDS).json()
    assert [row[0] for row in answer["rows"]] == ["Hypervisor", "PhysicalServer", "Team", "VirtualMachine"]
    assert (LIMITED_KINDS in answer["notes"], LIMITED in answer["notes"]) == (True, False)
    me = guarded.server.http.get("/api/me", headers=sam).json()
    assert (
        me["reads"] == me["changes"] == ["Hypervisor", "MainframePartition", "PhysicalServer", "Team", "VirtualMachine"]
    )
    assert guarded.rows(sam, PATHS) == [[0, 0]]


def test_a_walk_leads_through_what_is_read_only(guarded: Guarded) -> None:
    of_apps = guarded.person("apps", reads=["Server", "BusinessApplication"])
    servers_only = (
        "MATCH (a:BusinessApplication)-[:RUNS_ON*1..3]-(b) RETURN count(*) AS ways, count(DISTINCT b) AS ends"
    )
    assert guarded.rows(of_apps, PATHS) == guarded.rows(guarded.root, servers_only) != guarded.rows(guarded.root, PATHS)


def test_a_right_limited_to_no_kind_sees_nothing(guarded: Guarded) -> None:
    zoe = guarded.person("zoe", "administrator", reads=[])
    assert guarded.rows(zoe, "MATCH (n) RETURN count(n) AS n") == [[0]]
    assert guarded.rows(zoe, "MATCH ()-[r]->() RETURN count(r) AS n") == [[0]]
    page = '{ servers { count } teams { count } search(text: "srv") { hits { match } } health { kinds { count } } }'
    told = guarded.post(zoe, "/graphql", query=page).json()["data"]
    assert (told["servers"]["count"], told["teams"]["count"], told["search"]["hits"]) == (0, 0, [])
    assert not any(kind["count"] for kind in told["health"]["kinds"])
    assert guarded.server.http.get("/api/accounts", headers=zoe).status_code == 403


def test_a_token_narrows_and_a_token_that_it_makes_is_no_wider(guarded: Guarded) -> None:
    ona = guarded.person("ona", "owner", reads=["configuration_items", "organisation"])
    narrow = guarded.post(ona, "/api/tokens", hours=1, reads=["Server"], changes=[]).json()
    assert (narrow["token"]["reads"], narrow["token"]["changes"]) == ([["Server"]], [[]])
    first = {"Authorization": f"Bearer {narrow['secret']}"}
    second = guarded.post(first, "/api/tokens", hours=1, reads=["Team", "VirtualMachine"]).json()
    assert second["token"]["reads"] == [["Server"], ["Team", "VirtualMachine"]]
    rows = guarded.rows({"Authorization": f"Bearer {second['secret']}"}, KINDS)
    assert [row[0] for row in rows] == ["VirtualMachine"]


def test_a_change_of_another_kind_is_refused_with_its_code(guarded: Guarded) -> None:
    ona = guarded.person("ona2", "change_manager", changes=["BusinessApplication"])
    before = guarded.twin.ledger.sequence()
    team, app = (
        guarded.rows(guarded.root, f"MATCH (n:{kind}) RETURN n.id AS id LIMIT 1")[0][0]
        for kind in ("Team", "BusinessApplication")
    )
    update = 'mutation {{ update{}(id: "{}", data: {{description: "x"}}, reason: "r") {{ __typename }} }}'
    refused = guarded.post(ona, "/graphql", query=update.format("Team", team)).json()
    assert refused["errors"][0]["extensions"]["code"] == "OUTSIDE_KINDS"
    gone = guarded.post(
        ona, "/graphql", query=f'mutation {{ delete(ids: ["{team}"], reason: "r") {{ __typename }} }}'
    ).json()
    assert gone["errors"][0]["extensions"]["code"] == "OUTSIDE_KINDS"
    assert guarded.twin.ledger.sequence() == before
    made = guarded.post(ona, "/graphql", query=update.format("BusinessApplication", app)).json()
    assert made["data"]["updateBusinessApplication"]["__typename"] == "BusinessApplicationChanged"
    guarded.post(ona, "/api/branches", name="plan")
    asked = {"nodes": [{"kind": "Team", "properties": {"name": "new"}}]}
    branch = guarded.post(ona, "/api/branches/plan/changes", **asked)
    assert (branch.status_code, branch.json()["error"]["code"]) == (403, "OUTSIDE_KINDS")


def test_a_load_that_may_change_another_kind_is_not_opened(guarded: Guarded) -> None:
    lea = guarded.person("lea", "operator", changes=["Vulnerability"])
    refused = guarded.post(lea, "/api/ingestions", source="servicenow")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "OUTSIDE_KINDS")
    opened_ = guarded.post(lea, "/api/ingestions", source="kev")
    assert opened_.status_code == 201
    guarded.keeper.accounts.change("lea", changes=["Team"])
    started = guarded.post(lea, f"/api/ingestions/{opened_.json()['id']}/start")
    assert (started.status_code, started.json()["error"]["code"]) == (403, "OUTSIDE_KINDS")


def test_limits_are_given_and_lifted_by_administrators_and_named_by_the_schema(guarded: Guarded) -> None:
    guarded.person("max", changes=["Team"])
    http, root = guarded.server.http, dict(guarded.root)
    changed = http.patch("/api/accounts/max", json={"reads": ["operations"]}, headers=root).json()
    assert (changed["reads"], changed["changes"]) == (["operations"], ["Team"])
    wrong = http.patch("/api/accounts/max", json={"reads": ["Serveur"]}, headers=root)
    assert (wrong.status_code, "Serveur" in wrong.json()["error"]["message"]) == (400, True)
    lifted = http.patch("/api/accounts/max", json={"every_kind": True}, headers=root).json()
    assert (lifted["reads"], lifted["changes"]) == (None, None)


def test_an_administrator_who_may_change_some_kinds_gives_nobody_more(guarded: Guarded) -> None:
    ada = guarded.person("ada", "administrator", changes=["Team"])
    refused = guarded.post(ada, "/api/accounts", name="more", password=PASSWORD)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "OUTSIDE_KINDS")
    own = guarded.server.http.patch("/api/accounts/ada", json={"every_kind": True}, headers=ada)
    assert own.status_code == 403
