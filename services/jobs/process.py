"""The process that does one job, seen from inside: what it is ordered on its input, what it says on its output.

Its first line of input is what to do, as JSON; `cancel` asks it to stop as soon as it can without losing what is done. The end of
its input says that the server is gone: it ends at once. What it prints are lines of JSON: progress, then a report or an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from threading import Lock, Thread
from time import monotonic
from typing import Any, Final, Protocol, TextIO

import orjson

from core.errors import IngestError, JumeauError
from core.log import configure_logging
from core.settings import Settings

CANCEL: Final = "cancel"
FAILED: Final = 4
TOLD_EVERY_S: Final = 0.1
"""Progress within one stage is told no more often."""


class Cancellable(Protocol):
    """What can be asked to stop."""

    def cancel(self) -> None: ...


class Stopping:
    """A wish to cancel, which may come before there is anything to be cancelled."""

    def __init__(self) -> None:
        self.is_wanted = False
        self._work: Cancellable | None = None
        self._lock = Lock()

    def began(self, work: Cancellable) -> None:
        """What may be cancelled."""
        with self._lock:
            self._work = work
            if self.is_wanted:
                work.cancel()

    def cancel(self) -> None:
        """Stop it, or as soon as it begins."""
        with self._lock:
            self.is_wanted = True
            if self._work is not None:
                self._work.cancel()


class Telling:
    """Says progress: each stage when it begins and when it ends, and some of what is between."""

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self._say = say
        self._stage: str | None = None
        self._told_at = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = monotonic()
        if stage != self._stage or done >= total or now - self._told_at >= TOLD_EVERY_S:
            self._stage, self._told_at = stage, now
            self._say({"stage": stage, "done": done, "total": total})


Task = Callable[[Settings, Mapping[str, Any], Telling, Stopping], Mapping[str, Any]]
"""Does what is ordered; gives what is said last, with a `report`."""


def work(task: Task) -> int:
    """Do what the first line orders; the exit code says whether there is a report."""
    told = orjson.loads(sys.stdin.readline())
    settings = Settings(**told["settings"])
    configure_logging(settings.log_level, settings.log_format)
    stopping = Stopping()
    Thread(target=_listen, args=(sys.stdin, stopping), daemon=True).start()
    try:
        _say(task(settings, told["task"], Telling(_say), stopping))
    except JumeauError as error:
        _say({"error": error.to_dict(), "is_of_files": isinstance(error, IngestError)})
        return FAILED
    return 0


def _listen(orders: TextIO, stopping: Stopping) -> None:
    """Wait for a wish to cancel. Without a server this process ends at once: what it was writing is written or is not."""
    for line in orders:
        if line.strip() == CANCEL:
            stopping.cancel()
    os._exit(FAILED)


def _say(told: Mapping[str, Any]) -> None:
    try:
        sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(FAILED)  # nobody listens any more
