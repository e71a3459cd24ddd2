"""An account asks so much in a minute, at every door and with all its tokens together; what is refused fills no trail.

Tokens that are none are counted over websockets as they are over HTTP, and an address that waits opens none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.exceptions import InvalidStatus

from api.rates import WINDOW_S, RateLimitedError, RateLimits, Rates
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.audit.recorder import Recorder, recorder_of
from services.audit.trail import Wanted
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import opened, small_estate
from tests.api.websocket_client import talking
from tests.security.doors.asking import Client
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

MOST = 6
WRONG = "jmo_" + "A" * 43


@dataclass(slots=True)
class Seconds:
    """A clock that a test moves."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_requests_of_an_account_are_counted_by_the_minute_and_those_of_others_apart() -> None:
    time = Seconds()
    rates = Rates(RateLimits(MOST, 10.0), {"local"}, time)
    for _ in range(MOST):
        rates.take("ana")
    time.now += WINDOW_S - 10
    with pytest.raises(RateLimitedError) as refused:
        rates.take("ana")
    assert (refused.value.where, refused.value.details) == ("JUMEAU_REQUESTS_PER_MINUTE", {"retry_after_s": 10})
    rates.take("bob")
    for _ in range(2 * MOST):
        rates.take("local")
    time.now += 10
    rates.take("ana")


