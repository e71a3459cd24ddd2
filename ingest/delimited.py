"""Rows of a CSV file (RFC 4180), streamed; a row that is broken comes back as a rejection and the rest goes on."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, overload

from ingest.assertion import Place, Rejection, SeenRow
from ingest.errors import BrokenCsvError
from ingest.files import ExtractFile, open_text


class Row(NamedTuple):
    """A row as it came: column names and cells, for quarantine. Rendered only when it is rejected."""

    columns: Sequence[str]
    cells: Sequence[str]

    def to_dict(self) -> dict[str, str]:
        """Cells by column name; cells without a column are named by number."""
        names = [*self.columns, *(f"column {n + 1}" for n in range(len(self.columns), len(self.cells)))]
        return dict(zip(names, self.cells, strict=False))


Known = Callable[[int, str], SeenRow | None]
"""Asked about a line and its number: the row that was told before, if it was."""

FORMULA_STARTS = frozenset("=+-@")
_CALL = re.compile(r"[+\-@][=+\-@]*[A-Za-z][\w.]*[(!|]")


def formula(cells: Sequence[str]) -> int | None:
    """The first cell that a spreadsheet would run: one that starts with =, or with another sign and then a call.

    `@solana/web3.js (a library)`, `-(see below)` and `+33 (0)1` are texts.
    """
    return next((n for n, cell in enumerate(cells) if cell[:1] == "=" or _CALL.match(cell)), None)


def read_header(file: ExtractFile, *, comment: str = "", separator: str = ",") -> tuple[str, ...]:
    """The column names of the first row. Lines that start with `comment` come before it. Raises BrokenCsvError."""
    with open_text(file) as text:
        for line, cells in _plain_rows(text, comment, separator):
            if isinstance(cells, str):
                raise BrokenCsvError(
                    f"the header cannot be read: {cells}", where=f"{file.path}:{line}", hint="check its quotes"
                )
            return tuple(cell.strip() for cell in cells)
    raise BrokenCsvError("the file has no header", where=str(file.path), hint="its first row names the columns")


@overload
def read_rows(
    file: ExtractFile, *, comment: str = "", separator: str = ",", known: None = None
) -> Iterator[tuple[int, list[str]] | Rejection]: ...


@overload
def read_rows(
    file: ExtractFile, *, comment: str = "", separator: str = ",", known: Known | None
) -> Iterator[tuple[int, list[str]] | Rejection | SeenRow]: ...


def read_rows(
    file: ExtractFile,
    *,
    comment: str = "",
    separator: str = ",",
    known: Known | None = None,
) -> Iterator[tuple[int, list[str]] | Rejection | SeenRow]:
    """(line, cells) of each row after the header; blank lines are passed over.

    A row that is not CSV, or has more or fewer cells than the header, is a rejection. `known` is asked about each line without
    quotes that is a row of its own: what it gives is told in place of the row, which is not looked at.
    """
    with open_text(file) as text:
        if known is None:
            rows: Iterator[tuple[int, list[str] | str | SeenRow]] = _plain_rows(text, comment, separator)
        else:
            rows = _unknown_rows(text, known)
        header: list[str] | None = None
        for line, cells in rows:
            if isinstance(cells, SeenRow):
                yield cells
            elif isinstance(cells, str):
                yield Rejection(Place(file.name, line), "BROKEN_ROW", cells, "check the quotes of this row")
            elif header is None:
                header = cells
                width = len(cells)
            elif len(cells) == width:
                if FORMULA_STARTS.isdisjoint({cell[:1] for cell in cells}) or (found := formula(cells)) is None:
                    yield line, cells
                else:
                    reason = f"`{header[found]}` holds a formula: {cells[found][:60]!r}"
                    hint = "export values, not formulas; a text that starts so is no name of anything"
                    yield Rejection(Place(file.name, line), "FORMULA_CELL", reason, hint, Row(header, cells))
            else:
                reason = f"the row has {len(cells)} cells, the header {width}"
                hint = "a comma within a value needs quotes around the value"
                yield Rejection(Place(file.name, line), "WRONG_COLUMN_COUNT", reason, hint, Row(header, cells))


def _plain_rows(text: Iterator[str], comment: str, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """(first line, cells), or (first line, what is wrong) for a row that is not CSV."""
    skipped = 0
    first: list[str] = []
    if comment:
        for line in text:
            if not line.startswith(comment):
                first.append(line)
                break
            skipped += 1
    reader = csv.reader(_chained(first, text), strict=True, delimiter=separator)
    while True:
        start = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, f"not a row of CSV: {error}"
            continue
        if cells:
            yield start, cells


def _unknown_rows(text: Iterator[str], known: Known) -> Iterator[tuple[int, list[str] | str | SeenRow]]:
    """Like `_plain_rows`; lines are asked about first. The reader is given a line at a time, so that it is never within a row."""
    given: list[str] = []
    reader = csv.reader(_given_first(given, text), strict=True)
    passed = 0
    is_header = True
    for line in text:
        start = reader.line_num + passed + 1
        if not is_header and '"' not in line:
            found = known(start, line.rstrip("\r\n"))
            if found is not None:
                passed += 1
                yield start, found
                continue
        given.append(line)
        try:
            cells = next(reader)
        except csv.Error as error:
            yield start, f"not a row of CSV: {error}"
            continue
        if cells:
            is_header = False
            yield start, cells


def _given_first(given: list[str], rest: Iterator[str]) -> Iterator[str]:
    while True:
        line = given.pop() if given else next(rest, None)
        if line is None:
            return
        yield line


def _chained(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest
