"""Folders of jobs in the home of a twin, one for each, for their owner only.

ROOT/JOB/job.json       what is known of the job
ROOT/JOB/events.jsonl   what happened to it
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.errors import DiskFullError
from services.jobs.errors import SpoolError

JOB, EVENTS = "job.json", "events.jsonl"
RESULT: Final = "result.json"


class JobFolders:
    """The folders below one root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, job: str) -> Path:
        """The folder of a job."""
        return self.root / job

    def make(self, job: str) -> None:
        """The folder of a new job. Raises SpoolError, DiskFullError."""
        with told(self.root.name):
            self.root.mkdir(parents=True, mode=0o700, exist_ok=True)
            self.folder(job).mkdir(mode=0o700)

    def jobs(self) -> list[Path]:
        """The folders of all jobs that are there."""
        return sorted(path for path in self.root.glob("*") if path.is_dir() and not path.is_symlink())

    def remove(self, job: str) -> None:
        """Take a job away with all that it has."""
        shutil.rmtree(self.folder(job), ignore_errors=True)


@contextmanager
def told(where: str) -> Iterator[None]:
    """What the file system says, in our words. Raises DiskFullError, SpoolError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                "the disk is full; nothing was kept", where=where, hint="free space, then try again"
            ) from error
        raise SpoolError(
            f"the file system refused: {error.strerror or error}",
            where=where,
            hint="check the home, its rights, its mount",
        ) from error
