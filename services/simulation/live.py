"""A kept run, told as time goes by: a clock that runs faster than the machine's, and what goes down and comes up on it.

Whoever looks at the same clock sees the same simulated moment, whichever process answers: it follows from when the clock was
started and how fast it goes. Nothing has to run for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core.clock import in_utc
from core.errors import UsageError

UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3_600.0, "day": 86_400.0, "week": 604_800.0, "month": 2_628_000.0}
"""Seconds."""
FASTEST: Final = 86_400.0 * 366
"""Simulated seconds by second: a year."""
STEP_S: Final = 1.0
"""The longest pause of who follows a clock."""
_DURATION = r"\s*([0-9]+(?:\.[0-9]+)?)\s*(s|min|h|day|week|month)s?\s*"
_SPEED = re.compile(f"{_DURATION}={_DURATION}")

DOWN, UP = "down", "up"
EVENTS: Final = (
    "MATCH (i:SimulatedIncident)-[:IN_RUN]->(r:SimulationRun {id: $run}) MATCH (i)-[:STATE_OF]->(c) "
    "RETURN c.id AS id, labels(c)[0] AS kind, i.name AS name, i.cause AS cause, i.started_at AS begin, i.ended_at AS end "
    "ORDER BY begin, id"
)
"""Perimeters hold here as everywhere: incidents of what the asker does not see are not there."""


def parse_speed(text: str) -> float:
    """`1s=10min` as simulated seconds by second. Raises UsageError."""
    found = _SPEED.fullmatch(text)
    if found is not None:
        real, simulated = float(found[1]) * UNITS[found[2]], float(found[3]) * UNITS[found[4]]
        if real > 0.0 and 0.0 < simulated / real <= FASTEST:
            return simulated / real
    raise UsageError(
        f"{text!r} is no speed",
        where="speed",
        hint='write "1s=10min": a second for ten minutes; a year a second at most',
    )


@dataclass(frozen=True, slots=True)
class StateChange:
    """An item that goes down or comes up, at a simulated moment."""

    at: datetime
    item: str
    kind: str
    name: str
    state: str
    cause: str

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat(), "simulated": True}


@dataclass(frozen=True, slots=True)
class LiveClock:
    """The clock of a run: from `begins` to `ends`, `speed` simulated seconds by second since `started` (the machine's time)."""

    run: str
    begins: datetime
    ends: datetime
    speed: float
    started: datetime
    stopped: datetime | None = None

    def at(self, now: datetime) -> datetime:
        """The simulated moment at a moment of the machine."""
        last = now if self.stopped is None else min(now, self.stopped)
        seconds = max(0.0, (last - self.started).total_seconds()) * self.speed
        return min(self.ends, self.begins + timedelta(seconds=min(seconds, (self.ends - self.begins).total_seconds())))

    def is_over(self, now: datetime) -> bool:
        """Whether it has come to its end, or was stopped."""
        return (self.stopped is not None and now >= self.stopped) or self.at(now) >= self.ends

    def wait_s(self, until: datetime, now: datetime) -> float:
        """How long until a simulated moment comes; no more than a step."""
        return min(STEP_S, max(0.0, (until - self.at(now)).total_seconds() / self.speed))

    def tick(self, now: datetime, down: int) -> dict[str, Any]:
        """What a dashboard shows of it; `down` is how many items are."""
        return {
            "run": self.run,
            "at": self.at(now).isoformat(),
            "begins_at": self.begins.isoformat(),
            "ends_at": self.ends.isoformat(),
            "speed": self.speed,
            "down": down,
            "is_over": self.is_over(now),
            "simulated": True,
        }


def state_changes(answer: Mapping[str, Any]) -> list[StateChange]:
    """What the answer to `EVENTS` tells, in order; an item that fails while it is down goes down once and comes up at the last."""
    spans: dict[str, list[tuple[datetime, datetime | None, str]]] = {}
    known: dict[str, tuple[str, str]] = {}
    for item, kind, name, cause, begin, end in answer["rows"]:
        known[item] = (kind, name)
        spans.setdefault(item, []).append((_instant(begin), None if end is None else _instant(end), cause))
    changes: list[StateChange] = []
    for item, own in spans.items():
        for begin, until, cause in _merged(own):
            changes.append(StateChange(begin, item, *known[item], DOWN, cause))
            if until is not None:
                changes.append(StateChange(until, item, *known[item], UP, cause))
    return sorted(changes, key=lambda change: (change.at, change.item, change.state))


def _merged(
    spans: Sequence[tuple[datetime, datetime | None, str]],
) -> list[tuple[datetime, datetime | None, str]]:
    merged: list[tuple[datetime, datetime | None, str]] = []
    for begin, end, cause in spans:  # by their beginning
        if merged and (merged[-1][1] is None or begin <= merged[-1][1]):
            last, until, first = merged[-1]
            merged[-1] = (last, None if end is None or until is None else max(end, until), first)
        else:
            merged.append((begin, end, cause))
    return merged


def down_at(changes: Sequence[StateChange], at: datetime) -> dict[str, StateChange]:
    """What is down at a simulated moment, by item, with the change that brought it down."""
    down: dict[str, StateChange] = {}
    for change in changes:
        if change.at > at:
            break
        if change.state == DOWN:
            down[change.item] = change
        else:
            down.pop(change.item, None)
    return down


def between(changes: Sequence[StateChange], after: datetime, until: datetime) -> Iterator[StateChange]:
    """The changes after one simulated moment, up to another."""
    return (change for change in changes if after < change.at <= until)


def follow(
    clock: Callable[[], LiveClock],
    changes: Sequence[StateChange],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
    since: datetime | None = None,
) -> Iterator[StateChange]:
    """Each change when its time has come, until the clock is over: what is down already is told first.

    `since`: the simulated moment from which on all is told, also what is over; the present one by default.
    """
    last = clock().at(now()) if since is None else since
    yield from down_at(changes, last).values()
    while True:
        present = clock()
        instant = now()
        at = present.at(instant)
        yield from between(changes, last, at)
        last = at
        if present.is_over(instant):
            return
        coming = next((change.at for change in changes if change.at > at), present.ends)
        sleep(present.wait_s(coming, instant))


def _instant(value: Any) -> datetime:
    return in_utc(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
