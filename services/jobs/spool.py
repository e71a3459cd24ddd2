"""The folder that uploads arrive in: a folder for each job, limits that are held while bytes arrive, and names that lead nowhere.

    uploads/JOB/partial/   files that arrive, under names of ours
    uploads/JOB/files/     files that are whole, under their own: the export

A file takes its own name when it has arrived whole; what is broken off leaves nothing. Only its owner may read the folder.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import IO, Final

from core.settings import Settings
from ingest.connectors.spool import MANIFEST
from services.jobs.errors import FileNameError, SpoolFullError, TooManyFilesError, UploadTooLargeError
from services.jobs.folders import JobFolders, told
from services.jobs.load_job import SpooledFile

UPLOADS: Final = "uploads"
LONGEST_PART: Final = 120
DEEPEST: Final = 3
_PART: Final = re.compile(r"[^\W_][\w .,()+@=-]*")


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What is taken: bytes of a file, files and bytes of a job, bytes of all jobs together."""

    file_bytes: int
    files: int
    job_bytes: int
    spool_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> UploadLimits:
        return cls(
            settings.upload_file_bytes,
            settings.upload_files,
            settings.upload_job_bytes,
            settings.upload_spool_bytes,
        )


def checked_name(name: str) -> str:
    """The name of a file of an export, with folders before it where it lies in some. Raises FileNameError.

    A name that is refused is not repeated: whatever it is, it is not for logs and screens.
    """
    parts = name.split("/")
    wrong: str | None = None
    if len(parts) > DEEPEST:
        wrong = f"it lies more than {DEEPEST - 1} folders deep"
    elif any(len(part.encode("utf-8", "replace")) > LONGEST_PART for part in parts):
        wrong = f"a part of it is longer than {LONGEST_PART} bytes"
    elif not all(_PART.fullmatch(part) and part == part.rstrip(" .") for part in parts):
        wrong = "a part of it does not begin with a letter or a digit, or has characters that names of exports have not"
    elif parts[0].lower() == MANIFEST:
        wrong = "it would describe a fetch from an API, which an upload is not"
    if wrong is not None:
        raise FileNameError(
            f"this is no name for a file of an export: {wrong}",
            where="name",
            hint="use names such as Server.csv or relations/RUNS_ON.csv.gz",
        )
    return name


class Spool(JobFolders):
    """The uploads of one home. Safe for several threads."""

    def __init__(self, root: Path, limits: UploadLimits) -> None:
        super().__init__(root)
        self.limits = limits
        self._lock = Lock()
        self._bytes: Counter[str] = Counter()  # by job: whole files, and what has arrived of others
        self._arriving: Counter[tuple[str, str]] = Counter()

    def export(self, job: str) -> Path:
        """The folder of its whole files, which a load reads."""
        return self.root / job / "files"

    def make(self, job: str) -> None:
        """The folder of a new job, for files. Raises SpoolError, DiskFullError."""
        super().make(job)
        with told(UPLOADS):
            self.export(job).mkdir()

    def recover(self, job: str, files: dict[str, SpooledFile]) -> dict[str, SpooledFile]:
        """After a restart: take away what had not arrived whole; the files that are still there as they were noted."""
        shutil.rmtree(self.folder(job) / "partial", ignore_errors=True)
        export = self.export(job)
        kept = {name: file for name, file in files.items() if _size(export / name) == file.size}
        for path in export.rglob("*"):
            if path.is_file() and path.relative_to(export).as_posix() not in kept:
                path.unlink(missing_ok=True)  # it arrived whole, and the server ended before that was noted
        with self._lock:
            self._bytes[job] = sum(file.size for file in kept.values())
        return kept

    def receive(self, job: str, name: str, known: dict[str, SpooledFile]) -> Arriving:
        """Begin to take a file. Raises FileNameError, TooManyFilesError, SpoolError, DiskFullError."""
        checked_name(name)
        with self._lock:
            names = known.keys() | {arriving for of, arriving in self._arriving if of == job} | {name}
            if len(names) > self.limits.files:
                raise TooManyFilesError(
                    f"a job takes {self.limits.files} files",
                    where="JUMEAU_UPLOAD_FILES",
                    hint="load them in several jobs",
                )
            self._arriving[job, name] += 1
        try:
            return Arriving(self, job, name)
        except BaseException:
            self.left(job, name)
            raise

    def drop_files(self, job: str) -> None:
        """Take the files of a job away, and what arrives."""
        shutil.rmtree(self.export(job), ignore_errors=True)
        shutil.rmtree(self.folder(job) / "partial", ignore_errors=True)
        with self._lock:
            del self._bytes[job]

    def remove(self, job: str) -> None:
        """Take a job away with all that it has."""
        super().remove(job)
        with self._lock:
            del self._bytes[job]

    @property
    def bytes(self) -> int:
        """All that lies there, what is arriving included."""
        with self._lock:
            return self._bytes.total()

    def take(self, job: str, wanted: int, so_far: int) -> None:
        """Room for some bytes more of a file that has `so_far`. Raises UploadTooLargeError, SpoolFullError."""
        limits = self.limits
        with self._lock:
            if so_far + wanted > limits.file_bytes:
                raise UploadTooLargeError(
                    f"the file has more than {limits.file_bytes:,} bytes",
                    where="JUMEAU_UPLOAD_FILE_BYTES",
                    hint="compress it (.gz), or split it",
                )
            if self._bytes[job] + wanted > limits.job_bytes:
                raise UploadTooLargeError(
                    f"the files of the job have more than {limits.job_bytes:,} bytes",
                    where="JUMEAU_UPLOAD_JOB_BYTES",
                    hint="compress them (.gz), or load them in several jobs",
                )
            if self._bytes.total() + wanted > limits.spool_bytes:
                raise SpoolFullError(
                    "all uploads together are at their limit",
                    where="JUMEAU_UPLOAD_SPOOL_BYTES",
                    hint="start or discard jobs that are open, or wait until loads have ended",
                )
            self._bytes[job] += wanted

    def give_back(self, job: str, size: int) -> None:
        with self._lock:
            if job in self._bytes:  # else it was removed meanwhile, with all its bytes
                self._bytes[job] = max(self._bytes[job] - size, 0)

    def left(self, job: str, name: str) -> None:
        with self._lock:
            self._arriving[job, name] -= 1
            if not self._arriving[job, name]:
                del self._arriving[job, name]


