"""Every request leaves its entry: which routes there are is asked of the application, not of a list."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.audit import UNKEPT
from core.errors import LedgerError
from core.oidc_settings import CALLBACK
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.audit.entry import Entry, Outcome, digest_of_text
from services.audit.recorder import Recorder, recorder_of
from services.audit.trail import Wanted
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import opened, small_estate
from tests.api.test_access import NEEDS, PUBLIC
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

QUESTION = "MATCH (s:Server) RETURN s.name AS name ORDER BY name"
BODIES: Mapping[tuple[str, str], Any] = {
    ("POST", "/api/query"): {"query": QUESTION},
    ("POST", "/api/ask"): {"question": "Combien de serveurs ?"},
    ("POST", "/v1/chat/completions"): {"messages": [{"role": "user", "content": "Combien de serveurs ?"}]},
    ("POST", "/api/history"): {"of": "srv-0-00"},
    ("POST", "/api/difference"): {"since": "#1"},
    ("POST", "/api/branches"): {"name": "plan"},
    ("POST", "/api/tokens"): {"hours": 1},
    ("POST", "/api/accounts"): {"name": "bob", "password": PASSWORD},
    ("POST", "/api/sign-in"): {"name": "ana", "password": PASSWORD},
    ("POST", "/api/simulations"): {"scenario": {"name": "x", "replications": 10**6}},
    ("POST", "/api/ingestions"): {"source": "csv", "reason": "weekly"},
    ("POST", "/api/persons/{name}/reveal"): {"reason": "on call"},
    ("POST", "/api/persons/{name}/erase"): {"reason": "request 17"},
}
BEGIN: frozenset[tuple[str, str]] = frozenset(
    {
        ("POST", "/api/branches"),
        ("POST", "/api/branches/{name}/changes"),
        ("DELETE", "/api/branches/{name}"),
        ("POST", "/api/branches/{name}/apply"),
        ("POST", "/api/lines/{name}/readings"),
        ("POST", "/api/graph/catch-up"),
        ("POST", "/api/graph/verify"),
        ("POST", "/api/tokens"),
        ("DELETE", "/api/tokens/{id}"),
        ("GET", "/api/accounts"),
        ("POST", "/api/accounts"),
        ("PATCH", "/api/accounts/{name}"),
        ("POST", "/api/webhooks"),
        ("DELETE", "/api/webhooks/{name}"),
        ("POST", "/api/webhooks/{name}/pause"),
        ("POST", "/api/webhooks/{name}/resume"),
        ("POST", "/api/webhooks/{name}/rotate"),
        ("POST", "/api/webhooks/{name}/test"),
        ("POST", "/api/webhooks/{name}/replay"),
        ("POST", "/api/persons/{name}/reveal"),
        ("POST", "/api/persons/{name}/erase"),
        ("POST", "/api/sign-in"),
        ("POST", "/api/ingestions"),
        ("PUT", "/api/ingestions/{id}/files/{name}"),
        ("POST", "/api/ingestions/{id}/start"),
        ("POST", "/api/ingestions/{id}/cancel"),
        ("DELETE", "/api/ingestions/{id}"),
        ("POST", "/api/simulations"),
        ("POST", "/api/simulations/{id}/cancel"),
        ("DELETE", "/api/simulations/{id}"),
        ("DELETE", "/api/simulation-runs/{id}"),
    }
)
"""What is on record before it is done. A new route that changes something belongs here."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A server that asks people to sign in, and its trail."""

    http: httpx.Client
    recorder: Recorder
    keeper: Doorkeeper
    twin: Twin
    headers: Mapping[str, str]
    token: str

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.http.request(method, path, json=body, headers=dict(self.headers if headers is None else headers))

    def said(self, before: int) -> list[Entry]:
        """The entries that came after that number, oldest first."""
        self.recorder.flush()
        found = self.recorder.trail.page(Wanted(), limit=1_000)
        return [recorded.entry for recorded in reversed(found) if recorded.number > before]

    def number(self) -> int:
        self.recorder.flush()
        found = self.recorder.trail.page(Wanted(), limit=1)
        return found[0].number if found else 0


@pytest.fixture
def watched(schema: Schema, tmp_path: Path) -> Iterator[Watched]:
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        clock = MovedClock()
        keeper = Doorkeeper(twin.ledger, clock, local_key="local", hasher=CHEAP)
        account = keeper.accounts.create("ana", PASSWORD, ["administrator", "data_protection_officer"], None, by="test")
        secret, token = keeper.tokens.issue(account, timedelta(days=30))
        recorder = recorder_of(twin)
        app = create_app(twin, follow=False, doorkeeper=keeper, recorder=recorder)
        with served(twin, app) as server:
            yield Watched(server.http, recorder, keeper, twin, {"Authorization": f"Bearer {secret}"}, token.id)


