"""What the changes of a what-if scenario make of a model, and what is refused."""

from __future__ import annotations

import math

import pytest

from graph.schema.model import Schema
from simulate.builder.changes import parse_change
from simulate.builder.scenario import parse_scenario
from simulate.distributions import exponential
from simulate.engines.arrays import compile_model
from simulate.engines.history import history
from simulate.engines.monte_carlo import run
from simulate.engines.reference import play
from simulate.errors import RedundancyError, ScenarioError
from simulate.model.items import ChangePlan, Model, Requirement
from tests.simulate.what_if.estate import item, model

RECOVERY = exponential(4.0)


def times(plans: tuple[ChangePlan, ...], horizon: float = 8760.0) -> list[tuple[float, float]]:
    """When changes are, in their numbering, with the probability that they fail."""
    found = []
    for plan in plans:
        time = plan.begin
        while time < min(horizon, plan.until):
            found.append((time, plan.failure_probability))
            time = time + plan.every if plan.every else math.inf
    return found


class TestRemoval:
    def test_a_data_centre_takes_its_servers_with_it_and_no_crew_repairs_them(self, schema: Schema) -> None:
        found = model(schema, "remove: north")
        for gone in ("north", "web-1"):
            assert (item(found, gone).failure, item(found, gone).crew) == (None, None)
        assert item(found, "web-2").failure == exponential(720.0)
        assert "1 items cannot work without what was removed" in found.notes
        played = run(found, 20, 5)
        at = found.position
        assert [played.availability(at[id_]).mean for id_ in ("north", "web-1")] == [0.0, 0.0]
        assert 0.5 < played.availability(at["bank"]).mean < run(model(schema), 20, 5).availability(at["bank"]).mean

    def test_a_place_is_closed_with_all_that_stands_in_it_whatever_it_fails_over_to(self, schema: Schema) -> None:
        found = model(schema, "close: south")
        assert item(found, "web-2").failure is None
        assert run(found, 2, 5).availability(found.position["web-2"]).mean == 0.0
        assert item(found, "web-1").failure == exponential(720.0)
        both = run(model(schema, "close: [south, north]"), 2, 5)
        assert [watched.mean for watched in both.watched()] == [0.0]

    def test_what_fails_over_lives_on_its_standby_from_the_beginning(self, schema: Schema) -> None:
        found = model(schema, "remove: south")
        south = item(found, "south")
        assert (south.failover, south.requires) == (None, (Requirement(1, (found.position["north"],)),))
        assert item(found, "web-2").failure is not None  # it goes on in the other data centre
        assert run(found, 2, 5).availability(found.position["south"]).downtime < 400.0

    def test_without_its_last_member_a_cluster_and_all_above_it_are_down(self, schema: Schema) -> None:
        found = model(schema, "remove: [web 1, web 2]")
        (watched,) = run(found, 2, 5).watched()
        assert (watched.name, watched.mean) == ("bank", 0.0)

    def test_what_nothing_depends_on_is_removed_without_effect_which_is_said(self, schema: Schema) -> None:
        found = model(schema, "remove: alone")
        assert found.notes == ("nothing that is watched depends on alone: to remove it changes nothing",)
        assert found.items == model(schema).items

    def test_both_engines_play_what_is_left_alike(self, schema: Schema) -> None:
        for change in ("remove: north", "remove: south", "remove: [web 1, web 2]"):
            found = model(schema, change)
            expected = play(found, 5)
            events = history(found, compile_model(found), 5).events()
            assert [(event.item, event.what) for event in events] == [(one.item, one.what) for one in expected] != []


class TestAddition:
    def test_a_member_is_like_one_that_is_there_and_has_a_chance_of_its_own(self, schema: Schema) -> None:
        found = model(schema, "add: {to: pair, like: web 2, name: web 3}")
        (pair,) = item(found, "pair").requires
        new = next(one for one in found.items if one.name == "web 3")
        assert len(pair.of) == 3
        assert (new.kind, new.failure, new.crew) == ("PhysicalServer", exponential(720.0), 0)
        assert new.requires == item(found, "web-2").requires
        assert new.key not in {one.key for one in model(schema).items}

    def test_it_may_stand_elsewhere_and_behave_as_its_model_does(self, schema: Schema) -> None:
        special = "items: {web 1: {failure: {mean: 5 days}, repair: {mean: 2 h}}}\n"
        found = model(schema, "add: {to: pair, located_in: south, count: 2}", extra=special)
        new = [one for one in found.items if one.name in ("web 1+1", "web 1+2")]
        assert [one.failure for one in new] == [exponential(120.0)] * 2
        assert {one.requires for one in new} == {(Requirement(1, (found.position["south"],)),)}

    def test_a_later_change_may_name_it(self, schema: Schema) -> None:
        found = model(schema, "add: {to: pair, name: web 3}", "remove: web 1", "failures: {items: [web 3], times: 2}")
        assert next(one for one in found.items if one.name == "web 3").failure == exponential(360.0)


