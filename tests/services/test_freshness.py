"""Every answer says, for each source, the moment that its data is of."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from core.settings import Settings, load_settings
from services.freshness import SourceFreshness
from services.ingestion import ingest, undo
from services.query import QueryService
from services.twin import Twin, open_twin
from tests.api.apps import create_app

MARCH, MAY = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
ASKED = "MATCH (r:Rack) RETURN r.name AS name"


def load(settings: Settings, folder: Path, name: str, instant: datetime) -> str:
    folder.mkdir(exist_ok=True)
    path = folder / "Rack.csv"
    path.write_text(f"key,name\nR1,{name}\n", encoding="utf-8")
    os.utime(path, (instant.timestamp(), instant.timestamp()))
    return ingest(settings, "csv", folder).report.run


def test_an_answer_carries_the_freshness_of_the_state_that_it_reflects(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", backend="networkx", now="2025-01-01")
    load(settings, tmp_path / "export", "one", MARCH)
    with open_twin(settings) as twin:
        queries = QueryService(twin)
        assert queries.cypher(ASKED).to_dict()["sources"] == {"csv": MARCH.isoformat()}
        before = twin.ledger.sequence()
        load(settings, tmp_path / "export", "two", MAY)
        assert queries.cypher(ASKED).to_dict()["sources"] == {"csv": MARCH.isoformat()}, (
            "the graph has not followed yet"
        )
        twin.catch_up()
        assert queries.cypher(ASKED).to_dict()["sources"] == {"csv": MAY.isoformat()}
        freshness = SourceFreshness(twin.ledger)
        assert freshness.at(before) == {"csv": MARCH}
        assert freshness.at(0) == {}


def test_taking_a_load_back_takes_its_freshness_back(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", backend="networkx", now="2025-01-01")
    load(settings, tmp_path / "export", "one", MARCH)
    run = load(settings, tmp_path / "export", "two", MAY)
    undo(settings, run)
    with open_twin(settings) as twin:
        answer = QueryService(twin).cypher(ASKED)
        assert [row[0] for row in answer.answer.rows] == ["one"]
        assert dict(answer.sources) == {"csv": MARCH}


def test_freshness_and_scorecard_are_served_over_http(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", backend="networkx", now="2025-01-01")
    load(settings, tmp_path / "export", "one", MARCH)
    with open_twin(settings) as twin:
        answer = post(twin, "/api/query", {"query": ASKED}).json()
        assert answer["sources"] == {"csv": MARCH.isoformat()}
        card = post(twin, "/api/health/scorecard", {"by": "source", "record": True}).json()
        assert [(s["name"], s["items"], s["metrics"]["stale"]["failed"]) for s in card["scores"]] == [
            ("(all)", 1, 1),
            ("csv", 1, 1),
        ]
        assert card["sources"] == {"csv": MARCH.isoformat()}
        assert post(twin, "/api/health/scorecard", {"by": "colour"}).status_code in (400, 422)


def post(twin: Twin, path: str, body: Any) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(twin, follow=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post(path, json=body)

    return asyncio.run(call())
