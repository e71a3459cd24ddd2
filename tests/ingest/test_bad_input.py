"""An export that cannot be read is refused with a stable code, and nothing of it is written."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import IngestError
from tests.conftest import ROOT
from tests.ingest.twin import TestTwin, write_files

GOOD_TEAM = "key,name\nT1,Network\n"
CYCLES = "product,title,category,cycle,releaseDate,eoas,eol,eoes\n"
TRUNCATED = gzip.compress(("key,name\n" + "T,some team\n" * 5_000).encode(), mtime=0)[:-40]

REFUSED = [
    pytest.param("csv", {"Team.csv": b""}, "EMPTY_FILE", "Team.csv", id="empty file"),
    pytest.param("csv", {"Team.csv": b"\xef\xbb\xbf"}, "EMPTY_FILE", "Team.csv", id="nothing but a byte order mark"),
    pytest.param("csv", {"Team.csv": b"\n\n"}, "BROKEN_CSV", "Team.csv", id="blank lines only"),
    pytest.param("csv", {"Team.csv": b"key,name\nT1,caf\xe9\n"}, "BROKEN_ENCODING", "Team.csv:2", id="Latin 1"),
    pytest.param("csv", {"Team.csv": b"key,name\nT1,caf\xc3"}, "BROKEN_ENCODING", "Team.csv:2", id="cut character"),
    pytest.param("csv", {"Team.csv": GOOD_TEAM.encode("utf-16")}, "BROKEN_ENCODING", "Team.csv:1", id="UTF-16"),
    pytest.param("csv", {"Team.csv": 'key,name\nT1,"Net\nT2,b\n'}, "BROKEN_CSV", "Team.csv", id="unclosed quote"),
    pytest.param("csv", {"Team.csv.gz.x": ""}, "NO_KNOWN_FILES", "export", id="no file of the source"),
    pytest.param("csv", {"Team.csv": GOOD_TEAM, "Team.csv.gz": GOOD_TEAM}, "DUPLICATE_FILE", "", id="same file twice"),
    pytest.param("kev", {"x.csv": "a,b\n1,2\n"}, "NO_KNOWN_FILES", "export", id="a table of another source"),
    pytest.param("endoflife", {"i.csv": "product,kind,value\na,cpe,b\n"}, "NO_KNOWN_FILES", "", id="no cycles"),
    pytest.param("netbox", {"x.json": "[{]"}, "BROKEN_JSON", "x.json:1:3", id="broken JSON"),
    pytest.param("netbox", {"x.json": '{"a": 1}'}, "BROKEN_JSON", "x.json", id="JSON of another shape"),
    pytest.param("netbox", {"x.json": '[{"a": 1}'}, "BROKEN_JSON", "x.json:1", id="cut JSON"),
    pytest.param("backstage", {"x.yaml": "kind: [a\nb: c\n"}, "BROKEN_YAML", "x.yaml:2", id="broken YAML"),
    pytest.param("backstage", {"x.yaml": "a: 1\n"}, "NO_KNOWN_FILES", "", id="YAML of another shape"),
]


@pytest.mark.parametrize(("source", "files", "code", "where"), REFUSED)
def test_an_unreadable_export_is_refused_and_nothing_is_written(
    twin: TestTwin, source: str, files: dict[str, str | bytes], code: str, where: str
) -> None:
    with pytest.raises(IngestError) as refused:
        twin.load(source, files)
    assert refused.value.code == code
    assert where in (refused.value.where or "")
    assert refused.value.hint
    assert twin.ledger.sequence() == 0
    assert twin.ledger.runs() == []


def test_one_unreadable_file_refuses_the_whole_export(twin: TestTwin) -> None:
    with pytest.raises(IngestError):
        twin.load("csv", {"Rack.csv": "key,name\nR1,r\n", "Team.csv": b"key,name\nT1,\xff\n"})
    assert twin.ledger.sequence() == 0


def test_the_first_bad_byte_is_named(twin: TestTwin) -> None:
    rows = b"".join(b"T%d,ok\n" % n for n in range(300_000))
    with pytest.raises(IngestError) as refused:
        twin.load("csv", {"Team.csv": b"key,name\n" + rows + b"X,\xfe\n"})
    assert f"byte {len(b'key,name') + 1 + len(rows) + 2} (0xfe, line 300002)" in refused.value.seen


def test_a_truncated_archive_is_refused(twin: TestTwin) -> None:
    path = twin.folder / "Team.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(TRUNCATED)
    with pytest.raises(IngestError) as refused:
        twin.load_path("csv", path)
    assert refused.value.code == "TRUNCATED_FILE"


@pytest.mark.parametrize("content", [b"not compressed", b"\x1f\x8b\x08\x00damaged beyond repair"])
def test_what_only_claims_to_be_an_archive_is_refused(twin: TestTwin, content: bytes) -> None:
    path = twin.folder / "Team.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(IngestError) as refused:
        twin.load_path("csv", path)
    assert refused.value.code == "TRUNCATED_FILE"


def test_a_path_that_does_not_exist_is_refused(twin: TestTwin, tmp_path: Path) -> None:
    with pytest.raises(IngestError) as refused:
        twin.load_path("csv", tmp_path / "nowhere")
    assert refused.value.code == "MISSING_FILE"


def test_an_unknown_source_is_refused_and_the_right_name_is_proposed(twin: TestTwin, tmp_path: Path) -> None:
    with pytest.raises(IngestError) as refused:
        twin.load_path("netbocks", tmp_path)
    assert refused.value.code == "UNKNOWN_SOURCE"
    assert "`netbox`" in (refused.value.hint or "")


LONG_LINE = """
import resource, sys
from pathlib import Path
from core.clock import SystemClock
from core.errors import IngestError
from graph.history.ledger import Ledger
from graph.schema.load import load_schema
from ingest.job import IngestJob

schema = load_schema("it_estate")
ledger = Ledger(f"sqlite:///{sys.argv[1]}/ledger.db", schema, SystemClock())
job = IngestJob(schema, ledger, actor="tester")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for source, path in (("csv", "Team.csv"), ("csv", "Site.csv.gz"), ("netbox", "x.json"), ("epss", "scores.csv")):
    try:
        job.run(source, Path(sys.argv[1]) / source / path)
    except IngestError as error:
        print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_line_of_200_megabytes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    long = b"x" * 200_000_000
    files = {
        "csv/Team.csv": b"key,name\nT1," + long,
        "csv/Site.csv.gz": b"key,name\nT1," + long,
        "netbox/x.json": b'["' + long + b'"]',
        "epss/scores.csv": b"cve,epss,percentile\n" + long,
    }
    write_files(tmp_path, files)
    del files, long
    done = subprocess.run(
        [sys.executable, "-c", LONG_LINE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *codes, megabytes = done.stdout.split()
    assert codes == ["LINE_TOO_LONG", "LINE_TOO_LONG", "DOCUMENT_TOO_LARGE", "LINE_TOO_LONG"]
    assert int(megabytes) < 64
