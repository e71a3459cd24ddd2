"""One backup as one file: a ZIP archive that any tool opens, whose comment is the SHA-256 of everything before it.

    manifest.json         what is inside: `Manifest` as JSON
    tables/NAME.jsonl     the rows of a table, see `rows`

The file comes into being whole, readable by its owner only, or not at all.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import Any, BinaryIO, Final, Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import orjson

from core.failpoints import reach
from services.backup.drafts import remove_abandoned, sync_folder
from services.backup.errors import BackupError, NewerBackupError, damaged, file_error

FORMAT: Final = 1
"""Of the file. The format of the ledger inside is told apart from it."""
STEP: Final = 5_000
"""Rows between two words of progress."""
_MANIFEST: Final = "manifest.json"
_SEAL: Final = 64  # characters of a SHA-256 in hexadecimal
_READ: Final = 1 << 20
_LEVEL: Final = 3  # of compression: a third of the time of 6 for a tenth more bytes
_BROKEN: Final = (BadZipFile, KeyError, NotImplementedError, RuntimeError, zlib.error, EOFError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Part:
    """One table in a backup. `size` in bytes before compression; `sha256` of its lines."""

    table: str
    columns: tuple[str, ...]
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of. `sequence` is the ledger's last event in it; `personal_secret` tells where the secret behind the
    pseudonyms is: `inside`, in the `environment`, or `none` was ever needed.
    """

    format: int
    ledger_format: int
    ledger: str
    pack: str
    sequence: int
    created_at: str
    database: str
    personal_secret: str
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@contextmanager
def drafted(path: Path) -> Iterator[ZipFile]:
    """An archive to write; it is at `path` once the context has ended well. Raises BackupError, DiskFullError."""
    if path.exists() or path.is_symlink():
        raise BackupError("this file is there already", where=str(path), hint="give the backup a name of its own")
    draft: Path | None = None
    try:
        remove_abandoned(path.parent, f".{path.name}.*.partial")
        descriptor, name = mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)  # for its owner only
        draft = Path(name)
        with os.fdopen(descriptor, "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                archive.comment = b"0" * _SEAL
                yield archive
            file.flush()
            size = file.seek(0, os.SEEK_END)
            seal = _digest(file, size - _SEAL)
            file.seek(size - _SEAL)
            file.write(seal)
            file.flush()
            os.fsync(file.fileno())
            reach("backup.written")
            draft.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise file_error(error, path) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def write_part(
    archive: ZipFile, table: str, columns: tuple[str, ...], lines: Iterator[bytes], progress: Callable[[int], None]
) -> Part:
    """Write the lines of a table; `progress` is told how many there are so far."""
    digest, rows, size = sha256(), 0, 0
    with archive.open(_name(table), "w", force_zip64=True) as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            rows += 1
            size += len(line)
            if rows % STEP == 0:
                progress(rows)
    progress(rows)
    return Part(table, columns, rows, size, digest.hexdigest())


def write_manifest(archive: ZipFile, manifest: Manifest) -> None:
    """The last entry of an archive."""
    archive.writestr(_MANIFEST, orjson.dumps(manifest.to_dict(), option=orjson.OPT_INDENT_2))


class BackupFile:
    """A backup that was found whole. Raises DamagedBackupError, NewerBackupError, BackupError when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise file_error(error, path) from error
        try:
            _check_seal(self._file, path)
            self._archive = ZipFile(self._file)
            self.manifest = self._manifest()
        except OSError as error:
            self._file.close()
            raise file_error(error, path) from error
        except _BROKEN as error:
            self._file.close()
            raise damaged(path, f"this is no backup: {error}") from error
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archive.close()
        self._file.close()

    def lines(self, part: Part) -> Iterator[bytes]:
        """The lines of a table. Raises DamagedBackupError, at the latest after the last one."""
        digest, rows = sha256(), 0
        try:
            with self._archive.open(_name(part.table)) as file:
                for line in file:
                    digest.update(line)
                    rows += 1
                    yield line
        except OSError as error:
            raise file_error(error, self.path) from error
        except (BadZipFile, KeyError, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
            raise damaged(self.path, f"the table {part.table} cannot be read: {error}") from error
        if (rows, digest.hexdigest()) != (part.rows, part.sha256):
            raise damaged(self.path, f"the table {part.table} is not what the manifest says")

    def _manifest(self) -> Manifest:
        content = orjson.loads(self._archive.read(_MANIFEST))
        if int(content["format"]) > FORMAT:
            raise NewerBackupError(
                f"the backup has format {content['format']}, this version reads {FORMAT}",
                where=str(self.path),
                hint="use the version of jumeau that wrote it, or a newer one",
            )
        parts = tuple(Part(**{**part, "columns": tuple(part["columns"])}) for part in content["parts"])
        return Manifest(**{**content, "parts": parts})


def _name(table: str) -> str:
    return f"tables/{table}.jsonl"


def _check_seal(file: BinaryIO, path: Path) -> None:
    size = file.seek(0, os.SEEK_END)
    if size > _SEAL:
        found = _digest(file, size - _SEAL)
        if file.read(_SEAL) == found:
            return
    raise damaged(path, "this is no whole backup: its content and its checksum do not fit")


def _digest(file: BinaryIO, size: int) -> bytes:
    """The SHA-256 of the first `size` bytes, in hexadecimal; the file is behind them afterwards."""
    file.seek(0)
    digest, left = sha256(), size
    while left and (content := file.read(min(left, _READ))):
        digest.update(content)
        left -= len(content)
    return digest.hexdigest().encode()
