"""How far a run has come: what the ledger knows of it, while it goes on and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.principal import Principal, require_whole_estate
from graph.history.ledger import Ledger

RUNNING = "incomplete"
"""The state of a run that has not been closed: it goes on, or it was interrupted and may be taken up."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run as it stands: the part of it that was last committed (`stage`), rows of that stage, events written so far."""

    run: str
    source: str
    state: str
    stage: str | None
    rows: int
    batches: int
    events: int
    counters: dict[str, int]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state != RUNNING

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def progress_of(ledger: Ledger, name: str, principal: Principal) -> RunProgress:
    """How far the run of that identifier has come. Raises NotFoundError, RestrictedError."""
    require_whole_estate(principal, "the progress of a run")
    run = ledger.find_run(name)
    batches = ledger.batches_of(run.id)
    cursor = run.cursor
    counters = run.counters or cursor.get("counters", {})
    return RunProgress(
        run.id,
        run.source,
        run.status,
        cursor.get("phase"),
        int(cursor.get("rows", 0)),
        len(batches),
        sum(max(0, batch.last - batch.first + 1) for batch in batches),
        {name: int(value) for name, value in counters.items()},
    )
