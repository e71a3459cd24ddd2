"""Projection beside a load: while one process writes the ledger, another brings the graph up to it.

Small loads do without: they are over before a process has started. docs/adr/0011-projection-beside-a-load.md has the figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

import orjson
import structlog

from core.settings import Settings
from graph.history.projection import Progress
from services.follower_process import FINISH
from services.rendezvous import running_server

STOP_S = 10.0
"""How long a follower may take to end once nobody needs it."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worthwhile:
    """From when on a load is followed: rows of one stage, read or to be read, and events that it has added to the ledger."""

    rows: int = 20_000
    events: int = 1_000


class Following:
    """The process beside one load, once that has shown that it is worth one."""

    def __init__(self, settings: Settings, sequence: Callable[[], int], progress: Progress | None, from_: Worthwhile):
        self._settings = settings
        self._sequence = sequence
        self._progress = progress
        self._from = from_
        self._began = sequence()
        self._reached = 0
        self._process: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None

    def watch(self, done: int, total: int) -> None:
        """A batch was committed: `done` rows of `total` of this stage. Starts the process when it is time."""
        large = max(done, total) >= self._from.rows
        if self._process is None and large and self._sequence() - self._began >= self._from.events:
            self._start()

    def finish(self) -> int | None:
        """Wait until all is applied; the sequence number reached, or None where nobody has done it."""
        process, reader = self._process, self._reader
        if process is None or reader is None:
            return None
        _tell(process.stdin, FINISH)
        reader.join()
        if process.wait() != 0:
            log.warning("projection.follower_failed", exit_code=process.returncode)
            return None
        return self._reached

    def stop(self) -> None:
        """End the process, whatever it does; harmless when it has ended."""
        process, reader = self._process, self._reader
        if process is None or reader is None:
            return
        if process.stdin is not None:
            _close(process.stdin)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()
        if process.stdout is not None:
            process.stdout.close()

    def _start(self) -> None:
        root = str(Path(__file__).resolve().parent.parent)
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.follower_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the load, which then ends this process
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        _tell(self._process.stdin, orjson.dumps(self._settings.model_dump(mode="json")).decode())
        self._reader = Thread(target=self._read, args=(self._process.stdout,), name="follower-reader", daemon=True)
        self._reader.start()

    def _read(self, told: IO[str]) -> None:
        for line in told:
            done, wanted = (int(part) for part in line.split())
            self._reached = done
            if self._progress is not None:
                self._progress(done, wanted)


@contextmanager
def following(
    settings: Settings,
    sequence: Callable[[], int],
    progress: Progress | None = None,
    from_: Worthwhile | None = None,
) -> Iterator[Following | None]:
    """Follow the load that goes on in this context; None where a running server does, or where nothing outlives a process."""
    if settings.backend_url == "networkx" or running_server(settings.home) is not None:
        yield None
        return
    beside = Following(settings, sequence, progress, from_ or Worthwhile())
    try:
        yield beside
    finally:
        beside.stop()


def _tell(orders: IO[str] | None, line: str) -> None:
    """Write one line; a process that has died is noticed by its exit code."""
    assert orders is not None
    try:
        orders.write(line + "\n")
        orders.flush()
    except BrokenPipeError:
        log.warning("projection.follower_died")


def _close(orders: IO[str]) -> None:
    with suppress(BrokenPipeError):
        orders.close()
