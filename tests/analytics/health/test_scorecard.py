"""The health scorecard: equal to plain Python over the same export, on each backend; stale, trend, perimeters."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from analytics.health.policy import POLICIES, HealthPolicyError, load_policy
from analytics.health.scorecard import ALL, NOBODY, Dimension, Score
from core.principal import LOCAL_OPERATOR, RestrictedError
from core.settings import Settings, load_settings
from graph.registry import open_backend
from graph.schema.model import Schema
from ingest.estate_generator import generate_estate
from services.health import HealthService
from services.ingestion import ingest
from services.query import QueryService
from services.twin import Twin, backend_options, open_twin
from tests.analytics.health.plain import failures_by_kind
from tests.neo4j_server import Neo4jServer

METRICS = ("required", "recommended", "orphan", "duplicate", "compliance")
DAY = date(2025, 1, 1)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated estate with flaws: cells emptied, serial numbers copied, machines planned."""
    folder = tmp_path_factory.mktemp("estate")
    generate_estate(folder, servers=120, seed=7, as_of=DAY)
    damage(folder / "PhysicalServer.csv")
    damage(folder / "VirtualMachine.csv")
    for path in folder.rglob("*.csv"):
        stamp(path, datetime(2024, 12, 20, tzinfo=UTC))
    return folder


