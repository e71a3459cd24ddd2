"""Feeds that are files are downloaded whole, by their tag, and read as any export."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.errors import IngestError
from core.settings import ConnectionSettings
from ingest.connectors.fetch import Fetched, fetch
from ingest.connectors.registry import connector_for
from ingest.connectors.spool import Spool
from ingest.connectors.transport import Limits, Transport
from tests.conftest import NOW
from tests.ingest.connectors.doubles.feeds import FileDouble
from tests.ingest.connectors.doubles.server import TO_DOUBLES, cut, status
from tests.ingest.twin import TestTwin

NOTHING = ConnectionSettings.model_validate({})
PATH = "/epss_scores-current.csv.gz"


def scores(*rows: str) -> bytes:
    head = "#model_version:v2025.03.14,score_date:2025-01-01T00:00:00+0000\ncve,epss,percentile\n"
    return gzip.compress((head + "".join(f"{row}\n" for row in rows)).encode(), mtime=0)


@pytest.fixture
def double() -> Iterator[FileDouble]:
    double = FileDouble()
    double.files[PATH] = scores("CVE-2024-0001,0.5,0.9")
    with double.serving():
        yield double


def fetched(url: str, folder: Path, source: str = "epss", *, limits: Limits | None = None) -> Fetched:
    connector = connector_for(source).make(NOTHING, url)
    with Transport(
        url, limits=limits, guard=TO_DOUBLES, clock=FrozenClock(NOW), sleep=lambda _seconds: None
    ) as transport:
        return fetch(connector, transport, Spool(folder), FrozenClock(NOW))


def test_the_file_of_the_day_is_downloaded_and_loaded(double: FileDouble, twin: TestTwin, tmp_path: Path) -> None:
    found = fetched(double.url, tmp_path / "spool")
    report = twin.load_path("epss", found.folder)
    assert report.counters["created"] == 1
    assert twin.nodes()["Vulnerability", "CVE-2024-0001"]["epss"] == 0.5
    (source,) = twin.states("DataSource")
    assert str(source.properties["freshness"]) == "2025-01-01 06:00:00+00:00"  # the server's clock


def test_a_file_that_did_not_change_is_not_sent_again(double: FileDouble, twin: TestTwin, tmp_path: Path) -> None:
    twin.load_path("epss", fetched(double.url, tmp_path / "spool").folder)
    again = fetched(double.url, tmp_path / "spool")
    assert "if-none-match" in double.requests[-1].headers
    assert twin.load_path("epss", again.folder, reread=False).status == "unchanged"
    double.files[PATH] = scores("CVE-2024-0001,0.75,0.9")
    twin.load_path("epss", fetched(double.url, tmp_path / "spool").folder)
    assert twin.nodes()["Vulnerability", "CVE-2024-0001"]["epss"] == 0.75


def test_a_download_that_breaks_off_begins_again_and_holds_every_byte_once(double: FileDouble, tmp_path: Path) -> None:
    double.faults = [cut, status(503)]
    found = fetched(double.url, tmp_path / "spool")
    assert (found.folder / "records" / PATH[1:]).read_bytes() == double.files[PATH]
    assert found.retries == 2


def test_a_download_beyond_the_bound_leaves_what_was_there(double: FileDouble, tmp_path: Path) -> None:
    first = fetched(double.url, tmp_path / "spool")
    double.files[PATH] = scores(*(f"CVE-2024-{n:04d},0.5,0.9" for n in range(500)))
    with pytest.raises(IngestError) as refused:
        fetched(double.url, tmp_path / "spool", limits=Limits(download_bytes=200))
    assert refused.value.code == "ANSWER_TOO_LARGE"
    assert gzip.decompress((first.folder / "records" / PATH[1:]).read_bytes()).endswith(b"CVE-2024-0001,0.5,0.9\n")


def test_cve_records_are_downloaded_from_any_address(double: FileDouble, twin: TestTwin, tmp_path: Path) -> None:
    record = {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": "CVE-2024-0001", "state": "PUBLISHED"},
        "containers": {"cna": {"descriptions": [{"lang": "en", "value": "Bad."}]}},
    }
    double.files["/api/cve/CVE-2024-0001.json"] = json.dumps(record).encode()
    found = fetched(f"{double.url}/api/cve/CVE-2024-0001.json", tmp_path / "spool", "cve")
    twin.load_path("cve", found.folder)
    assert twin.nodes()["Vulnerability", "CVE-2024-0001"]["description"] == "Bad."
