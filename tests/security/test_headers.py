"""What every answer tells browsers, and what a page of ours may do: looked at over all routes, and in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import describe_rest
from api.headers import EVERYWHERE, policy
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from tests.agent.asking import Script
from tests.api.apps import create_app
from tests.api.browser import CHROMIUM, browsing
from tests.api.conftest import served
from tests.api.estate import opened, small_estate
from tests.security.doors.asking import Client
from tests.services.access.conftest import CHEAP, MovedClock

ROUTES = sorted(
    (method.upper(), re.sub(r"\{\w+\}", "nothing", path))
    for path, methods in describe_rest()["paths"].items()
    for method in methods
)
PAGES = ("/graphql", "/docs", "/lines")
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def apps(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """The application with its door open, and as somebody has it who does not say who they are."""
    settings = {"allowed_origins": ("https://portal.example",)}
    with opened("networkx", schema, tmp_path_factory.mktemp("headers"), small_estate(), settings) as twin:
        keeper, clients, made = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP), {}, []
        for name, kept in (("open", None), ("nobody", keeper)):
            made.append(create_app(twin, follow=False, doorkeeper=kept, producer=Script({})))
            clients[name] = Client(made[-1])
        yield clients
        for app, client in zip(made, clients.values(), strict=True):
            app.state.services.moments.close()
            client.close()


@pytest.mark.parametrize("door", ["open", "nobody"])
def test_every_answer_is_kept_nowhere_and_runs_nothing(door: str, apps: dict[str, Client]) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = [(method, path, {}) for method, path in ROUTES]
    asked += [("POST", path, {"json": {}}) for path in ("/graphql", "/mcp")]
    asked += [("GET", "/openapi.json", {}), ("GET", "/nothing", {}), ("PUT", "/api/query", {})]
    asked += [("OPTIONS", "/api/query", {"headers": {"Origin": "https://portal.example"}})]
    asked += [("POST", "/api/query", {"headers": {"Content-Length": "99999999"}, "content": b"x"})]
    wrong = []
    for method, path, options in asked:
        told = apps[door].request(method, path, **options).headers
        wrong += [(method, path, name, told.get(name)) for name, value in EVERYWHERE.items() if told.get(name) != value]
    assert wrong == []


def test_an_error_that_nobody_foresaw_says_so_too(apps: dict[str, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("services.operations.OperationsService.health", broken)
    answer = apps["open"].request("GET", "/health")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == dict(EVERYWHERE)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_what_is_in_it_and_what_it_loads_from_this_server(path: str, apps: dict[str, Client]) -> None:
    page = apps["nobody"].request("GET", path, headers=HTML)
    told = page.headers["Content-Security-Policy"]
    assert told == policy(page.text, assets=path != "/lines")
    assert "default-src 'none'" in told
    assert "frame-ancestors 'none'" in told
    assert not re.search("script-src[^;]*unsafe|https?:|\\*", told)
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["X-Frame-Options"] == "DENY"
    for asset in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        loaded = apps["nobody"].request("GET", asset)
        assert (loaded.headers["Cache-Control"], loaded.headers["X-Content-Type-Options"]) == ("no-cache", "nosniff")


def test_a_script_that_is_put_into_a_page_is_in_no_policy_of_it() -> None:
    page = "<script>one()</script>"
    assert policy(page) != policy(page.replace("one", "two"))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: no page is opened")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/graphql", ("FirstLight",), id="GraphiQL"),
        pytest.param("/docs", ("/api/persons/{name}/reveal", "/api/query"), id="Swagger UI"),
    ],
)
def test_a_browser_shows_the_pages_under_their_policy(
    path: str, expected: tuple[str, ...], schema: Schema, tmp_path: Path
) -> None:
    with (
        opened("networkx", schema, tmp_path / "home", small_estate()) as twin,
        served(twin, create_app(twin)) as server,
    ):
        with browsing(str(server.http.base_url).rstrip("/") + path, tmp_path / "browser") as page:
            shown = page.text_with(*expected)
        assert [text for text in expected if text not in shown] == [], shown
