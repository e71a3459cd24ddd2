"""The process that loads one job: `python -m services.jobs.worker`, started by `services.jobs.work`.

Its first line of input is what to do, as JSON; `cancel` stops the load after the batch at hand. The end of its input says that the
server is gone: it ends at once, and the run can be taken up. What it prints are lines of JSON: progress, then a report or an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Any, Final, TextIO

import orjson
import structlog

from core.errors import IngestError, JumeauError
from core.log import configure_logging
from core.settings import Settings
from ingest.job import IngestJob
from services.ingestion import ingest_onto, keep_checkpoint, load, rehearse
from services.jobs.job import LoadOrder

CANCEL: Final = "cancel"
FAILED: Final = 4
TOLD_EVERY_S: Final = 0.1
"""Progress within one stage is told no more often."""

log = structlog.get_logger(__name__)


class Stopping:
    """Hands a wish to cancel to the load, which may not have begun when it comes."""

    def __init__(self) -> None:
        self._job: IngestJob | None = None
        self._is_wanted = False
        self._lock = Lock()

    def began(self, job: IngestJob) -> None:
        """The load that may be cancelled."""
        with self._lock:
            self._job = job
            if self._is_wanted:
                job.cancel()

    def cancel(self) -> None:
        """Stop it after its batch, or as soon as it begins."""
        with self._lock:
            self._is_wanted = True
            if self._job is not None:
                self._job.cancel()


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


def run(settings: Settings, order: LoadOrder, path: Path, telling: Telling, stopping: Stopping) -> dict[str, Any]:
    """Do what is ordered; the report with the ledger's sequence. Raises as `services.ingestion` does."""
    whole, brake = order.complete, order.brake
    if order.branch is not None:
        report, branch = ingest_onto(
            settings,
            order.branch,
            order.source,
            path,
            whole=whole,
            brake=brake,
            dry_run=order.dry_run,
            loading=telling,
            began=stopping.began,
        )
        return {"report": report.to_dict(), "sequence": None, "branch_events": branch.version}
    if order.dry_run:
        rehearsed = rehearse(
            settings, order.source, path, whole=whole, brake=brake, loading=telling, began=stopping.began
        )
        return {"report": rehearsed.to_dict(), "sequence": None}
    loaded, sequence = load(
        settings,
        order.source,
        path,
        reread=order.reread,
        whole=whole,
        brake=brake,
        loading=telling,
        began=stopping.began,
    )
    keep_checkpoint(settings, sequence)
    return {"report": loaded.to_dict(), "sequence": sequence}


def _listen(orders: TextIO, stopping: Stopping) -> None:
    """Wait for a wish to cancel. Without a server this process ends at once: what it was writing is written or is not."""
    for line in orders:
        if line.strip() == CANCEL:
            stopping.cancel()
    os._exit(FAILED)


def _say(told: dict[str, Any]) -> None:
    try:
        sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(FAILED)  # nobody listens any more


def main() -> int:
    """Load one job; the exit code says whether there is a report."""
    told = orjson.loads(sys.stdin.readline())
    settings = Settings(**told["settings"])
    configure_logging(settings.log_level, settings.log_format)
    stopping = Stopping()
    Thread(target=_listen, args=(sys.stdin, stopping), daemon=True).start()
    try:
        _say(run(settings, LoadOrder(**told["order"]), Path(told["path"]), Telling(_say), stopping))
    except JumeauError as error:
        _say({"error": error.to_dict(), "is_of_files": isinstance(error, IngestError)})
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
