"""CVE records in the programme's own format tell what the table of them tells."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest

from core.errors import IngestError
from ingest import archives
from tests.ingest.twin import TestTwin


def cve(number: str, **more: Any) -> dict[str, Any]:
    return {
        "dataType": "CVE_RECORD",
        "dataVersion": "5.1",
        "cveMetadata": {
            "cveId": number,
            "state": "PUBLISHED",
            "assignerShortName": "acme",
            "datePublished": "2024-05-06T07:08:09.000Z",
        },
        "containers": {
            "cna": {
                "title": "A flaw",
                "descriptions": [{"lang": "fr", "value": "Mal."}, {"lang": "en-US", "value": "Bad."}],
                "affected": [
                    {"vendor": "Acme", "product": "Widget", "cpes": ["cpe:2.3:a:acme:widget:1:*:*:*:*:*:*:*"]}
                ],
                "problemTypes": [{"descriptions": [{"cweId": "CWE-79", "lang": "en"}]}],
                "metrics": [{"cvssV3_1": {"baseScore": 9.8, "baseSeverity": "CRITICAL", "vectorString": "CVSS:3.1/X"}}],
                **more,
            },
            "adp": [
                {
                    "metrics": [
                        {
                            "other": {
                                "type": "ssvc",
                                "content": {
                                    "options": [
                                        {"Exploitation": "active"},
                                        {"Automatable": "yes"},
                                        {"Technical Impact": "total"},
                                    ]
                                },
                            }
                        },
                        {"other": {"type": "kev", "content": {"dateAdded": "2024-06-01"}}},
                    ]
                }
            ],
        },
    }


def packed(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def test_a_record_tells_what_it_is_how_bad_and_whether_it_is_exploited(twin: TestTwin) -> None:
    report = twin.load("cve", {"CVE-2024-0001.json": json.dumps(cve("CVE-2024-0001"))})
    assert report.counters["rejected"] == 0
    assert twin.nodes() == {
        ("Vulnerability", "CVE-2024-0001"): {
            "cve": "CVE-2024-0001",
            "title": "A flaw",
            "description": "Bad.",
            "published_on": date(2024, 5, 6),
            "assigner": "acme",
            "vendor": "Acme",
            "product": "Widget",
            "cvss": 9.8,
            "severity": "critical",
            "cvss_vector": "CVSS:3.1/X",
            "exploitation": "active",
            "automatable": True,
            "technical_impact": "total",
            "cpe": ("cpe:2.3:a:acme:widget:1:*:*:*:*:*:*:*",),
            "cwe": ("CWE-79",),
            "exploited_on": date(2024, 6, 1),
            "known_exploited": True,
        }
    }


def test_lists_lines_and_archives_of_records_are_read_alike(twin: TestTwin) -> None:
    first, second, third = (cve(f"CVE-2024-000{n}") for n in (1, 2, 3))
    inner = packed({"cves/2024/0xxx/CVE-2024-0003.json": json.dumps(third).encode()})
    files: dict[str, str | bytes] = {
        "list.json.gz": json.dumps([first]),
        "lines.jsonl": json.dumps(second) + "\n",
        "all.zip": packed({"cves.zip": inner, "README.md": b"about"}),
    }
    report = twin.load("cve", files)
    assert (report.counters["created"], report.counters["rejected"]) == (3, 0)


def test_rejected_records_are_counted_and_broken_ones_quarantined(twin: TestTwin) -> None:
    withdrawn = cve("CVE-2024-0009")
    withdrawn["cveMetadata"]["state"] = "REJECTED"
    content = packed(
        {
            "a.json": json.dumps(withdrawn).encode(),
            "b.json": b'{"cveMetadata": ',
            "c.json": b'{"dataType": "CVE_RECORD"}',
            "d.json": json.dumps(cve("CVE-2024-0001")).encode(),
        }
    )
    report = twin.load("cve", {"delta.zip": content})
    assert report.unmapped == {"rejected record": 1}
    assert [(row.position, row.code) for row in report.quarantined] == [
        ("delta.zip:2", "BROKEN_ROW"),
        ("delta.zip:3", "BROKEN_ROW"),
    ]
    assert set(twin.nodes()) == {("Vulnerability", "CVE-2024-0001")}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(packed({"a.json": b" " * (archives.MEMBER_BYTES + 1)}), "EXPANSION_TOO_LARGE", id="bomb"),
        pytest.param(packed({"a.json": b"{}"})[:-30], "TRUNCATED_FILE", id="cut"),
        pytest.param(b"no archive", "TRUNCATED_FILE", id="no archive"),
        pytest.param(packed({"a.txt": b"x"}), "NO_KNOWN_FILES", id="nothing of use"),
        pytest.param(packed({"x.zip": b"no archive"}), "TRUNCATED_FILE", id="broken within"),
    ],
)
def test_an_archive_that_cannot_be_trusted_is_refused(twin: TestTwin, content: bytes, code: str) -> None:
    with pytest.raises(IngestError) as refused:
        twin.load("cve", {"records.zip": content})
    assert refused.value.code == code
    assert twin.ledger.runs() == []
