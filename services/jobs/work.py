"""The process beside the server that does one job: started, told to cancel, ended. It takes no time from the server's own
interpreter, and what it does to its memory is over with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from core.settings import Settings

CANCEL_LINE: Final = b"cancel\n"
STOP_S: Final = 3.0
"""How long the process may take to end once its server is gone."""


class Work:
    """One job in a process of its own. `cancel` and `leave` may be called from other threads."""

    def __init__(self, module: str, settings: Settings, task: Mapping[str, Any]) -> None:
        """`module` ends in `services.jobs.process.work`, which is given `task`."""
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the server, which then lets go of this process
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._told = self._process.stdin, self._process.stdout
        self._order(orjson.dumps({"settings": settings.model_dump(mode="json"), "task": task}) + b"\n")

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
        """Ask it to stop as soon as it can without losing what is done."""
        self._order(CANCEL_LINE)

    def leave(self) -> None:
        """Tell it that its server goes: it ends at once."""
        with suppress(BrokenPipeError):
            self._orders.close()

    def _order(self, line: bytes) -> None:
        with suppress(BrokenPipeError, ValueError):  # it has ended, or is being left
            self._orders.write(line)
            self._orders.flush()
