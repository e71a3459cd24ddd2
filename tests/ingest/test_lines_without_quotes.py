"""Lines without quotes are cut at their commas; whatever the file, its rows are those that the CSV reader gives."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.history.row_digests import KnownRows
from ingest.assertion import PassedRows, Place, Rejection
from ingest.delimited import FORMULA_STARTS, Row, formula, read_rows
from ingest.files import ExtractFile
from ingest.seen_rows import RowDigester, SeenRows, TableRows

_CELLS = st.one_of(
    st.text(alphabet='ab1é,;"\n\r=+-@( \u2028\x00\x0b', max_size=5),
    st.sampled_from(["", "=1+1", "-2", "@pkg/x", "+33 1", '""', "x" * 200, "2025-13-01", "oui", "\ufeff"]),
)
_LINES = st.one_of(
    st.lists(_CELLS, min_size=1, max_size=4).map(lambda cells: ("cells", cells)),
    st.text(alphabet='ab,"\r= ', max_size=8).map(lambda text: ("raw", [text])),
)


def by_the_reader(path: Path, separator: str = ",") -> Iterator[tuple[int, list[str]] | Rejection]:
    """What a file means when every line of it goes through the CSV reader."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        yield from _rows(csv.reader(text, strict=True, delimiter=separator))


def _rows(reader: Any) -> Iterator[tuple[int, list[str]] | Rejection]:
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = f"not a row of CSV: {error}"
            yield Rejection(Place("t.csv", line), "BROKEN_ROW", reason, "check the quotes of this row")
            continue
        if not cells:
            continue
        if header is None:
            header = cells
        elif len(cells) != len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            hint = "a comma within a value needs quotes around the value"
            yield Rejection(Place("t.csv", line), "WRONG_COLUMN_COUNT", reason, hint, Row(header, cells))
        elif not FORMULA_STARTS.isdisjoint({cell[:1] for cell in cells}) and (at := formula(cells)) is not None:
            reason = f"`{header[at]}` holds a formula: {cells[at][:60]!r}"
            hint = "export values, not formulas; a text that starts so is no name of anything"
            yield Rejection(Place("t.csv", line), "FORMULA_CELL", reason, hint, Row(header, cells))
        else:
            yield line, cells


def written(path: Path, header: int, lines: list[tuple[str, list[str]]], end: str, separator: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator=end, delimiter=separator)
        writer.writerow([f"c{n}" for n in range(header)])
        for form, cells in lines:
            if form == "cells":
                writer.writerow(cells)
            else:
                text.write(cells[0] + end)
    return path


@settings(max_examples=150, deadline=None)
@given(
    header=st.integers(2, 4),
    lines=st.lists(_LINES, max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    separator=st.sampled_from([",", ";"]),
)
def test_rows_are_those_of_the_csv_reader(
    header: int, lines: list[tuple[str, list[str]]], end: str, separator: str
) -> None:
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "t.csv", header, lines, end, separator)
        found = list(read_rows(ExtractFile(path, "t.csv"), separator=separator))
        assert found == list(by_the_reader(path, separator))


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(_LINES, max_size=12), changed=st.sets(st.integers(0, 11)), end=st.sampled_from(["\n", "\r\n"]))
def test_known_rows_are_told_in_their_place_and_all_others_as_before(
    lines: list[tuple[str, list[str]]], changed: set[int], end: str
) -> None:
    digester = RowDigester(False, "T", ("c0", "c1"))
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "t.csv", 2, lines, end)
        rows = list(by_the_reader(path))
        digests = {row[0]: digester(row[1]) for row in rows if not isinstance(row, Rejection)}
        known = {d: bytes(16) for at, d in enumerate(digests.values()) if at not in changed and d is not None}
        seen = SeenRows(KnownRows(known))
        told = list(read_rows(ExtractFile(path, "t.csv"), known=TableRows(seen, "t.csv", digester)))
    passed = [
        (at, digest) for some in told if isinstance(some, PassedRows) for at, digest in zip(*some[1:3], strict=True)
    ]
    assert passed == [(line, digest) for line, digest in digests.items() if digest in known]
    others = [row for row in told if not isinstance(row, PassedRows)]
    assert others == [row for row in rows if isinstance(row, Rejection) or digests[row[0]] not in known]


def test_a_file_of_many_chunks_has_its_rows_at_their_lines(tmp_path: Path) -> None:
    rows = [("cells", [f"key {n}", 'a "quoted"\ntext' if n % 700 == 0 else "x" * 60]) for n in range(5_000)]
    path = written(tmp_path / "t.csv", 2, rows, "\n")
    assert list(read_rows(ExtractFile(path, "t.csv"))) == list(by_the_reader(path))


@pytest.mark.parametrize("text", ["x" * 131_073, f'"{"x" * 131_073}"'], ids=["plain", "quoted"])
def test_a_field_beyond_the_limit_of_the_reader_is_refused_with_or_without_quotes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"key,name\na,b\nc,{text}\nd,e\n", encoding="utf-8")
    first, second, third = read_rows(ExtractFile(path, "t.csv"))
    assert (first, third) == ((2, ["a", "b"]), (4, ["d", "e"]))
    assert isinstance(second, Rejection)
    assert (second.code, second.place.position) == ("BROKEN_ROW", 3)
