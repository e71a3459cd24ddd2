"""Many requests that do not say who asks are refused before anything is looked up for them; who is known goes on from the same address."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.strangers import WINDOW_S, Strangers, TooManyRefusedError
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.audit.recorder import recorder_of
from services.audit.trail import Wanted
from tests.api.apps import create_app
from tests.api.estate import opened, small_estate
from tests.security.doors.asking import Client
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

MOST = 3


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_address_waits_until_its_minute_is_over_and_others_do_not() -> None:
    time = Seconds()
    strangers = Strangers(MOST, time)
    for _ in range(MOST):
        strangers.check("from 192.0.2.1")
        strangers.refused("from 192.0.2.1")
    time.now += WINDOW_S - 10
    with pytest.raises(TooManyRefusedError) as refused:
        strangers.check("from 192.0.2.1")
    assert refused.value.details == {"retry_after_s": 10}
    strangers.check("from 192.0.2.2")
    time.now += 10
    strangers.check("from 192.0.2.1")
    strangers.refused("from 192.0.2.1")
    strangers.check("from 192.0.2.1")


def test_passwords_and_tokens_are_tried_so_often_and_the_trail_grows_no_more(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, small_estate(), {"refused_per_minute": MOST}) as twin:
        keeper, recorder = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP), recorder_of(twin)
        account = keeper.accounts.create("ana", PASSWORD, ["reader"], None, by="test")
        secret, token = keeper.tokens.issue(account, timedelta(days=1))
        app = create_app(twin, follow=False, doorkeeper=keeper, recorder=recorder)
        client = Client(app)

        def me(shown: str) -> int:
            return client.request("GET", "/api/me", headers={"Authorization": f"Bearer {shown}"}).status_code

        def sign_in(name: str) -> int:
            return client.request("POST", "/api/sign-in", json={"name": name, "password": "x" * 12}).status_code

        assert me(secret) == 200
        assert [sign_in("ana"), sign_in("bob"), me("jmo_" + "A" * 43)] == [401] * 3
        assert [sign_in("eve"), me("jmo_" + "B" * 43), me("")] == [429] * 3
        answer = client.request("GET", "/api/me")
        assert (answer.json()["error"]["code"], int(answer.headers["Retry-After"]) > 0) == ("TOO_MANY_REFUSED", True)
        assert me(secret) == 200, "who is known goes on"
        recorder.flush()
        ends = [recorded.entry.code for recorded in recorder.trail.page(Wanted(), limit=100)]
        assert sorted(str(code) for code in ends) == ["None"] * 2 + ["SIGN_IN_REFUSED"] * 2 + ["TOKEN_REFUSED"]
        keeper.tokens.revoke(token.id)
        assert [me(secret), me(secret)] == [401, 429], "a credential that is good no longer is a stranger's"
        app.state.services.moments.close()
        client.close()
