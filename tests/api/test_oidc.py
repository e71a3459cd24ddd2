"""Signing in at a real OpenID provider on loopback, from the browser's first request to an answer of the twin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt

from api.app import create_app
from core.oidc_settings import OidcSettings
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.oidc.provider import IdentityProvider
from services.access.rights import RIGHTS, Role
from tests.api.conftest import Server, served
from tests.api.estate import opened, small_estate
from tests.oidc_provider import AUDIENCE, CLIENT, REDIRECT_URI, SECRET, TestedProvider, new_key
from tests.services.access.conftest import CHEAP, PASSWORD
from tests.services.access.oidc.tokens import by_hand

SERVERS = {"query": "MATCH (s:Server) RETURN count(s) AS n"}


@dataclass(slots=True)
class ShiftedClock:
    """The machine's clock, as the provider has it, put forward or back by a test."""

    by: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass(frozen=True, slots=True)
class Door:
    """A server that asks people to sign in, at the provider or with a password."""

    server: Server
    keeper: Doorkeeper
    clock: ShiftedClock
    provider: TestedProvider

    def depart(self, browser: httpx.Client | None = None) -> str:
        """Begin a sign-in; where the provider's page is."""
        answer = (browser or self.server.http).get("/api/oidc/sign-in")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def come_back(self, address: str, **changes: str) -> httpx.Response:
        """Follow the way back from the provider, with some of its parameters changed."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.server.http.get("/api/oidc/callback", params=given | changes)

    def sign_in(self, login: str) -> httpx.Response:
        """The whole way."""
        return self.come_back(self.provider.log_in(self.depart(), login))

    def token(self, login: str) -> dict[str, str]:
        """The header of somebody who has signed in."""
        answer = self.sign_in(login)
        assert answer.status_code == 200, answer.text
        return bearer(answer.json()["secret"])

    def me(self, headers: dict[str, str]) -> httpx.Response:
        return self.server.get("/api/me", headers=headers)

    def servers(self, headers: dict[str, str]) -> int:
        """How many servers somebody sees."""
        answer = self.server.http.post("/api/query", json=SERVERS, headers=headers)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["rows"][0][0])


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def settings(provider: TestedProvider, **changes: Any) -> OidcSettings:
    given: dict[str, Any] = {
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret_env": "TWIN_SECRET",
        "redirect_uri": REDIRECT_URI,
        "roles_claim": "groups",
        "roles": {"readers": ["reader"], "estate-admins": ["administrator"]},
        "perimeters_claim": "groups",
        "perimeters": {"team-network": ["Network"]},
        "whole_estate": ["everything"],
        "api_audience": AUDIENCE,
    }
    return OidcSettings(**(given | changes))


@contextmanager
def guarded(provider: TestedProvider, schema: Schema, folder: Path, **changes: Any) -> Iterator[Door]:
    """The small estate behind a door that this provider opens."""
    estate = small_estate()
    estate.link(estate.of("Team")[0], "IN_PERIMETER", estate.add("Perimeter", "Network"))
    with opened("networkx", schema, folder, estate) as twin:
        clock = ShiftedClock()
        at = IdentityProvider(settings(provider, **changes), clock, {"TWIN_SECRET": SECRET})
        keeper = Doorkeeper(twin.ledger, clock, hasher=CHEAP, provider=at)
        keeper.accounts.create("root", PASSWORD, ["administrator"], None, by="test")
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:
            yield Door(server, keeper, clock, provider)


@pytest.fixture
def door(oidc_provider: TestedProvider, schema: Schema, tmp_path: Path) -> Iterator[Door]:
    with guarded(oidc_provider, schema, tmp_path) as door:
        yield door


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


# --- answers that belong to no sign-in of this browser ----------------------------------------------------------------


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


# --- access tokens of the provider ------------------------------------------------------------------------------------


def test_a_program_asks_with_an_access_token_of_the_provider_and_makes_no_other(door: Door) -> None:
    headers = bearer(door.provider.robot_token())
    me = door.me(headers).json()
    assert (me["roles"], me["perimeters"]) == (["reader"], ["Network"])
    assert me["id"].startswith("oidc:")
    assert door.servers(headers) == 7
    assert door.server.http.post("/api/tokens", json={"hours": 1}, headers=headers).status_code == 400
    assert [account.name for account in door.keeper.accounts.all()] == ["root"]


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


def test_without_a_provider_a_client_is_told_so(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path) as twin:
        keeper = Doorkeeper(twin.ledger, twin.clock, hasher=CHEAP)
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:
            assert server.get("/api/oidc").json() == {"configured": False, "issuer": None, "sign_in": None}
            for path in ("/api/oidc/sign-in", "/api/oidc/callback?code=x&state=y"):
                answer = server.get(path)
                assert (answer.status_code, code(answer)) == (404, "OIDC_NOT_CONFIGURED")
            assert server.get("/api/me", headers=bearer("a.b.c")).status_code == 401
