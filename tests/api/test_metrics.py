"""`GET /metrics`: what was asked and how the twin does, for those who may know, and no names in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.errors import LedgerError
from core.principal import Principal
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import NOW, created, opened, small_estate, write
from tests.conftest import ROOT
from tests.patience import until
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

SCRAPER = "a secret of the scraper"
DASHBOARD = ROOT / "deploy" / "grafana" / "jumeau.json"


@pytest.fixture(scope="module")
def twin(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    more = {"metrics_token": SCRAPER}
    with opened("embedded", schema, tmp_path_factory.mktemp("metered"), small_estate(), more) as twin:
        yield twin


@pytest.fixture
def server(twin: Twin) -> Iterator[Server]:
    with served(twin, create_app(twin, follow=False)) as server:
        yield server


Figures = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(text: str) -> Figures:
    """Every sample of an exposition, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figure(found: Figures, name: str, **labels: str) -> float:
    """The sum of the samples with these labels."""
    return sum(v for (n, own), v in found.items() if n == name and labels.items() <= dict(own).items())


def test_every_door_is_counted_with_how_it_ended(server: Server) -> None:
    server.post("/api/query", {"query": "MATCH (t:Team) RETURN t.name AS name"})
    server.post("/api/query", {"query": "MATCH (t:Tem) RETURN t"})
    server.post("/api/query", {"query": "MATCH (s:Server) RETURN keys(s) AS known"})
    server.post("/graphql", {"query": "{ teams { nodes { name } } }"})
    server.post("/api/catalogue/downstream_impact", {"parameters": {"ci": "hyp-0"}})
    server.post("/api/exports", {"format": "csv", "query": "MATCH (s:Server) RETURN s.name AS name"})
    count = "jumeau_questions_total"
    # an export is counted when it is closed, which may be after its last byte has arrived
    until(lambda: figure(figures(server.get("/metrics").text), count, door="export"))
    found = figures(server.get("/metrics").text)
    assert figure(found, count, door="query", outcome="answered", engine="native") == 1
    assert figure(found, count, door="query", outcome="refused", code="UNKNOWN_KIND") == 1
    assert figure(found, count, door="graphql", language="tree", outcome="answered") == 1
    assert figure(found, count, door="catalogue", outcome="answered") >= 1
    assert figure(found, count, door="export", outcome="answered") == 1
    assert figure(found, "jumeau_fallback_answers_total", door="query") == 1
    assert figure(found, "jumeau_rows_total", door="query") == 3 + 24
    assert figure(found, "jumeau_rows_total", door="export") == 24
    assert figure(found, "jumeau_question_seconds_count", door="query") == 3
    assert figure(found, "process_resident_memory_bytes") > 0


def test_two_applications_count_apart(server: Server, twin: Twin) -> None:
    server.post("/api/query", {"query": "RETURN 1 AS n"})
    with served(twin, create_app(twin, follow=False)) as other:
        assert figure(figures(other.get("/metrics").text), "jumeau_questions_total") == 0
    assert figure(figures(server.get("/metrics").text), "jumeau_questions_total") == 1


def test_the_state_of_the_twin_is_told_with_what_the_graph_has_not_yet(schema: Schema, tmp_path: Path) -> None:
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        applied = twin.ledger.sequence()
        freshness = created("DataSource", "tests", freshness=NOW - timedelta(days=2))
        twin.ledger.finish_run(
            twin.ledger.begin_run("cmdb", "tester", "x", "y"), "complete", {"created": 7, "rejected": 2}
        )
        twin.ledger.begin_run("netbox", "tester", "x", "z")
        with served(twin, create_app(twin, follow=False)) as server:
            found = figures(server.get("/metrics").text)
            assert (figure(found, "jumeau_ledger_sequence"), figure(found, "jumeau_backend_lag_events")) == (applied, 0)
            assert figure(found, "jumeau_backend_lag_seconds") == 0
            write(twin.ledger, [freshness], fingerprint="later")
            twin.clock = MovedClock(NOW + timedelta(seconds=90))
            found = figures(server.get("/metrics").text)
    assert figure(found, "jumeau_ledger_sequence") == applied + 1
    assert figure(found, "jumeau_backend_sequence") == applied
    assert figure(found, "jumeau_backend_lag_events") == 1
    assert figure(found, "jumeau_backend_lag_seconds") == 90
    assert figure(found, "jumeau_loads_incomplete", source="netbox") == 1
    assert figure(found, "jumeau_loads_incomplete", source="cmdb") == 0
    assert figure(found, "jumeau_load_rows_total", source="cmdb", result="created") == 7
    assert (figure(found, "jumeau_ledger_up"), figure(found, "jumeau_backend_up")) == (1, 1)


