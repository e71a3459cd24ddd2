"""What a load did, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.rehearsal import Difference
from ingest.retirement import Retirement

COUNTERS = ("created", "updated", "unchanged", "rejected")
SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One quarantined row, as a report shows it. `position` is file:line."""

    position: str
    code: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """One load. `created`, `updated` and `unchanged` count nodes and relations, `rejected` counts rows.

    `status` is complete, unchanged (the export was loaded before, nothing was read), cancelled, or rehearsed: nothing was
    written, and `difference` is what would change. `stages` are seconds.
    `unmapped` counts records that become nothing in the twin, by type; `quarantined` are the first rejected rows.
    """

    source: str
    location: str
    run: str
    status: str
    counters: Mapping[str, int]
    quarantined: tuple[RejectedRow, ...] = ()
    unmapped: Mapping[str, int] = field(default_factory=dict)
    records: int = 0
    rows: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    resumed: bool = False
    difference: Difference | None = None
    retirement: Retirement | None = None  # of a run that was said to be whole

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        return {
            "source": self.source,
            "location": self.location,
            "run": self.run,
            "status": self.status,
            "counters": dict(self.counters),
            "quarantined": [
                {"position": row.position, "code": row.code, "reason": row.reason, "hint": row.hint}
                for row in self.quarantined
            ],
            "unmapped": dict(self.unmapped),
            "records": self.records,
            "rows": self.rows,
            "resumed": self.resumed,
            "stages": {name: round(seconds, 3) for name, seconds in self.stages.items()},
            "seconds": round(self.seconds, 3),
            **({} if self.difference is None else {"difference": self.difference.to_dict()}),
            **({} if self.retirement is None else {"retirement": self.retirement.to_dict()}),
        }
