"""Kills loads at random moments: `python -m tests.faults.random_kills EXPORT WORK KILLS SEED [beside]` prints one JSON line per kill.

Every load runs in a process of its own, forked from this one, which has imported everything and opened nothing: so that a kill
costs the load and no start of an interpreter. A kill counts when the load died of it. `beside`: loads are projected beside.
"""

from __future__ import annotations

import gc
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from core.log import configure_logging
from core.settings import Settings, load_settings
from services.following import Worthwhile
from services.ingestion import ingest
from services.maintenance import verification_to_dict, verify_backends

BATCH_ROWS = 200


def main(export: Path, work: Path, kills: int, seed: int, beside: bool) -> None:
    configure_logging()  # to standard error: what is printed is read line by line
    gc.freeze()  # what is imported stays shared with the loads
    draw = random.Random(seed)
    began = time.monotonic()
    assert finished(start(lambda: load(export, work / "undisturbed", beside))) == 0
    usual = time.monotonic() - began
    say(killed_at=None, **content(work, work / "undisturbed"))
    done = 0
    while done < kills:
        home = work / f"home{done}"
        moments: list[float] = []
        while len(moments) < 1 + done % 2:  # every second load is killed again while it goes on
            moment = draw.uniform(0.0, usual)
            child = start(lambda home=home: load(export, home, beside))  # type: ignore[misc]
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)
            if finished(child) == -signal.SIGKILL:
                moments.append(moment)
            else:  # it was faster than usual, and is no kill
                shutil.rmtree(home)
                moments.clear()
        assert finished(start(lambda home=home: load(export, home, beside))) == 0  # type: ignore[misc]
        say(killed_at=moments, **content(work, home))
        done += len(moments)
        shutil.rmtree(home)


def load(export: Path, home: Path, beside: bool) -> None:
    ingest(settings(home), "csv", export, follow=Worthwhile(rows=0, events=0) if beside else None)


def content(work: Path, home: Path) -> dict[str, object]:
    """What ledger and graph hold, told by a process of its own."""
    told = work / "content.json"

    def look() -> None:
        found = verification_to_dict(verify_backends(settings(home), [settings(home).backend_url]))
        told.write_text(json.dumps({"equal": found["equal"], **found["ledger"]}))

    assert finished(start(look)) == 0
    return dict(json.loads(told.read_text()))


def settings(home: Path) -> Settings:
    return load_settings(home=home, backend="embedded", batch_rows=BATCH_ROWS, now="2025-01-01")


def start(work: Callable[[], None]) -> int:
    """Begin work in a process of its own; its number."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def finished(child: int) -> int:
    """How a process ended: its exit status, or the signal it died of, negative."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def say(**told: object) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:] == ["beside"])
