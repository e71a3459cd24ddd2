"""Both engines play the same replication: the same events in the same order, at the same times."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.distributions import (
    Distribution,
    deterministic,
    empirical,
    exponential,
    gamma,
    lognormal_of,
    weibull,
)
from simulate.engines.arrays import compile_model
from simulate.engines.history import history
from simulate.engines.reference import play
from simulate.model.check import check
from simulate.model.items import (
    Backup,
    ChangePlan,
    Crew,
    Failover,
    Item,
    MaintenanceWindow,
    Model,
    Requirement,
)
from simulate.model.order import groups_in_order
from tests.conftest import NIGHTLY

HORIZON = 400.0

hours = st.sampled_from([1.0, 2.0, 5.0, 7.5, 24.0])
durations = st.one_of(
    hours.map(exponential),
    st.builds(weibull, hours, st.sampled_from([0.7, 1.0, 2.5])),
    st.builds(lognormal_of, hours, hours),
    st.builds(gamma, hours, st.sampled_from([0.5, 2.0])),
    hours.map(deterministic),
    st.lists(hours, min_size=1, max_size=4).map(empirical),
)
rare = st.one_of(
    st.sampled_from([60.0, 200.0]).map(exponential),
    st.builds(weibull, st.just(90.0), st.sampled_from([0.8, 3.0])),
    durations,
)
crews = st.lists(
    st.builds(
        Crew, st.just("a crew"), st.integers(1, 3), st.sampled_from([(), ((8.0, 18.0), (32.0, 42.0)), ((0.0, 168.0),)])
    ),
    max_size=2,
)


@st.composite
def requirements(draw: st.DrawFn, others: list[int]) -> Requirement:
    of = draw(st.lists(st.sampled_from(others), min_size=1, max_size=4, unique=True))
    return Requirement(draw(st.integers(1, len(of))), tuple(of))


@st.composite
def models(draw: st.DrawFn) -> Model:
    team = tuple(draw(crews))
    count = draw(st.integers(1, 9))
    items = []
    for at in range(count):
        fails: Distribution | None = draw(st.one_of(st.none(), rare))
        others = [other for other in range(count) if other != at]
        needed = draw(st.lists(requirements(others), max_size=2)) if others else []
        items.append(
            Item(
                id=f"item {at}",
                name=f"item {at}",
                kind="Server",
                failure=fails,
                repair=None if fails is None else draw(durations),
                crew=draw(st.sampled_from([None, *range(len(team))])) if fails is not None else None,
                priority=draw(st.integers(0, 2)),
                requires=tuple(needed),
                maintenance=draw(
                    st.sampled_from([(), (), (MaintenanceWindow(10.0, 4.0, 100.0),), (MaintenanceWindow(0.0, 2.0),)])
                ),
                changes=draw(
                    st.sampled_from(
                        [
                            (),
                            (),
                            (ChangePlan(5.0, 0.5, exponential(3.0), 50.0),) * 2,
                            (
                                ChangePlan(5.0, 0.5, exponential(3.0), 50.0, 105.0),
                                ChangePlan(9.0, 0.5, exponential(3.0), 0.0, 9.0),
                                ChangePlan(7.0, 0.5, exponential(3.0)),
                            ),
                        ]
                    )
                ),
                backup=draw(st.sampled_from([None, Backup(24.0, 0.5, exponential(6.0))]))
                if fails is not None
                else None,
            )
        )
    groups = groups_in_order([item.needs for item in items])
    order = {at: rank for rank, group in enumerate(groups) for at in group}
    for group in groups:  # what is alone may fail over to what comes before it
        (at, *more) = group
        standbys = [other for other in range(count) if order[other] < order[at]]
        if not more and standbys and draw(st.booleans()):
            failover = Failover(draw(st.sampled_from(standbys)), draw(durations))
            items[at] = Item(**{**{name: getattr(items[at], name) for name in Item.__slots__}, "failover": failover})
    return Model(tuple(items), HORIZON, team, (), draw(st.sampled_from([0.0, 100.0])))


@settings(max_examples=1_000 if NIGHTLY else 60)
@given(models(), st.integers(0, 2**64 - 1), st.integers(0, 1_000))
def test_the_engines_agree_event_by_event(model: Model, seed: int, replication: int) -> None:
    check(model)
    expected = play(model, seed, replication)
    found = history(model, compile_model(model), seed, replication).events()
    assert [(event.item, event.what) for event in found] == [(event.item, event.what) for event in expected]
    for one, other in zip(found, expected, strict=True):
        assert abs(one.time - other.time) <= 1e-9 * max(other.time, 1.0)
