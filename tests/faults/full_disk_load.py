"""A whole load on a disk that fills: `python -m tests.faults.full_disk_load EXPORT DISK BALLAST FOLLOW` prints JSON.

The file BALLAST takes the room that is missing; the load must stop because of it, leave what a query can trust, and be taken up
once the file is gone.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from core.errors import JumeauError
from core.settings import load_settings
from services.following import Worthwhile
from services.ingestion import ingest
from services.maintenance import verification_to_dict, verify_backends
from services.twin import open_ledger, open_twin

BATCH_ROWS = 200


def main(export: Path, disk: Path, ballast: Path, follow: bool) -> None:
    settings = load_settings(home=disk / "home", backend="embedded", batch_rows=BATCH_ROWS, now="2025-01-01")
    when = Worthwhile(rows=0, events=0) if follow else None
    code = hint = None
    try:
        ingest(settings, "csv", export, follow=when)
    except JumeauError as error:
        code, hint = error.code, error.hint
    _, ledger = open_ledger(settings)
    committed = ledger.sequence()
    events = sum(1 for _ in ledger.events(1, 10**9))
    batches = [batch for run in ledger.runs() for batch in ledger.batches_of(run.id)]
    ledger.close()
    os.remove(ballast)
    with open_twin(settings) as twin:  # as the next command does: what is missing is applied
        assert twin.repository.watermark() == committed
    equal = verification_to_dict(verify_backends(settings, [settings.backend_url]))["equal"]
    again = ingest(settings, "csv", export).report
    found = verification_to_dict(verify_backends(settings, [settings.backend_url]))
    told = {
        "code": code,
        "hint": hint,
        "committed": committed,
        "events": events,
        "whole": committed == sum(max(batch.last - batch.first + 1, 0) for batch in batches),
        "equal_before": equal,
        "status": again.status,
        "equal": found["equal"],
        "checksum": found["ledger"]["checksum"],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "follow")