def test_work_counts_whenever_it_ends() -> None:
    time = Seconds()
    rates = Rates(RateLimits(MOST, 10.0), (), time)
    rates.worked("ana", 100.0)
    rates.take("ana")
    rates.worked("ana", 6.0)
    rates.take("ana")
    rates.worked("ana", 4.0)
    with pytest.raises(RateLimitedError) as refused:
        rates.take("ana")
    assert refused.value.where == "JUMEAU_WORK_S_PER_MINUTE"
    time.now += WINDOW_S
    rates.worked("ana", 10.0)
    with pytest.raises(RateLimitedError):
        rates.take("ana")
    time.now += WINDOW_S
    rates.take("ana")


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server with few requests a minute, for accounts and for strangers."""

    server: Server
    app: FastAPI
    keeper: Doorkeeper
    recorder: Recorder

    def token(self, name: str) -> str:
        """A token of a new account."""
        account = self.keeper.accounts.create(name, PASSWORD, ["administrator"], None, by="test")
        return self.keeper.tokens.issue(account, timedelta(days=1))[0]

    def ask(self, secret: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.server.http.request(method, path, json=body, headers={"Authorization": f"Bearer {secret}"})

    def entries(self) -> list[str | None]:
        """The codes of what is on record."""
        self.recorder.flush()
        return [recorded.entry.code for recorded in self.recorder.trail.page(Wanted(), limit=500)]


@pytest.fixture
def guarded(schema: Schema, tmp_path: Path) -> Iterator[Guarded]:
    settings = {"requests_per_minute": MOST, "refused_per_minute": MOST}
    with opened("networkx", schema, tmp_path, small_estate(), settings) as twin:
        keeper, recorder = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP), recorder_of(twin)
        app = create_app(twin, follow=False, doorkeeper=keeper, recorder=recorder)
        with served(twin, app) as server:
            yield Guarded(server, app, keeper, recorder)


DOORS = {
    "rest": ("GET", "/api/me", None),
    "graphql": ("POST", "/graphql", {"query": "{ teams { count } }"}),
    "catalogue": ("POST", "/api/catalogue/estate_by_organisation", {}),
    "export": ("POST", "/api/exports", {"catalogue": "estate_by_organisation", "format": "csv"}),
    "chat": ("GET", "/v1/models", None),
    "mcp": ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
}


def test_every_door_refuses_an_account_that_has_asked_enough_and_the_trail_grows_no_more(guarded: Guarded) -> None:
    secret = guarded.token("ana")
    account = guarded.keeper.accounts.get("ana")
    other = guarded.keeper.tokens.issue(account, timedelta(days=1))[0]
    assert [guarded.ask(shown, *DOORS["rest"]).status_code for shown in (secret, other) * 3] == [200] * MOST
    before = guarded.entries()
    for name, door in DOORS.items():
        answer = guarded.ask(secret, *door)
        assert (name, answer.status_code, answer.json()["error"]["code"]) == (name, 429, "RATE_LIMITED")
        assert 0 < int(answer.headers["Retry-After"]) <= WINDOW_S
    with talking(guarded.server, token=other) as talk:
        assert not talk.init()
        assert talk.closed is not None
        assert talk.closed[0] == 4429
        assert "RATE_LIMITED" in talk.closed[1]
    assert guarded.entries() == before
    assert guarded.server.http.get("/health").status_code == 200
    assert guarded.ask(guarded.token("bob"), *DOORS["rest"]).status_code == 200, "others go on"
    assert guarded.app.state.gate.shed["RATE_LIMITED"] == len(DOORS)


def test_operations_over_a_websocket_count_for_the_account(guarded: Guarded) -> None:
    secret = guarded.token("ana")
    with talking(guarded.server) as talk:
        assert talk.init({"Authorization": f"Bearer {secret}"})
        for number in range(MOST - 1):
            talk.subscribe("{ teams { count } }", id=f"{number}")
            assert talk.next() == {"teams": {"count": 3}}
            assert talk.receive()["type"] == "complete"
        before = guarded.entries()
        talk.subscribe("{ teams { count } }", id="more")
        assert talk.code() == "RATE_LIMITED"
        assert guarded.entries() == before


def test_work_over_http_is_counted_for_the_account(schema: Schema, tmp_path: Path) -> None:
    settings = {"work_s_per_minute": 1e-9}
    with opened("networkx", schema, tmp_path, small_estate(), settings) as twin:
        keeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
        account = keeper.accounts.create("ana", PASSWORD, ["reader"], None, by="test")
        headers = {"Authorization": f"Bearer {keeper.tokens.issue(account, timedelta(days=1))[0]}"}
        app = create_app(twin, follow=False, doorkeeper=keeper)
        client = Client(app)
        answers = [client.request("GET", "/api/me", headers=headers) for _ in range(3)]
        # Of the first nobody knew whose it is while it was worked on; the second one's work is beyond what may be.
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["error"]["where"] == "JUMEAU_WORK_S_PER_MINUTE"
        app.state.services.moments.close()
        client.close()


def test_wrong_tokens_over_websockets_are_counted_and_an_address_that_waits_opens_none(guarded: Guarded) -> None:
    secret = guarded.token("ana")
    assert guarded.ask(secret, *DOORS["rest"]).status_code == 200
    for shown in (WRONG, "", WRONG, WRONG, WRONG, WRONG):
        with talking(guarded.server) as talk:
            assert not talk.init({"Authorization": f"Bearer {shown}"})
            assert talk.closed is not None
            assert talk.closed[0] == 4401
    before = guarded.entries()
    with pytest.raises(InvalidStatus) as refused, talking(guarded.server):
        pass
    assert refused.value.response.status_code == 429
    assert 0 < int(refused.value.response.headers["Retry-After"]) <= WINDOW_S
    assert guarded.ask(WRONG, *DOORS["rest"]).status_code == 429, "they are counted with those over HTTP"
    assert guarded.entries() == before
    with talking(guarded.server, token=secret) as talk:
        assert talk.init(), "who is known goes on"


def test_a_token_that_has_ended_is_looked_up_once_more_by_its_websocket_and_not_again(guarded: Guarded) -> None:
    account = guarded.keeper.accounts.create("ana", PASSWORD, ["reader"], None, by="test")
    secret, token = guarded.keeper.tokens.issue(account, timedelta(days=1))
    with talking(guarded.server) as talk:
        assert talk.init({"Authorization": f"Bearer {secret}"})
        guarded.keeper.tokens.revoke(token.id)
        talk.subscribe("{ teams { count } }", id="1")
        assert talk.code() == "TOKEN_REFUSED"
        before = guarded.entries()
        for number in range(2, 5):
            talk.subscribe("{ teams { count } }", id=f"{number}")
            while (message := talk.receive())["type"] == "complete":
                pass
            assert message["payload"][0]["extensions"]["code"] == "TOKEN_REFUSED"
        assert guarded.entries() == before
