"""`jumeau account`, `jumeau token`, and a server that asks people to sign in."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.acceptance.console import Console
from tests.acceptance.server import serving
from tests.cli.here import Here
from tests.oidc_provider import CLIENT, REDIRECT_URI, SECRET, TestedProvider
from tests.patience import PATIENCE_S
from tests.services.access.conftest import PASSWORD

ENVIRONMENT = {"JUMEAU_NOW": "2025-01-01", "ANAS_PASSWORD": PASSWORD, "JUMEAU_BACKEND": "networkx"}


@pytest.fixture
def console(tmp_path: Path) -> Here:
    return Here(Console(tmp_path / "home", ENVIRONMENT))


def test_accounts_are_made_listed_and_changed(console: Here) -> None:
    made = ("account", "create", "ana", "--role", "administrator", "--whole-estate", "--password-env", "ANAS_PASSWORD")
    (ana,) = console.json(*made)
    assert (ana["name"], ana["roles"], ana["perimeters"]) == ("ana", ["administrator"], None)
    assert console.run(*made).returncode == 2, "the name is taken"
    assert console.run("account", "change", "ana", "--disable").returncode == 2, "the last administrator"
    (bob,) = console.json("account", "create", "bob", "--perimeter", "Payments", "--password-env", "ANAS_PASSWORD")
    assert (bob["roles"], bob["perimeters"]) == (["reader"], ["Payments"])
    assert [account["name"] for account in console.json("account", "list")] == ["ana", "bob"]
    assert console.run("account", "create", "eve").returncode == 2, "there is nobody to type a password"


def test_limits_of_kinds_are_given_listed_and_lifted(console: Here) -> None:
    made = ("account", "create", "ona", "--role", "owner", "--whole-estate", "--password-env", "ANAS_PASSWORD")
    (ona,) = console.json(*made, "--reads", "configuration_items", "--changes", "BusinessApplication")
    assert (ona["reads"], ona["changes"]) == (["configuration_items"], ["BusinessApplication"])
    token = console.json("token", "create", "ona", "--reads", "Server", "--reads", "Team")["token"]
    assert (token["reads"], token["changes"]) == ([["Server", "Team"]], [])
    assert "Server, Team" in console.run("token", "list").stdout
    refused = console.run("account", "change", "ona", "--reads", "Serveur")
    assert (refused.returncode, "Serveur" in refused.stderr) == (2, True)
    (lifted,) = console.json("account", "change", "ona", "--every-kind", "--changes", "Team")
    assert (lifted["reads"], lifted["changes"]) == (None, ["Team"])


def test_a_token_is_shown_once_listed_and_revoked(console: Here) -> None:
    console.json("account", "create", "ana", "--role", "administrator", "--password-env", "ANAS_PASSWORD")
    made = console.json("token", "create", "ana", "--days", "30", "--action", "read", "--note", "dashboards")
    listed = console.run("token", "list")
    assert made["token"]["id"] in listed.stdout
    assert made["secret"] not in listed.stdout
    (revoked,) = console.json("token", "revoke", made["token"]["id"])
    assert revoked["revoked_at"] is not None
    assert console.run("token", "create", "nobody").returncode != 0


def test_an_open_door_is_for_this_machine_only(console: Here) -> None:
    refused = console.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 2
    assert "JUMEAU_ACCESS" in refused.stderr


def test_a_server_without_an_account_does_not_start(tmp_path: Path) -> None:
    console = Here(Console(tmp_path / "home", {**ENVIRONMENT, "JUMEAU_ACCESS": "accounts"}))
    refused = console.run("serve", "--port", "0")
    assert refused.returncode == 2
    assert "jumeau account create" in refused.stderr


def test_nobody_signs_in_at_an_open_door(tmp_path: Path) -> None:
    oidc = {"issuer": "https://login.example", "client_id": "twin", "redirect_uri": REDIRECT_URI}
    console = Here(Console(tmp_path / "home", {**ENVIRONMENT, "JUMEAU_OIDC": json.dumps(oidc)}))
    refused = console.run("serve", "--port", "0")
    assert refused.returncode == 2
    assert "the door is open" in refused.stderr


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"client_secret_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set"),
        ({"roles": {"a": ["raeder"]}}, "no role 'raeder'"),
        ({"issuer": "http://login.example"}, "in the clear"),
    ],
    ids=["no secret", "no such role", "in the clear"],
)
def test_a_provider_that_is_set_up_wrongly_is_told_at_the_start(
    tmp_path: Path, changes: dict[str, object], seen: str
) -> None:
    oidc = {"issuer": "https://login.example", "client_id": "twin", "redirect_uri": REDIRECT_URI, **changes}
    environment = {**ENVIRONMENT, "JUMEAU_ACCESS": "accounts", "JUMEAU_OIDC": json.dumps(oidc)}
    refused = Here(Console(tmp_path / "home", environment)).run("serve", "--port", "0")
    assert refused.returncode == 2
    assert seen in refused.stderr


def test_a_server_without_an_account_lets_people_in_whom_the_provider_knows(
    tmp_path: Path, oidc_provider: TestedProvider
) -> None:
    oidc = {
        "issuer": oidc_provider.issuer,
        "client_id": CLIENT,
        "client_secret_env": "TWIN_SECRET",
        "redirect_uri": REDIRECT_URI,
        "roles_claim": "groups",
        "roles": {"estate-admins": ["administrator"]},
        "perimeters_claim": "groups",
        "whole_estate": ["everything"],
    }
    environment = {"JUMEAU_BACKEND": "networkx", "JUMEAU_ACCESS": "accounts", "TWIN_SECRET": SECRET}
    environment["JUMEAU_NOW"] = ""  # the provider has the time of the machine
    console = Console(tmp_path / "home", {**environment, "JUMEAU_OIDC": json.dumps(oidc)})
    with serving(console) as url, httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as browser:
        back = oidc_provider.log_in(browser.get("/api/oidc/sign-in").headers["location"], "ana")
        issued = browser.get(f"/api/oidc/callback?{urlsplit(back).query}").json()
        headers = {"Authorization": f"Bearer {issued['secret']}"}
        assert browser.get("/api/me", headers=headers).json()["roles"] == ["administrator"]
        (ana,) = Here(console).json("account", "list")
        assert (ana["name"], ana["issuer"]) == (issued["token"]["account"], oidc_provider.issuer)


def test_commands_of_this_machine_go_through_a_server_that_asks_others_to_sign_in(tmp_path: Path) -> None:
    console = Console(tmp_path / "home", {**ENVIRONMENT, "JUMEAU_BACKEND": "embedded", "JUMEAU_ACCESS": "accounts"})
    here = Here(console)
    here.json(
        "account", "create", "ana", "--role", "administrator", "--whole-estate", "--password-env", "ANAS_PASSWORD"
    )
    with serving(console) as url:
        asked = {"query": "MATCH (n) RETURN count(n) AS n"}
        assert httpx.post(f"{url}/api/query", json=asked).status_code == 401
        assert here.json("query", "MATCH (n) RETURN count(n) AS n")["rows"] == [[0]]
        issued = httpx.post(f"{url}/api/sign-in", json={"name": "ana", "password": PASSWORD}).json()
        headers = {"Authorization": f"Bearer {issued['secret']}"}
        assert httpx.post(f"{url}/api/query", json=asked, headers=headers).json()["rows"] == [[0]]
