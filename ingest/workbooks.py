"""Sheets of an Excel workbook (.xlsx), row by row: each sheet is a table, its values the texts that a CSV cell would hold.

A workbook with one sheet is a table named after the file; one with several, tables named after the sheets. What a formula
gives is not read: it is as old as the last time that somebody opened the workbook.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ingest.assertion import Place, Rejection
from ingest.delimited import FORMULA_STARTS, Row, formula
from ingest.errors import BrokenWorkbookError, EmptyFileError, ExpansionError, MissingFileError
from ingest.files import EXPANSION, FREE_BYTES, Content, ExtractFile
from ingest.json_lines import cell_text

WORKBOOK: Final = ".xlsx"
_TEXTS: Final = "xl/sharedStrings.xml"
TEXT_BYTES: Final = 256 * 2**20
"""Largest table of texts: it is held in memory as a whole."""
_DECLARATION: Final = "<!DOCTYPE"
_DECLARATIONS: Final = tuple(_DECLARATION.encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
"""A workbook declares nothing: what does is made to be expanded, or to read other files."""
_CHUNK: Final = 2**20
_FORMULA, _ERROR = "f", "e"
_DAMAGE = (
    zipfile.BadZipFile, InvalidFileException, ParseError, zlib.error, EOFError,
    KeyError, ValueError, TypeError, AttributeError, IndexError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What openpyxl raises for files that only look like workbooks."""


def sheets_of(file: ExtractFile) -> tuple[ExtractFile, ...]:
    """The visible sheets of a workbook that hold anything, as files of an export. Raises an IngestError."""
    _check_expansion(file)
    with _opened(file) as book:
        filled = [
            sheet.title
            for sheet in book.worksheets
            if sheet.sheet_state == "visible" and any(_texts(row) for row in _rows_of(sheet))
        ]
    if not filled:
        raise EmptyFileError("no sheet holds anything", where=str(file.path), hint="fill one, or take the file away")
    if len(filled) == 1:
        return (replace(file, sheet=filled[0]),)
    return tuple(replace(file, name=f"{file.name}/{_plain(title)}{WORKBOOK}", sheet=title) for title in filled)


def look_at_sheet(file: ExtractFile) -> Content:
    """The digest of a sheet, its size and its number of rows."""
    digest, size, rows = blake2b(digest_size=16), 0, 0
    for row in _rows(file):
        said = repr([(cell.data_type, cell.value) for cell in row]).encode()
        digest.update(said)
        size += len(said)
        rows += 1
    return Content(file, digest.digest(), size, rows, datetime.fromtimestamp(file.path.stat().st_mtime, UTC))


def sheet_columns(file: ExtractFile) -> tuple[str, ...]:
    """The names of its columns: the texts of its first filled row, up to the last one. Raises BrokenWorkbookError."""
    for row in _rows(file):
        if names := _texts(row):
            return tuple(name.strip() for name in names)
    raise BrokenWorkbookError("the sheet has no header", where=_where(file), hint="its first row names the columns")


def sheet_rows(file: ExtractFile) -> Iterator[tuple[int, list[str]] | Rejection]:
    """(row number, cells) of each row behind the header; blank rows are passed over.

    A row with formulas or errors, or with cells beyond the header, is a rejection.
    """
    header: list[str] | None = None
    for number, row in enumerate(_rows(file), 1):
        cells = _texts(row)
        if not cells:
            continue
        if header is None:
            header = [name.strip() for name in cells]
            continue
        place, told = Place(file.name, number), Row(header, cells)
        computed = next((at for at, cell in enumerate(row) if cell.data_type == _FORMULA), None)
        if computed is None and not FORMULA_STARTS.isdisjoint({cell[:1] for cell in cells}):
            computed = formula(cells)
        failed = next((at for at, cell in enumerate(row) if cell.data_type == _ERROR), None)
        if computed is not None:
            reason = f"`{_name(header, computed)}` holds a formula: {cells[computed][:60]!r}"
            hint = "export values, not formulas; a text that starts so is no name of anything"
            yield Rejection(place, "FORMULA_CELL", reason, hint, told)
        elif failed is not None:
            reason = f"`{_name(header, failed)}` holds the error {cells[failed]}"
            yield Rejection(place, "BROKEN_ROW", reason, "mend what the cell refers to, and paste its value", told)
        elif len(cells) > len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            yield Rejection(place, "WRONG_COLUMN_COUNT", reason, "give every column a name in the first row", told)
        else:
            yield number, cells + [""] * (len(header) - len(cells))


def _texts(row: Sequence[Any]) -> list[str]:
    """The cells of a row up to the last that is filled."""
    cells = [_text(cell.value) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: Any) -> str:
    """A value as text. A workbook has no dates of its own: a day is midnight of that day."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds() / 3600)  # hours, as durations beyond a day are shown
    return cell_text(value if isinstance(value, str | bool | int | float | None) else str(value))


def _name(header: Sequence[str], at: int) -> str:
    return header[at] if at < len(header) else f"column {at + 1}"


def _plain(title: str) -> str:
    """A sheet's title as part of a name: a path has no / in it."""
    return title.strip().replace("/", "_")


def _where(file: ExtractFile) -> str:
    return f"{file.path} ({file.sheet})"


def _rows(file: ExtractFile) -> Iterator[Sequence[Any]]:
    with _opened(file) as book:
        yield from _rows_of(book[file.sheet])


def _rows_of(sheet: Any) -> Iterator[Sequence[Any]]:
    sheet.reset_dimensions()  # some programs say that a sheet is as wide as a sheet can be
    yield from sheet.iter_rows()


@contextmanager
def _opened(file: ExtractFile) -> Iterator[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that say nothing of the values
            book = openpyxl.load_workbook(file.path, read_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()
    except OSError as error:
        seen = f"the file cannot be read: {error.strerror or error}"
        raise MissingFileError(seen, where=str(file.path), hint="check its rights") from error
    except _DAMAGE as error:
        raise BrokenWorkbookError(
            f"it cannot be read as a workbook: {str(error).splitlines()[0][:200] if str(error) else type(error).__name__}",
            where=str(file.path),
            hint="save it again as an Excel workbook (.xlsx), without a password",
        ) from error


def _check_expansion(file: ExtractFile) -> None:
    """Refuse a workbook that unpacks to what no workbook is: what an archive says of itself is not believed."""
    try:
        size = file.path.stat().st_size
        with zipfile.ZipFile(file.path) as archive:
            unpacked = 0
            for member in archive.infolist():
                with archive.open(member) as content:
                    own = 0
                    while chunk := content.read(_CHUNK):
                        if own == 0 and any(mark in chunk for mark in _DECLARATIONS):
                            raise BrokenWorkbookError(
                                f"{member.filename} declares entities, which no workbook does",
                                where=str(file.path),
                                hint="do not open it; ask where it comes from",
                            )
                        own += len(chunk)
                        unpacked += len(chunk)
                        if unpacked > max(FREE_BYTES, EXPANSION * size) or (
                            member.filename == _TEXTS and own > TEXT_BYTES
                        ):
                            raise ExpansionError(
                                f"{member.filename} unpacks to more than a workbook holds",
                                where=str(file.path),
                                hint="it is no export, or save its sheets as CSV",
                            )
    except OSError as error:
        seen = f"the file cannot be read: {error.strerror or error}"
        raise MissingFileError(seen, where=str(file.path), hint="check its rights") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BrokenWorkbookError(
            f"it is no workbook, or damaged, or locked with a password: {error}",
            where=str(file.path),
            hint="save it again as an Excel workbook (.xlsx), without a password",
        ) from error
