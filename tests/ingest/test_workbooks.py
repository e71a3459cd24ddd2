"""Excel workbooks are tables like any other; what their formulas give, and what is no workbook, is refused with a reason."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from core.errors import JumeauError
from ingest.errors import BrokenWorkbookError, EmptyFileError, ExpansionError, UnreadableFormatError
from ingest.report import IngestReport
from tests.ingest.twin import TestTwin

Sheets = dict[str, list[list[Any]]]


def workbook(path: Path, sheets: Sheets, *, hidden: str = "") -> Path:
    """A workbook with these sheets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title == hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def load(twin: TestTwin, sheets: Sheets, name: str = "estate.xlsx", **how: Any) -> IngestReport:
    twin.exports += 1
    folder = twin.folder / f"export{twin.exports}"
    workbook(folder / name, sheets, **how)
    return twin.load_path("csv", folder)


RACKS = [["key", "name"], ["R1", "one"], ["R2", "two"]]


def test_each_sheet_is_the_table_of_its_name_and_relations_are_told_by_their_columns(twin: TestTwin) -> None:
    report = load(
        twin,
        {
            "Rack": RACKS,
            "DataCenter": [["key", "name"], ["D1", "north"]],
            "LOCATED_IN": [["from_kind", "from", "to_kind", "to"], ["Rack", "R1", "DataCenter", "D1"]],
        },
    )
    assert report.counters["created"] == 4
    assert twin.edges() == {("one", "LOCATED_IN", "north")}


def test_a_workbook_of_one_sheet_is_the_table_of_its_file(twin: TestTwin) -> None:
    load(twin, {"Feuil1": RACKS, "notes": [["do not read"]], "empty": []}, name="Rack.xlsx", hidden="notes")
    assert {name for _, name in twin.nodes()} == {"one", "two"}


def test_values_come_as_the_types_of_the_schema(twin: TestTwin) -> None:
    header = ["key", "name", "cpu_cores", "yearly_cost", "commissioned_on", "last_restart", "internet_exposed"]
    row = ["S1", "srv1", 8.0, 1200, date(2024, 2, 29), "2024-12-31T23:59Z", True]
    load(twin, {"Sheet": [header, row, [None] * 7, ["S2", 42]]}, name="PhysicalServer.xlsx")
    server = twin.nodes()["PhysicalServer", "srv1"]
    assert (server["cpu_cores"], server["yearly_cost"], server["internet_exposed"]) == (8, 1200, True)
    assert server["commissioned_on"] == date(2024, 2, 29)
    assert server["last_restart"].isoformat() == "2024-12-31T23:59:00+00:00"
    assert twin.nodes()["PhysicalServer", "42"]["name"] == "42"


def test_the_same_workbook_saved_again_is_known(twin: TestTwin) -> None:
    load(twin, {"Sheet": RACKS}, name="Rack.xlsx")
    folder = twin.folder / "again"
    workbook(folder / "Rack.xlsx", {"Sheet": RACKS})
    assert twin.load_path("csv", folder, reread=False).status == "unchanged"


def test_formulas_errors_and_cells_without_a_column_are_quarantined(twin: TestTwin) -> None:
    rows = [*RACKS, ["R3", "=1+1"], ["R4", "#N/A"], ["R5", "five", "more"], ["R6", "=cmd|' /C calc'!A0"]]
    report = load(twin, {"Sheet": rows}, name="Rack.xlsx")
    assert [(row.position, row.code) for row in report.quarantined] == [
        ("Rack.xlsx:4", "FORMULA_CELL"),
        ("Rack.xlsx:5", "BROKEN_ROW"),
        ("Rack.xlsx:6", "WRONG_COLUMN_COUNT"),
        ("Rack.xlsx:7", "FORMULA_CELL"),
    ]
    assert {name for _, name in twin.nodes()} == {"one", "two"}


def refused(twin: TestTwin, name: str, content: bytes) -> JumeauError:
    path = twin.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(JumeauError) as refusal:
        twin.load_path("csv", path)
    assert twin.ledger.sequence() == 0
    return refusal.value


def test_what_is_no_workbook_is_refused_before_anything_is_loaded(twin: TestTwin, tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", {"Rack": RACKS}).read_bytes()
    assert isinstance(refused(twin, "Rack.xlsx", b"key,name\nR1,one\n"), BrokenWorkbookError)
    assert isinstance(refused(twin, "Rack.xlsx", whole[: len(whole) // 2]), BrokenWorkbookError)
    assert isinstance(refused(twin, "Rack.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100), BrokenWorkbookError)
    assert isinstance(refused(twin, "Rack.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100), UnreadableFormatError)
    empty = workbook(tmp_path / "empty.xlsx", {"Rack": []}).read_bytes()
    assert isinstance(refused(twin, "Rack.xlsx", empty), EmptyFileError)


def test_a_workbook_that_unpacks_without_end_is_refused(twin: TestTwin, tmp_path: Path) -> None:
    bomb = workbook(tmp_path / "bomb.xlsx", {"Rack": RACKS})
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", b"\0" * (80 * 2**20))
    assert isinstance(refused(twin, "Rack.xlsx", bomb.read_bytes()), ExpansionError)


def test_entities_that_explode_are_refused(twin: TestTwin, tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", {"Rack": RACKS})
    entities = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet'
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(tmp_path / "laughs.xlsx", "w") as other:
        for member in archive.infolist():
            content = archive.read(member)
            other.writestr(member.filename, content.replace(b"<worksheet", entities))
    assert isinstance(refused(twin, "Rack.xlsx", (tmp_path / "laughs.xlsx").read_bytes()), BrokenWorkbookError)
