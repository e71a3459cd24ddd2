"""The small estate behind a door that a real OpenID provider on loopback opens."""

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

from core.oidc_settings import OidcSettings
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.access.oidc.provider import IdentityProvider
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import opened, small_estate
from tests.oidc_provider import AUDIENCE, CLIENT, REDIRECT_URI, SECRET, TestedProvider
from tests.services.access.conftest import CHEAP, PASSWORD

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
        at = IdentityProvider(settings(provider, **changes), clock, {"TWIN_SECRET": SECRET, "OTHER_SECRET": "wrong"})
        keeper = Doorkeeper(twin.ledger, clock, hasher=CHEAP, provider=at)
        keeper.accounts.create("root", PASSWORD, ["administrator"], None, by="test")
        with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:
            yield Door(server, keeper, clock, provider)


@pytest.fixture
def door(oidc_provider: TestedProvider, schema: Schema, tmp_path: Path) -> Iterator[Door]:
    with guarded(oidc_provider, schema, tmp_path) as door:
        yield door
