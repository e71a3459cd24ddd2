"""A twin of two services of two perimeters, and a year of it that was played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from graph.schema.model import Schema
from services.moments import Asked
from services.query import QueryService
from services.simulation.kept import KeptRuns
from services.simulation.order import Order
from services.simulation.run import Played, play
from services.twin import Twin
from simulate.builder.scenario import Scenario, parse_scenario
from tests.api.estate import Estate, opened
from tests.neo4j_server import Neo4jServer

YEAR = """\
name: A year
replications: 10
seed: 7
kinds:
  PhysicalServer: {failure: {mean: 30 days}, repair: {mean: 1 day}}
"""


def estate_of_two() -> Estate:
    """In each perimeter a service on an application on two servers, one of which is enough; an incident; and a public element."""
    estate = Estate()
    for side in ("North", "South"):
        perimeter = estate.add("Perimeter", side)
        service = estate.add("BusinessService", f"Payments {side}")
        application = estate.add("BusinessApplication", f"Ledger {side}", code=side[:1])
        cluster = estate.add("Cluster", f"pair {side}", quorum=1)
        estate.link(service, "USES", application)
        servers = [estate.add("PhysicalServer", f"{side.lower()}-{n}") for n in (1, 2)]
        for server in servers:
            estate.link(application, "RUNS_ON", server)
            estate.link(server, "MEMBER_OF", cluster)
        for thing in (service, application, cluster, *servers):
            estate.link(thing, "IN_PERIMETER", perimeter)
    incident = estate.add("Incident", "real", number="INC1", priority="P1")
    estate.link(incident, "AFFECTS", estate.of("PhysicalServer")[0])
    estate.add("Vulnerability", "CVE-2024-1", cve="CVE-2024-1")
    return estate


@dataclass(slots=True)
class Simulated:
    """A twin, what was written to it, and its kept runs."""

    twin: Twin
    estate: Estate
    kept: KeptRuns
    scenario: Scenario

    def play(self, scenario: Scenario | None = None, branch: str | None = None, seed: int | None = None) -> Played:
        settings = self.twin.settings.model_copy(update={"backend": "networkx"})  # the store is open here
        return play(settings, scenario or self.scenario, Asked(None, branch), Order(seed=seed))

    def rows(self, text: str, *arguments: object, **parameters: object) -> list[list[object]]:
        """The rows of a query on the backend, after it has followed the ledger."""
        self.twin.catch_up()
        found = QueryService(self.twin).cypher(text, parameters, *arguments).to_dict()  # type: ignore[arg-type]
        rows: list[list[object]] = found["rows"]
        return rows


@pytest.fixture(params=["networkx", "embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def anywhere(request: pytest.FixtureRequest, schema: Schema, tmp_path: Path) -> Iterator[Simulated]:
    url, access = request.param, dict[str, object]()
    if url == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        url, access = server.url, {"neo4j_user": server.user, "neo4j_password": server.password}
    yield from simulated_on(url, schema, tmp_path, access)


@pytest.fixture(params=["networkx", "embedded"])
def simulated(request: pytest.FixtureRequest, schema: Schema, tmp_path: Path) -> Iterator[Simulated]:
    yield from simulated_on(request.param, schema, tmp_path)


@pytest.fixture
def on_networkx(schema: Schema, tmp_path: Path) -> Iterator[Simulated]:
    yield from simulated_on("networkx", schema, tmp_path)


def simulated_on(
    url: str, schema: Schema, home: Path, access: Mapping[str, object] | None = None
) -> Iterator[Simulated]:
    estate = estate_of_two()
    with opened(url, schema, home, estate, access) as twin:
        yield Simulated(twin, estate, KeptRuns(twin.ledger, twin.clock, "ana", most=3), parse_scenario(YEAR))
