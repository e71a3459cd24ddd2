"""A job: something long that a server was asked for, from when it was opened until it has ended, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, Protocol


class JobState(StrEnum):
    """Where a job stands."""

    OPEN = "open"  # files arrive
    WAITING = "waiting"  # for others that are under way
    RUNNING = "running"
    COMPLETE = "complete"
    REHEARSED = "rehearsed"  # a dry run: nothing was written
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # by the end of its server


ACTIVE: Final = frozenset({JobState.WAITING, JobState.RUNNING})
COMING: Final = ACTIVE | {JobState.OPEN}
"""States after which there is more to be told."""


class Order(Protocol):
    """What a job is to do."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        ...


@dataclass(slots=True)
class Job:
    """What is known of a job; instants as ISO 8601 in UTC. Changed under the lock of its queue only.

    `stage`, `rows` and `total` are the progress (`total` 0 for unknown). `run` is what it has written, once there is one;
    `sequence` is the ledger's after that, `graph_sequence` the graph's, None until it has followed.
    """

    id: str
    order: Order
    actor: str
    opened_at: str
    touched_at: str
    state: JobState = JobState.OPEN
    attempts: int = 0
    started_by: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    is_cancelling: bool = False
    stage: str | None = None
    rows: int = 0
    total: int = 0
    run: str | None = None
    sequence: int | None = None
    graph_sequence: int | None = None
    error: dict[str, Any] | None = None

    def wait(self, by: str) -> None:
        """It is to be done, or to be done again: nothing is known of how it goes."""
        self.started_by, self.attempts = by, self.attempts + 1
        self.state, self.started_at, self.ended_at, self.is_cancelling = JobState.WAITING, None, None, False
        self.stage, self.rows, self.total, self.run = None, 0, 0, None
        self.error = self.sequence = self.graph_sequence = None

    def to_dict(self) -> dict[str, Any]:
        """The job as its file holds it."""
        return {**{each.name: getattr(self, each.name) for each in fields(self)}, "order": self.order.to_dict()}
