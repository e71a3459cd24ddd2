"""A question about a moment before a migration is answered under the names of today, and the answer says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.errors import JumeauError
from core.principal import LOCAL_OPERATOR
from core.settings import Settings, load_settings
from graph.history.former import FormerKind
from graph.schema.load import load_schema
from graph.schema.model import ValueType
from migrations.former import former_names
from migrations.operations import read_operation
from services.catalogue import CatalogueService
from services.ingestion import ingest
from services.migrations import apply_migrations
from services.moments import Asked, MomentService
from services.query import QueryService
from services.twin import open_twin
from tests.ingest.twin import write_files
from tests.migrations.packs import chain, pack

FILES = {
    "Team.csv": "key,name,on_call\nt1,Payments,rota 1\nt2,Cards,rota 2\n",
    "Rack.csv": "key,name,height_units\nr1,rack-1,42\n",
    "Cluster.csv": "key,name,quorum\nc1,cluster-1,3\n",
    "TechnologyService.csv": "key,name\ns1,Backup\n",
    "PhysicalServer.csv": "key,name\np1,srv-1\n",
    "relations/MEMBER_OF.csv": "from_kind,from,to_kind,to\nPhysicalServer,p1,Cluster,c1\n",
    "relations/DEPENDS_ON.csv": "from_kind,from,to_kind,to\nTechnologyService,s1,PhysicalServer,p1\n",
}
ASKED = {
    "rename_attribute": (
        "MATCH (t:Team) RETURN t.name AS team, t.duty_rota AS rota ORDER BY team",
        [("Cards", "rota 2"), ("Payments", "rota 1")],
    ),
    "rename_kind": ("MATCH (s:SharedTechnicalService) RETURN s.name AS s", [("Backup",)]),
    "rename_relation": (
        "MATCH (s)-[:JOINED_TO]->(c:Cluster) RETURN s.name AS s, c.name AS c",
        [("srv-1", "cluster-1")],
    ),
    "retype_attribute": ("MATCH (c:Cluster) RETURN c.quorum AS quorum", [("3",)]),
    "drop_attribute": ("MATCH (r:Rack) RETURN r.name AS rack", [("rack-1",)]),
    "add_attribute": ("MATCH (c:Cluster) RETURN c.name AS c, c.vote AS vote", [("cluster-1", None)]),
}


def at(home: Path, pack: Path | str = "it_estate", backend: str = "networkx") -> Settings:
    return load_settings(home=home, pack=str(pack), backend=backend, now="2025-01-01")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    ingest(at(home), "csv", write_files(home / "export", FILES))
    return home


@contextmanager
def asking(settings: Settings, small: int | None = None) -> Iterator[MomentService]:
    with open_twin(settings) as twin:
        queries = QueryService(twin)
        service = MomentService(twin, queries, CatalogueService(twin, queries), small=small)
        yield service
        service.close()


def last(settings: Settings) -> int:
    with open_twin(settings) as twin:
        return twin.ledger.sequence()


@pytest.mark.parametrize(("backend", "small"), [("networkx", None), ("embedded", 0)])
def test_a_moment_before_migrations_is_shown_under_the_names_of_today(
    loaded: Path, tmp_path: Path, backend: str, small: int | None
) -> None:
    home = shutil.copytree(loaded, tmp_path / "home")
    before = last(at(home))
    changes = list(ASKED)
    now = pack(tmp_path / "pack" / "it_estate", *changes)
    chain(now / "migrations", *((change,) for change in changes))
    settings = at(home, now, backend)
    apply_migrations(settings)
    present = last(settings)
    with asking(settings, small) as moments:
        for text, wanted in ASKED.values():
            with moments.reading(Asked(f"#{before}"), LOCAL_OPERATOR) as (queries, _):
                found = queries.cypher(text).answer
            assert [tuple(row) for row in found.rows] == wanted, text
            assert any("before migration 0001_change" in note for note in found.notes)
            with moments.reading(Asked(f"#{present}"), LOCAL_OPERATOR) as (queries, _):
                after = queries.cypher(text).answer
            assert [tuple(row) for row in after.rows] == wanted, text
            assert not after.notes


def test_what_was_dropped_since_is_not_shown(loaded: Path, tmp_path: Path) -> None:
    home = shutil.copytree(loaded, tmp_path / "home")
    before = last(at(home))
    now = pack(tmp_path / "pack" / "it_estate")
    relations = now / "relations.yml"
    text = relations.read_text(encoding="utf-8")
    start = text.index("  MEMBER_OF:\n")
    following = text.index("\n  ", text.index("triples:", start))
    while text[following + 3] == " ":
        following = text.index("\n  ", following + 3)
    relations.write_text(text[:start] + text[following + 1 :], encoding="utf-8")
    chain(now / "migrations", ("drop_relation: {name: MEMBER_OF}",))
    settings = at(home, now)
    apply_migrations(settings)
    with asking(settings) as moments, moments.reading(Asked(f"#{before}"), LOCAL_OPERATOR) as (queries, _):
        (row,) = queries.cypher(
            "MATCH (:ConfigurationItem)-[r]->() RETURN count(r) AS n, collect(type(r)) AS types"
        ).answer.rows
    assert tuple(row) == (1, ["DEPENDS_ON"])


def test_without_the_migrations_names_of_then_are_refused(loaded: Path, tmp_path: Path) -> None:
    home = shutil.copytree(loaded, tmp_path / "home")
    before = last(at(home))
    now = pack(tmp_path / "pack" / "it_estate", "rename_kind")
    settings = at(home, now)
    apply_migrations(settings, chain(tmp_path / "elsewhere", ("rename_kind",)))
    asked = Asked(f"#{before}")
    with (
        asking(settings) as moments,
        pytest.raises(JumeauError, match="TechnologyService"),
        moments.reading(asked, LOCAL_OPERATOR),
    ):
        pass


def test_names_are_followed_back_through_several_operations() -> None:
    schema = load_schema("it_estate")
    operations = [
        read_operation({"rename_attribute": {"of": "Team", "name": "phone", "to": "rota"}}, "here"),
        read_operation({"rename_attribute": {"of": "Team", "name": "rota", "to": "on_call"}}, "here"),
        read_operation({"rename_kind": {"name": "Squad", "to": "Team"}}, "here"),
        read_operation({"drop_attribute": {"of": "Team", "name": "motto", "type": "string"}}, "here"),
        read_operation({"drop_kind": {"name": "Mainframe"}}, "here"),
    ]
    names = former_names(schema, operations)
    squad = names.of("Squad", schema, edge=False)
    assert squad is not None
    assert squad.name == "Team"
    assert squad.attributes["phone"] == (ValueType.STRING, "on_call")
    assert squad.attributes["motto"] == (ValueType.STRING, None)
    assert names.of("Mainframe", schema, edge=False) == FormerKind(None)
    assert names.loses_nodes
    assert names.of("Elsewhere", schema, edge=False) is None
