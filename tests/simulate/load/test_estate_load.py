"""Load in the model of an estate: how many members a cluster needs for it, and what twice of it does."""

from __future__ import annotations

import pytest

from graph.schema.model import Schema
from simulate.engines.monte_carlo import run
from simulate.errors import ScenarioError
from tests.simulate.what_if.estate import item, model

LOAD = "load: {items: {pair: {arrivals: 30, service: {mean: 20 ms}}}}\n"


def test_a_cluster_of_two_carries_with_one_member_what_one_can_serve(schema: Schema) -> None:
    found = model(schema, extra=LOAD)
    (load,) = found.loads
    assert load.load.utilisation == pytest.approx(0.3)
    assert (load.members, load.needed) == (2, 1)
    assert found.items == model(schema).items


def test_twice_the_load_takes_both_and_availability_falls(schema: Schema) -> None:
    found = model(schema, "load: {times: 2}", extra=LOAD)
    assert item(found, "pair").requires[0].needed == 2
    base, busier = run(model(schema, extra=LOAD), 20, 5), run(found, 20, 5)
    assert busier.watched()[0].high < base.watched()[0].low


def test_more_than_there_is_serves_nobody_unless_it_is_only_told(schema: Schema) -> None:
    found = model(schema, "load: {times: 4}", extra=LOAD)
    assert found.loads[0].is_overloaded
    assert run(found, 2, 5).watched()[0].mean == 0.0
    told = model(schema, "load: {times: 4}", extra=LOAD.replace("{items", "{overloaded: told, items"))
    assert told.loads == found.loads
    assert told.items == model(schema).items


def test_members_that_are_added_share_the_load_and_those_removed_do_not(schema: Schema) -> None:
    more = model(schema, "load: {times: 4}", "add: {to: pair}", extra=LOAD)
    assert (more.loads[0].is_overloaded, more.loads[0].members, item(more, "pair").requires[0].needed) == (False, 3, 3)
    less = model(schema, "load: {times: 2}", "remove: web 1", extra=LOAD)
    assert (less.loads[0].members, less.loads[0].is_overloaded) == (1, True)


def test_a_longest_wait_takes_more_servers(schema: Schema) -> None:
    waiting = LOAD.replace("arrivals: 30", "longest_wait: 5 ms, arrivals: 30")
    assert model(schema, extra=waiting).loads[0].needed == 2


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("load: {items: {nothing: {arrivals: 1, service: {mean: 1 s}}}}\n", "no configuration item nothing"),
        ("load: {items: {pair: {arrivals: 0, service: {mean: 1 s}}}}\n", "greater than 0"),
        ("load: {items: {pair: {arrivals: -1, service: {mean: 1 s}}}}\n", "greater than 0"),
        ("load: {limit: 0}\n", "greater than 0"),
        ("load: {items: {pair: {arrivals: 1, service: {mean: 0}}}}\n", "mean is 0.0"),
        ("load: {items: {pair: {arrivals: 1, longest_wait: 0, service: {mean: 1 s}}}}\n", "never kept"),
    ],
)
def test_impossible_loads_are_refused(schema: Schema, text: str, seen: str) -> None:
    with pytest.raises(ScenarioError, match=seen):
        model(schema, extra=text)
