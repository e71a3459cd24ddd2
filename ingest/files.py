"""Files of an export: found, opened (`.gz` too) and looked through once, in bounded memory, before anything is loaded.

The first look gives the digest of the content and finds what would make the whole load senseless: bad encoding, endless lines,
truncated archives, quotes that do not close.
"""

from __future__ import annotations

import gzip
import zlib
from codecs import BOM_UTF8, getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import IO, cast

from ingest.errors import (
    BrokenCsvError,
    BrokenEncodingError,
    DocumentTooLargeError,
    DuplicateFileError,
    EmptyFileError,
    ExpansionError,
    LineTooLongError,
    MissingFileError,
    TruncatedFileError,
)

LINE_BYTES = 16 * 2**20
"""Longest line, and longest row, that is read."""
JSON_BYTES, YAML_BYTES = 96 * 2**20, 16 * 2**20
"""Largest document that is parsed as a whole: parsed JSON takes about ten times its size, YAML more."""
EXPANSION = 300
"""Most bytes that a compressed byte may stand for, in a file beyond the first FREE_BYTES: tables of an estate stay below 100."""
FREE_BYTES = 64 * 2**20
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """A file of an export, or a `sheet` of one. `name` is relative to the export and without `.gz`."""

    path: Path
    name: str
    sheet: str = ""

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix.lower()


@dataclass(frozen=True, slots=True)
class Content:
    """What the first look at a file found. `lines` counts line ends; `modified` is the file's own date."""

    file: ExtractFile
    digest: bytes
    size: int
    lines: int
    modified: datetime


def find_files(path: Path, suffixes: tuple[str, ...]) -> tuple[ExtractFile, ...]:
    """The file itself, or the files with one of the suffixes below a directory, ordered by name. Raises MissingFileError."""
    if path.is_file():
        return (ExtractFile(path, _plain(path.name)),)
    if not path.is_dir():
        raise MissingFileError("there is no such file or directory", where=str(path), hint="check the path")
    found = [
        ExtractFile(file, _plain(file.relative_to(path).as_posix()))
        for file in path.rglob("*")
        if file.is_file() and _plain(file.name).lower().endswith(suffixes)
    ]
    found.sort(key=lambda file: file.name)
    for one, other in pairwise(found):
        if one.name == other.name:
            raise DuplicateFileError(
                f"there are {one.path.name} and {other.path.name}",
                where=str(one.path.parent),
                hint="take one of them away",
            )
    return tuple(found)


def _plain(name: str) -> str:
    return name[:-3] if name.lower().endswith(".gz") else name


@contextmanager
def open_bytes(file: ExtractFile) -> Iterator[IO[bytes]]:
    """The file's bytes, decompressed. Raises MissingFileError, TruncatedFileError."""
    try:
        with file.path.open("rb") as raw:
            if file.path.suffix.lower() == ".gz":
                with gzip.open(raw) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TruncatedFileError(
            f"the compressed file is damaged or ends too early: {error}",
            where=str(file.path),
            hint="copy or export it again; `gzip -t` tells whether it is whole",
        ) from error
    except OSError as error:
        raise MissingFileError(
            f"the file cannot be read: {error.strerror or error}", where=str(file.path), hint="check its rights"
        ) from error


@contextmanager
def open_text(file: ExtractFile) -> Iterator[TextIOWrapper]:
    """The file's text, without byte order mark, line ends as they are."""
    with open_bytes(file) as raw, TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        yield text


def look_through(file: ExtractFile, *, document_limit: int | None = None, quoted: bool = True) -> Content:
    """Read a file once, in chunks: a CSV file (lines of text where not `quoted`), or with `document_limit` a document that is
    parsed as a whole.

    Raises an IngestError for what no row of it could survive.
    """
    csv = document_limit is None and quoted
    digest, decoder = blake2b(digest_size=16), getincrementaldecoder("utf-8")()
    size = lines = quotes = run = 0
    largest = _largest(file)
    with open_bytes(file) as raw:
        while chunk := raw.read(_CHUNK):
            digest.update(chunk)
            _decode(decoder, chunk, file, size, lines)
            size += len(chunk)
            if largest is not None and size > largest:
                raise ExpansionError(
                    f"the compressed file unpacks to more than {largest:,} bytes",
                    where=str(file.path),
                    hint="it is no export, or unpack it yourself and look at it",
                )
            ends = chunk.count(b"\n")
            lines += ends
            if document_limit is not None:
                _check_document(file, size, document_limit)
            else:
                run = _line_run(file, chunk, ends, run, lines)
            if csv:
                quotes += chunk.count(b'"')
        _decode(decoder, b"", file, size, lines)
    if size == 0 or (size == len(BOM_UTF8) and _is_bom(file)):
        raise EmptyFileError("the file is empty", where=str(file.path), hint="export it again, or take it away")
    if quotes % 2:
        raise BrokenCsvError(
            f"a quoted field is not closed ({_opened_last(file)})",
            where=str(file.path),
            hint='quotes come in pairs; a quote within a quoted field is written twice ("")',
        )
    modified = datetime.fromtimestamp(file.path.stat().st_mtime, UTC)
    return Content(file, digest.digest(), size, lines, modified)


def _largest(file: ExtractFile) -> int | None:
    """To how many bytes a compressed file may unpack; None for a file that is not compressed."""
    if file.path.suffix.lower() != ".gz" or not file.path.is_file():
        return None
    return max(FREE_BYTES, EXPANSION * file.path.stat().st_size)


def _decode(decoder: object, chunk: bytes, file: ExtractFile, offset: int, lines: int) -> None:
    pending = len(decoder.getstate()[0])  # type: ignore[attr-defined]
    try:
        decoder.decode(chunk, not chunk)  # type: ignore[attr-defined]
    except UnicodeDecodeError as error:
        position = offset - pending + error.start
        line = lines + chunk[: max(error.start - pending, 0)].count(b"\n") + 1
        raise BrokenEncodingError(
            f"byte {position} (0x{error.object[error.start]:02x}, line {line}) is not UTF-8",
            where=f"{file.path}:{line}",
            hint="export it as UTF-8, or convert it with `iconv -t UTF-8` from its true encoding",
        ) from error


def _check_document(file: ExtractFile, size: int, limit: int) -> None:
    if size > limit:
        raise DocumentTooLargeError(
            f"the document is larger than {limit:,} bytes",
            where=str(file.path),
            hint="split the export into several files",
        )


def _line_run(file: ExtractFile, chunk: bytes, ends: int, run: int, lines: int) -> int:
    """The length of the line that the chunk leaves open; chunks are far shorter than the longest line."""
    run = len(chunk) - chunk.rfind(b"\n") - 1 if ends else run + len(chunk)
    if run > LINE_BYTES:
        raise LineTooLongError(
            f"line {lines + 1} is longer than {LINE_BYTES:,} bytes",
            where=f"{file.path}:{lines + 1}",
            hint="rows end with a line feed; look for an unclosed quote or another kind of file",
        )
    return run


def _is_bom(file: ExtractFile) -> bool:
    with open_bytes(file) as raw:
        return raw.read() == BOM_UTF8


def _opened_last(file: ExtractFile) -> str:
    """Where the quote that is never closed was opened: the last line that leaves a field open and is followed by none that closes."""
    opened, is_open = 0, False
    with open_bytes(file) as raw:
        for number, line in enumerate(raw, 1):
            if line.count(b'"') % 2:
                is_open = not is_open
                if is_open:
                    opened = number
    return f"last opened at line {opened}"
