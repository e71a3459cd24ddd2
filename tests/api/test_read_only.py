"""One switch: whatever writes is hidden and refused at every door, by the matrix of what there is; what asks is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import describe_rest
from api.generate import graphql_sdl
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.rights import Action
from services.audit.recorder import recorder_of
from services.audit.trail import Wanted
from tests.agent.asking import Script
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import opened, small_estate
from tests.api.test_access import FIELDS, NEEDS, PUBLIC, Guarded, _askers
from tests.api.test_ask import SCRIPT
from tests.api.test_audit import BEGIN
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

GOES_ON = {
    ("POST", "/api/sign-in"),
    ("DELETE", "/api/tokens/{id}"),
    ("POST", "/api/graph/verify"),
    ("POST", "/api/persons/{name}/reveal"),
    ("GET", "/api/accounts"),
}
"""On record before it is done, and no change to the twin."""
WRITES = BEGIN - GOES_ON


@pytest.fixture(scope="module")
def guarded(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder: Path = tmp_path_factory.mktemp("readonly")
    with opened("networkx", schema, folder, small_estate(), {"read_only": True}) as twin:
        clock = MovedClock()
        keeper = Doorkeeper(twin.ledger, clock, hasher=CHEAP)
        headers = _askers(keeper, clock)
        app = create_app(twin, doorkeeper=keeper, producer=Script(SCRIPT))
        with served(twin, app) as server:
            yield Guarded(server, keeper, headers, twin)


@pytest.mark.parametrize("cell", sorted(WRITES))
def test_a_route_that_writes_is_refused_to_an_administrator(guarded: Guarded, cell: tuple[str, str]) -> None:
    method, path = cell
    filled = path.replace("{name}", "nothing").replace("{id}", "nothing")
    before = guarded.twin.ledger.sequence()
    answer = guarded.server.http.request(method, filled, json={}, headers=dict(guarded.headers[_whoever_may(cell)]))
    assert answer.status_code in (403, 422), "where a body has no form, that is said first"
    assert answer.json()["error"]["code"] in ("READ_ONLY", "PAYLOAD")
    assert guarded.twin.ledger.sequence() == before


def _whoever_may(cell: tuple[str, str]) -> str:
    """An administrator, but where not even that one may."""
    return "data_protection_officer" if NEEDS[cell] is Action.REVEAL else "administrator"


def test_a_well_formed_change_is_refused_as_such_after_who_asks(guarded: Guarded) -> None:
    http = guarded.server.http
    for asker, code in (("administrator", "READ_ONLY"), ("reader", "FORBIDDEN"), ("anonymous", "UNAUTHENTICATED")):
        answer = http.post("/api/branches", json={"name": "plan"}, headers=dict(guarded.headers[asker]))
        assert answer.json()["error"]["code"] == code
    account = {"name": "bob", "password": PASSWORD}
    made = http.post("/api/accounts", json=account, headers=dict(guarded.headers["administrator"]))
    assert made.json()["error"]["code"] == "READ_ONLY"
    recorded = http.post("/api/health/scorecard", json={"record": True}, headers=dict(guarded.headers["administrator"]))
    assert recorded.json()["error"]["code"] == "READ_ONLY"


def test_the_description_has_no_route_that_writes_and_all_others(guarded: Guarded) -> None:
    app = create_app(guarded.twin, follow=False, doorkeeper=guarded.keeper)
    told = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert told == (PUBLIC | NEEDS.keys()) - WRITES
    whole = {(method.upper(), path) for path, methods in describe_rest()["paths"].items() for method in methods}
    assert whole == PUBLIC | NEEDS.keys(), "elsewhere nothing is left out"


@pytest.mark.parametrize("text", [text for text in FIELDS if text.startswith("mutation")])
def test_there_are_no_mutations(guarded: Guarded, text: str) -> None:
    answer = guarded.server.http.post(
        "/graphql", json={"query": text}, headers=dict(guarded.headers["administrator"])
    ).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["GRAPHQL_VALIDATION"]
    assert not answer.get("data")


def test_the_schema_hides_them(guarded: Guarded) -> None:
    text = "{ __schema { mutationType { name } queryType { name } } }"
    asked = guarded.server.http.post("/graphql", json={"query": text}, headers=dict(guarded.headers["administrator"]))
    assert asked.json()["data"]["__schema"] == {"mutationType": None, "queryType": {"name": "Query"}}
    assert "type Mutation" in graphql_sdl()


def test_questions_and_signing_in_go_on(guarded: Guarded) -> None:
    http, headers = guarded.server.http, dict(guarded.headers["administrator"])
    asked = http.post("/api/query", json={"query": "MATCH (s:Server) RETURN count(s)"}, headers=headers)
    assert asked.json()["rows"] == [[24]]
    assert http.post("/api/ask", json={"question": "Combien de serveurs ?"}, headers=headers).json()["rows"] == [[24]]
    assert http.post("/api/graph/verify", headers=headers).status_code == 200
    assert http.get("/api/accounts", headers=headers).status_code == 200
    issued = http.post("/api/sign-in", json={"name": "auditor", "password": PASSWORD})
    assert issued.status_code == 200
    ended = http.delete(
        f"/api/tokens/{issued.json()['token']['id']}", headers={"Authorization": f"Bearer {issued.json()['secret']}"}
    )
    assert ended.status_code == 200


def test_every_question_of_graphql_is_still_there(guarded: Guarded) -> None:
    for text, action in FIELDS.items():
        if text.startswith("{") and action is not Action.LOAD:
            answer = guarded.server.http.post(
                "/graphql", json={"query": text}, headers=dict(guarded.headers["administrator"])
            ).json()
            codes = [error["extensions"]["code"] for error in answer.get("errors") or ()]
            assert not {"READ_ONLY", "GRAPHQL_VALIDATION"} & set(codes), text


def test_what_is_refused_is_on_record(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, small_estate(), {"read_only": True}) as twin:
        recorder = recorder_of(twin)
        with served(twin, create_app(twin, follow=False, recorder=recorder)) as server:
            assert server.post("/api/branches", {"name": "plan"}).status_code == 403
            recorder.flush()
            (found,) = recorder.trail.page(Wanted())
    assert (found.entry.door, found.entry.code) == ("POST /api/branches", "READ_ONLY")
