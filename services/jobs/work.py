"""The process beside the server that loads one job: started, told to cancel, ended. A load takes no time from the server's own
interpreter, and what a file does to its memory is over with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from core.settings import Settings
from services.jobs.job import LoadOrder

CANCEL_LINE: Final = b"cancel\n"
STOP_S: Final = 3.0
"""How long the process may take to end once its server is gone."""


class Work:
    """One load in a process of its own. `cancel` and `leave` may be called from other threads."""

    def __init__(self, settings: Settings, order: LoadOrder, path: Path) -> None:
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.jobs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the server, which then lets go of this process
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._told = self._process.stdin, self._process.stdout
        told = {"settings": settings.model_dump(mode="json"), "order": order.to_dict(), "path": str(path.absolute())}
        self._order(orjson.dumps(told) + b"\n")

    def told(self) -> Iterator[dict[str, Any]]:
        """What it says, line by line, until it ends."""
        for line in self._told:
            with suppress(orjson.JSONDecodeError):  # a line that was cut by its death
                yield orjson.loads(line)

    def end(self) -> int:
        """Wait until it has ended, and let go of it; its exit code, that of a signal negative."""
        self.leave()
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._told.close()

    def cancel(self) -> None:
        """Ask it to stop after its batch."""
        self._order(CANCEL_LINE)

    def leave(self) -> None:
        """Tell it that its server goes: it ends at once."""
        with suppress(BrokenPipeError):
            self._orders.close()

    def _order(self, line: bytes) -> None:
        with suppress(BrokenPipeError, ValueError):  # it has ended, or is being left
            self._orders.write(line)
            self._orders.flush()
