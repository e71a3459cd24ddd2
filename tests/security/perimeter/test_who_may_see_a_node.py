"""The perimeters of a node, as the pack's relations give them, on backends that follow the ledger delta by delta."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from core.clock import FrozenClock
from core.principal import EVERYONE
from graph.history import perimeters, projection
from graph.history.projection import Projector, net_delta
from graph.history.verify import verify
from graph.registry import BackendOptions, open_backend
from graph.repository import GraphRepository
from graph.schema.model import Schema
from tests.conftest import NIGHTLY
from tests.neo4j_server import Neo4jServer
from tests.security.perimeter.estate import Estate, held, project


@pytest.fixture
def estate(schema: Schema, clock: FrozenClock, tmp_path: Path) -> Iterator[Estate]:
    made = Estate.empty(schema, clock, tmp_path)
    yield made
    made.ledger.close()


@pytest.fixture
def memory(schema: Schema) -> GraphRepository:
    return open_backend("networkx", schema, BackendOptions())


@pytest.fixture(params=["networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def backend(request: pytest.FixtureRequest, schema: Schema, tmp_path: Path) -> Iterator[GraphRepository]:
    options = BackendOptions(buffer_pool_mb=256)
    url = {"networkx": "networkx", "embedded": f"embedded:{tmp_path / 'store.lbug'}"}.get(request.param)
    if url is None:
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        options, url = BackendOptions(user=server.user, password=server.password), server.url
    repository = open_backend(url, schema, options)
    if request.param == "neo4j":
        repository.reset()
    yield repository
    if request.param == "neo4j":
        repository.reset()
    repository.close()


def build(estate: Estate) -> None:
    estate.add("Perimeter", "Paiements", "Crédits")
    estate.add("Team", "core")
    estate.add("PhysicalServer", "srv", "spare")
    estate.add("DatabaseInstance", "db")
    estate.add("Incident", "inc")
    estate.add("NetworkInterface", "eth")
    estate.add("SoftwareProduct", "product")
    estate.relate(
        ("srv", "IN_PERIMETER", "Paiements"),
        ("core", "IN_PERIMETER", "Crédits"),
        ("srv", "OWNED_BY", "core"),
        ("spare", "OWNED_BY", "core"),
        ("db", "RUNS_ON", "srv"),
        ("inc", "AFFECTS", "db"),
        ("srv", "HAS_INTERFACE", "eth"),
    )


def test_given_perimeters_come_before_those_of_owners_and_pass_along_relations(
    estate: Estate, memory: GraphRepository
) -> None:
    build(estate)
    found = project(estate, memory)
    assert found["srv"] == ("Paiements",)
    assert found["spare"] == ("Crédits",)
    assert found["db"] == found["inc"] == found["eth"] == ("Paiements",)


def test_a_perimeter_is_in_itself_and_a_public_kind_in_that_of_everyone(
    estate: Estate, memory: GraphRepository
) -> None:
    build(estate)
    found = project(estate, memory)
    assert found["Paiements"] == ("Paiements",)
    assert found["product"] == (EVERYONE,)


def test_what_nobody_owns_is_in_no_perimeter(estate: Estate, memory: GraphRepository) -> None:
    estate.add("PhysicalServer", "lost")
    assert project(estate, memory)["lost"] == ()


def test_nobody_can_make_a_perimeter_of_everyone(estate: Estate, memory: GraphRepository) -> None:
    estate.add("Perimeter", EVERYONE)
    estate.add("PhysicalServer", "srv")
    estate.relate(("srv", "IN_PERIMETER", EVERYONE))
    assert set(project(estate, memory).values()) == {()}


def test_owners_in_a_circle_have_the_perimeters_of_all(estate: Estate, memory: GraphRepository) -> None:
    estate.add("Perimeter", "Paiements")
    estate.add("DatabaseInstance", "db")
    estate.add("KubernetesCluster", "cluster")
    estate.add("PhysicalServer", "srv")
    estate.relate(("db", "RUNS_ON", "cluster"), ("cluster", "RUNS_ON", "srv"), ("srv", "STORED_ON", "db"))
    estate.relate(("srv", "IN_PERIMETER", "Paiements"))
    assert set(project(estate, memory).values()) == {("Paiements",)}


def test_every_backend_follows_a_change_of_owner(estate: Estate, backend: GraphRepository) -> None:
    build(estate)
    project(estate, backend)
    estate.unrelate(("srv", "IN_PERIMETER", "Paiements"))
    found = project(estate, backend)
    assert found["srv"] == found["db"] == found["inc"] == found["eth"] == ("Crédits",)
    estate.rename("Crédits", "Prêts")
    assert project(estate, backend)["inc"] == ("Prêts",)
    estate.unrelate(("core", "IN_PERIMETER", "Crédits"))
    found = project(estate, backend)
    assert found["inc"] == found["spare"] == ()
    assert found["Crédits"] == ("Prêts",)


def test_a_reclassified_node_keeps_its_perimeters_or_becomes_public(estate: Estate, backend: GraphRepository) -> None:
    build(estate)
    project(estate, backend)
    estate.reclassify("srv", "VirtualMachine")
    assert project(estate, backend)["srv"] == ("Paiements",)
    estate.add("Team", "other")
    estate.relate(("other", "IN_PERIMETER", "Paiements"))
    project(estate, backend)
    estate.unrelate(("other", "IN_PERIMETER", "Paiements"))
    project(estate, backend)
    estate.reclassify("other", "Supplier")
    assert project(estate, backend)["other"] == (EVERYONE,)


def test_verification_tells_a_perimeter_that_is_not_what_the_ledger_says(
    estate: Estate, memory: GraphRepository
) -> None:
    build(estate)
    project(estate, memory)
    assert verify(estate.ledger, estate.schema, [memory]).equal
    fresh = open_backend("networkx", estate.schema, BackendOptions())
    last = estate.ledger.sequence()
    outcomes = estate.ledger.outcomes(1, last)
    fresh.apply(net_delta(1, last, outcomes, estate.ledger.kinds))  # as if nobody had asked who may see
    (report,) = verify(estate.ledger, estate.schema, [fresh]).backends
    assert not report.equal
    assert {d.attribute for d in report.differences} == {"(perimeters)"}


NODES = {
    "Perimeter": 3,
    "Team": 3,
    "Entity": 2,
    "PhysicalServer": 5,
    "DatabaseInstance": 5,
    "Incident": 4,
    "StorageVolume": 3,
}
STEPS = 400 if NIGHTLY else 40


@pytest.mark.parametrize("seed", range(10 if NIGHTLY else 3))
@pytest.mark.parametrize(
    ("many", "lasting"),
    [(perimeters.MANY, False), (1, False), (1, True)],
    ids=["by look-ups", "all at once", "by a projector that goes on"],
)
def test_after_any_changes_the_perimeters_are_those_of_a_rebuild(
    seed: int, many: int, lasting: bool, estate: Estate, memory: GraphRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perimeters, "MANY", many)
    monkeypatch.setattr(projection, "DELTA_EVENTS", 3 if lasting else projection.DELTA_EVENTS)
    projector = Projector(estate.ledger, memory)
    random = Random(seed)
    for kind, count in NODES.items():
        estate.add(kind, *(f"{kind}{number}" for number in range(count)))
    rules = sorted(estate.schema.perimeter_rules)
    for step in range(STEPS):
        _change(estate, random, rules, step)
        if random.random() < 0.6:
            projector = projector if lasting else Projector(estate.ledger, memory)
            projector.catch_up()
    projector.catch_up()
    rebuilt = open_backend("networkx", estate.schema, BackendOptions())
    assert held(memory) == project(estate, rebuilt)
    assert len(set(held(memory).values())) > 3
    assert verify(estate.ledger, estate.schema, [memory]).equal


def _change(estate: Estate, random: Random, rules: list[str], step: int) -> None:
    dice = random.random()
    if dice < 0.2 and estate.relations:
        estate.unrelate(random.choice(sorted(estate.relations.values())))
    elif dice < 0.27:
        estate.rename(random.choice([n for n, k in estate.kinds.items() if k == "Perimeter"]), f"p{step}")
    elif dice < 0.32 and len(estate.kinds) > 15:
        estate.delete(random.choice([n for n, k in estate.kinds.items() if k != "Perimeter"]))
    elif dice < 0.4:
        kind = random.choice(sorted(NODES))
        estate.add(kind, f"{kind}-{step}")
    else:
        nodes = sorted(estate.kinds)
        for _ in range(200):
            start, type_, end = random.choice(nodes), random.choice(rules), random.choice(nodes)
            pair = estate.kinds[start], estate.kinds[end]
            if pair in estate.schema.pairs[type_] and f"{start}-{type_}-{end}" not in estate.relations:
                estate.relate((start, type_, end))
                return
