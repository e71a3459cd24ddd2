"""Reads a database of advisories: a file or an address of OSV's archive of one ecosystem, or a folder of its entries."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.request import urlopen
from zipfile import BadZipFile, ZipFile

from scripts.advisories.advisory import Advisory, advisory_of

STALE: Final = timedelta(days=30)
"""A database whose newest entry is older than this one has not been kept up to date."""
_MOST_BYTES: Final = 1 << 30
_ENTRY_BYTES: Final = 16 << 20
_WAIT_S: Final = 60.0


class NotAuditedError(Exception):
    """No audit was made; the text says why."""


def read_database(place: str, now: datetime) -> list[Advisory]:
    """Every advisory about a package of Python that stands. Raises NotAuditedError: missing, damaged, or too old to audit by."""
    with TemporaryDirectory(prefix="advisories-") as folder:
        path = _fetched(place, Path(folder)) if place.startswith("https://") else Path(place)
        try:
            entries = [json.loads(content) for content in _entries(path)]
            newest = max((datetime.fromisoformat(entry["modified"]) for entry in entries), default=None)
            found = [advisory for entry in entries if (advisory := advisory_of(entry)) is not None]
        except (OSError, BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotAuditedError(f"{place} is no database of advisories: {type(error).__name__}: {error}") from error
    if newest is None:
        raise NotAuditedError(f"{place} holds no advisory")
    if now - newest > STALE:
        raise NotAuditedError(f"the newest advisory of {place} is of {newest.date()}: fetch a newer database")
    return found


def _entries(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield file.read_bytes()
        return
    with ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.endswith(".json"):
                if member.file_size > _ENTRY_BYTES:
                    raise ValueError(f"{member.filename} has {member.file_size:,} bytes")
                yield archive.read(member)


def _fetched(address: str, folder: Path) -> Path:
    """The archive at an address, in a folder. Raises NotAuditedError."""
    path = folder / "advisories.zip"
    try:
        with urlopen(address, timeout=_WAIT_S) as answer, path.open("wb") as file:
            shutil.copyfileobj(_Bounded(answer), file)
    except OSError as error:
        raise NotAuditedError(f"{address} does not answer: {error}") from error
    return path


class _Bounded:
    """Reads no more than a database has."""

    def __init__(self, answer: Any) -> None:
        self._answer, self._left = answer, _MOST_BYTES

    def read(self, size: int = -1, /) -> bytes:
        content: bytes = self._answer.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise OSError(f"more than {_MOST_BYTES:,} bytes came")
        return content