def damage(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        if number % 5 == 0:
            row["environment"] = ""
        if number % 7 == 0:
            row["hostname"] = ""
        if number % 11 == 0:
            row["status"] = "planned"
        if number % 6 == 1:
            row["serial_number"], row["manufacturer"] = " SN-1", "Maker"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def stamp(path: Path, instant: datetime) -> None:
    os.utime(path, (instant.timestamp(), instant.timestamp()))


@pytest.fixture(scope="module")
def home(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    ingest(settings_of(home, "embedded"), "csv", export)
    return home


def settings_of(home: Path, backend: str, now: str = "2025-01-01") -> Settings:
    return load_settings(home=home, backend=backend, now=now)


@pytest.fixture(
    scope="module",
    params=["embedded", "networkx", pytest.param("neo4j", marks=[pytest.mark.neo4j, pytest.mark.nightly])],
)
def twin(request: pytest.FixtureRequest, home: Path, schema: Schema) -> Iterator[Twin]:
    settings = settings_of(home, request.param)
    if request.param == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        access = {"neo4j_user": server.user, "neo4j_password": server.password}
        settings = load_settings(home=home, backend=server.url, now="2025-01-01", **access)
        emptied = open_backend(server.url, schema, backend_options(settings))
        emptied.reset()
        emptied.close()
    with open_twin(settings) as opened:
        yield opened


def by_name(service: HealthService, by: Dimension) -> dict[str, Score]:
    return {score.name: score for score in service.scorecard(by).scores}


def test_each_kind_fails_what_plain_python_finds_in_the_export(twin: Twin, export: Path, schema: Schema) -> None:
    policy = load_policy(schema)
    labels = {kind: schema.kinds[kind].labels for kind in policy.kinds}
    relations = [n for g in ("dependency", "redundancy", "structure", "software") for n in schema.groups[g]]
    plain = failures_by_kind(export, POLICIES / "it_estate.yml", labels, relations)
    found = by_name(HealthService(twin), Dimension.KIND)
    told = {
        name: {
            **{metric: score.metrics[metric].failed for metric in METRICS},
            "items": score.items,
            "audits": score.metrics["compliance"].checked,
        }
        for name, score in found.items()
        if name != ALL
    }
    assert told == {kind: failures for kind, failures in plain.items() if failures["items"]}
    assert found["VirtualMachine"].metrics["duplicate"].failed > 2
    assert found["VirtualMachine"].metrics["required"].failed > 2


def test_the_line_of_all_counts_an_item_of_several_teams_once(twin: Twin) -> None:
    service = HealthService(twin)
    teams = by_name(service, Dimension.TEAM)
    assert teams[ALL].items == by_name(service, Dimension.KIND)[ALL].items
    assert sum(score.items for name, score in teams.items() if name != ALL) >= teams[ALL].items
    assert teams[NOBODY].items > 0


def test_a_source_has_what_it_tells(twin: Twin) -> None:
    sources = by_name(HealthService(twin), Dimension.SOURCE)
    assert list(sources) == [ALL, "csv"]
    assert sources["csv"].items == sources[ALL].items


def test_somebody_restricted_is_scored_on_what_he_sees_and_records_nothing(twin: Twin) -> None:
    service = HealthService(twin)
    asked = "MATCH (n)-[:IN_PERIMETER]->(p:Perimeter) RETURN p.name AS name, count(*) AS members ORDER BY members DESC"
    principal = LOCAL_OPERATOR.narrowed([QueryService(twin).cypher(asked).answer.rows[0][0]])
    report = service.scorecard(Dimension.KIND, principal)
    for score in report.scores[1:]:
        asked = (
            f"MATCH (n:{score.name}) WHERE n.status IS NULL OR NOT n.status IN ['planned', 'decommissioned'] "
            "RETURN count(*) AS items"
        )
        assert QueryService(twin).cypher(asked, principal=principal).answer.rows[0][0] == score.items
    assert 0 < report.scores[0].items < service.scorecard(Dimension.KIND).scores[0].items
    assert report.restricted
    assert report.trend == {}
    with pytest.raises(RestrictedError):
        service.record(principal)


def test_items_are_stale_sixty_days_after_the_data_of_the_last_source_that_tells_them(
    export: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "Rack.csv").write_text("key,name\nR1,rack one\n", encoding="utf-8")
    stamp(other / "Rack.csv", datetime(2024, 9, 1, tzinfo=UTC))
    settings = settings_of(tmp_path / "home", "networkx")
    ingest(settings, "csv", other)
    assert stale(settings) == {"Rack": 1}
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "Rack.csv").write_text("key,name\nR2,rack two\n", encoding="utf-8")
    stamp(fresh / "Rack.csv", datetime(2024, 12, 30, tzinfo=UTC))
    ingest(settings, "csv", fresh)
    assert stale(settings) == {}
    assert stale(settings_of(tmp_path / "home", "networkx", "2025-02-27")) == {}
    assert stale(settings_of(tmp_path / "home", "networkx", "2025-03-02")) == {"Rack": 2}


def stale(settings: Settings) -> dict[str, int]:
    with open_twin(settings) as twin:
        scores = HealthService(twin).scorecard(Dimension.KIND).scores[1:]
        return {s.name: s.metrics["stale"].failed for s in scores if s.metrics["stale"].failed}


def test_the_trend_is_the_gain_since_the_oldest_scorecard_recorded_within_the_window(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Certificate.csv").write_text("key,name,expires_on\nC1,one,\nC2,two,2026-01-01\n", encoding="utf-8")
    home = tmp_path / "home"
    ingest(settings_of(home, "networkx"), "csv", source)
    with open_twin(settings_of(home, "networkx")) as twin:
        first = HealthService(twin)
        assert first.record() == DAY
        assert first.scorecard(Dimension.KIND).since is None, "a day has no trend against itself"
        before = first.scorecard(Dimension.KIND).scores[0].overall
    (source / "Certificate.csv").write_text(
        "key,name,expires_on\nC1,one,2026-05-05\nC2,two,2026-01-01\n", encoding="utf-8"
    )
    ingest(settings_of(home, "networkx", "2025-01-11"), "csv", source)
    with open_twin(settings_of(home, "networkx", "2025-01-11")) as twin:
        report = HealthService(twin).scorecard(Dimension.KIND)
        now = report.scores[0].overall
        assert before is not None
        assert now is not None
        assert report.since == DAY
        assert report.trend[ALL] == round(now - before, 2) > 0
        assert HealthService(twin).scorecard(Dimension.KIND, trend_days=5).since is None


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("scope: [Nothing]", "no kind is called 'Nothing'"),
        ("scope: [Server]\nkinds: {Server: {required: [colour]}}", "no attribute and starts no relation 'colour'"),
        ("scope: [Server]\nkinds: {Server: {wanted: [name]}}", "unknown key 'wanted'"),
        ("scope: [Server]\nstale_after_days: 0", "`stale_after_days` of the policy is 0"),
        ("scope: [Server]\norphan_groups: [magic]", "no group of relations is called 'magic'"),
        ("- Server", "no mapping"),
        ("scope: [Server", "cannot be read"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused_with_what_is_wrong(
    text: str, seen: str, schema: Schema, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HealthPolicyError, match=re.escape(seen)) as refusal:
        load_policy(schema, path)
    assert refusal.value.where == str(path)
