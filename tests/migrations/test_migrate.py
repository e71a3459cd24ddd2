"""Migrations: the same content on every backend, back to the very checksum, a chain that nobody changes, refusals that say why."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings, load_settings
from graph.history.ledger import State
from graph.schema.load import load_schema
from ingest.estate_generator import generate_estate
from migrations.apply import MigrationChainError
from migrations.chain import load_chain
from migrations.effects import IrreversibleMigrationError, UnconvertibleError
from migrations.operations import MigrationError
from migrations.render import BACKENDS, render
from services.ingestion import ingest, undo
from services.maintenance import rebuild, verify_backends
from services.migrations import apply_migrations, list_migrations, plan_migrations, revert_migration
from services.twin import open_ledger, open_twin
from tests.migrations.packs import OPERATIONS, chain, pack
from tests.migrations.test_archive import empty_backend
from tests.neo4j_server import Neo4jServer

TWO_WAYS = ("rename_attribute", "retype_attribute", "rename_kind", "rename_relation", "add_attribute")
NEO4J = pytest.param("neo4j", marks=pytest.mark.neo4j)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    generate_estate(folder, servers=60, seed=3, as_of=date(2025, 1, 1))
    fill(folder / "Team.csv", "on_call", lambda number: f"rota {number}")
    fill(folder / "Rack.csv", "height_units", lambda number: str(40 + number))
    fill(folder / "Cluster.csv", "quorum", lambda number: str(number))
    return folder


def fill(path: Path, column: str, value: Any) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys([*rows[0], column])))
        writer.writeheader()
        writer.writerows({**row, column: value(number)} for number, row in enumerate(rows))


@pytest.fixture(scope="module")
def loaded(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    ingest(at(home), "csv", export)
    return home


@pytest.fixture
def home(tmp_path: Path, loaded: Path) -> Path:
    """A twin in memory that holds the estate under the pack as it is."""
    shutil.copytree(loaded, tmp_path / "home")
    return tmp_path / "home"


def at(home: Path, pack: Path | str = "it_estate", backend: str = "networkx", **more: object) -> Settings:
    return load_settings(home=home, pack=str(pack), backend=backend, now="2025-01-01", **more)


def states(settings: Settings) -> dict[str, State]:
    _, ledger = open_ledger(settings)
    try:
        return {state.element: state for state in ledger.present()}
    finally:
        ledger.close()


def checksum(settings: Settings) -> str:
    return verify_backends(settings, ["networkx"]).checksum


@pytest.mark.parametrize("backend", ["networkx", "embedded", NEO4J])
def test_a_backend_that_followed_a_migration_and_back_holds_what_the_ledger_says(
    backend: str, home: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more: dict[str, object] = {}
    if backend == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        backend, more = server.url, {"neo4j_user": server.user, "neo4j_password": server.password}
        empty_backend(at(home, "it_estate", backend, **more))
    before = at(home, "it_estate", backend, **more)
    with open_twin(before) as twin:
        twin.catch_up()
    first = checksum(before)
    folder = chain(tmp_path / "chain", ("rename_attribute",), TWO_WAYS[1:])
    half = at(home, pack(tmp_path / "half", "rename_attribute"), backend, **more)
    after = at(home, pack(tmp_path / "pack", *TWO_WAYS), backend, **more)
    done = apply_migrations(after, folder)
    assert [each.migration.name for each in done] == ["0001_change", "0002_change"]
    assert all(each.events > 0 for each in done)
    followed = verify_backends(after, [after.backend_url])
    assert followed.equal, followed.backends[0].differences
    assert followed.checksum != first
    if backend != "networkx":
        rebuild(after, after.backend_url)
        assert verify_backends(after, [after.backend_url]).checksum == followed.checksum
    revert_migration(half, folder)
    revert_migration(before, folder)
    back = verify_backends(before, [before.backend_url])
    assert back.equal, back.backends[0].differences
    assert back.checksum == first


def test_every_value_is_where_the_operations_put_it_and_still_told_by_its_source(home: Path, tmp_path: Path) -> None:
    former = states(at(home))
    after = at(home, pack(tmp_path / "pack", *OPERATIONS))
    apply_migrations(after, chain(tmp_path / "chain", tuple(OPERATIONS)))
    now = states(after)
    for element, state in former.items():
        if state.kind == "MEMBER_OF":
            assert element not in now
            continue
        wanted = dict(state.properties)
        if state.kind == "Team":
            wanted["duty_rota"] = wanted.pop("on_call")
        elif state.kind == "Rack":
            wanted = {**wanted, "environment": "production"}
            del wanted["height_units"]
        elif state.kind == "Cluster":
            wanted["quorum"] = str(wanted["quorum"])
        kind = "SharedTechnicalService" if state.kind == "TechnologyService" else state.kind
        assert (now[element].kind, now[element].properties) == (kind, wanted)
        told = {name: now[element].provenance.get(name, now[element].source) for name in wanted}
        expected = dict.fromkeys(wanted, state.source)
        if state.kind == "Rack":
            expected["environment"] = "migration"
        assert told == expected
    ends = {(s.start, s.end) for s in former.values() if s.kind == "MEMBER_OF"}
    assert {(s.start, s.end) for s in now.values() if s.kind == "JOINED_TO"} == ends
    assert len(now) == len(former)


def test_the_next_load_under_the_new_names_finds_everything_it_knows(home: Path, export: Path, tmp_path: Path) -> None:
    settings = at(home, pack(tmp_path / "pack", "rename_kind", "rename_relation"))
    apply_migrations(settings, chain(tmp_path / "chain", ("rename_kind", "rename_relation")))
    renamed = tmp_path / "export"
    for path in export.rglob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("TechnologyService", "SharedTechnicalService")
        name = {"TechnologyService.csv": "SharedTechnicalService.csv", "MEMBER_OF.csv": "JOINED_TO.csv"}
        place = renamed / path.relative_to(export).parent / name.get(path.name, path.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    report = ingest(settings, "csv", renamed, whole=True).report
    assert {name: report.counters[name] for name in ("created", "updated", "rejected")} == {
        "created": 0,
        "updated": 0,
        "rejected": 0,
    }
    assert report.retirement is not None
    assert report.retirement.missing == 0


def test_a_plan_counts_and_prints_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    settings = at(home, pack(tmp_path / "pack", *OPERATIONS))
    folder = chain(tmp_path / "chain", tuple(OPERATIONS))
    before = states(at(home))
    plan = plan_migrations(settings, folder)
    counts = {op["operation"]: op["elements"] for op in plan["pending"][0]["operations"]}
    kinds = [state.kind for state in before.values()]
    assert counts["rename attribute Team.on_call to duty_rota"] == kinds.count("Team")
    assert counts["rename relation MEMBER_OF to JOINED_TO"] == kinds.count("MEMBER_OF")
    assert counts["backfill Rack.environment with 'production' where it is absent"] == kinds.count("Rack")
    assert states(at(home)) == before
    assert [each["state"] for each in list_migrations(settings, folder)] == ["pending"]


def test_each_backend_is_told_in_its_own_words(tmp_path: Path) -> None:
    schema = load_schema(pack(tmp_path / "pack", *OPERATIONS))
    [migration] = load_chain(chain(tmp_path / "chain", tuple(OPERATIONS)))
    told = {backend: render(migration.operations, schema, backend, "job") for backend in BACKENDS}
    assert "ALTER TABLE Node_organisation ADD `duty_rota` STRING" in told["embedded"]
    assert (
        "MATCH (n:`Team`) WHERE n.`on_call` IS NOT NULL SET n.`duty_rota` = n.`on_call`, n.`on_call` = NULL"
        in told["neo4j"]
    )
    assert (
        "MATCH (a)-[r:`MEMBER_OF`]->(b) CREATE (a)-[s:`JOINED_TO`]->(b) SET s = properties(r) DELETE r" in told["neo4j"]
    )
    assert told["gsql"][1] == "RUN GLOBAL SCHEMA_CHANGE JOB job"
    assert "  ALTER VERTEX Team ADD ATTRIBUTE (duty_rota STRING);" in told["gsql"][0]
    assert "  DROP VERTEX TechnologyService;" in told["gsql"][2]
    assert len(told["networkx"]) == len(OPERATIONS)


def test_a_migration_that_was_applied_never_changes(home: Path, tmp_path: Path) -> None:
    settings = at(home, pack(tmp_path / "pack", "rename_attribute", "rename_relation"))
    folder = chain(tmp_path / "chain", ("rename_attribute",))
    apply_migrations(settings, folder)
    assert apply_migrations(settings, folder) == [], "what was applied is not applied again"
    chain(folder, ("rename_relation",))
    with pytest.raises(MigrationChainError, match="0001_change was applied with checksum"):
        apply_migrations(settings, folder)
    (folder / "0001_change.yml").unlink()
    with pytest.raises(MigrationChainError, match="it is not in the chain"):
        list_migrations(settings, folder)


@pytest.mark.parametrize("operation", ["drop_attribute", "backfill"])
def test_what_loses_values_is_not_reverted_but_its_run_can_be_undone(
    operation: str, home: Path, tmp_path: Path
) -> None:
    first = checksum(at(home))
    settings = at(home, pack(tmp_path / "pack", operation))
    folder = chain(tmp_path / "chain", (operation,))
    [done] = apply_migrations(settings, folder)
    with pytest.raises(IrreversibleMigrationError, match="cannot be taken back"):
        revert_migration(at(home), folder)
    undo(at(home), done.run)
    assert checksum(at(home)) == first
    assert [each["state"] for each in list_migrations(settings, folder)] == ["pending"]


def test_an_added_attribute_that_has_values_by_now_is_not_taken_away(home: Path, tmp_path: Path) -> None:
    settings = at(home, pack(tmp_path / "pack", "add_attribute"))
    folder = chain(tmp_path / "chain", ("add_attribute",))
    apply_migrations(settings, folder)
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "Cluster.csv").write_text("key,name,vote\nnew,new cluster,yes\n", encoding="utf-8")
    ingest(settings, "csv", extra)
    with pytest.raises(IrreversibleMigrationError, match="has values by now"):
        revert_migration(at(home), folder)


def test_values_that_do_not_convert_are_refused_or_left_out_as_the_migration_says(home: Path, tmp_path: Path) -> None:
    directory = pack(tmp_path / "pack", "nothing")
    path = directory / "organisation.yml"
    text = path.read_text(encoding="utf-8").replace("on_call: {type: string", "on_call: {type: integer")
    path.write_text(text, encoding="utf-8")
    line = "retype_attribute: {of: Team, name: on_call, was: string, type: integer%s}"
    settings, before = at(home, directory), states(at(home))
    with pytest.raises(UnconvertibleError, match="values do not convert"):
        apply_migrations(settings, chain(tmp_path / "one", (line % "",)))
    assert states(at(home)) == before, "a refused migration writes nothing"
    [done] = apply_migrations(settings, chain(tmp_path / "two", (line % ", otherwise: drop",)))
    assert done.left_out == sum(state.kind == "Team" for state in before.values())


@pytest.mark.parametrize(
    ("operation", "seen"),
    [
        ("rename_attribute: {of: Team, name: on_call, to: duty_rota}", "the pack has no attribute of Team 'duty_rota'"),
        (
            "drop_attribute: {of: Team, name: on_call, type: string}",
            "the pack still has the attribute of Team 'on_call'",
        ),
        ("rename_kind: {name: Rack, to: Team}", "the pack still has the kind 'Rack'"),
        ("add_attribute: {of: Team, name: on_call, type: date}", "the pack says that Team.on_call is string"),
        ("backfill: {of: Nothing, name: x, value: 1}", "no kind or relation 'Nothing'"),
        ("backfill: {of: Rack, name: environment, value: nowhere}", "values do not convert"),
        ("explode: {name: x}", "no operation is called 'explode'"),
        ("rename_kind: {name: x}", "rename_kind needs name, to"),
        ("add_attribute: {of: Team, name: x, type: colour}", "'colour' is not a valid ValueType"),
    ],
)
def test_a_migration_that_does_not_fit_is_refused_before_anything_is_written(
    operation: str, seen: str, home: Path, tmp_path: Path
) -> None:
    before = checksum(at(home))
    with pytest.raises(MigrationError, match=seen):
        apply_migrations(at(home), chain(tmp_path / "chain", (operation,)))
    assert checksum(at(home)) == before


def test_files_out_of_order_or_without_a_title_are_refused(tmp_path: Path) -> None:
    folder = chain(tmp_path / "chain", ("backfill",))
    (folder / "0003_gap.yml").write_text("title: a\noperations: []\n", encoding="utf-8")
    with pytest.raises(MigrationError, match="is not migration 0002"):
        load_chain(folder)
    (folder / "0003_gap.yml").rename(folder / "0002_gap.yml")
    with pytest.raises(MigrationError, match="a title and operations"):
        load_chain(folder)
    assert load_chain(tmp_path / "nowhere") == []
