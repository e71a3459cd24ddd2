"""From a graph and a scenario to a model: what becomes an item, what it needs, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from graph.model import Edge, Node
from graph.schema.model import Schema
from simulate.builder import scenario as scenarios
from simulate.builder.build import build
from simulate.builder.scenario import parse_scenario
from simulate.distributions import deterministic, exponential, lognormal_of
from simulate.engines.arrays import compile_model
from simulate.engines.history import history
from simulate.engines.reference import play
from simulate.errors import RedundancyError, ScenarioError, SimulationError, TooManyEventsError
from simulate.model.items import Crew, Failover, MaintenanceWindow, Model, Requirement

SCENARIO = """\
# yaml-language-server: $schema=scenario.schema.json
name: One year as it is
begins_on: 2025-01-01
kinds:
  PhysicalServer: {failure: {mean: 3 years}, repair: {family: lognormal, mean: 8 h, deviation: 6 h}, crew: hardware}
  Server: {failure: {mean: 1 year}, repair: {mean: 2 h}}
  DataCenter: {failure: {mean: 20 years}, repair: {mean: 12 h}}
items:
  web 1: {priority: 7, maintenance: [{first: 10 h, every: 30 days, duration: 2 h}]}
crews:
  hardware: {size: 2, shifts: [{days: [mon, tue], begin: 8, end: 18}]}
