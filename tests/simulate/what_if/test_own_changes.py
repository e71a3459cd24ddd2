"""Changes that the twin itself plans: when they come, how they go wrong, and what a what-if does about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.model import Edge, Node
from graph.schema.model import Schema
from simulate.builder.build import build
from simulate.builder.scenario import parse_scenario
from simulate.distributions import exponential
from simulate.engines.arrays import compile_model
from simulate.engines.events import What
from simulate.engines.history import history
from simulate.engines.monte_carlo import run
from simulate.engines.reference import play
from simulate.errors import ScenarioError
from simulate.model.items import Item, Model
from tests.simulate.what_if.estate import edge, estate, item, node

BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
CERTAIN = "planned_changes: {failure_probability: 1, recovery: {mean: 4 h}}\n"


def record(schema: Schema, number: str, day: float, **properties: Any) -> Node:
    planned = BEGINS + timedelta(days=day)
    return node(schema, number, "Change", number=number, planned_start=planned, change_type="normal", **properties)


def with_changes(schema: Schema, *records: Node, touched: dict[str, list[str]]) -> tuple[list[Node], list[Edge]]:
    nodes, edges = estate(schema)
    links = [edge(number, "TOUCHES", id_) for number, ids in touched.items() for id_ in ids]
    return [*nodes, *records], [*edges, *links]


def model_of(schema: Schema, elements: tuple[list[Node], list[Edge]], *changes: str, extra: str = CERTAIN) -> Model:
    listed = "".join(f"  - {change}\n" for change in changes)
    text = "name: A year\nseed: 5\n" + extra + (f"changes:\n{listed}" if changes else "")
    return build(*elements, schema, parse_scenario(text))


def planned(of: Model) -> dict[str, float]:
    """When the changes of the twin come, in days."""
    return {one.id: one.changes[0].begin / 24.0 for one in of.items if one.kind == "Change"}


@pytest.fixture(scope="module")
def elements(schema: Schema) -> tuple[list[Node], list[Edge]]:
    """Two changes on both servers of the pair, one on the application, one on what nothing watched depends on."""
    return with_changes(
        schema,
        record(schema, "C1", 10.0, status="scheduled"),
        record(schema, "C2", 12.0, status="draft"),
        record(schema, "C3", 40.0, status="approved"),
        record(schema, "C4", 50.0, status="approved"),
        touched={"C1": ["web-1", "web-2"], "C2": ["web-2"], "C3": ["app"], "C4": ["alone", "scrapped"]},
    )


class TestPlayed:
    def test_a_change_that_fails_takes_all_that_it_touches_down_together(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        found = model_of(schema, elements)
        assert planned(found) == {"C1": 10.0, "C2": 12.0, "C3": 40.0}
        down = history(found, compile_model(found), 5)
        first = down.downtime(found.position["web-1"])
        assert first[0] == down.downtime(found.position["web-2"])[0] == down.downtime(found.position["bank"])[0]
        assert first[0][0] == 240.0
        assert first[0][1] > 240.0

    def test_both_engines_play_them_alike(self, schema: Schema, elements: tuple[list[Node], list[Edge]]) -> None:
        for change in ("freeze: {first: 9 days, duration: 5 days}", "delay: {by: 3 days}", "remove: north"):
            found = model_of(schema, elements, change)
            events = history(found, compile_model(found), 5).events()
            assert [(one.item, one.what) for one in events] == [(one.item, one.what) for one in play(found, 5)] != []
            assert What.CHANGE_FAILED in {one.what for one in events}

    def test_those_outside_of_the_time_or_not_to_be_done_are_not(self, schema: Schema) -> None:
        found = model_of(
            schema,
            with_changes(
                schema,
                record(schema, "early", -0.1),
                record(schema, "late", 365.0),
                record(schema, "refused", 5.0, status="refused"),
                record(schema, "cancelled", 5.0, status="closed", outcome="cancelled"),
                record(schema, "first", 0.0, status="closed", outcome="success"),
                touched={number: ["app"] for number in ("early", "late", "refused", "cancelled", "first")},
            ),
        )
        assert planned(found) == {"first": 0.0}

    def test_they_can_be_left_out(self, schema: Schema, elements: tuple[list[Node], list[Edge]]) -> None:
        found = model_of(schema, elements, extra="planned_changes: {played: false}\n")
        assert found == model_of(schema, estate(schema))

    def test_what_is_said_of_one_counts_before_its_type_and_that_before_all(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        said = (
            "planned_changes:\n  failure_probability: 0.1\n  recovery: {mean: 4 h}\n"
            "  types: {normal: {failure_probability: 0.2}}\n"
            "  changes: {C1: {failure_probability: 0.3, recovery: {mean: 1 h}}}\n"
        )
        found = model_of(schema, elements, extra=said)
        plans = [item(found, id_).changes[0] for id_ in ("C1", "C2")]
        assert [(plan.failure_probability, plan.recovery) for plan in plans] == [
            (0.3, exponential(1.0)),
            (0.2, exponential(4.0)),
        ]


class TestLearned:
    def test_they_fail_as_often_as_those_that_are_over_did(self, schema: Schema) -> None:
        """Of the 40 normal ones a quarter; of emergencies there are too few, so that all count: 11 of 41."""
        outcomes = ["rolled_back"] * 5 + ["incident"] * 5 + ["success"] * 30
        past = [record(schema, f"P{n}", -n - 1.0, status="closed", outcome=one) for n, one in enumerate(outcomes)]
        past.append(node(schema, "E0", "Change", number="E0", change_type="emergency", outcome="interruption"))
        urgent = node(
            schema, "E1", "Change", number="E1", change_type="emergency", planned_start=BEGINS + timedelta(days=1)
        )
        coming = record(schema, "C1", 10.0, status="scheduled")
        touched = {"C1": ["app"], "E1": ["app"]}
        found = model_of(schema, with_changes(schema, *past, coming, urgent, touched=touched), extra="")
        assert item(found, "C1").changes[0].failure_probability == 0.25
        assert item(found, "E1").changes[0].failure_probability == pytest.approx(11 / 41)
        assert item(found, "C1").changes[0].recovery == exponential(2.0)
        assert found.notes == (
            "2 changes that the twin plans are played: 2 of them fail as often as the 41 that are over did (11 times)",
        )

    def test_without_any_outcome_none_fails_and_that_is_said(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        found = model_of(schema, elements, extra="")
        assert planned(found) == {}
        assert found.notes[0].startswith("3 changes that the twin plans are played: none fails, for no outcome")


class TestWhatIf:
    def test_a_delay_moves_them_beyond_the_end_too(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        assert planned(model_of(schema, elements, "delay: {by: 5 days}")) == {"C1": 15.0, "C2": 17.0, "C3": 45.0}
        assert planned(model_of(schema, elements, "delay: {by: 360 days, items: [C1, web 2]}")) == {"C3": 40.0}

    @pytest.mark.parametrize(
        ("chosen", "delayed"),
        [
            ("items: [C2]", {"C2"}),
            ("items: [web 2]", {"C1", "C2"}),
            ("kinds: [Change]", {"C1", "C2", "C3"}),
            ("kinds: [BusinessApplication]", {"C3"}),
            ("kinds: [DataCenter]", set()),
        ],
    )
    def test_those_are_meant_that_are_named_or_touch_what_is(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]], chosen: str, delayed: set[str]
    ) -> None:
        before = planned(model_of(schema, elements))
        after = planned(model_of(schema, elements, f"delay: {{by: 1 day, {chosen}}}"))
        assert {id_ for id_ in before if after[id_] != before[id_]} == delayed

    def test_after_a_freeze_they_come_one_a_day_on_each_item(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        found = model_of(schema, elements, "freeze: {first: 9 days, duration: 40 days}")
        assert planned(found) == {"C1": 49.0, "C2": 50.0, "C3": 49.0}

    def test_a_freeze_that_cancels_them_saves_what_they_would_have_cost(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        base = run(model_of(schema, elements), 20, 5)
        frozen = run(model_of(schema, elements, "freeze: {duration: 1 year, then: cancelled}"), 20, 5)
        assert [one.downtime > 0 for one in base.watched()] == [True]
        assert [one.downtime for one in frozen.watched()] == [0.0]

    def test_one_that_is_delayed_goes_as_it_would_have_gone(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        half = "planned_changes: {failure_probability: 0.5, recovery: {mean: 4 h}}\n"

        def lengths(*changes: str) -> list[list[float]]:
            found = model_of(schema, elements, *changes, extra=half)
            arrays, at = compile_model(found), found.position["C1"]
            spans = [history(found, arrays, seed).downtime(at) for seed in range(20)]
            return [[round(end - begin, 9) for begin, end in one] for one in spans]

        assert lengths() == lengths("delay: {by: 5 days}") != [[]] * 20

    def test_what_a_patch_puts_an_end_to_lasts_as_long_as_the_patch_is_delayed(
        self, schema: Schema, elements: tuple[list[Node], list[Edge]]
    ) -> None:
        risk = "{every: 1 week, failure_probability: 0.5, recovery: {mean: 8 h}}"
        patch = f"planned_changes: {{failure_probability: 0, changes: {{C3: {{until_then: {risk}}}}}}}\n"

        def weeks(of: Item) -> list[float]:
            (plan,) = [plan for plan in of.changes if plan.failure_probability == 0.5]
            return [week for week in range(1, 53) if week * 168.0 < plan.until]

        assert weeks(item(model_of(schema, elements, extra=patch), "C3")) == [1, 2, 3, 4, 5]
        later = model_of(schema, elements, "delay: {by: 3 weeks, items: [C3]}", extra=patch)
        assert weeks(item(later, "C3")) == list(range(1, 9))
        never = model_of(schema, elements, "delay: {by: 1 year}", extra=patch)
        assert weeks(item(never, "C3")) == list(range(1, 53))
        outcomes = [
            [event.time for event in play(of, 5) if event.what is What.CHANGE_FAILED and event.time < 960.0]
            for of in (model_of(schema, elements, extra=patch), never)
        ]
        assert outcomes[0] == outcomes[1] != []  # the risk has the chance that it would have had

    def test_what_is_no_change_is_refused(self, schema: Schema, elements: tuple[list[Node], list[Edge]]) -> None:
        with pytest.raises(ScenarioError, match="no configuration item C9"):
            model_of(schema, elements, "delay: {by: 1 day, items: [C9]}")
        with pytest.raises(ScenarioError, match="no configuration item C1"):
            model_of(schema, elements, "remove: C1")
