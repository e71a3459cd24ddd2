"""The REST interface over a real server on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.app import describe_rest
from api.generate import OPENAPI, openapi_text
from core.errors import LedgerError
from graph.schema.model import Schema
from services.twin import Twin
from tests.api.conftest import Serve
from tests.api.estate import created, opened, small_estate, write
from tests.patience import until


@pytest.fixture
def twin(schema: Schema, tmp_path: Path) -> Iterator[Twin]:
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        yield twin


def test_the_committed_description_is_what_the_code_gives() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == openapi_text(), "run `python -m api.generate`"


def test_health_says_how_fresh_the_graph_is(twin: Twin, serve: Serve) -> None:
    sequence = twin.ledger.sequence()
    assert serve(twin).get("/health").json() == {
        "status": "ok",
        "backend": "networkx",
        "sequence": sequence,
        "ledger_sequence": sequence,
        "freshness": {"up_to_date": True, "events_behind": 0},
    }


def test_a_query_answers_with_the_envelope(twin: Twin, serve: Serve) -> None:
    body = {"query": "MATCH (t:Team {name: $n}) RETURN t.code AS code", "parameters": {"n": "Socle"}}
    answer = serve(twin).post("/api/query", body).json()
    assert answer["rows"] == [["SO"]]
    assert set(answer) == {
        "columns",
        "rows",
        "backend",
        "engine",
        "elapsed_ms",
        "sequence",
        "ledger_sequence",
        "truncated",
        "notes",
        "sources",
    }


def test_integers_beyond_double_precision_are_exact(twin: Twin, serve: Serve) -> None:
    answer = serve(twin).post("/api/query", {"query": "RETURN 9007199254740993 AS n"})
    assert b"9007199254740993" in answer.content


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/query", {"query": "MATCH (s:Sever) RETURN s"}, 400, "UNKNOWN_KIND"),
        ("/api/query", {"query": "CREATE (s:Server) RETURN s"}, 403, "NOT_READ_ONLY"),
        ("/api/query", {"parameters": {}}, 422, "PAYLOAD"),
        ("/api/query", {"query": "RETURN 1 AS n", "extra": 1}, 422, "PAYLOAD"),
        ("/api/catalogue/nothing", {}, 404, "NOT_FOUND"),
        ("/api/catalogue/downstream_impact", {"parameters": {"ci": "nobody"}}, 404, "NOT_FOUND"),
        ("/api/catalogue/downstream_impact", {"parameters": {"wrong": 1}}, 400, "USAGE"),
        ("/api/nowhere", {}, 404, "NOT_FOUND"),
        ("/health", {}, 405, "REQUEST"),
        ("/graphql", {}, 400, "REQUEST"),
        ("/graphql", {"query": 1}, 400, "REQUEST"),
        ("/graphql", [{"query": "{ teams { count } }"}], 400, "GRAPHQL_BATCH"),
    ],
)
def test_every_failure_has_a_status_and_a_code(
    path: str, body: object, status: int, code: str, twin: Twin, serve: Serve
) -> None:
    answer = serve(twin).post(path, body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code
    assert set(error) == {"code", "message", "where", "hint", "details"}


def test_a_wrong_query_is_answered_with_place_and_suggestion(twin: Twin, serve: Serve) -> None:
    error = serve(twin).post("/api/query", {"query": "MATCH (s:Sever) RETURN s"}).json()["error"]
    assert error["where"] == "line 1, column 10"
    assert "Server" in error["hint"]


def test_an_unexpected_error_is_internal_and_says_nothing_of_its_inside(
    twin: Twin, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(twin)
    monkeypatch.setattr(twin, "ledger", object())
    answer = server.get("/health")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL"
    assert "object" not in answer.text
    assert "Traceback" not in answer.text


def test_the_catalogue_is_listed_and_run(twin: Twin, serve: Serve) -> None:
    server = serve(twin)
    listed = {query["name"]: query for query in server.get("/api/catalogue").json()["queries"]}
    assert listed["downstream_impact"]["title"]["fr"]
    answer = server.post("/api/catalogue/downstream_impact", {"parameters": {"ci": "hyp-0"}}).json()
    assert len(answer["rows"]) > 3


def test_the_graph_is_verified_against_the_ledger(twin: Twin, serve: Serve) -> None:
    report = serve(twin).post("/api/graph/verify").json()
    assert report["equal"] is True
    assert report["backends"][0]["checksum"] == report["ledger"]["checksum"]


def test_a_load_of_another_process_is_there_once_catch_up_returns(twin: Twin, serve: Serve) -> None:
    server = serve(twin)
    last = write(twin.ledger, [created("Team", "Nouvelle")], fingerprint="other")
    assert server.post("/api/graph/catch-up").json() == {"sequence": last}
    answer = server.post("/api/query", {"query": "MATCH (t:Team {name: 'Nouvelle'}) RETURN count(*) AS n"}).json()
    assert answer["rows"] == [[1]]


def wait_for(twin: Twin, sequence: int) -> None:
    until(lambda: twin.repository.watermark() >= sequence)


def test_the_graph_follows_the_ledger_by_itself(twin: Twin, serve: Serve) -> None:
    server = serve(twin)
    last = write(twin.ledger, [created("Team", "Suivie")], fingerprint="other")
    wait_for(twin, last)
    assert server.get("/health").json()["freshness"] == {"up_to_date": True, "events_behind": 0}


def test_the_graph_goes_on_following_after_a_failure(twin: Twin, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(twin)
    failed: list[None] = []
    sequence = twin.ledger.sequence

    def fails_once() -> int:
        if not failed:
            failed.append(None)
            raise LedgerError("the ledger cannot be reached")
        return sequence()

    monkeypatch.setattr(twin.ledger, "sequence", fails_once)
    wait_for(twin, write(twin.ledger, [created("Team", "Suivie")], fingerprint="other"))
    assert failed


def test_graphql_is_served_over_http(twin: Twin, serve: Serve) -> None:
    server = serve(twin)
    body = {"query": "query($n: Int) { servers(first: $n) { count nodes { name } } }", "variables": {"n": 2}}
    answer = server.post("/graphql", body).json()
    assert "errors" not in answer
    assert len(answer["data"]["servers"]["nodes"]) == 2
    assert answer["extensions"]["jumeau"]["queries"] == 2
    wrong = server.post("/graphql", {"query": "{ servers { nope } }"}).json()
    assert wrong["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION"
    by_get = server.get("/graphql", params={"query": "{ teams { count } }"}).json()
    assert by_get["data"]["teams"]["count"] == 3


def test_many_callers_at_once_get_the_same_answer(durable_twin: Twin, serve: Serve) -> None:
    body = {"query": "{ servers(orderBy: [{name: ASC}]) { count nodes { name runs { nodes { name } } } } }"}
    server = serve(durable_twin)
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: server.post("/graphql", body).json()["data"], range(40)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["servers"]["count"] == 24


def test_introspection_answers(twin: Twin, serve: Serve) -> None:
    answer = serve(twin).post("/graphql", {"query": "{ __schema { types { name } } }"}).json()
    assert "VirtualMachine" in {kind["name"] for kind in answer["data"]["__schema"]["types"]}


@pytest.mark.parametrize("path", ["/graphql", "/docs"])
def test_the_pages_for_people_load_everything_from_this_server(path: str, twin: Twin, serve: Serve) -> None:
    server = serve(twin)
    page = server.get(path, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) >= 3
    for address in addresses:
        if address.startswith("data:"):
            continue
        assert address.startswith("/"), f"{address} is elsewhere"
        assert server.get(address).status_code == 200
    assert not re.findall(r"https?://", page.text)


def test_the_openapi_description_is_served(twin: Twin, serve: Serve) -> None:
    served = serve(twin).get("/openapi.json").json()["paths"]
    assert {"/health", "/api/query", "/api/branches"} <= served.keys()
    assert served.keys() == describe_rest()["paths"].keys()
