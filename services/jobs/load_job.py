"""A job that loads one source from uploaded files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ingest.retirement import BRAKE
from services.jobs.job import ACTIVE, Job, JobState

TAKES_FILES: Final = frozenset({JobState.OPEN, JobState.REHEARSED, JobState.FAILED})
STARTS: Final = frozenset(JobState) - ACTIVE - {JobState.COMPLETE}
"""States in which a job may be started, or started again, as long as its files are there."""


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
class LoadJob(Job):
    """`report` is the one of `ingest.report`. `files` are empty once a job needs them no more."""

    order: LoadOrder
    files: dict[str, SpooledFile] = field(default_factory=dict)
    report: dict[str, Any] | None = None

    @property
    def may_start(self) -> bool:
        """Whether it can be started, or started again."""
        return self.state in STARTS and bool(self.files)

    def to_dict(self) -> dict[str, Any]:
        """The job as its file holds it."""
        return {**Job.to_dict(self), "files": [asdict(file) for file in self.files.values()]}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> LoadJob:
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
