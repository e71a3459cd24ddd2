"""A job: one load of one source from uploaded files, from when it is opened until it has ended, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from ingest.retirement import BRAKE


class JobState(StrEnum):
    """Where a job stands."""

    OPEN = "open"  # files arrive
    WAITING = "waiting"  # for others that load
    RUNNING = "running"
    COMPLETE = "complete"
    REHEARSED = "rehearsed"  # a dry run: nothing was written
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # by the end of its server


ACTIVE: Final = frozenset({JobState.WAITING, JobState.RUNNING})
TAKES_FILES: Final = frozenset({JobState.OPEN, JobState.REHEARSED, JobState.FAILED})
STARTS: Final = frozenset(JobState) - ACTIVE - {JobState.COMPLETE}
"""States in which a job may be started, or started again, as long as its files are there."""
COMING: Final = ACTIVE | {JobState.OPEN}
"""States after which there is more to be told."""


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What is to be loaded, and how: the options of `jumeau ingest`. `reason` is for the audit trail."""

    source: str
    dry_run: bool = False
    complete: bool = False
    brake: float = BRAKE
    reread: bool = False
    branch: str | None = None
    reason: str | None = None

    @property
    def is_of_main(self) -> bool:
        """Whether it writes to main, where a source is loaded once at a time."""
        return not self.dry_run and self.branch is None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A file that arrived whole. `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(slots=True)
class Job:
    """What is known of a job; instants as ISO 8601 in UTC. Changed under the lock of its service only.

    `stage`, `rows` and `total` are the progress (`total` 0 for unknown). `report` is the one of `ingest.report`; `sequence` is
    the ledger's after the load, `graph_sequence` the graph's, None until it has followed. `files` are empty once a job needs
    them no more.
    """

    id: str
    order: LoadOrder
    actor: str
    opened_at: str
    touched_at: str
    state: JobState = JobState.OPEN
    files: dict[str, SpooledFile] = field(default_factory=dict)
    attempts: int = 0
    started_by: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    is_cancelling: bool = False
    stage: str | None = None
    rows: int = 0
    total: int = 0
    run: str | None = None
    report: dict[str, Any] | None = None
    sequence: int | None = None
    graph_sequence: int | None = None
    error: dict[str, Any] | None = None

    @property
    def may_start(self) -> bool:
        """Whether it can be started, or started again."""
        return self.state in STARTS and bool(self.files)

    def to_dict(self) -> dict[str, Any]:
        """The job as its file holds it."""
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "order": self.order.to_dict(),
            "files": [asdict(file) for file in self.files.values()],
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Job:
        """The job that a file holds. Raises KeyError, TypeError, ValueError for one that is none."""
        files = (SpooledFile(**file) for file in told["files"])
        return cls(
            **{
                **told,
                "order": LoadOrder(**told["order"]),
                "state": JobState(told["state"]),
                "files": {file.name: file for file in files},
            }
        )