def routes(watched: Watched) -> list[tuple[str, str]]:
    app = create_app(watched.twin, follow=False, doorkeeper=watched.keeper)
    return [(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods]


def filled(path: str) -> str:
    return path.replace("{name}", "nothing").replace("{id}", "nothing")


def test_each_call_of_each_route_leaves_one_entry_of_its_end_and_changes_one_of_their_beginning(
    watched: Watched,
) -> None:
    begun = set()
    for method, path in routes(watched):
        before = watched.number()
        status = watched.ask(method, filled(path), BODIES.get((method, path))).status_code
        said = watched.said(before)
        if path in UNKEPT:
            assert said == []
            continue
        if said[0].outcome is Outcome.BEGUN:
            begun.add((method, path))
            assert said.pop(0).door == f"{method} {path}"
        (end,) = said
        assert end.door == f"{method} {path}"
        assert end.outcome is (Outcome.ANSWERED if status < 400 else Outcome.REFUSED), (path, status)
        assert (end.code is None) == (status < 400)
        known = path != CALLBACK  # nobody comes back from a provider where there is none
        assert (end.who, end.sequence) == ("ana" if known else "nobody", watched.twin.ledger.sequence())
        assert (end.token is not None) == known
        assert (end.began is None) == ((method, path) not in BEGIN)
    assert begun == BEGIN
    assert watched.recorder.trail.verify().whole
    assert watched.recorder.trail.unfinished() == []


def test_each_refusal_leaves_one_entry_with_who_what_door_and_what_for(watched: Watched) -> None:
    reader = watched.keeper.accounts.create("carl", PASSWORD, ["reader"], None, by="test")
    secret, _ = watched.keeper.tokens.issue(reader, timedelta(days=1))
    askers: list[tuple[dict[str, str], str]] = [({}, "nobody"), ({"Authorization": f"Bearer {secret}"}, "carl")]
    for headers, who in askers:
        for (method, path), action in NEEDS.items():
            before = watched.number()
            answer = watched.ask(method, filled(path), {} if method in ("POST", "PATCH") else None, headers)
            if answer.status_code not in (401, 403):
                continue
            (end,) = watched.said(before)
            assert (end.who, end.door, end.action) == (who, f"{method} {path}", action.value)
            assert (end.outcome, end.code) == (Outcome.REFUSED, answer.json()["error"]["code"])
            assert end.target is None, "what somebody writes who may not come in is not kept"


def test_a_token_that_is_no_longer_one_is_told_with_whose_it_was(watched: Watched) -> None:
    watched.keeper.tokens.revoke(watched.token)
    before = watched.number()
    assert watched.ask("GET", "/api/me").status_code == 401
    (end,) = watched.said(before)
    assert (end.who, end.token, end.code) == ("ana", watched.token, "TOKEN_REFUSED")


def test_questions_are_told_by_their_digest_with_rows_and_without_texts_or_values(watched: Watched) -> None:
    before = watched.number()
    secret = "srv-secret-value"
    text = "MATCH (s:Server {name: $name}) RETURN s.name"
    watched.ask("POST", "/api/query", {"query": text, "parameters": {"name": secret}})
    watched.ask("POST", "/api/query", {"query": QUESTION})
    watched.ask("POST", "/api/query", {"query": "MATCH (s:Sevrer) RETURN s"})
    one, other, wrong = watched.said(before)
    assert (one.asked_sha256, one.asked, one.rows) == (digest_of_text(text), None, 0)
    assert (other.asked_sha256, other.rows) == (digest_of_text(QUESTION), 24)
    assert (wrong.outcome, wrong.rows) == (Outcome.REFUSED, None)
    assert secret not in kept(watched)
    assert text not in kept(watched)


def kept(watched: Watched) -> str:
    """Everything that the trail's file holds."""
    watched.recorder.flush()
    path = watched.twin.settings.home / "ledger.audit.db"
    with sqlite3.connect(path) as connection:
        rows = str(connection.execute("SELECT * FROM audit_entry").fetchall())
    connection.close()
    return rows


def test_a_graphql_operation_is_one_entry_with_the_code_of_its_first_error(watched: Watched) -> None:
    before = watched.number()
    texts = (
        "{ servers { count nodes { name } } }",
        "{ nonsense }",
        "not graphql",
        '{ cypher(query: "MATCH (n:Sevrer) RETURN n") }',
        '{ servers { count } cypher(query: "RETURN 1/0 AS x") }',
    )
    for text in texts:
        watched.ask("POST", "/graphql", {"query": text})
    said = watched.said(before)
    assert [entry.door for entry in said] == ["graphql"] * 5
    assert [entry.asked_sha256 for entry in said] == [digest_of_text(text) for text in texts]
    assert said[0].rows is not None
    assert said[0].rows > 1
    codes = [entry.code for entry in said]
    assert codes[:3] == [None, "GRAPHQL_VALIDATION", "GRAPHQL_SYNTAX"]
    assert all(code is not None for code in codes[3:])
    assert [entry.outcome for entry in said] == [Outcome.ANSWERED, *[Outcome.REFUSED] * 4]
    before = watched.number()
    watched.ask("GET", "/graphql")
    assert watched.said(before) == [], "the page asks nothing"
    watched.http.get("/graphql", params={"query": "{ servers { count } }"})
    watched.ask("POST", "/graphql", {})
    refused, empty = watched.said(before)
    assert (refused.who, refused.code, empty.code) == ("nobody", "UNAUTHENTICATED", "REQUEST")


def test_signing_in_is_told_with_the_account_and_the_token_that_it_gave(watched: Watched) -> None:
    before = watched.number()
    body = {"name": "ana", "password": PASSWORD}
    issued = watched.ask("POST", "/api/sign-in", body, {}).json()
    begun, end = watched.said(before)
    assert (begun.outcome, begun.who, begun.token) == (Outcome.BEGUN, "ana", None)
    assert (end.who, end.action, end.token) == ("ana", "sign_in", issued["token"]["id"])
    assert issued["secret"] not in kept(watched)


def test_signing_in_that_is_refused_is_told_and_a_name_that_is_no_account_is_not(watched: Watched) -> None:
    before = watched.number()
    for _ in range(6):
        watched.ask("POST", "/api/sign-in", {"name": "ana", "password": "wrong password here"}, {})
    watched.ask("POST", "/api/sign-in", {"name": "my-password-typed-here", "password": "x"}, {})
    said = watched.said(before)
    assert [(entry.who, entry.code) for entry in said] == [
        *[("ana", "SIGN_IN_REFUSED")] * 5,
        ("ana", "TOO_MANY_ATTEMPTS"),
        ("nobody", "SIGN_IN_REFUSED"),
    ]
    for never in ("wrong password here", "my-password-typed-here"):
        assert never not in kept(watched)


def test_what_was_changed_is_named(watched: Watched) -> None:
    before = watched.number()
    watched.ask("POST", "/api/branches", {"name": "plan"})
    watched.ask("POST", "/api/branches/plan/apply", {"dry_run": True})
    watched.ask("DELETE", "/api/branches/plan")
    watched.ask("POST", "/api/accounts", {"name": "bob", "password": PASSWORD})
    watched.ask("PATCH", "/api/accounts/bob", {"password": PASSWORD + " more"})
    ends = [entry for entry in watched.said(before) if entry.outcome is not Outcome.BEGUN]
    assert [entry.target for entry in ends] == ["plan", "plan", "plan", "bob", "bob"]
    assert PASSWORD not in kept(watched)


def test_what_nobody_foresaw_is_told_as_failed(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(type(watched.keeper.tokens), "all", broken)
    before = watched.number()
    assert watched.ask("GET", "/api/tokens").status_code == 500
    (end,) = watched.said(before)
    assert (end.outcome, end.code, end.who) == (Outcome.FAILED, "INTERNAL", "ana")


def test_nothing_of_what_is_not_there_is_told(watched: Watched) -> None:
    before = watched.number()
    for path in ("/nothing", "/api/nothing", "/docs", "/openapi.json", "/assets/swagger/nothing.js"):
        watched.ask("GET", path)
    assert watched.said(before) == []
    assert watched.ask("PUT", "/api/query").status_code == 405
    (end,) = watched.said(before)
    assert (end.door, end.who, end.code) == ("PUT /api/query", "nobody", "REQUEST")


def test_an_auditor_reads_pages_and_verifies(watched: Watched) -> None:
    auditor = watched.keeper.accounts.create("eva", PASSWORD, ["auditor"], None, by="test")
    secret, _ = watched.keeper.tokens.issue(auditor, timedelta(days=1))
    headers = {"Authorization": f"Bearer {secret}"}
    for _ in range(5):
        watched.ask("POST", "/api/query", {"query": QUESTION})
    found = watched.http.get("/api/audit", params={"who": "ana", "limit": 2}, headers=headers).json()
    assert [entry["door"] for entry in found["entries"]] == ["POST /api/query"] * 2
    seen = [entry["number"] for entry in found["entries"]]
    while found["next"] is not None:
        asked = {"who": "ana", "limit": 2, "before": found["next"]}
        found = watched.http.get("/api/audit", params=asked, headers=headers).json()
        seen += [entry["number"] for entry in found["entries"]]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    verified = watched.ask("POST", "/api/audit/verify", {}, headers).json()
    assert verified["whole"]
    held = watched.ask("POST", "/api/audit/verify", {"anchor": verified["anchor"]}, headers).json()
    assert (held["whole"], held["compared"]) == (True, True)
    other = verified["anchor"].partition(":")[0] + ":" + "0" * 64
    broken = watched.ask("POST", "/api/audit/verify", {"anchor": other}, headers).json()
    assert broken["broken"]["damage"] == "rewritten"
    assert watched.ask("POST", "/api/audit/verify", {"anchor": "x"}, headers).status_code == 400
    assert watched.http.get("/api/audit", params={"outcome": "x"}, headers=headers).status_code == 422
    assert watched.http.get("/api/audit", params={"since": "x"}, headers=headers).status_code == 400
    assert watched.http.get("/api/audit", params={"since": "2025-01-02"}, headers=headers).json()["entries"] == []


def test_an_auditor_asks_in_graphql(watched: Watched) -> None:
    watched.ask("POST", "/api/query", {"query": QUESTION})
    watched.ask("POST", "/api/query", {"query": "nonsense"})
    fields = "entries { number who roles door outcome code rows askedSha256 durationUs } next"
    text = '{ audit(door: "POST /api/query", first: 1) { %s } refused: audit(outcome: "refused") { %s } }'
    answer = watched.ask("POST", "/graphql", {"query": text % (fields, fields)}).json()["data"]
    (refused,) = answer["audit"]["entries"]
    assert answer["refused"]["entries"] == [refused]
    assert (refused["who"], refused["roles"]) == ("ana", ["administrator", "data_protection_officer"])
    assert refused["askedSha256"] == digest_of_text("nonsense")
    assert answer["audit"]["next"] == refused["number"]
    wrong = watched.ask("POST", "/graphql", {"query": "{ audit(first: 0) { next } }"}).json()
    assert wrong["errors"][0]["extensions"]["code"] == "PAGE_SIZE"


def test_an_auditor_of_one_perimeter_does_not_see_the_trail_of_all(watched: Watched) -> None:
    auditor = watched.keeper.accounts.create("eva", PASSWORD, ["auditor"], ["Payments"], by="test")
    secret, _ = watched.keeper.tokens.issue(auditor, timedelta(days=1))
    assert watched.ask("GET", "/api/audit", None, {"Authorization": f"Bearer {secret}"}).status_code == 403


def test_without_a_trail_nothing_is_changed_and_questions_are_answered_while_their_entries_can_wait(
    schema: Schema, tmp_path: Path
) -> None:
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        (tmp_path / "ledger.audit.db").mkdir()  # no file can be made there
        recorder = recorder_of(twin)
        recorder = Recorder(recorder.trail, twin.clock, sequence=twin.ledger.sequence, room=3, patience_s=0.2)
        with served(twin, create_app(twin, follow=False, recorder=recorder)) as server:
            refused = server.post("/api/branches", {"name": "plan"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "STORE_READ_ONLY")
            assert server.get("/api/branches").json() == []
            asked = [server.post("/api/query", {"query": QUESTION}) for _ in range(4)]
            assert [answer.status_code for answer in asked] == [200, 503, 503, 503]
            assert asked[-1].json()["error"]["code"] == "AUDIT_UNAVAILABLE"
            assert server.get("/health").status_code == 200
            (tmp_path / "ledger.audit.db").rmdir()
            made = server.post("/api/branches", {"name": "plan"})
            assert made.status_code == 201, "as soon as there is one again"
            recorder.flush()
            said = [recorded.entry for recorded in reversed(recorder.trail.page(Wanted()))]
            told = [(entry.door, entry.outcome.value, entry.code) for entry in said]
            assert told == [
                ("POST /api/branches", "failed", "STORE_READ_ONLY"),
                ("GET /api/branches", "answered", None),
                ("POST /api/query", "answered", None),
                ("POST /api/branches", "begun", None),
                ("POST /api/branches", "answered", None),
            ]


def test_the_text_is_kept_where_the_setting_says_so(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, small_estate(), {"audit_text": True}) as twin:
        recorder = recorder_of(twin)
        with served(twin, create_app(twin, follow=False, recorder=recorder)) as server:
            server.post("/api/query", {"query": QUESTION})
            recorder.flush()
            (found,) = recorder.trail.page(Wanted())
            assert found.entry.asked == QUESTION
            assert found.entry.who == "local:operator"


def test_a_ledger_that_does_not_answer_keeps_no_entry_back(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> int:
        raise LedgerError("gone")

    monkeypatch.setattr(watched.recorder, "_sequence", gone)
    before = watched.number()
    watched.ask("GET", "/api/me")
    (end,) = watched.said(before)
    assert end.sequence is None


def test_public_routes_are_the_only_ones_for_everybody(watched: Watched) -> None:
    assert {path for _, path in PUBLIC} - {"/api/sign-in", CALLBACK} <= UNKEPT
