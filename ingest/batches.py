"""The rows of an export in batches: where each may end, and which of them were committed before a run was taken up."""

from __future__ import annotations

from collections.abc import Iterator

from graph.history.ledger import Run
from ingest.assertion import PassedRows, Place, Told
from ingest.sources.contract import PHASES


def committed_rows(run: Run, phase: str) -> int:
    """How many rows of the phase were committed before the run was taken up."""
    reached = run.cursor.get("phase") or PHASES[0]
    if phase == reached:
        return int(run.cursor.get("rows", 0))
    return 0 if reached not in PHASES or PHASES.index(phase) > PHASES.index(reached) else 2**63


def in_batches(told: Iterator[Told], size: int, committed: int) -> Iterator[tuple[list[Told], int]]:
    """Batches of about `size` with the rows so far; none parts what one row tells, one of them ends where the run stopped."""
    batch: list[Told] = []
    rows = held = 0  # rows so far; what the batch holds
    last: Place | None = None
    for item in told:
        place = first = item.place
        many = 1
        if isinstance(item, PassedRows):
            first, many = Place(item.file, item.positions[0]), len(item.positions)
        if first != last:
            if held >= size or (rows == committed and batch):
                yield batch, rows
                batch, held = [], 0
            rows += many
        else:
            rows += many - 1
        held += many
        last = place
        batch.append(item)
    if batch:
        yield batch, rows
