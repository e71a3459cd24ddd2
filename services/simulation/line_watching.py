"""A production line told as time goes by: its figures, its bottleneck, and readings that come in, at the moment of a clock.

Nothing has to run for it: the moment follows from when the clock was started and how fast it goes, and everything else from the moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.simulation.live import LiveClock
from simulate.line.bottleneck import Bottleneck
from simulate.line.live import Course, LineFigures, LiveRules
from simulate.line.model import Line
from simulate.line.readings import StageReadings, assess, read_readings


@dataclass(frozen=True, slots=True)
class LastReading:
    """What a sensor of a stage told last, and how many it has told."""

    stage: str
    sensor: str
    minutes: float | None
    at: str | None
    readings: int


@dataclass(frozen=True, slots=True)
class LineLook:
    """What there is to see of a line now. Everything but the readings is simulated."""

    line: str
    figures: LineFigures
    bottleneck: Bottleneck | None
    is_over: bool
    readings: tuple[LastReading, ...] = ()
    measured: tuple[StageReadings, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "line": self.line,
            **self.figures.to_dict(),
            "bottleneck": None if self.bottleneck is None else self.bottleneck.to_dict(),
            "is_over": self.is_over,
            "readings": [asdict(one) for one in self.readings],
            "measured": [one.to_dict() for one in self.measured],
            "simulated": True,
        }


class LineWatch:
    """One line and its clock: `speed` simulated seconds a second since `started`."""

    def __init__(self, line: Line, seed: int, speed: float, started: datetime) -> None:
        """Raises LineError, TooManyEventsError."""
        self.line = line
        self._course = Course(line, seed)
        self._rules = LiveRules(line, seed)
        self.clock = LiveClock(line.name, started, started + timedelta(minutes=line.horizon), speed, started)

    def minute(self, now: datetime) -> float:
        """The simulated minute at a moment of the machine."""
        return (self.clock.at(now) - self.clock.begins).total_seconds() / 60.0

    def look(
        self, now: datetime, readings: Iterable[LastReading] = (), measured: Iterable[StageReadings] = ()
    ) -> LineLook:
        """What there is to see."""
        minute = self.minute(now)
        return LineLook(
            self.line.name,
            self._course.at(minute),
            self._rules.at(minute),
            self.clock.is_over(now),
            tuple(readings),
            tuple(measured),
        )


class FollowedReadings:
    """A file of readings that grows: read again where its size or its time has changed."""

    def __init__(self, path: Path, line: Line) -> None:
        self._path = path
        self._line = line
        self._known: tuple[tuple[int, int] | None, tuple[StageReadings, ...]] = (None, ())

    def now(self) -> tuple[StageReadings, ...]:
        """What the readings say of each stage by now. Raises LineError where they cannot be read."""
        state = None
        if self._path.exists():
            found = self._path.stat()
            state = found.st_size, found.st_mtime_ns
        if state is None or state != self._known[0]:
            readings, _ = read_readings(self._path, self._line)
            self._known = state, tuple(assess(self._line, readings))
        return self._known[1]
