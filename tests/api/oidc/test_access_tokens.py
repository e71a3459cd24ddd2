"""Access tokens of a real OpenID provider at the door: its keys rotate, it is down, and strangers forge them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from graph.schema.model import Schema
from tests.api.oidc.conftest import Door, bearer, code, guarded
from tests.oidc_provider import AUDIENCE, TestedProvider, new_key
from tests.services.access.conftest import PASSWORD
from tests.services.access.oidc.tokens import by_hand


def test_a_program_asks_with_an_access_token_of_the_provider_and_makes_no_other(door: Door) -> None:
    headers = bearer(door.provider.robot_token())
    me = door.me(headers).json()
    assert (me["roles"], me["perimeters"]) == (["reader"], ["Network"])
    assert me["id"].startswith("oidc:")
    assert door.servers(headers) == 7
    assert door.server.http.post("/api/tokens", json={"hours": 1}, headers=headers).status_code == 400
    assert [account.name for account in door.keeper.accounts.all()] == ["root"]


def test_a_program_whom_no_claim_gives_a_role_may_do_nothing(door: Door) -> None:
    now = int(door.clock.now().timestamp())
    claims = {"iss": door.provider.issuer, "aud": AUDIENCE, "sub": "canteen", "iat": now, "exp": now + 600}
    key = door.provider.key
    for groups in (["canteen"], [], None, "reader", ["administrator"]):
        said = claims | ({} if groups is None else {"groups": groups})
        token = jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": key.kid}, said, key)
        assert code(door.me(bearer(token))) == "FORBIDDEN"
        assert door.server.http.post("/api/query", json={}, headers=bearer(token)).status_code == 403
        asked = door.server.http.post("/graphql", json={"query": "{ servers { count } }"}, headers=bearer(token))
        assert asked.status_code == 403


def test_an_access_token_is_the_person_who_has_an_account_and_is_kept_out_with_it(door: Door) -> None:
    now = int(door.clock.now().timestamp())
    claims = {"iss": door.provider.issuer, "aud": AUDIENCE, "sub": "bob", "iat": now, "exp": now + 600}
    key = door.provider.key
    access = bearer(jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": key.kid}, claims | {"groups": "readers"}, key))
    name = door.me(door.token("bob")).json()["id"]
    me = door.me(access).json()
    assert (me["id"], me["roles"], me["perimeters"]) == (name, ["reader"], [])
    assert door.keeper.accounts.get(name).perimeters == frozenset({"Network"}), (
        "what one token says is not the account's"
    )
    door.keeper.accounts.change(name, enabled=False)
    assert code(door.me(access)) == "TOKEN_REFUSED"


def test_an_access_token_for_another_audience_is_refused(door: Door) -> None:
    answer = door.me(bearer(door.provider.robot_token("https://other.example")))
    assert (answer.status_code, code(answer)) == (401, "PROVIDER_TOKEN_REFUSED")
    assert answer.json()["error"]["details"]["reason"] == "aud"


@pytest.mark.parametrize("changes", [{"api_audience": None}, {"api_clients": ["other"]}], ids=["none", "others"])
def test_access_tokens_are_accepted_where_the_settings_say_so(
    oidc_provider: TestedProvider, schema: Schema, tmp_path: Path, changes: dict[str, Any]
) -> None:
    with guarded(oidc_provider, schema, tmp_path, **changes) as door:
        assert code(door.me(bearer(oidc_provider.robot_token()))) == "PROVIDER_TOKEN_REFUSED"


def test_a_forged_signature_is_refused_at_the_door(door: Door) -> None:
    key = door.provider.key
    now = int(door.clock.now().timestamp())
    claims = {"iss": door.provider.issuer, "aud": AUDIENCE, "sub": "ana", "iat": now, "exp": now + 600}
    claims |= {"groups": ["estate-admins", "everything"]}
    header = {"typ": "at+jwt", "kid": key.kid}
    good = jwt.encode(header | {"alg": "RS256"}, claims, key)
    assert door.me(bearer(good)).json()["roles"] == ["administrator"]
    head, _, signature = good.split(".")
    other = by_hand({}, claims | {"sub": "root"}).split(".")[1]
    forged = {
        "stranger": jwt.encode(header | {"alg": "RS256"}, claims, new_key()),
        "public key as a secret": by_hand(header | {"alg": "HS256"}, claims, key.as_pem(private=False)),
        "none": by_hand(header | {"alg": "none"}, claims),
        "no signature": good.removesuffix(signature),
        "other claims": f"{head}.{other}.{signature}",
    }
    answers = {name: door.me(bearer(token)) for name, token in forged.items()}
    assert {name: code(answer) for name, answer in answers.items()} == dict.fromkeys(forged, "PROVIDER_TOKEN_REFUSED")
    door.clock.by = timedelta(seconds=661)
    assert door.me(bearer(good)).json()["error"]["details"]["reason"] == "exp"


def test_keys_rotate_in_flight_and_a_withdrawn_one_is_refused(door: Door) -> None:
    before = bearer(door.provider.robot_token())
    assert door.me(before).status_code == 200
    old, new = door.provider.key, new_key()
    door.provider.publish(new, old)
    after = bearer(door.provider.robot_token())
    assert [door.me(headers).status_code for headers in (before, after)] == [200, 200]
    assert door.sign_in("bob").status_code == 200
    door.provider.publish(new)
    door.clock.by = timedelta(seconds=301)
    assert [door.me(headers).status_code for headers in (before, after)] == [401, 200]
    assert door.me(before).json()["error"]["details"]["reason"] == "kid"


def test_tokens_with_keys_that_nobody_knows_make_the_twin_ask_once_in_a_while(door: Door) -> None:
    assert door.me(bearer(door.provider.robot_token())).status_code == 200
    asked = door.provider.key_set_requests
    stranger = new_key()
    forged = [jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": f"key-{n}"}, {}, stranger) for n in range(30)]
    assert {door.me(bearer(token)).status_code for token in forged} == {401}
    assert door.provider.key_set_requests == asked + 1
    door.clock.by = timedelta(seconds=61)
    assert door.me(bearer(forged[0])).status_code == 401
    assert door.provider.key_set_requests == asked + 2


def test_an_outage_of_the_provider_keeps_nobody_out_who_is_in(
    own_oidc_provider: TestedProvider, schema: Schema, tmp_path: Path
) -> None:
    with guarded(own_oidc_provider, schema, tmp_path) as door:
        session, program = door.token("bob"), bearer(own_oidc_provider.robot_token())
        assert door.me(program).status_code == 200
        back = own_oidc_provider.log_in(door.depart(), "bob")
        own_oidc_provider.stop()
        answer = door.come_back(back)
        assert (answer.status_code, code(answer)) == (503, "PROVIDER_UNAVAILABLE")
        door.clock.by = timedelta(seconds=301)  # the keys are old, and may be used on
        assert [door.me(headers).status_code for headers in (session, program)] == [200, 200]
        door.clock.by = timedelta(hours=11)
        assert door.me(session).status_code == 200
        assert code(door.me(program)) == "PROVIDER_UNAVAILABLE"
        assert code(door.server.get("/api/oidc/sign-in")) == "PROVIDER_UNAVAILABLE"
        assert door.server.post("/api/sign-in", {"name": "root", "password": PASSWORD}).status_code == 200
        door.clock.by = timedelta(hours=13)
        assert door.me(session).status_code == 401
