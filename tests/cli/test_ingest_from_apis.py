"""`jumeau ingest URL`: an API is fetched and loaded by one command, from the address or from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.console import Console
from tests.ingest.connectors.doubles.netbox import NetBoxDouble

HERE = {"JUMEAU_ALLOWED_NETWORKS": "127.0.0.0/8"}
SITES_ONLY = '{"netbox": {"tables": ["dcim.site"]}}'


def site(number: int, name: str, updated: str) -> dict[str, Any]:
    return {"id": number, "name": name, "slug": name, "region": None, "last_updated": updated, "custom_fields": {}}


@pytest.fixture
def double() -> Iterator[NetBoxDouble]:
    double = NetBoxDouble()
    double.secret = "t0ken"
    double.tables = {"dcim/sites": [site(1, "Paris", "2024-01-01T00:00:00Z"), site(2, "Lyon", "2024-01-01T00:00:00Z")]}
    with double.serving():
        yield double


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(
        tmp_path / "home",
        {"NETBOX_TOKEN": "t0ken", "JUMEAU_BACKEND": "networkx", "JUMEAU_CONNECTIONS": SITES_ONLY, **HERE},
    )


def test_an_address_is_fetched_and_loaded_and_then_only_what_changed(console: Console, double: NetBoxDouble) -> None:
    report = console.json("ingest", double.url, "--source", "netbox")
    assert (report["status"], report["counters"]["created"]) == ("complete", 2)
    double.tables["dcim/sites"][0] = site(1, "Paris Nord", "2025-01-01T07:00:00Z")
    again = console.json("ingest", double.url, "--source", "netbox", "--delta")
    assert (again["counters"]["updated"], again["counters"]["created"]) == (1, 0)
    assert all("last_updated__gte" in request.query for request in double.requests[1:])
