"""Files that nobody wants to receive: refused as a whole, or taken row by row, always with a reason and in bounded memory."""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from core.errors import IngestError
from tests.conftest import ROOT
from tests.ingest.twin import TestTwin, write_files

TEAMS = "key,name,description\n"


def codes(twin: TestTwin, files: dict[str, str | bytes], source: str = "csv") -> tuple[list[str], set[str]]:
    report = twin.load(source, files)
    return [row.code for row in report.quarantined], {name for _, name in twin.nodes()}


def refused(twin: TestTwin, source: str, files: dict[str, str | bytes], name: str) -> IngestError:
    folder = write_files(twin.folder / "surprise", files)
    with pytest.raises(IngestError) as error:
        twin.load_path(source, folder / name)
    assert error.value.hint
    assert twin.ledger.runs() == []
    return error.value


def test_a_byte_order_mark_is_no_part_of_the_first_column(twin: TestTwin) -> None:
    assert codes(twin, {"Team.csv": b"\xef\xbb\xbf" + f"{TEAMS}T1,Réseau,\n".encode()}) == ([], {"Réseau"})


def test_a_line_end_within_quotes_is_part_of_the_value(twin: TestTwin) -> None:
    rejected, _ = codes(twin, {"Team.csv": TEAMS + 'T1,Net,"two\r\nlines"\nT2,Sys,\n'})
    assert rejected == []
    assert twin.nodes()["Team", "Net"]["description"] == "two\r\nlines"


def test_encodings_that_change_within_a_file_are_found_before_anything_is_written(twin: TestTwin) -> None:
    content = f"{TEAMS}T1,Réseau,\n".encode() + "T2,Système,\n".encode("latin-1")
    error = refused(twin, "csv", {"Team.csv": content}, "Team.csv")
    assert (error.code, error.where is not None and error.where.endswith("Team.csv:3")) == ("BROKEN_ENCODING", True)


def test_300_columns_that_nobody_knows_refuse_the_file_and_name_some(twin: TestTwin) -> None:
    names = ",".join(f"c{n}" for n in range(300))
    rejected, nodes = codes(
        twin, {"Team.csv": f"key,name,{names}\nT1,Net,{',' * 299}\n", "Site.csv": "key,name\nS1,Paris\n"}
    )
    assert (rejected, nodes) == (["UNKNOWN_COLUMN"], {"Paris"})


def test_300_columns_beside_those_of_a_feed_do_not_matter(twin: TestTwin) -> None:
    names = ",".join(f"c{n}" for n in range(300))
    content = f"cve,epss,percentile,{names}\nCVE-2024-0001,0.5,0.9,{',' * 299}\n"
    assert codes(twin, {"scores.csv": content}, "epss") == ([], {"CVE-2024-0001"})


def test_a_column_that_stands_twice_is_never_chosen_from(twin: TestTwin) -> None:
    feed = "cve,epss,percentile,epss\nCVE-2024-0001,0.5,0.9,0.4\n"
    assert refused(twin, "epss", {"scores.csv": feed}, "scores.csv").code == "BROKEN_CSV"
    assert codes(twin, {"Team.csv": "key,name,name\nT1,a,b\n"}) == (["DUPLICATE_COLUMN"], set())


