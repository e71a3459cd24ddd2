"""What happened to a job, as numbered lines of a file: whoever watches holds a place in it, and nothing has to be told to watchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One thing that happened. `number` counts from 1 within the job; `type` is `state` or `progress`."""

    number: int
    type: str
    data: Mapping[str, Any]


class Journal:
    """The events of one job. One thread appends at a time; any number read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._settled()

    @property
    def last(self) -> int:
        """The number of the last event, 0 where there is none."""
        return self._last

    def append(self, type_: str, data: Mapping[str, Any]) -> None:
        """One more event. Raises OSError."""
        line = orjson.dumps([self._last + 1, type_, data]) + b"\n"
        with self._path.open("ab") as file:
            file.write(line)
        self._last += 1

    def read(self, place: int = 0, after: int = 0) -> tuple[list[JobEvent], int]:
        """The events from a place in the file on, those after number `after`; and the place behind them."""
        try:
            with self._path.open("rb") as file:
                file.seek(place)
                whole = file.read()
        except FileNotFoundError:
            return [], place
        whole = whole[: whole.rfind(b"\n") + 1]  # a line that is being written is read next time
        events = (JobEvent(*orjson.loads(line)) for line in whole.splitlines())
        return [event for event in events if event.number > after], place + len(whole)

    def _settled(self) -> int:
        """Take away a line that a killed process began; the number of the last whole one."""
        try:
            whole = self._path.read_bytes()
        except FileNotFoundError:
            return 0
        lines = whole[: whole.rfind(b"\n") + 1].splitlines()
        if whole and not whole.endswith(b"\n"):
            with self._path.open("r+b") as file:
                file.truncate(whole.rfind(b"\n") + 1)
        return len(lines)