"""


def node(schema: Schema, id_: str, kind: str, **properties: Any) -> Node:
    return Node(id_, schema.kinds[kind].labels, {"id": id_, "name": id_.replace("-", " "), **properties})


def edge(start: str, type_: str, end: str, **properties: Any) -> Edge:
    return Edge(f"{start} {type_} {end}", type_, start, end, properties)


@pytest.fixture(scope="module")
def estate(schema: Schema) -> tuple[list[Node], list[Edge]]:
    """A service on an application, of two web servers of a cluster, in one data centre that fails over to another."""
    nodes = [
        node(schema, "bank", "BusinessService", criticality="vital"),
        node(schema, "app", "BusinessApplication", rto_minutes=30, rpo_minutes=15),
        node(schema, "instance", "ServiceInstance", environment="production"),
        node(schema, "test-instance", "ServiceInstance", environment="test"),
        node(schema, "cluster", "Cluster", quorum=1),
        node(schema, "web-1", "PhysicalServer", criticality="critical"),
        node(schema, "web-2", "VirtualMachine"),
        node(schema, "old", "PhysicalServer", status="decommissioned"),
        node(schema, "north", "DataCenter"),
        node(schema, "south", "DataCenter"),
        node(schema, "alone", "PhysicalServer"),
    ]
    edges = [
        edge("bank", "USES", "app"),
        edge("instance", "REALISES", "app"),
        edge("test-instance", "REALISES", "app"),
        edge("instance", "RUNS_ON", "web-1"),
        edge("instance", "RUNS_ON", "web-2"),
        edge("instance", "RUNS_ON", "old"),
        edge("web-1", "MEMBER_OF", "cluster"),
        edge("web-2", "MEMBER_OF", "cluster"),
        edge("web-1", "LOCATED_IN", "north"),
        edge("north", "FAILS_OVER_TO", "south", failover_minutes=30.0),
        edge("south", "FAILS_OVER_TO", "north"),
    ]
    return nodes, edges


@pytest.fixture(scope="module")
def model(schema: Schema, estate: tuple[list[Node], list[Edge]]) -> Model:
    return build(*estate, schema, parse_scenario(SCENARIO))


class TestWhatIsBuilt:
    def test_what_is_watched_and_all_it_needs_are_items_and_nothing_else(self, model: Model) -> None:
        assert [item.id for item in model.items] == [
            "app", "bank", "cluster", "instance", "north", "south", "web-1", "web-2", "north#own", "south#own",
        ]  # fmt: skip
        assert [model.items[at].id for at in model.watched] == ["bank"]

    def test_everything_needs_what_it_depends_on_and_members_stand_for_their_cluster(self, model: Model) -> None:
        at = model.position
        needs = {item.id: item.requires for item in model.items if item.requires}
        assert needs == {
            "bank": (Requirement(1, (at["app"],)),),
            "app": (Requirement(1, (at["instance"],)),),
            "instance": (Requirement(1, (at["cluster"],)),),
            "cluster": (Requirement(1, (at["web-1"], at["web-2"])),),
            "web-1": (Requirement(1, (at["north"],)),),
            "north": (Requirement(1, (at["north#own"],)),),
            "south": (Requirement(1, (at["south#own"],)),),
        }

    def test_data_centres_that_stand_in_for_one_another_are_no_cycle(self, model: Model) -> None:
        at = model.position
        assert model.items[at["north"]].failover == Failover(at["south#own"], deterministic(0.5))
        assert model.items[at["south"]].failover == Failover(at["north#own"], exponential(1.0))
        assert model.items[at["north#own"]].failure == exponential(20 * 8760.0)

    def test_an_item_on_a_circle_of_dependencies_is_played_without_its_failover_and_that_is_said(
        self, schema: Schema, estate: tuple[list[Node], list[Edge]], model: Model
    ) -> None:
        nodes, edges = estate
        circle = [*edges, edge("instance", "DEPENDS_ON", "app"), edge("instance", "FAILS_OVER_TO", "web-2")]
        found = build(nodes, circle, schema, parse_scenario(SCENARIO))
        assert found.items[found.position["instance"]].failover is None
        assert found.items[found.position["south"]].failover is not None
        assert found.notes == ("1 items on circles of dependencies are played without their failover: instance",)
        assert model.notes == ()

    def test_the_most_specific_kind_counts_and_then_the_item(self, model: Model) -> None:
        one, other = model.items[model.position["web-1"]], model.items[model.position["web-2"]]
        assert (one.failure, one.repair, one.crew) == (exponential(26_280.0), lognormal_of(8.0, 6.0), 0)
        assert (one.priority, one.maintenance) == (7, (MaintenanceWindow(10.0, 2.0, 720.0),))
        assert (other.failure, other.repair, other.crew) == (exponential(8_760.0), exponential(2.0), None)

    def test_objectives_crews_and_the_week_come_along(self, model: Model) -> None:
        app = model.items[model.position["app"]]
        assert (app.recovery_time_objective, app.recovery_point_objective) == (0.5, 0.25)
        assert model.crews == (Crew("hardware", 2, ((8.0, 18.0), (32.0, 42.0))),)
        assert model.week_offset == 48.0  # a Wednesday

    def test_the_same_inputs_in_any_order_give_the_same_model(
        self, schema: Schema, estate: tuple[list[Node], list[Edge]], model: Model
    ) -> None:
        nodes, edges = estate
        assert build(reversed(nodes), reversed(edges), schema, parse_scenario(SCENARIO)) == model

    def test_both_engines_play_it_alike(self, model: Model) -> None:
        found = history(model, compile_model(model), 3).events()
        expected = play(model, 3)
        assert [(event.item, event.what) for event in found] == [(event.item, event.what) for event in expected] != []


class TestDurations:
    @pytest.mark.parametrize(
        ("given", "hours"),
        [("90 min", 1.5), ("8 h", 8.0), ("2 days", 48.0), ("1 week", 168.0), ("3 years", 26_280.0), (4, 4.0)],
    )
    def test_are_written_with_their_unit_or_as_hours(self, given: object, hours: float) -> None:
        found = parse_scenario(f"name: x\nduration: {given}\n")
        assert found.duration == hours


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "line", "seen"),
        [
            (
                "name: x\nkinds:\n  Server:\n    failure: {mean: -3}\n    repair: {mean: 1 h}\n",
                4,
                "greater than or equal",
            ),
            ("name: x\nkinds:\n  Server:\n    failure: {mean: 0}\n    repair: {mean: 1 h}\n", 4, "mean is 0.0"),
            ("name: x\nduration: a while\n", 2, "is no duration"),
            ("name: x\ndurations: 8 h\n", 2, "Extra inputs"),
            (
                "name: x\nkinds:\n  Server:\n    failure: {family: weibull, mean: 8 h}\n    repair: {mean: 1 h}\n",
                4,
                "shape",
            ),
            ("name: x\nkinds:\n  Server:\n    failure: {mean: 8 h}\n", 3, "go together"),
            ("name: x\nseed: -1\n", 2, "greater than or equal"),
            ("name: x\n  y: [\n", 2, "mapping values are not allowed"),
            ("name: &a x\nwatch: [*a]\n", 2, "alias"),
            ("- x\n", 1, "mapping"),
        ],
        ids=[
            "negative",
            "zero",
            "duration",
            "unknown word",
            "no shape",
            "no repair",
            "seed",
            "broken",
            "alias",
            "list",
        ],
    )
    def test_names_the_line(self, text: str, line: int, seen: str) -> None:
        with pytest.raises(ScenarioError, match=seen) as caught:
            parse_scenario(text, "s.yml")
        assert caught.value.where == f"s.yml:{line}"
        assert caught.value.code == "SCENARIO"

    @pytest.mark.parametrize(
        ("extra", "seen", "kind"),
        [
            ("items: {nothing like it: {priority: 1}}", "no configuration item nothing like it", ScenarioError),
            ("kinds: {Spaceship: {priority: 1}}", "no kind Spaceship", ScenarioError),
            ("kinds: {Server: {crew: nobody}}", "no crew nobody", ScenarioError),
            ("watch: [LoadBalancer]", "nothing of the kinds LoadBalancer", ScenarioError),
            ("items: {cluster: {needed: 5}}", "5 members are needed, 2 are in service", RedundancyError),
            ("items: {cluster: {needed: 0}}", "0 members are needed", RedundancyError),
            (
                "kinds: {Server: {failure: {mean: 1 s}, repair: {mean: 1 s}}}\nduration: 100 years",
                "events",
                TooManyEventsError,
            ),
        ],
        ids=["item", "kind", "crew", "watch", "k of n", "none of n", "events"],
    )
    def test_what_the_graph_has_not_or_cannot_be_is_refused(
        self, schema: Schema, estate: tuple[list[Node], list[Edge]], extra: str, seen: str, kind: type[SimulationError]
    ) -> None:
        with pytest.raises(kind, match=seen):
            build(*estate, schema, parse_scenario(f"name: x\n{extra}\n"))


def test_the_committed_json_schema_is_that_of_the_code() -> None:
    assert scenarios.PATH.read_text(encoding="utf-8") == scenarios.render_json_schema(), "run `make docs`"