@pytest.mark.parametrize(
    "cell", ["=1+1", "=cmd|' /C calc'!A0", "@SUM(1+1)", "+cmd|' /C calc'!A0", "-cmd(1)", "=", "-=A1()"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_quarantined(twin: TestTwin, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    assert codes(twin, {"Team.csv": f"{TEAMS}T1,Net,{quoted}\nT2,Sys,ok\n"}) == (["FORMULA_CELL"], {"Sys"})


@pytest.mark.parametrize(
    "cell", ["-12.5", "+33 1 23 45", "- (unknown)", "@home", "-", "a=b", "x|y!(z)", "+", "-1(2)", "@a/b.js (c)", "-(d)"]
)
def test_signs_and_numbers_are_no_formulas(twin: TestTwin, cell: str) -> None:
    assert codes(twin, {"Team.csv": f'{TEAMS}T1,Net,"{cell}"\n'}) == ([], {"Net"})


def test_a_spreadsheet_or_an_archive_is_refused_by_its_name(twin: TestTwin) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Team.csv", b"x" * 10_000_000)
    for name in ("Team.ods", "Team.xls", "Team.zip"):
        assert refused(twin, "csv", {name: packed.getvalue()}, name).code == "UNREADABLE_FORMAT"


BOMBED = """
import resource, sys
from pathlib import Path
from core.errors import IngestError
from graph.schema.load import load_schema
from ingest.sources.registry import find_source

schema = load_schema("it_estate")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for source, file in (("csv", "Team.csv.gz"), ("csv", "Rack.jsonl.gz"), ("netbox", "x.json.gz"), ("backstage", "x.yaml.gz")):
    try:
        find_source(source)(Path(sys.argv[1]) / file, schema)
    except IngestError as error:
        print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_bomb_is_refused_before_it_has_gone_off(tmp_path: Path) -> None:
    line = b"T,some team\n" * 87_000
    for name, head in (
        ("Team.csv.gz", b"key,name\n"),
        ("Rack.jsonl.gz", b""),
        ("x.json.gz", b"["),
        ("x.yaml.gz", b"a: ["),
    ):
        with gzip.open(tmp_path / name, "wb", compresslevel=9) as packed:
            packed.write(head)
            for _ in range(150):
                packed.write(line)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 2_500_000
    done = subprocess.run(
        [sys.executable, "-c", BOMBED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *found, megabytes = done.stdout.split()
    assert found == ["EXPANSION_TOO_LARGE", "EXPANSION_TOO_LARGE", "EXPANSION_TOO_LARGE", "DOCUMENT_TOO_LARGE"]
    assert int(megabytes) < 64


# --- JSON lines -------------------------------------------------------------------------------------------------------


def test_json_lines_are_tables_like_any_other(twin: TestTwin) -> None:
    lines = (
        '{"key": "R1", "name": "rack 1", "height_units": 42, "aliases": ["a", "b"], "internet_exposed": false}\n'
        "\n"
        '{"name": "rack 2", "key": "R2", "commissioned_on": "2024-02-29", "height_units": 47.0, "description": null}\n'
    )
    assert codes(twin, {"Rack.jsonl.gz": lines}) == ([], {"rack 1", "rack 2"})
    first, second = twin.nodes()["Rack", "rack 1"], twin.nodes()["Rack", "rack 2"]
    assert (first["height_units"], first["aliases"], first["internet_exposed"]) == (42, ("a", "b"), False)
    assert (second["height_units"], str(second["commissioned_on"])) == (47, "2024-02-29")


def test_relations_and_feeds_come_as_json_lines_too(twin: TestTwin) -> None:
    files: dict[str, str | bytes] = {
        "Room.jsonl": '{"key": "M1", "name": "room"}\n',
        "Rack.csv": "key,name\nR1,rack\n",
        "relations/LOCATED_IN.ndjson": '{"from_kind": "Rack", "from": "R1", "to_kind": "Room", "to": "M1"}\n',
    }
    assert codes(twin, files)[0] == []
    assert twin.edges() == {("rack", "LOCATED_IN", "room")}
    assert codes(twin, {"s.jsonl": '{"cve": "CVE-2024-0001", "epss": 0.25, "percentile": 0.9}\n'}, "epss")[0] == []


def test_lines_that_are_no_objects_are_quarantined(twin: TestTwin) -> None:
    lines = '{"key": "T1", "name": "Net"}\n[1]\n{"key": "T2", \n"text"\n{"key": "T3", "name": {"en": "x"}}\n{"key": "T4", "name": "Sys"}'
    report = twin.load("csv", {"Team.jsonl": lines})
    assert [(row.position, row.code) for row in report.quarantined] == [
        (f"Team.jsonl:{n}", "BROKEN_ROW") for n in (2, 3, 4, 5)
    ]
    assert {name for _, name in twin.nodes()} == {"Net", "Sys"}


@pytest.mark.parametrize("content", ["[]\n", "1\n2\n", "\n\n"])
def test_a_file_without_objects_is_refused(twin: TestTwin, content: str) -> None:
    assert refused(twin, "csv", {"Team.jsonl": content}, "Team.jsonl").code == "BROKEN_JSON"


# --- Parquet ----------------------------------------------------------------------------------------------------------


def parquet(**columns: list[object]) -> bytes:
    written = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), written, row_group_size=2)
    return written.getvalue()


def test_parquet_is_a_table_like_any_other(twin: TestTwin) -> None:
    content = parquet(
        key=["R1", "R2", "R3"], name=["one", "two", None], height_units=[42, None, 1], aliases=[["a", "b"], None, []]
    )
    report = twin.load("csv", {"Rack.parquet": content})
    assert [(row.position, row.code) for row in report.quarantined] == [("Rack.parquet:3", "MISSING_REQUIRED")]
    assert twin.nodes()["Rack", "one"]["height_units"] == 42
    assert twin.nodes()["Rack", "one"]["aliases"] == ("a", "b")
    assert "height_units" not in twin.nodes()["Rack", "two"]


def test_nested_values_of_parquet_are_quarantined(twin: TestTwin) -> None:
    content = parquet(key=["T1", "T2"], name=["Net", "Sys"], description=[{"en": "x"}, None])
    assert codes(twin, {"Team.parquet": content}) == (["BROKEN_ROW"], {"Sys"})


@pytest.mark.parametrize("damage", ["no parquet", "cut", "empty"])
def test_a_damaged_parquet_file_is_refused(twin: TestTwin, damage: str) -> None:
    sound = parquet(key=["T1"], name=["Net"])
    content = {"no parquet": b"key,name\nT1,Net\n", "cut": sound[:-20], "empty": b""}[damage]
    error = refused(twin, "csv", {"Team.parquet": content}, "Team.parquet")
    assert error.code == ("EMPTY_FILE" if damage == "empty" else "BROKEN_PARQUET")


# --- one bad row in ten -----------------------------------------------------------------------------------------------


def bad_tenth(path: Path, rows: int, text: str) -> int:
    """A CSV file of teams, every tenth row broken in one of five ways; how many are."""
    broken = (
        lambda n: f"T{n},team {n},too,many,cells\n",
        lambda n: f",team {n},no key\n",
        lambda n: f'T{n},team {n},"closed" badly\n',
        lambda n: f"T{n},=HYPERLINK(1),formula\n",
        lambda n: f"T{n},,no name\n",
    )
    with path.open("w", encoding="utf-8") as out:
        out.write(TEAMS)
        for n in range(rows):
            out.write(broken[(n // 10) % 5](n) if n % 10 == 9 else f"T{n},team {n},{text}\n")
    return rows // 10


def test_one_bad_row_in_ten_is_quarantined_and_the_rest_is_loaded(twin: TestTwin, tmp_path: Path) -> None:
    path = tmp_path / "Team.csv"
    bad = bad_tenth(path, 2_000, "fine")
    report = twin.load_path("csv", path)
    assert (report.counters["created"], report.counters["rejected"]) == (2_000 - bad, bad)
    assert len(twin.states("QuarantinedRow")) == bad
    assert {code for _, _, code in twin.quarantined()} == {
        "WRONG_COLUMN_COUNT",
        "MISSING_KEY",
        "BROKEN_ROW",
        "FORMULA_CELL",
        "MISSING_REQUIRED",
    }


@pytest.mark.nightly
def test_a_gigabyte_with_one_bad_row_in_ten_is_loaded_in_bounded_memory(twin: TestTwin, tmp_path: Path) -> None:
    path = tmp_path / "Team.csv"
    bad = bad_tenth(path, 250_000, "fine " * 900)
    assert path.stat().st_size > 10**9
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = twin.load_path("csv", path)
    assert (report.counters["created"], report.counters["rejected"]) == (250_000 - bad, bad)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < 1_500
