"""Both engines play the same replication of a line: the same events in the same order, at the same times."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from simulate.distributions import (
    deterministic,
    empirical,
    exponential,
    gamma,
    lognormal_of,
    triangular,
    uniform,
    weibull,
)
from simulate.line.calendar import Shift
from simulate.line.model import Breakdowns, Line, Setup, Stage
from simulate.line.reference import play
from simulate.line.simulate import events_of
from tests.conftest import NIGHTLY

minutes = st.sampled_from([1.0, 2.0, 3.0, 5.0])
times = st.one_of(
    minutes.map(exponential),
    minutes.map(deterministic),
    st.builds(lognormal_of, minutes, minutes),
    st.builds(weibull, minutes, st.sampled_from([0.8, 2.5])),
    st.builds(gamma, minutes, st.sampled_from([0.5, 2.0])),
    st.lists(minutes, min_size=1, max_size=4).map(empirical),
    minutes.map(lambda high: uniform(0.0, high)),
    st.builds(lambda mode, more: triangular(1.0, mode, mode + more), minutes, minutes),
)


weeks = st.lists(
    st.builds(
        lambda begin, lasts, operators: Shift(begin, begin + lasts, operators),
        st.sampled_from([0.0, 10.0, 30.0, 31.5]),
        st.sampled_from([5.0, 20.0, 60.0]),
        st.integers(0, 2),
    ),
    max_size=3,
).map(tuple)
offsets = st.sampled_from([0.0, 7.25, 10_070.0])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    count = draw(st.integers(1, 4))
    operators = draw(st.integers(0, 4))
    stages = tuple(
        Stage(
            f"stage {at}",
            draw(times),
            machines=draw(st.integers(1, 3)),
            operators=draw(st.integers(0, min(2, operators))),
            buffer=draw(st.sampled_from([None, 1, 2, 5])),
            setup=draw(st.one_of(st.none(), st.builds(Setup, times, st.integers(1, 5)))),
            breakdowns=draw(st.one_of(st.none(), st.builds(Breakdowns, times, times))),
            scrap=draw(st.sampled_from([0.0, 0.1])),
            rework=draw(st.sampled_from([0.0, 0.3, 0.9])),
            rework_to=f"stage {draw(st.integers(0, at))}",
            shifts=draw(st.one_of(st.just(()), weeks)),
        )
        for at in range(count)
    )
    line = Line(
        "a line",
        stages,
        draw(times),
        operators,
        duration=draw(st.sampled_from([30.0, 120.0])),
        most_reworks=draw(st.integers(0, 3)),
        arrival_shifts=draw(st.one_of(st.just(()), weeks)),
        week_offset=draw(offsets),
    )
    roster = draw(st.one_of(st.just(()), weeks))
    needed = max(stage.operators for stage in stages)
    with_roster = replace(line, operator_shifts=roster)
    return with_roster if needed <= with_roster.most_operators <= operators else line


@settings(max_examples=1_000 if NIGHTLY else 80, deadline=None)
@given(lines(), st.integers(0, 2**64 - 1), st.integers(0, 1_000))
def test_the_engines_agree_event_by_event(line: Line, seed: int, replication: int) -> None:
    expected = play(line, seed, replication)
    found = list(events_of(line, seed, replication))
    assert [event[1:] for event in found] == [event[1:] for event in expected]
    for one, other in zip(found, expected, strict=True):
        assert abs(one.time - other.time) <= 1e-9 * max(other.time, 1.0)
