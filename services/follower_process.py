"""The process that projects while another one loads: `python -m services.follower_process`, started by `services.following`.

Its first line of input is the settings as JSON; `finish` asks it to apply all there is and to end, the end of its input that
whoever started it is gone. Each line that it prints is a sequence number that the graph has reached and the one it is to reach.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import TextIO

import orjson
import structlog

from core.collector import rare_collections
from core.errors import BackendError, SequenceGapError
from core.log import configure_logging
from core.settings import Settings
from graph.history.ledger import Ledger
from graph.history.projection import Projector
from graph.registry import open_backend
from graph.repository import GraphRepository, WritesOut
from graph.schema.model import Schema
from services.twin import backend_options, open_ledger

FINISH = "finish"
POLL_S = 0.1
PACE_S = 1.5
"""Time from one catch-up that found something to the next: each costs as much as ten thousand rows before it applies one."""
LONGEST_WAIT_S = 5.0
IDLE = 3
"""Times that nothing was to be applied after which the log of the store is brought into its file."""
FAILED = 4

log = structlog.get_logger(__name__)


class LoadFollower:
    """Keeps the graph up with the ledger until it is told to finish; what fails is tried again as long as the load goes on."""

    def __init__(
        self, settings: Settings, schema: Schema, ledger: Ledger, finishing: Event, say: Callable[[int, int], None]
    ) -> None:
        self._settings = settings
        self._schema = schema
        self._ledger = ledger
        self._finishing = finishing
        self._say = say
        self._repository: GraphRepository | None = None
        self._projector: Projector | None = None
        self._applied = -1
        self._idle = 0  # times in a row that there was nothing to apply
        self._written_out = -1

    def run(self) -> None:
        """Follow. Raises BackendError where the last attempt, after `finish`, fails as well."""
        wait = POLL_S
        while True:
            last = self._finishing.is_set()
            began = monotonic()
            try:
                found = self._catch_up()
                wait = max(POLL_S, PACE_S - (monotonic() - began)) if found else POLL_S
            except SequenceGapError:
                continue  # another process has applied some of it meanwhile
            except BackendError as error:
                self.close()
                if last:
                    raise
                log.warning("projection.waits", error=str(error), retry_in_s=wait)
                wait = min(max(2 * wait, 0.5), LONGEST_WAIT_S)
            if last:
                return
            self._finishing.wait(wait)

    def close(self) -> None:
        """Let go of the backend."""
        repository, self._repository, self._projector = self._repository, None, None
        self._applied = -1
        if repository is not None:
            repository.close()

    def _catch_up(self) -> bool:
        """Apply what there is; whether there was anything."""
        if self._projector is None:
            self._repository = open_backend(self._settings.backend_url, self._schema, backend_options(self._settings))
            self._projector = Projector(self._ledger, self._repository)
        if self._ledger.sequence() != self._applied:
            self._applied = self._projector.catch_up(self._say)
            self._idle = 0
            return True
        self._idle += 1
        if self._idle == IDLE and self._written_out != self._applied and isinstance(self._repository, WritesOut):
            self._repository.write_out()  # while the load reads on: at its end this would have to be waited for
            self._written_out = self._applied
        return False


def _listen(orders: TextIO, finishing: Event) -> None:
    """Wait for orders. Without anybody to give them this process ends at once: what it was writing is written or is not."""
    for line in orders:
        if line.strip() == FINISH:
            finishing.set()
    os._exit(FAILED)


def _say(done: int, wanted: int) -> None:
    try:
        print(done, wanted, flush=True)
    except BrokenPipeError:
        os._exit(FAILED)  # nobody listens any more


def main() -> int:
    """Follow until told to finish; the exit code says whether everything was applied."""
    settings = Settings(**orjson.loads(sys.stdin.readline()))
    configure_logging(settings.log_level, settings.log_format)
    finishing = Event()
    Thread(target=_listen, args=(sys.stdin, finishing), daemon=True).start()
    schema, ledger = open_ledger(settings)
    follower = LoadFollower(settings, schema, ledger, finishing, _say)
    try:
        with rare_collections():
            follower.run()
    except BackendError as error:
        log.warning("projection.stopped", error=str(error))
        return FAILED
    finally:
        follower.close()
        ledger.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
