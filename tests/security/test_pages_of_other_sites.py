"""A page of another site asks nothing at any door, not even under a name that it has given this machine's address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from api.app import describe_rest
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import opened, small_estate
from tests.api.test_access import PUBLIC
from tests.api.websocket_client import talking
from tests.security.doors.asking import Client
from tests.services.access.conftest import CHEAP, MovedClock

REBOUND = {"Host": "evil.example:8000"}
"""What a browser sends after the name was given this machine's address: for it, the page asks its own site."""
OTHERS: Mapping[str, Mapping[str, str]] = {
    "another site": {"Origin": "https://evil.example"},
    "a sandboxed frame": {"Origin": "null"},
    "another program here": {"Origin": "http://127.0.0.1:1"},
    "a link or a form": {"Sec-Fetch-Site": "cross-site"},
}
ROUTES = sorted((method.upper(), path) for path, methods in describe_rest()["paths"].items() for method in methods)
DOORS = [route for route in ROUTES if route not in PUBLIC and route != ("GET", "/metrics")]
DOORS += [("POST", "/graphql"), ("GET", "/graphql?query={__typename}"), ("POST", "/mcp"), ("GET", "/mcp")]


@pytest.fixture(scope="module")
def twin(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    home: Path = tmp_path_factory.mktemp("sites")
    with opened("networkx", schema, home, small_estate(), {"allowed_origins": ["https://portal.example"]}) as twin:
        yield twin


@pytest.fixture(scope="module")
def doors(twin: Twin) -> Iterator[dict[str, Client]]:
    """The application with its door open, and where people sign in."""
    keeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
    with ExitStack() as open_:
        clients = {}
        for name, kept in (("open", None), ("accounts", keeper)):
            app = create_app(twin, follow=False, doorkeeper=kept)
            clients[name] = Client(app)
            open_.callback(app.state.services.moments.close)
            open_.callback(clients[name].close)
        yield clients


@pytest.fixture(scope="module")
def server(twin: Twin) -> Iterator[Server]:
    with served(twin, create_app(twin, follow=False)) as server:
        yield server


def asked(client: Client, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, str, str | None]:
    filled = path.replace("{name}", "nothing").replace("{id}", "nothing")
    body = {"query": "{ servers { count } }"} if method == "POST" else None
    answer = client.request(method, filled, json=body, headers=dict(headers))
    error = answer.json().get("error") or {} if "json" in answer.headers.get("content-type", "") else {}
    return answer.status_code, error.get("code", ""), error.get("where")


@pytest.mark.parametrize("door", ["open", "accounts"])
@pytest.mark.parametrize("other", sorted(OTHERS))
def test_no_door_answers_a_page_of_another_site(doors: dict[str, Client], door: str, other: str) -> None:
    told = {route: asked(doors[door], *route, OTHERS[other]) for route in DOORS}
    assert {route: answer for route, answer in told.items() if answer != (403, "ORIGIN_REFUSED", "Origin")} == {}
    assert len(told) >= 45


@pytest.mark.parametrize("other", sorted(OTHERS))
def test_nobody_signs_in_from_a_page_of_another_site(doors: dict[str, Client], other: str) -> None:
    assert asked(doors["accounts"], "POST", "/api/sign-in", OTHERS[other])[1] == "ORIGIN_REFUSED"


def test_an_open_door_answers_under_no_name_but_this_machines(doors: dict[str, Client]) -> None:
    told = {route: asked(doors["open"], *route, REBOUND) for route in DOORS}
    assert {route: answer for route, answer in told.items() if answer != (403, "ORIGIN_REFUSED", "Host")} == {}


@pytest.mark.parametrize(
    ("host", "is_answered"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8000", True),
        ("localhost:8000", True),
        ("[::1]:8000", True),
        ("portal.example", True),
        ("portal.example:8000", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1@evil.example", False),
        ("[evil", False),
        ("192.0.2.1", False),
        ("0.0.0.0", False),
    ],
)
def test_what_counts_as_a_name_of_this_machine(doors: dict[str, Client], host: str, is_answered: bool) -> None:
    assert (asked(doors["open"], "GET", "/api/me", {"Host": host})[0] == 200) is is_answered


def test_where_people_sign_in_any_name_may_be_the_twins(doors: dict[str, Client]) -> None:
    assert asked(doors["accounts"], "GET", "/api/me", REBOUND)[1] == "UNAUTHENTICATED"


def test_a_page_of_a_site_that_is_allowed_asks(doors: dict[str, Client]) -> None:
    assert asked(doors["open"], "GET", "/api/me", {"Origin": "https://portal.example"})[0] == 200


def test_no_websocket_is_opened_by_a_page_under_another_name(server: Server) -> None:
    own = str(server.http.base_url).rstrip("/")
    with talking(server, origin=own) as talk:
        assert talk.init()
    with talking(server, origin="http://evil.example:8000", host="evil.example:8000") as talk:
        assert not talk.init()
        assert talk.closed is not None
        assert talk.closed[0] == 4403
        assert talk.closed[1].startswith("ORIGIN_REFUSED")