class Arriving:
    """A file that arrives. `keep` or `abandon` ends it; what was not kept leaves nothing."""

    def __init__(self, spool: Spool, job: str, name: str) -> None:
        self.job = job
        self.name = name
        self.size = 0
        self._spool = spool
        self._digest = sha256()
        self._path = spool.folder(job) / "partial" / token_hex(8)
        self._is_over = False
        with told(UPLOADS):
            self._path.parent.mkdir(exist_ok=True)
            self._file: IO[bytes] = self._path.open("xb")

    def expect(self, size: int) -> None:
        """Refuse at once what is announced as too large. Raises UploadTooLargeError, SpoolFullError."""
        self._spool.take(self.job, size, 0)
        self._spool.give_back(self.job, size)

    def write(self, data: bytes) -> None:
        """Bytes that came. Raises UploadTooLargeError, SpoolFullError, SpoolError, DiskFullError."""
        self._spool.take(self.job, len(data), self.size)
        self.size += len(data)
        self._digest.update(data)
        with told(UPLOADS):
            self._file.write(data)

    @property
    def sha256(self) -> str:
        """The digest of what has come, in hexadecimal."""
        return self._digest.hexdigest()

    def settle(self) -> None:
        """All has come: bring it to the disk. Raises SpoolError, DiskFullError."""
        with told(UPLOADS):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def keep(self, before: SpooledFile | None) -> SpooledFile:
        """Give what is settled its name; it takes the place of the one `before`. Raises FileNameError, SpoolError."""
        export = self._spool.export(self.job)
        path = export / self.name
        with told(UPLOADS):
            above = [parent for parent in path.parents if parent.is_relative_to(export)]
            if path.is_dir() or any(parent.is_file() for parent in above):
                raise FileNameError(
                    "a folder and a file of the job have the same name",
                    where="name",
                    hint="give one of them another name",
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(path)
        self._is_over = True
        self._spool.left(self.job, self.name)
        if before is not None:
            self._spool.give_back(self.job, before.size)
        return SpooledFile(self.name, self.size, self.sha256)

    def abandon(self) -> None:
        """Take away what has come; harmless after `keep`."""
        if self._is_over:
            return
        self._is_over = True
        self._file.close()
        self._path.unlink(missing_ok=True)
        self._spool.give_back(self.job, self.size)
        self._spool.left(self.job, self.name)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() and not path.is_symlink() else None
