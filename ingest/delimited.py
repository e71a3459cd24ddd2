"""Rows of a CSV file (RFC 4180), streamed; a row that is broken comes back as a rejection and the rest goes on.

A line without quotes is a row as it stands, cut at its separators; only the others go through the CSV reader, which costs three
times as much (docs/adr/0025).
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import Final, NamedTuple, Protocol, overload

from ingest.assertion import PassedRows, Place, Rejection
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


class Known(Protocol):
    """Is asked about every row of a file that may be taken, and tells which were told before."""

    def lines(self, first: int, lines: Sequence[str]) -> Iterator[PassedRows | tuple[int, str]]:
        """Of lines without quotes, each a row, from line `first` on: those told before, and (line, text) of the others."""

    def row(self, position: int, cells: Sequence[str]) -> PassedRows | None:
        """The row as one that was told before, if it was."""


_CHUNK: Final = 2**16  # characters of lines that are taken up at a time
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
        waiting: deque[str] = deque()
        line = _skip_comments(text, comment, waiting) + 1
        reader = csv.reader(_fed(waiting, text), strict=True, delimiter=separator)
        try:
            for cells in reader:
                if cells:
                    return tuple(cell.strip() for cell in cells)
                line += 1
        except csv.Error as error:
            seen = f"the header cannot be read: not a row of CSV: {error}"
            raise BrokenCsvError(seen, where=f"{file.path}:{line}", hint="check its quotes") from error
    raise BrokenCsvError("the file has no header", where=str(file.path), hint="its first row names the columns")


@overload
def read_rows(
    file: ExtractFile, *, comment: str = "", separator: str = ",", known: None = None
) -> Iterator[tuple[int, list[str]] | Rejection]: ...


@overload
def read_rows(
    file: ExtractFile, *, comment: str = "", separator: str = ",", known: Known | None
) -> Iterator[tuple[int, list[str]] | Rejection | PassedRows]: ...


def read_rows(
    file: ExtractFile,
    *,
    comment: str = "",
    separator: str = ",",
    known: Known | None = None,
) -> Iterator[tuple[int, list[str]] | Rejection | PassedRows]:
    """(line, cells) of each row after the header; blank lines are passed over.

    A row that is not CSV, or has more or fewer cells than the header, is a rejection. `known` is asked about each row, of which
    cells are commas apart: what it gives is told in place of rows, which are not looked at.
    """
    name, longest = file.name, csv.field_size_limit()
    equals, plus, minus, at = (separator + mark for mark in "=+-@")
    header: list[str] | None = None
    with open_text(file) as text:
        waiting: deque[str] = deque()
        number = _skip_comments(text, comment, waiting) + 1
        reader = csv.reader(_fed(waiting, text), strict=True, delimiter=separator)
        while waiting or _taken_up(text, waiting):
            plain = [] if header is None else _without_quotes(waiting, longest)
            if header is not None and plain:
                width = len(header)
                for row in enumerate(plain, number) if known is None else known.lines(number, plain):
                    if isinstance(row, PassedRows):
                        yield row
                        continue
                    line, content = row
                    if not content:
                        continue
                    cells = content.split(separator)
                    if len(cells) != width:
                        yield _miscounted(Place(name, line), header, cells)
                    elif (
                        content[0] in FORMULA_STARTS
                        or equals in content
                        or plus in content
                        or minus in content
                        or at in content
                    ) and (found := formula(cells)) is not None:
                        yield _computed(Place(name, line), header, cells, found)
                    else:
                        yield line, cells
                number += len(plain)
                continue
            line, before = number, reader.line_num
            try:
                cells = next(reader)
            except csv.Error as error:
                reason = f"not a row of CSV: {error}"
                yield Rejection(Place(name, line), "BROKEN_ROW", reason, "check the quotes of this row")
                continue
            finally:
                number += reader.line_num - before
            if not cells:
                continue
            if header is None:
                header = cells
            elif len(cells) != len(header):
                yield _miscounted(Place(name, line), header, cells)
            elif (found := formula(cells)) is not None:
                yield _computed(Place(name, line), header, cells, found)
            elif known is not None and (passed := known.row(line, cells)) is not None:
                yield passed
            else:
                yield line, cells


def _miscounted(place: Place, header: Sequence[str], cells: Sequence[str]) -> Rejection:
    reason = f"the row has {len(cells)} cells, the header {len(header)}"
    hint = "a comma within a value needs quotes around the value"
    return Rejection(place, "WRONG_COLUMN_COUNT", reason, hint, Row(header, cells))


def _computed(place: Place, header: Sequence[str], cells: Sequence[str], at: int) -> Rejection:
    reason = f"`{header[at]}` holds a formula: {cells[at][:60]!r}"
    hint = "export values, not formulas; a text that starts so is no name of anything"
    return Rejection(place, "FORMULA_CELL", reason, hint, Row(header, cells))


def _skip_comments(text: Iterator[str], comment: str, waiting: deque[str]) -> int:
    """How many lines begin a file with `comment`; the first that does not is put into `waiting`."""
    skipped = 0
    if comment:
        for line in text:
            if not line.startswith(comment):
                waiting.append(line)
                break
            skipped += 1
    return skipped


def _taken_up(text: TextIOWrapper, waiting: deque[str]) -> bool:
    """Whether there are more lines; some of them are put into `waiting`."""
    waiting.extend(text.readlines(_CHUNK))
    return bool(waiting)


def _without_quotes(waiting: deque[str], longest: int) -> list[str]:
    """The lines, without their ends, up to the next one that the CSV reader has to look at, taken out of `waiting`."""
    found: list[str] = []
    if '"' not in "".join(waiting) and max(map(len, waiting)) <= longest:
        found = [line.rstrip("\r\n") for line in waiting]
        waiting.clear()
        return found
    while waiting and '"' not in waiting[0] and len(waiting[0]) <= longest:
        found.append(waiting.popleft().rstrip("\r\n"))
    return found


def _fed(waiting: deque[str], text: Iterable[str]) -> Iterator[str]:
    """The lines that wait, then those of the text: a row with quotes may go on beyond the former."""
    rest = iter(text)
    while True:
        line = waiting.popleft() if waiting else next(rest, None)
        if line is None:
            return
        yield line
