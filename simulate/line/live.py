"""A line as it runs: what can be seen on it at a moment of one replication, read from its event log, and where the bottleneck is by then.

The figures are of one course (the replication that is watched); the three rules of the bottleneck need intervals, and look at several
courses up to the same moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from simulate.errors import TooManyEventsError
from simulate.line.bottleneck import Bottleneck, find_bottleneck
from simulate.line.check import check, expected_events
from simulate.line.events import Event, What
from simulate.line.model import Line
from simulate.line.result import HOUR
from simulate.line.simulate import events_of, simulate_line

COURSES: Final = 20
"""That the rules look at."""
LOOKS: Final = 48
"""How many times in all the rules are asked: each looks at all from the beginning."""
MOST_EVENTS: Final = 200_000
"""Of a line that is watched."""


@dataclass(frozen=True, slots=True)
class StageFigures:
    """Pieces and machines of a stage now; `utilisation` is the share of its machines' time so far in processing, set-up and repair."""

    name: str
    queue: int
    working: int
    setting_up: int
    down: int
    holding: int
    machines: int
    processed: int
    utilisation: float | None


@dataclass(frozen=True, slots=True)
class LineFigures:
    """What a dashboard shows. Throughput in good pieces per hour: so far, and of the last hour (of less, at the beginning)."""

    minute: float
    arrived: int
    turned_away: int
    completed: int
    scrapped: int
    in_line: int
    throughput: float | None
    throughput_last_hour: float | None
    busy_operators: int
    stages: tuple[StageFigures, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Course:
    """One replication of a line, looked at from its beginning to its end; a moment that has passed is read again from the beginning."""

    def __init__(self, line: Line, seed: int, replication: int = 0) -> None:
        """Plays it. Raises LineError, TooManyEventsError."""
        self.line = replace(line, warm_up=0.0, duration=line.horizon)
        check(self.line)
        if expected_events(self.line) > MOST_EVENTS:
            raise TooManyEventsError(
                f"about {expected_events(self.line):,.0f} events; {MOST_EVENTS:,} can be watched",
                where=line.name,
                hint="a shorter duration",
            )
        self._events = list(events_of(self.line, seed, replication))
        self._stage_of = [at for at, stage in enumerate(line.stages) for _ in range(stage.machines)]
        self._begin()

    def at(self, minute: float) -> LineFigures:
        """What there is to see at a moment, everything that happens at it included."""
        minute = min(max(minute, 0.0), self.line.duration)
        if minute < self._now:
            self._begin()
        while self._next < len(self._events) and self._events[self._next].time <= minute:
            event = self._events[self._next]
            self._pass(event.time)
            self._take(event)
            self._next += 1
        self._pass(minute)
        return self._figures()

    def between(self, after: float, until: float) -> Iterator[Event]:
        """The events after one moment, up to another."""
        return (event for event in self._events if after < event.time <= until)

    def _begin(self) -> None:
        count = len(self.line.stages)
        self._now, self._next = 0.0, 0
        self._queue, self._working, self._setting_up = [0] * count, [0] * count, [0] * count
        self._down, self._holding, self._processed = [0] * count, [0] * count, [0] * count
        self._occupied = [0.0] * count
        self._is_set_up: set[int] = set()
        self._arrived = self._turned_away = self._scrapped = 0
        self._completed = 0
        self._recent: deque[float] = deque()

    def _pass(self, until: float) -> None:
        for at in range(len(self._occupied)):
            busy = self._working[at] + self._setting_up[at] + self._down[at]
            self._occupied[at] += busy * (until - self._now)
        self._now = until

    def _take(self, event: Event) -> None:
        """Each event adds and takes away, so that the order of those of one instant means nothing."""
        what = event.what
        if what is What.ARRIVED:
            self._arrived += 1
            self._queue[0] += 1
            return
        if what is What.TURNED_AWAY:
            self._turned_away += 1
            self._queue[0] -= 1
            return
        at = self._stage_of[event.machine]
        if what is What.SETUP_STARTED:
            self._queue[at] -= 1
            self._setting_up[at] += 1
            self._is_set_up.add(event.machine)
        elif what is What.STARTED:
            if event.machine in self._is_set_up:
                self._is_set_up.remove(event.machine)
                self._setting_up[at] -= 1
            else:
                self._queue[at] -= 1
            self._working[at] += 1
        elif what is What.FAILED:
            self._working[at] -= 1
            self._down[at] += 1
        elif what is What.REPAIRED:
            self._down[at] -= 1
            self._working[at] += 1
        elif what is What.PROCESSED:
            self._working[at] -= 1
            self._holding[at] += 1
            self._processed[at] += 1
        elif what is not What.BLOCKED:
            self._leave(at, what, event.time)

    def _leave(self, at: int, what: What, time: float) -> None:
        """A piece leaves its machine."""
        self._holding[at] -= 1
        if what is What.MOVED_ON:
            self._queue[at + 1] += 1
        elif what is What.SENT_BACK:
            back = self.line.stages[at].rework_to
            self._queue[at if back is None else self.line.place(back)] += 1
        elif what is What.SCRAPPED:
            self._scrapped += 1
        else:
            self._completed += 1
            self._recent.append(time)

    def _figures(self) -> LineFigures:
        while self._recent and self._recent[0] <= self._now - HOUR:
            self._recent.popleft()
        hours = self._now / HOUR
        stages = self.line.stages
        return LineFigures(
            minute=self._now,
            arrived=self._arrived,
            turned_away=self._turned_away,
            completed=self._completed,
            scrapped=self._scrapped,
            in_line=self._arrived - self._turned_away - self._completed - self._scrapped,
            throughput=self._completed / hours if hours else None,
            throughput_last_hour=len(self._recent) / min(hours, 1.0) if hours else None,
            busy_operators=sum(
                stage.operators * (self._working[at] + self._setting_up[at] + self._down[at])
                for at, stage in enumerate(stages)
            ),
            stages=tuple(
                StageFigures(
                    stage.name,
                    self._queue[at],
                    self._working[at],
                    self._setting_up[at],
                    self._down[at],
                    self._holding[at],
                    stage.machines,
                    self._processed[at],
                    self._occupied[at] / (stage.machines * self._now) if self._now else None,
                )
                for at, stage in enumerate(stages)
            ),
        )


class LiveRules:
    """The three rules as time goes by: asked at LOOKS moments, and what they said stands until the next."""

    def __init__(self, line: Line, seed: int) -> None:
        self._line = replace(line, warm_up=0.0, duration=line.horizon)
        self._seed = seed
        self._known: tuple[int, Bottleneck | None] = (0, None)

    def at(self, minute: float) -> Bottleneck | None:
        """What they say of COURSES courses up to the last look; None before the first."""
        look = min(int(minute / self._line.duration * LOOKS), LOOKS)
        if look != self._known[0]:
            until = replace(self._line, duration=self._line.duration * look / LOOKS)
            self._known = look, find_bottleneck(simulate_line(until, self._seed, COURSES)) if look else None
        return self._known[1]
