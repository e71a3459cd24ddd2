"""Simulated state in GraphQL: runs, summaries and incidents like every kind, one query each, and live clocks by subscription."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from api.graphql.shape import Shape
from core.clock import SystemClock
from graph.cypher.ast import Direction
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.simulation.clocks import Clocks
from services.simulation.keep import Kept, keep
from services.simulation.kept import KeptRuns
from services.simulation.live import parse_speed
from services.simulation.run import play
from services.twin import Twin
from simulate.builder.scenario import parse_scenario
from tests.api.apps import create_app
from tests.api.conftest import Asking, Server, asking, served
from tests.api.estate import opened
from tests.api.websocket_client import talking
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock
from tests.services.simulation.conftest import YEAR, estate_of_two

CLOCK = (
    "subscription ($run: String!) { simulationClock(run: $run, every: 0.2) { run at endsAt down isOver simulated } }"
)
EVENTS = "subscription ($run: String!) { simulationEvents(run: $run) { at item kind name state cause simulated } }"


@dataclass(frozen=True, slots=True)
class Simulated:
    """A twin with a kept run, asked here and over HTTP by people who sign in."""

    asking: Asking
    server: Server
    kept: Kept
    people: Doorkeeper

    @property
    def twin(self) -> Twin:
        return self.asking.twin

    def start(self, speed: str) -> None:
        Clocks(self.twin.ledger, SystemClock()).start(self.kept.run, parse_speed(speed))

    def bearer(self, name: str, perimeters: list[str] | None) -> dict[str, str]:
        account = self.people.accounts.create(name, PASSWORD, ["reader"], perimeters, by="test")
        secret, _ = self.people.tokens.issue(account, timedelta(days=1))
        return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def simulated(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with ExitStack() as open_:
        home, estate = tmp_path_factory.mktemp("simulated"), estate_of_two()
        twin = open_.enter_context(opened("networkx", schema, home, estate, {"access": "accounts"}))
        kept = keep(KeptRuns(twin.ledger, twin.clock, "ana", most=3), play(twin.settings, parse_scenario(YEAR)))
        twin.catch_up()
        people = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
        server = open_.enter_context(served(twin, create_app(twin, doorkeeper=people)))
        yield Simulated(asking(twin, estate), server, kept, people)


def test_runs_are_read_with_what_they_say_in_one_query_and_the_answer_says_that_it_is_simulated(
    simulated: Simulated,
) -> None:
    here = simulated.asking
    here.repository.asked.clear()
    produced = Shape(here.twin.schema).relation_names["IN_RUN", Direction.IN]
    text = f"""{{ simulationRuns {{ edges {{ node {{ id seed replications confidenceLevel
        ofScenario {{ edges {{ node {{ name version }} }} }}
        {produced}(first: 3) {{ edges {{ node {{ __typename name }} }} }} }} }} }} }}"""
    result = here.schema.execute_sync(text)
    assert result.errors is None, result.errors
    assert len(here.repository.asked) == 1
    (edge,) = result.data["simulationRuns"]["edges"]  # type: ignore[index]
    assert (edge["node"]["id"], edge["node"]["seed"], edge["node"]["confidenceLevel"]) == (simulated.kept.run, 7, 0.95)
    assert edge["node"]["ofScenario"]["edges"][0]["node"]["name"] == "A year"
    notes = (result.extensions or {})["jumeau"]["notes"]
    assert notes[0].startswith("simulated: ")


def test_one_run_is_asked_for_by_its_id_and_lists_of_the_estate_have_none_of_it(simulated: Simulated) -> None:
    here = simulated.asking
    found = here.graphql("query ($id: ID!) { simulationRun(id: $id) { seed engine } }", id=simulated.kept.run)
    assert found == {"simulationRun": {"seed": 7, "engine": "kernels"}}
    assert here.graphql('{ simulationRun(id: "none") { seed } }') == {"simulationRun": None}
    server = simulated.asking.estate.of("PhysicalServer")[0].id
    assert here.graphql("query ($id: ID!) { simulationRun(id: $id) { seed } }", id=server) == {"simulationRun": None}
    counts = here.graphql(
        "{ incidents { count } elements { count } simulatedIncidents { count } simulatedSummaries { count } "
        'scenarios { count } search(text: "A year") { hasMore hits { node { id } } } }'
    )
    assert counts == {
        "incidents": {"count": 1},
        "elements": {"count": len(here.estate.things)},
        "simulatedIncidents": {"count": simulated.kept.incidents},
        "simulatedSummaries": {"count": 10},
        "scenarios": {"count": 1},
        "search": {"hasMore": False, "hits": []},
    }


def test_somebody_limited_has_the_part_of_a_run_that_is_theirs(simulated: Simulated) -> None:
    text = "{ simulatedSummaries { count } simulationRuns { count } simulatedIncidents { edges { node { name } } } }"
    cases: list[tuple[str, list[str], tuple[int, int]]] = [("ana", ["North"], (5, 1)), ("ben", [], (0, 0))]
    for name, perimeters, wanted in cases:
        headers = simulated.bearer(name, perimeters)
        told = simulated.server.http.post("/graphql", json={"query": text}, headers=headers).json()["data"]
        assert (told["simulatedSummaries"]["count"], told["simulationRuns"]["count"]) == wanted
        names = {edge["node"]["name"] for edge in told["simulatedIncidents"]["edges"]}
        assert names <= ({"north-1", "north-2", "Payments North"} if perimeters else set())


def test_nobody_writes_simulated_state_by_hand(simulated: Simulated) -> None:
    assert simulated.asking.schema.execute_sync(
        'mutation { createSimulationRun(data: {name: "x"}, reason: "r") { __typename } }'
    ).errors
    ids = [simulated.kept.run]
    text = 'mutation ($ids: [ID!]!) { delete(ids: $ids, reason: "r") { __typename ... on ChangeRefused { message } } }'
    told = simulated.asking.schema.execute_sync(text, {"ids": ids})
    assert "the twin keeps these itself" in str(told)


def test_whoever_listens_to_a_clock_hears_it_to_its_end_and_changes_of_what_they_see(simulated: Simulated) -> None:
    whole, north = simulated.bearer("ida", None), simulated.bearer("nora", ["North"])
    run = {"run": simulated.kept.run}
    with talking(simulated.server) as all_, talking(simulated.server) as some:
        assert all_.init(whole)
        assert some.init(north)
        all_.subscribe(CLOCK, run)
        assert all_.code() == "NOT_FOUND", "no clock goes yet"
        simulated.start("1s=20week")
        all_.subscribe(CLOCK, run, id="2")
        some.subscribe(EVENTS, run)
        ticks: list[dict[str, Any]] = []
        while not ticks or not ticks[-1]["isOver"]:
            message = all_.receive()
            if message["type"] == "next":
                ticks.append(message["payload"]["data"]["simulationClock"])
        heard: list[dict[str, Any]] = []
        while (message := some.receive())["type"] == "next":
            heard.append(message["payload"]["data"]["simulationEvents"])
    assert len(ticks) >= 3
    assert [tick["at"] for tick in ticks] == sorted(tick["at"] for tick in ticks)
    assert ticks[-1]["at"] == ticks[-1]["endsAt"]
    assert all(tick["simulated"] and tick["run"] == simulated.kept.run for tick in ticks)
    assert {event["name"] for event in heard} <= {"north-1", "north-2", "Payments North"}
    assert len(heard) >= 10
    assert [event["at"] for event in heard] == sorted(event["at"] for event in heard)


def test_a_clock_of_a_run_that_one_does_not_see_is_none(simulated: Simulated) -> None:
    simulated.start("1s=1h")
    with talking(simulated.server) as talk:
        assert talk.init(simulated.bearer("zoe", []))
        for number, text in enumerate((CLOCK, EVENTS)):
            talk.subscribe(text, {"run": simulated.kept.run}, id=str(number))
            assert talk.code() == "NOT_FOUND"
