"""The process that loads one job: `python -m services.jobs.worker`, started by `services.jobs.work`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.settings import Settings
from services.ingestion import ingest_onto, keep_checkpoint, load, rehearse
from services.jobs.load_job import LoadOrder
from services.jobs.process import Stopping, Telling, work


def run(settings: Settings, task: Mapping[str, Any], telling: Telling, stopping: Stopping) -> dict[str, Any]:
    """Do what is ordered; the report with the ledger's sequence. Raises as `services.ingestion` does."""
    order, path = LoadOrder(**task["order"]), Path(task["path"])
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


if __name__ == "__main__":
    sys.exit(work(run))
