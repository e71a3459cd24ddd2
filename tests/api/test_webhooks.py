"""Webhooks through the doors of a server: registered, delivered while it runs, and never told of with their secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.log import configure_logging
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.audit.recorder import Recorder, recorder_of
from services.audit.trail import Wanted
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import created, opened, small_estate, write
from tests.patience import until
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock
from tests.services.webhooks.receiver import Receiver


@dataclass(frozen=True, slots=True)
class Told:
    """A server that delivers, its receiver, and who asks."""

    twin: Twin
    http: httpx.Client
    receiver: Receiver
    recorder: Recorder
    headers: Mapping[str, Mapping[str, str]]

    def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.http.request(method, f"/api/webhooks{path}", json=body, headers=dict(self.headers[who]))


@pytest.fixture
def told(schema: Schema, tmp_path: Path) -> Iterator[Told]:
    more = {"allowed_networks": ("127.0.0.0/8",)}
    with Receiver().serving() as receiver, opened("networkx", schema, tmp_path, small_estate(), more) as twin:
        clock = MovedClock()
        keeper = Doorkeeper(twin.ledger, clock, hasher=CHEAP)
        headers = {}
        for role in ("administrator", "owner", "reader"):
            account = keeper.accounts.create(role, PASSWORD, [role], None if role == "administrator" else (), by="test")
            secret, _ = keeper.tokens.issue(account, timedelta(days=1))
            headers[role] = {"Authorization": f"Bearer {secret}"}
        recorder = recorder_of(twin)
        with served(twin, create_app(twin, doorkeeper=keeper, recorder=recorder)) as server:
            yield Told(twin, server.http, receiver, recorder, headers)


def test_a_webhook_is_registered_told_of_what_another_process_writes_and_asked_about(told: Told) -> None:
    asked = {"name": "portal", "url": told.receiver.url, "filter": {"teams": {"name": {"startsWith": "new"}}}}
    kept = told.ask("administrator", "POST", "", asked)
    assert kept.status_code == 201, kept.text
    secret = kept.json()["secret"]
    write(told.twin.ledger, [created("Team", "new-1"), created("Team", "old"), created("Rack", "new-2")], "later")
    until(lambda: len(told.receiver.received) == 1)
    assert told.receiver.names == ["new-1"]
    assert told.receiver.received[0].is_signed_with(secret)
    until(lambda: told.ask("administrator", "GET", "/portal/deliveries?state=delivered").json() != [])
    text = "{ webhooks { name state receiver deliveries(first: 5) { state type attempts status } } }"
    answer = told.http.post("/graphql", json={"query": text}, headers=dict(told.headers["administrator"])).json()
    (hook,) = answer["data"]["webhooks"]
    assert hook == {
        "name": "portal",
        "state": "active",
        "receiver": f"http://127.0.0.1:{told.receiver.port}",
        "deliveries": [{"state": "delivered", "type": "changes", "attempts": 1, "status": 204}],
    }


def test_every_step_has_its_door(told: Told) -> None:
    def ask(method: str, path: str, body: Any = None) -> Any:
        answer = told.ask("administrator", method, path, body)
        assert answer.is_success, answer.text
        return answer.json()

    ask("POST", "", {"name": "portal", "url": told.receiver.url, "events": ["run.finished"]})
    assert ask("POST", "/portal/test") == {"delivered": True, "status": 204, "error": ""}
    assert ask("POST", "/portal/pause")["state"] == "paused"
    assert told.ask("administrator", "POST", "/portal/replay").json()["error"]["code"] == "WEBHOOK_PAUSED"
    assert ask("POST", "/portal/resume", {"skip": True})["state"] == "active"
    assert ask("POST", "/portal/rotate", {"overlap_hours": 2})["secret"].startswith("whsec_")
    assert ask("POST", "/portal/rotate", {"secret_env": "PORTAL_WEBHOOK_SECRET"})["secret"] is None
    assert ask("GET", "/portal")["events"] == ["run.finished"]
    assert [hook["name"] for hook in ask("GET", "")] == ["portal"]
    assert ask("DELETE", "/portal")["name"] == "portal"
    assert ask("GET", "") == []


def test_who_has_not_the_right_or_the_webhook_learns_nothing(told: Told) -> None:
    assert told.ask("reader", "POST", "", {"name": "x", "url": told.receiver.url}).status_code == 403
    whole = {"name": "x", "url": told.receiver.url, "events": ["quarantine.grown"]}
    assert told.ask("owner", "POST", "", whole).json()["error"]["code"] == "RESTRICTED"
    assert told.ask("administrator", "POST", "", {"name": "portal", "url": told.receiver.url}).status_code == 201
    assert told.ask("owner", "GET", "").json() == []
    assert told.ask("owner", "GET", "/portal").status_code == 404
    assert told.ask("owner", "POST", "/portal/rotate").status_code == 404
    refused = told.ask("owner", "POST", "", {"name": "inside", "url": "https://10.1.2.3/secret-path"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "ADDRESS_REFUSED")


def test_secrets_and_addresses_are_in_no_log_no_answer_and_no_entry_of_the_trail(
    told: Told, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("DEBUG")
    try:
        told.receiver.answers = [500]
        kept = told.ask("owner", "POST", "", {"name": "mine", "url": told.receiver.url}).json()
        told.ask("owner", "POST", "/mine/test")
        second = told.ask("owner", "POST", "/mine/rotate").json()["secret"]
        broken = told.ask("owner", "POST", "", {"name": "mine", "url": told.receiver.url}).text
        listed = told.ask("administrator", "GET", "").text
    finally:
        configure_logging("CRITICAL")
    told.recorder.flush()
    entries = told.recorder.trail.page(Wanted(), limit=100)
    assert any(one.entry.target == "mine" for one in entries)
    printed = capfd.readouterr()
    for secret in (kept["secret"], second, "path-that-is-a-secret"):
        assert secret not in repr(entries)
        assert secret not in broken + listed
        assert secret not in printed.out + printed.err
