"""Signing in at a real OpenID provider on loopback, from the browser's first request to an answer of the twin."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.rights import RIGHTS, Role
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import opened
from tests.api.oidc.conftest import Door, bearer, code, guarded
from tests.oidc_provider import TestedProvider
from tests.services.access.conftest import CHEAP, PASSWORD


def test_a_client_is_told_where_to_sign_in(door: Door) -> None:
    told = door.server.get("/api/oidc").json()
    assert told == {"configured": True, "issuer": door.provider.issuer, "sign_in": "/api/oidc/sign-in"}


def test_somebody_signs_in_at_the_provider_and_asks_with_the_mapped_role_within_the_mapped_perimeter(
    door: Door,
) -> None:
    answer = door.sign_in("bob")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    headers = bearer(answer.json()["secret"])
    me = door.me(headers).json()
    assert me["id"].startswith("oidc:bob-")
    assert (me["roles"], me["perimeters"]) == (["reader"], ["Network"])
    assert set(me["actions"]) == RIGHTS[Role.READER]
    assert door.servers(headers) == 7
    assert door.server.get("/api/accounts", headers=headers).status_code == 403
    assert door.servers(door.token("ana")) == 24


@pytest.mark.parametrize("algorithm", ["PS256", "ES256"])
def test_the_provider_signs_in_any_way_that_the_settings_allow(door: Door, algorithm: str) -> None:
    rsa = RSAKey.generate_key(2048, {"use": "sig", "kid": "rsa"}, private=True)
    elliptic = ECKey.generate_key("P-256", {"use": "sig", "kid": "elliptic"}, private=True)
    door.provider.publish(rsa, elliptic, id_token_signed_response_alg=algorithm)
    answer = door.sign_in("bob")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post", "none"])
def test_the_twin_says_who_it_is_in_the_way_that_the_provider_has(
    oidc_provider: TestedProvider, schema: Schema, tmp_path: Path, way: str
) -> None:
    oidc_provider.authenticate(way)
    with guarded(oidc_provider, schema, tmp_path, client_secret_env=None if way == "none" else "TWIN_SECRET") as door:
        answer = door.sign_in("bob")
        assert answer.status_code == 200, answer.text


def test_a_wrong_secret_lets_nobody_in(oidc_provider: TestedProvider, schema: Schema, tmp_path: Path) -> None:
    with guarded(oidc_provider, schema, tmp_path, client_secret_env="OTHER_SECRET") as door:
        answer = door.sign_in("bob")
        assert (answer.status_code, code(answer)) == (401, "PROVIDER_REFUSED")
        assert "invalid_client" in answer.text


def test_the_way_to_the_provider_has_a_challenge_and_the_browser_keeps_what_nobody_reads(door: Door) -> None:
    answer = door.server.get("/api/oidc/sign-in")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert len({asked[name][0] for name in ("state", "nonce", "code_challenge")}) == 3
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/api/oidc"))
    assert asked["state"][0] not in cookie


def test_over_https_the_cookie_never_travels_in_the_clear(
    oidc_provider: TestedProvider, schema: Schema, tmp_path: Path
) -> None:
    with guarded(oidc_provider, schema, tmp_path, redirect_uri="https://twin.example/api/oidc/callback") as door:
        assert "Secure" in door.server.get("/api/oidc/sign-in").headers["set-cookie"]


def test_a_second_sign_in_is_the_same_account(door: Door) -> None:
    first, second = (door.me(door.token("bob")).json()["id"] for _ in range(2))
    assert first == second
    assert [account.name for account in door.keeper.accounts.all()] == [first, "root"]


def test_somebody_whom_no_claim_gives_a_role_gets_nothing_and_leaves_nothing(door: Door) -> None:
    answer = door.sign_in("eve")
    assert (answer.status_code, code(answer)) == (403, "IDENTITY_WITHOUT_ROLE")
    assert [account.name for account in door.keeper.accounts.all()] == ["root"]


def test_roles_that_are_taken_away_at_the_provider_are_gone_at_the_next_sign_in_in_every_session(door: Door) -> None:
    headers = door.token("ana")
    assert door.server.get("/api/accounts", headers=headers).status_code == 200
    door.provider.change(ana={"groups": ["readers", "team-network"]})
    door.token("ana")
    assert door.server.get("/api/accounts", headers=headers).status_code == 403
    assert door.servers(headers) == 7
    door.provider.change(ana={"groups": []})
    assert code(door.sign_in("ana")) == "IDENTITY_WITHOUT_ROLE"
    assert door.me(headers).status_code == 401
    door.provider.change()
    door.token("ana")
    assert door.servers(headers) == 24


def test_a_disabled_account_stays_out_whatever_the_provider_says(door: Door) -> None:
    headers = door.token("bob")
    name = door.me(headers).json()["id"]
    root = bearer(door.keeper.sign_in("root", PASSWORD)[0])
    refused = door.server.http.patch(f"/api/accounts/{name}", json={"roles": ["administrator"]}, headers=root)
    assert refused.status_code == 400
    assert door.server.http.patch(f"/api/accounts/{name}", json={"enabled": False}, headers=root).status_code == 200
    assert door.me(headers).status_code == 401
    assert code(door.sign_in("bob")) == "SIGN_IN_REFUSED"


def test_an_account_of_the_provider_has_no_password(door: Door) -> None:
    name = door.me(door.token("bob")).json()["id"]
    for password in ("", PASSWORD):
        answer = door.server.post("/api/sign-in", {"name": name, "password": password})
        assert (answer.status_code, code(answer)) == (401, "SIGN_IN_REFUSED")


def test_a_token_that_somebody_makes_for_a_year_ends_with_the_providers_word_and_goes_on_with_it(door: Door) -> None:
    made = door.server.http.post("/api/tokens", json={"hours": 8000}, headers=door.token("bob")).json()
    headers = bearer(made["secret"])
    door.clock.by = timedelta(hours=11, minutes=59)
    assert door.me(headers).status_code == 200
    door.clock.by = timedelta(hours=12, minutes=1)
    assert code(door.me(headers)) == "TOKEN_REFUSED"
    door.clock.by = timedelta()
    door.token("bob")
    assert door.me(headers).status_code == 200


def test_another_state_is_refused(door: Door) -> None:
    back = door.provider.log_in(door.depart(), "bob")
    for state in ("", "another", "é" * 43):
        answer = door.come_back(back, state=state)
        assert (answer.status_code, code(answer)) == (400, "SIGN_IN_STATE")
    assert door.come_back(back).status_code == 200


def test_an_answer_in_a_browser_that_did_not_begin_is_refused(door: Door) -> None:
    with httpx.Client(base_url=door.server.http.base_url, trust_env=False) as thief:
        back = door.provider.log_in(door.depart(thief), "bob")
    assert code(door.come_back(back)) == "SIGN_IN_STATE"


def test_a_sign_in_that_takes_too_long_is_refused(door: Door) -> None:
    back = door.provider.log_in(door.depart(), "bob")
    door.clock.by = timedelta(minutes=11)
    assert code(door.come_back(back)) == "SIGN_IN_STATE"


def test_a_code_is_good_once(door: Door) -> None:
    address = door.depart()
    back = door.provider.log_in(address, "bob")
    kept = dict(door.server.http.cookies)
    assert door.come_back(back).status_code == 200
    assert dict(door.server.http.cookies) == {}
    door.server.http.cookies.update(kept)
    answer = door.come_back(back)
    assert (answer.status_code, code(answer)) == (401, "PROVIDER_REFUSED")
    assert "invalid_grant" in answer.json()["error"]["message"]


def test_a_code_of_another_sign_in_is_refused_because_of_its_verifier(door: Door) -> None:
    with httpx.Client(base_url=door.server.http.base_url, trust_env=False) as thief:
        stolen = parse_qs(urlsplit(door.provider.log_in(door.depart(thief), "ana")).query)["code"][0]
    mine = door.provider.log_in(door.depart(), "bob")
    answer = door.come_back(mine, code=stolen)
    assert (answer.status_code, code(answer)) == (401, "PROVIDER_REFUSED")


def test_an_id_token_with_another_nonce_is_refused(door: Door) -> None:
    address = door.depart()
    nonce = parse_qs(urlsplit(address).query)["nonce"][0]
    answer = door.come_back(door.provider.log_in(address.replace(nonce, "another-nonce"), "bob"))
    assert (answer.status_code, code(answer)) == (401, "PROVIDER_TOKEN_REFUSED")
    assert answer.json()["error"]["details"]["reason"] == "nonce"


def test_an_answer_of_another_issuer_is_refused(door: Door) -> None:
    back = door.provider.log_in(door.depart(), "bob")
    assert code(door.come_back(back, iss="https://other.example")) == "SIGN_IN_STATE"
    without = back.replace("iss=", "not_iss=")
    assert code(door.come_back(without)) == "SIGN_IN_STATE"


def test_a_person_who_says_no_is_told_so_and_a_text_of_strangers_is_not_repeated(door: Door) -> None:
    state = parse_qs(urlsplit(door.depart()).query)["state"][0]
    given = {"state": state, "iss": door.provider.issuer}
    refused = door.server.get("/api/oidc/callback", params=given | {"error": "access_denied"})
    assert (refused.status_code, code(refused)) == (401, "PROVIDER_REFUSED")
    assert "access_denied" in refused.text
    assert "call 0800" not in door.server.get("/api/oidc/callback", params=given | {"error": "call 0800"}).text


def test_without_a_provider_a_client_is_told_so(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path) as twin:
        keeper = Doorkeeper(twin.ledger, twin.clock, hasher=CHEAP)
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:
            assert server.get("/api/oidc").json() == {"configured": False, "issuer": None, "sign_in": None}
            for path in ("/api/oidc/sign-in", "/api/oidc/callback?code=x&state=y"):
                answer = server.get(path)
                assert (answer.status_code, code(answer)) == (404, "OIDC_NOT_CONFIGURED")
            assert server.get("/api/me", headers=bearer("a.b.c")).status_code == 401