class TestPlannedChanges:
    def test_a_delay_moves_them(self, schema: Schema) -> None:
        assert times(item(model(schema, "delay: {by: 5 days}"), "app").changes)[:2] == [(360.0, 0.5), (600.0, 0.5)]
        elsewhere = model(schema, "delay: {by: 5 days, kinds: [Server]}")
        assert item(elsewhere, "app").changes == item(model(schema), "app").changes

    def test_a_freeze_postpones_them_one_a_day_and_none_is_lost(self, schema: Schema) -> None:
        before = times(item(model(schema), "app").changes)
        after = times(item(model(schema, "freeze: {first: 15 days, duration: 20 days}"), "app").changes)
        assert after[:4] == [(240.0, 0.5), (840.0, 0.5), (864.0, 0.5), (960.0, 0.5)]
        assert after[3:] == before[3:]

    def test_those_that_are_cancelled_keep_their_number_and_do_not_fail(self, schema: Schema) -> None:
        before = times(item(model(schema), "app").changes)
        change = "freeze: {first: 15 days, duration: 20 days, then: cancelled}"
        after = times(item(model(schema, change), "app").changes)
        assert [time for time, _ in after] == [time for time, _ in before]
        assert [at for at, (_, share) in enumerate(after) if share == 0.0] == [1, 2]

    def test_a_freeze_of_the_whole_year_leaves_no_failed_change(self, schema: Schema) -> None:
        found = model(schema, "freeze: {duration: 1 year, then: cancelled}")
        names = {event.what.name for event in play(found, 5)}
        assert "CHANGE_FAILED" not in names
        assert "CHANGE_FAILED" in {event.what.name for event in play(model(schema), 5)}

    def test_what_a_patch_puts_an_end_to_goes_on_while_it_is_delayed(self, schema: Schema) -> None:
        patch = """\
items:
  web 1:
    changes:
      - first: 4 weeks
        failure_probability: 0.01
        recovery: {mean: 1 h}
        until_then: {every: 1 week, failure_probability: 0.5, recovery: {mean: 8 h}}
"""
        at_once = [at for at in times(item(model(schema, extra=patch), "web-1").changes) if at[1] == 0.5]
        late = [
            at
            for at in times(item(model(schema, "delay: {by: 2 weeks}", extra=patch), "web-1").changes)
            if at[1] == 0.5
        ]
        assert at_once == [(week * 168.0, 0.5) for week in (1, 2, 3)]
        assert late == [(week * 168.0, 0.5) for week in (1, 2, 3, 4, 5)]

    def test_both_engines_play_a_freeze_alike(self, schema: Schema) -> None:
        found = model(schema, "freeze: {first: 15 days, duration: 20 days}", "delay: {by: 1 h}")
        expected = play(found, 5)
        events = history(found, compile_model(found), 5).events()
        assert [(event.item, event.what) for event in events] == [(one.item, one.what) for one in expected]