def test_a_ledger_that_is_away_is_a_figure(schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> int:
        raise LedgerError("the ledger cannot be reached")

    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        applied = twin.ledger.sequence()
        with served(twin, create_app(twin, follow=False)) as server:
            monkeypatch.setattr(twin.ledger, "sequence", away)
            answer = server.get("/metrics")
    found = figures(answer.text)
    assert answer.status_code == 200
    assert (figure(found, "jumeau_ledger_up"), figure(found, "jumeau_backend_up")) == (0, 1)
    assert figure(found, "jumeau_backend_sequence") == applied
    assert not [name for name, _ in found if name in ("jumeau_ledger_sequence", "jumeau_backend_lag_events")]


def test_every_metric_of_the_dashboard_is_there(server: Server) -> None:
    for path, body in (("/api/query", {"query": "MATCH (s:Server) RETURN keys(s) AS known"}), ("/api/query", {})):
        server.post(path, body)
    text = server.get("/metrics").text
    # a family without figures is named by its type, a sample by its own name
    known = {name for name, _ in figures(text)} | set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    expressions = [
        target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]
    ]
    named = {name for text in expressions for name in re.findall(r"\b(?:jumeau|process)_[a-z_]+", text)}
    assert len(expressions) >= 20
    assert named <= known, named - known
    told = {family.name for family in text_string_to_metric_families(text) if not family.name.endswith("_created")}
    families = {name for name in told if name.startswith("jumeau")}
    assert {name for name in families if not any(used.startswith(name) for used in named)} == set()


def test_no_name_of_an_element_is_in_it(server: Server, twin: Twin) -> None:
    for node in twin.repository.nodes():
        name = str(node.properties["name"])
        server.post("/api/query", {"query": "MATCH (n {name: $n}) RETURN n", "parameters": {"n": name}})
        server.post("/api/query", {"query": f"MATCH (n {{name: '{name}'}}) RETURN m"})
    text = server.get("/metrics").text
    assert not [n.properties["name"] for n in twin.repository.nodes() if f'"{n.properties["name"]}"' in text]
    assert not [n.id for n in twin.repository.nodes() if n.id in text]


def test_metrics_are_for_the_scraper_and_for_those_who_maintain_the_whole_twin(twin: Twin) -> None:
    clock = MovedClock()
    keeper = Doorkeeper(twin.ledger, clock, hasher=CHEAP)

    def bearer(name: str, role: str, perimeters: list[str] | None) -> dict[str, str]:
        account = keeper.accounts.create(name, PASSWORD, [role], perimeters, by="test")
        return {"Authorization": f"Bearer {keeper.tokens.issue(account, timedelta(days=1))[0]}"}

    headers: dict[str, Any] = {
        "nobody": {},
        "a wrong token": {"Authorization": "Bearer " + SCRAPER[:-1]},
        "the scraper": {"Authorization": f"Bearer {SCRAPER}"},
        "an operator": bearer("operator", "operator", None),
        "an operator of a part": bearer("part", "operator", ["Payments"]),
        "a reader": bearer("reader", "reader", None),
    }
    with served(twin, create_app(twin, follow=False, doorkeeper=keeper)) as server:
        answers: dict[str, httpx.Response] = {who: server.get("/metrics", headers=own) for who, own in headers.items()}
        query = server.http.post("/api/query", json={"query": "RETURN 1 AS n"}, headers=headers["the scraper"])
    assert {who: answer.status_code for who, answer in answers.items()} == {
        "nobody": 401,
        "a wrong token": 401,
        "the scraper": 200,
        "an operator": 200,
        "an operator of a part": 403,
        "a reader": 403,
    }
    assert query.status_code == 401  # it opens no other door
    assert SCRAPER not in "".join(answer.text for answer in answers.values())


def test_a_restricted_asker_of_an_open_door_reads_no_figures_of_the_whole(twin: Twin) -> None:
    part = Principal("part", frozenset({"operator"}), frozenset({"Payments"}))
    with served(twin, create_app(twin, follow=False, principal=part)) as server:
        assert server.get("/metrics").status_code == 403
