"""Branches that began before a migration, and checkpoints of moments before one, are read under the names of today."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.clock import clock_for
from core.errors import JumeauError
from core.principal import LOCAL_OPERATOR
from core.settings import Settings, load_settings
from graph.history.checkpoints import Checkpoints
from graph.history.events import Event
from graph.history.ledger import Ledger
from graph.history.renaming import BeforeMigrationError, events_of_today, of_today
from graph.model import Operation
from graph.schema.load import load_schema
from graph.schema.model import Schema
from migrations.former import former_names
from migrations.operations import read_operation
from services.branches import BranchService
from services.edits import NodeEdit
from services.ingestion import ingest
from services.migrations import apply_migrations
from services.moments import Asked
from services.twin import open_ledger
from tests.ingest.twin import write_files
from tests.migrations.packs import chain, pack
from tests.migrations.test_past import ASKED, FILES, asking

RENAMING = ("rename_attribute", "rename_kind", "retype_attribute", "drop_attribute", "add_attribute")


def at(home: Path, pack: Path | str = "it_estate", *, now: str = "2025-01-01", backend: str = "networkx") -> Settings:
    return load_settings(home=home, pack=str(pack), backend=backend, now=now)


@dataclass(frozen=True)
class Loaded:
    """A home with a branch that changes a team, a service, a cluster and a rack; its base, and elements by name."""

    home: Path
    base: int
    elements: dict[str, str]

    def copied(self, folder: Path) -> Path:
        return shutil.copytree(self.home, folder / "home")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    home = tmp_path_factory.mktemp("home")
    settings = at(home)
    ingest(settings, "csv", write_files(home / "export", FILES))
    _, ledger, service = opened(settings)
    try:
        named = {str(s.properties.get("name")): s.element for s in ledger.present() if not s.edge}
        base = service.create("plan").base
        service.change(
            "plan",
            nodes=[
                NodeEdit("Team", {"on_call": "rota 9"}, named["Payments"]),
                NodeEdit("TechnologyService", {"description": "of all sites"}, named["Backup"]),
                NodeEdit("Cluster", {"quorum": 5}, named["cluster-1"]),
                NodeEdit("Rack", {"height_units": 47}, named["rack-1"]),
            ],
        )
        service.create("untouched")
    finally:
        ledger.close()
    return Loaded(home, base, named)


def migrated(home: Path, folder: Path, *changes: str, backend: str = "networkx") -> Settings:
    """The settings of a home after these changes of its pack, a month later."""
    now = pack(folder / "pack" / "it_estate", *changes)
    chain(now / "migrations", *((change,) for change in changes))
    settings = at(home, now, now="2025-02-01", backend=backend)
    apply_migrations(settings)
    return settings


def opened(settings: Settings) -> tuple[Schema, Ledger, BranchService]:
    schema, ledger = open_ledger(settings)
    return schema, ledger, BranchService.of(settings, schema, ledger)


@pytest.mark.parametrize(("backend", "small"), [("networkx", None), ("embedded", 0)])
def test_a_branch_that_began_before_migrations_is_shown_under_the_names_of_today(
    loaded: Loaded, tmp_path: Path, backend: str, small: int | None
) -> None:
    home = loaded.copied(tmp_path)
    settings = migrated(home, tmp_path, *RENAMING, backend=backend)
    with asking(settings, small) as moments, moments.reading(Asked(branch="plan"), LOCAL_OPERATOR) as (queries, _):

        def rows(text: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in queries.cypher(text).answer.rows]

        assert rows(ASKED["rename_attribute"][0]) == [("Cards", "rota 2"), ("Payments", "rota 9")]
        assert rows("MATCH (s:SharedTechnicalService) RETURN s.name, s.description") == [("Backup", "of all sites")]
        assert rows(ASKED["retype_attribute"][0]) == [("5",)]
        notes = queries.cypher("MATCH (r:Rack) RETURN r.name").answer.notes
    assert any("before migration 0001_change" in note for note in notes)


def test_a_branch_that_began_before_migrations_is_applied_and_changed_on(loaded: Loaded, tmp_path: Path) -> None:
    home, named = loaded.copied(tmp_path), loaded.elements
    _, ledger, service = opened(migrated(home, tmp_path, *RENAMING))
    try:
        service.change("plan", nodes=[NodeEdit("Team", {"duty_rota": "rota 10", "code": "T-1"}, named["Payments"])])
        team = service.view("plan").states([named["Payments"]])[named["Payments"]]
        assert team.properties == {"name": "Payments", "duty_rota": "rota 10", "code": "T-1"}
        applied = service.apply("plan")
        states = ledger.states([named["Payments"], named["Backup"], named["cluster-1"], named["rack-1"]])
    finally:
        ledger.close()
    assert (applied.events, applied.conflicts) == (3, ())
    assert states[named["Payments"]].properties["duty_rota"] == "rota 10"
    assert (states[named["Backup"]].kind, states[named["Backup"]].properties["description"]) == (
        "SharedTechnicalService",
        "of all sites",
    )
    assert states[named["cluster-1"]].properties["quorum"] == "5"
    assert "height_units" not in states[named["rack-1"]].properties


def test_a_change_of_main_since_the_branch_began_is_a_conflict_under_the_name_of_today(
    loaded: Loaded, tmp_path: Path
) -> None:
    home, named = loaded.copied(tmp_path), loaded.elements
    _, ledger, service = opened(migrated(home, tmp_path, "rename_attribute"))
    try:
        service.change_main("decided", nodes=[NodeEdit("Team", {"duty_rota": "rota 3"}, named["Payments"])])
        (conflict,) = service.apply("plan", dry_run=True).conflicts
    finally:
        ledger.close()
    assert (conflict.attribute, conflict.base, conflict.main, conflict.branch) == (
        "duty_rota",
        "rota 1",
        "rota 3",
        "rota 9",
    )


def test_a_relation_that_has_another_name_since_is_not_changed_on_an_older_branch(
    loaded: Loaded, tmp_path: Path
) -> None:
    home, named = loaded.copied(tmp_path), loaded.elements
    _, ledger, service = opened(migrated(home, tmp_path, "rename_relation"))
    try:
        before = service.view("untouched").branch.version
        with pytest.raises(BeforeMigrationError, match="MEMBER_OF is called JOINED_TO since"):
            service.change("untouched", delete=[named["cluster-1"]])  # and its relations with it
        assert service.view("untouched").branch.version == before
        assert list(service.view("untouched").ends("JOINED_TO")) == [(named["srv-1"], named["cluster-1"])]
        service.change("untouched", delete=[named["rack-1"]])
        assert service.apply("untouched").events == 1
    finally:
        ledger.close()


def test_a_branch_that_has_changed_a_relation_with_another_name_since_is_refused_and_can_be_dropped(
    loaded: Loaded, tmp_path: Path
) -> None:
    home, named = loaded.copied(tmp_path), loaded.elements
    _, ledger, service = opened(at(home))
    try:
        edge = next(iter(service.view("untouched").edges_of([named["cluster-1"]]))).element
        service.change("untouched", delete=[edge])
    finally:
        ledger.close()
    settings = migrated(home, tmp_path, "rename_relation")
    _, ledger, service = opened(settings)
    try:
        with pytest.raises(BeforeMigrationError, match="'untouched' began before a migration"):
            service.apply("untouched")
        assert service.drop("untouched").name == "untouched"
    finally:
        ledger.close()


def test_a_checkpoint_is_made_of_a_moment_before_migrations(loaded: Loaded, tmp_path: Path) -> None:
    home, base = loaded.copied(tmp_path), loaded.base
    settings = migrated(home, tmp_path, *RENAMING, "rename_relation")
    schema, ledger, _ = opened(settings)
    try:
        checkpoints = Checkpoints(ledger, schema, settings.home, clock_for(settings.now))
        made = checkpoints.make(base)
        columns = checkpoints.columns(base)
    finally:
        ledger.close()
    assert made.elements == columns.elements
    assert "SharedTechnicalService" in columns.nodes
    assert sorted(columns.nodes["Team"]["duty_rota"].to_pylist()) == ["rota 1", "rota 2"]
    assert columns.nodes["Cluster"]["quorum"].to_pylist() == ["3"]
    with asking(settings, 0) as moments, moments.reading(Asked(f"#{base}"), LOCAL_OPERATOR) as (queries, _):
        for text, wanted in ASKED.values():
            assert [tuple(row) for row in queries.cypher(text).answer.rows] == wanted


def test_without_the_migrations_a_checkpoint_of_then_is_refused(loaded: Loaded, tmp_path: Path) -> None:
    home, base = loaded.copied(tmp_path), loaded.base
    now = pack(tmp_path / "pack" / "it_estate", "rename_kind")
    settings = at(home, now, now="2025-02-01")
    apply_migrations(settings, chain(tmp_path / "elsewhere", ("rename_kind",)))
    schema, ledger, _ = opened(settings)
    try:
        with pytest.raises(JumeauError, match="TechnologyService") as refused:
            Checkpoints(ledger, schema, settings.home, clock_for(settings.now)).make(base)
    finally:
        ledger.close()
    assert "migrate" in str(refused.value)


def test_what_converts_is_shown_and_what_does_not_is_left_out_or_refused_where_a_branch_has_set_it() -> None:
    schema = load_schema("it_estate")
    operation = {"retype_attribute": {"of": "Cluster", "name": "quorum", "was": "string", "type": "integer"}}
    former = former_names(schema, [read_operation(operation, "here")])
    rows = [(str(n), False, "Cluster", None, None, f'{{"quorum": "{text}"}}') for n, text in enumerate(("3", "x"))]
    assert of_today(rows, schema, former) == {"0": ("Cluster", {"quorum": 3}), "1": ("Cluster", {})}
    event = Event(Operation.UPDATE, "c1", False, "Cluster", {"quorum": "x"}, {"quorum": "x", "name": "c"})
    (kept,) = events_of_today([(event, '{"quorum": "x"}', '{"quorum": "x", "name": "c"}')], schema, former, "plan")
    assert (kept.before, kept.after) == ({}, {"name": "c"})
    with pytest.raises(BeforeMigrationError, match="its quorum 'x' is no value of Cluster"):
        events_of_today([(event, '{"quorum": "3"}', '{"quorum": "x"}')], schema, former, "plan")


def test_a_branch_that_has_changed_a_kind_that_was_dropped_since_is_refused() -> None:
    schema = load_schema("it_estate")
    former = former_names(schema, [read_operation({"drop_kind": {"name": "Mainframe"}}, "here")])
    event = Event(Operation.CREATE, "m1", False, "Mainframe", None, {"name": "m"})
    with pytest.raises(BeforeMigrationError, match="the kind Mainframe, which was dropped since"):
        events_of_today([(event, None, '{"name": "m"}')], schema, former, "plan")


def test_what_others_said_of_an_attribute_has_its_name_of_today() -> None:
    schema = load_schema("it_estate")
    operation = {"rename_attribute": {"of": "Team", "name": "rota", "to": "on_call"}}
    former = former_names(schema, [read_operation(operation, "here")])
    said = {"rota": "csv", "rota\x1fnetbox": '{"rota":"r2"}', "name": "csv", "(kind)": "csv"}
    event = Event(Operation.UPDATE, "t1", False, "Team", {"rota": "r"}, {"rota": "r1"}, provenance=said)
    (told,) = events_of_today([(event, '{"rota": "r"}', '{"rota": "r1"}')], schema, former, "plan")
    assert told.after == {"on_call": "r1"}
    assert told.provenance == {
        "on_call": "csv",
        "on_call\x1fnetbox": '{"on_call":"r2"}',
        "name": "csv",
        "(kind)": "csv",
    }
