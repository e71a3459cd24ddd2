"""A clock that runs faster than the machine's: the same moment for whoever looks, each change when its time has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR, Principal
from services.query import QueryService
from services.simulation.clocks import Clocks
from services.simulation.keep import keep
from services.simulation.live import (
    DOWN,
    EVENTS,
    UP,
    LiveClock,
    StateChange,
    between,
    down_at,
    follow,
    parse_speed,
    state_changes,
)
from tests.api.random_estate import NORTH, NOWHERE
from tests.services.simulation.conftest import Simulated

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
START = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = LiveClock("run", BEGIN, BEGIN + timedelta(days=1), parse_speed("1s=10min"), START)


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def answer(*rows: tuple[str, float, float | None]) -> dict[str, object]:
    """What the question for incidents gives: item, begin and end in hours."""
    told = [
        [item, "Server", item, "failure", at(begin).isoformat(), None if end is None else at(end).isoformat()]
        for item, begin, end in rows
    ]
    return {"rows": told}


def test_a_speed_is_read_as_people_write_it() -> None:
    assert parse_speed("1s=10min") == 600.0
    assert parse_speed("1 s = 1 day") == 86_400.0
    assert parse_speed("2min=1week") == 5_040.0
    for text in ("", "10min", "1s=0min", "0s=1h", "1s=2years", "1s=-3h", "1s=1000month"):
        with pytest.raises(UsageError):
            parse_speed(text)


def test_the_clock_goes_from_its_beginning_to_its_end_and_stands_where_it_is_stopped() -> None:
    assert DAY.at(START - timedelta(hours=1)) == BEGIN
    assert DAY.at(START + timedelta(seconds=6)) == at(1)
    assert DAY.at(START + timedelta(days=300)) == at(24)
    assert not DAY.is_over(START + timedelta(seconds=143))
    assert DAY.is_over(START + timedelta(seconds=144))
    stopped = replace(DAY, stopped=START + timedelta(seconds=6))
    assert stopped.at(START + timedelta(seconds=60)) == at(1)
    assert stopped.is_over(START + timedelta(seconds=6))


def test_what_fails_while_it_is_down_goes_down_once_and_comes_up_at_the_last() -> None:
    changes = state_changes(answer(("a", 1, 5), ("a", 2, 3), ("a", 5, 6), ("b", 4, None), ("a", 8, 9)))
    assert [(change.item, change.state, change.at) for change in changes] == [
        ("a", DOWN, at(1)),
        ("b", DOWN, at(4)),
        ("a", UP, at(6)),
        ("a", DOWN, at(8)),
        ("a", UP, at(9)),
    ]
    assert set(down_at(changes, at(5))) == {"a", "b"}
    assert set(down_at(changes, at(24))) == {"b"}
    assert [change.at for change in between(changes, at(4), at(8))] == [at(6), at(8)]
    assert all(change.to_dict()["simulated"] is True for change in changes)


@dataclass(slots=True)
class Time:
    """The machine's time, which goes by while one sleeps."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        assert 0.0 <= seconds <= 1.0
        self.instant += timedelta(seconds=seconds, microseconds=1)


def test_whoever_follows_is_told_each_change_once_and_in_time() -> None:
    changes = state_changes(answer(("a", 1, 5), ("b", 4, None), ("c", 0.1, 0.2)))
    time = Time(START + timedelta(seconds=9))  # half past one: `a` is down already, `c` is up again
    told: list[tuple[datetime, StateChange]] = [
        (DAY.at(time.instant), change) for change in follow(lambda: DAY, changes, time.now, time.sleep)
    ]
    assert [change.at for _, change in told] == [at(1), at(4), at(5)]
    assert all(change.at <= moment <= change.at + timedelta(minutes=31) for moment, change in told)
    assert DAY.is_over(time.instant)


def test_whoever_started_the_clock_is_told_from_its_beginning_however_late_they_look() -> None:
    changes = state_changes(answer(("a", 1, 5), ("b", 4, None), ("c", 0.1, 0.2)))
    time = Time(START + timedelta(seconds=9))
    told = [change.at for change in follow(lambda: DAY, changes, time.now, time.sleep, since=DAY.begins)]
    assert told == [at(0.1), at(0.2), at(1), at(4), at(5)]


def _ask(queries: QueryService, who: Principal, text: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return queries.cypher(text, given, who).to_dict()


def test_a_clock_is_the_same_for_whoever_sees_the_run_and_none_for_others(on_networkx: Simulated) -> None:
    kept = keep(on_networkx.kept, on_networkx.play())
    on_networkx.twin.catch_up()
    queries, clocks = QueryService(on_networkx.twin), Clocks(on_networkx.twin.ledger, FrozenClock(START))
    whole, north, nobody = (partial(_ask, queries, who) for who in (LOCAL_OPERATOR, NORTH, NOWHERE))
    with pytest.raises(NotFoundError):
        clocks.of(whole, kept.run)
    clocks.start(kept.run, 600.0)
    assert clocks.of(whole, kept.run[:8]) == clocks.of(north, kept.run)
    assert clocks.of(whole, kept.run).started == START
    with pytest.raises(NotFoundError):
        clocks.of(nobody, kept.run)
    everything, own = (state_changes(ask(EVENTS, {"run": kept.run})) for ask in (whole, north))
    assert {change.name for change in everything} >= {"north-1", "south-1"}
    assert own == [change for change in everything if change.name in ("north-1", "north-2", "Payments North")]
    clocks.stop(kept.run)
    assert clocks.of(whole, kept.run).stopped == START
