"""Documents of a ZIP archive, one by one, within bounds: an archive says what it unpacks to, and is not believed."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.errors import ExpansionError, TruncatedFileError
from ingest.files import ExtractFile

MEMBER_BYTES = 16 * 2**20
"""Largest document."""
ARCHIVE_BYTES = 16 * 2**30
"""Most bytes that an archive may unpack to in all."""
INNER_BYTES = 2 * 2**30
"""Largest archive within an archive."""
_CHUNK = 2**20


def documents(file: ExtractFile, suffix: str) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each document whose name ends so, in order of name; archives within are opened too, one level deep.

    Raises ExpansionError beyond the bounds, TruncatedFileError for a damaged archive.
    """
    unpacked = 0
    with _damage_told(file), zipfile.ZipFile(file.path) as archive:
        for name, content in _members(archive, suffix, file, inner=True):
            unpacked += len(content)
            if unpacked > ARCHIVE_BYTES:
                raise _too_large(file, name, ARCHIVE_BYTES)
            yield name, content


def _members(archive: zipfile.ZipFile, suffix: str, file: ExtractFile, *, inner: bool) -> Iterator[tuple[str, bytes]]:
    for member in sorted(archive.infolist(), key=lambda info: info.filename):
        name = member.filename
        if name.lower().endswith(suffix):
            with archive.open(member) as packed:
                content = packed.read(MEMBER_BYTES + 1)
            if len(content) > MEMBER_BYTES:
                raise _too_large(file, name, MEMBER_BYTES)
            yield name, content
        elif inner and name.lower().endswith(".zip"):
            with archive.open(member) as packed, tempfile.TemporaryFile() as beside:
                size = 0
                while chunk := packed.read(_CHUNK):
                    size += len(chunk)
                    if size > INNER_BYTES:
                        raise _too_large(file, name, INNER_BYTES)
                    beside.write(chunk)
                with zipfile.ZipFile(beside) as within:
                    yield from _members(within, suffix, file, inner=False)


def _too_large(file: ExtractFile, name: str, bound: int) -> ExpansionError:
    return ExpansionError(
        f"{name} unpacks to more than {bound:,} bytes",
        where=str(file.path),
        hint="it is no export, or unpack it yourself and look at it",
    )


@contextmanager
def _damage_told(file: ExtractFile) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise TruncatedFileError(
            f"the archive is damaged, encrypted or ends too early: {error}",
            where=str(file.path),
            hint="copy or download it again; `unzip -t` tells whether it is whole",
        ) from error