class TestOtherChanges:
    def test_crews_quorums_failures_and_repairs(self, schema: Schema) -> None:
        found = model(
            schema,
            "crew: {name: few, size: 3}",
            "needed: {cluster: pair, members: 2}",
            "failures: {times: 4, kinds: [Server]}",
            "repairs: {times: 0.5, items: [web 1]}",
        )
        assert found.crews[0].size == 3
        assert item(found, "pair").requires[0].needed == 2
        assert (item(found, "web-1").failure, item(found, "web-1").repair) == (exponential(180.0), exponential(12.0))
        assert item(found, "web-2").repair == exponential(24.0)
        assert item(found, "north").failure == exponential(8760.0)

    def test_what_is_not_changed_keeps_its_chance(self, schema: Schema) -> None:
        base, changed = model(schema), model(schema, "failures: {times: 4, items: [web 1]}", "add: {to: pair}")

        def failures(of: Model) -> list[list[tuple[float, float]]]:
            arrays = compile_model(of)
            return [history(of, arrays, seed).downtime(of.position["north"]) for seed in range(10)]

        assert failures(base) == failures(changed) != [[]] * 10


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "where", "seen"),
        [
            ("remove: nothing", "changes.0.remove", "no configuration item nothing"),
            ("remove: scrapped", "changes.0.remove", "no configuration item scrapped"),
            ("close: nothing", "changes.0.close", "no configuration item nothing"),
            ("add: {to: nothing}", "changes.add nothing", "no configuration item nothing"),
            ("add: {to: web 1}", "changes.add web 1", "has no members"),
            ("add: {to: pair, like: alone}", "changes.add pair", "no member of pair"),
            ("crew: {name: nobody, size: 2}", "changes.0.crew", "no crew nobody"),
            ("delay: {by: 1 day, items: [x]}", "changes.0.delay", "no configuration item x"),
            ("freeze: {duration: 1 day, kinds: [Spaceship]}", "changes.0.freeze", "no kind Spaceship"),
            ("needed: {cluster: x, members: 2}", "changes.0.needed", "no configuration item x"),
        ],
    )
    def test_what_the_twin_has_not(self, schema: Schema, change: str, where: str, seen: str) -> None:
        with pytest.raises(ScenarioError, match=seen) as caught:
            model(schema, change)
        assert caught.value.where == where

    def test_a_quorum_that_cannot_be(self, schema: Schema) -> None:
        with pytest.raises(RedundancyError, match="3 members are needed, 2 are in service"):
            model(schema, "needed: {cluster: pair, members: 3}")

    @pytest.mark.parametrize(
        "change",
        [
            "{}",
            "{remove: x, crew: {name: a, size: 1}}",
            "{explode: x}",
            "{crew: {name: a, size: 0}}",
            "{failures: {times: 0}}",
        ],
    )
    def test_what_is_no_change_with_its_line(self, change: str) -> None:
        with pytest.raises(ScenarioError) as caught:
            parse_scenario(f"name: x\nchanges:\n  - {change}\n", "s.yml")
        assert str(caught.value.where) == "s.yml:3"

    @pytest.mark.parametrize("text", ["north", "[", "remove: {a: 1}", "explode: x"])
    def test_what_is_no_change_on_one_line(self, text: str) -> None:
        with pytest.raises(ScenarioError) as caught:
            parse_change(text)
        assert "--change" in str(caught.value.where)


class TestWithoutEffect:
    """A change of nothing is no error, but nobody shall take its zero for an answer."""

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            pytest.param("load: {times: 2}", "load: no queue under `load`", id="no load"),
            pytest.param(
                "failures: {times: 2, kinds: [MainframePartition]}",
                "failures of MainframePartition: nothing that fails",
                id="none",
            ),
            pytest.param("repairs: {times: 2, items: [pair]}", "repairs of pair: nothing that is repaired", id="never"),
            pytest.param(
                "delay: {by: 1 day, kinds: [DataCenter]}", "delay of DataCenter: no planned change", id="unplanned"
            ),
            pytest.param(
                "freeze: {duration: 1 day, items: [north]}", "freeze of north: no planned change", id="unfrozen"
            ),
        ],
    )
    def test_a_change_that_meets_nothing_is_told(self, schema: Schema, change: str, told: str) -> None:
        found = model(schema, change)
        assert found.notes == (f"{told} is met by it, it changes nothing",)
        assert found.items == model(schema).items

    @pytest.mark.parametrize(
        "change",
        [
            "failures: {times: 2}",
            "repairs: {times: 2, kinds: [DataCenter]}",
            "delay: {by: 1 day}",
            "freeze: {duration: 1 year, then: cancelled, items: [app]}",
        ],
    )
    def test_of_one_that_meets_something_nothing_is_said(self, schema: Schema, change: str) -> None:
        assert model(schema, change).notes == ()

    def test_a_load_that_is_there_is_met(self, schema: Schema) -> None:
        extra = "load: {items: {pair: {arrivals: 4, service: {mean: 8 ms}}}}\n"
        assert model(schema, "load: {times: 2}", extra=extra).notes == ()
        assert model(schema, "load: {times: 2, items: [app]}", extra=extra).notes != ()
