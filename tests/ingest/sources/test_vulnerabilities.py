"""KEV, EPSS and CVE records tell different things about the same vulnerabilities."""

from __future__ import annotations

from datetime import date

from tests.ingest.twin import TestTwin

KEV = (
    "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,"
    "knownRansomwareCampaignUse,notes,cwes\n"
    'cve-2024-0001 ,Acme,Widget ,"Acme flaw",2024-12-30,"Bad, very bad.",Patch.,2025-01-20,Known,n,"CWE-1,CWE-2"\n'
    "CVE-2024-0002,Acme,Gadget,Other flaw,2024-12-31,Worse.,Patch.,2025-01-21,Unknown,,\n"
)
SCORES = "CVE,CVSS3,EPSS,EPSS Percentile,Description,Vendor,Product\nCVE-2024-0001,7.5,0.25,0.975,d,Acme,Widget\n"


def test_a_known_exploited_vulnerability_has_its_catalogue_entry_and_its_scores(twin: TestTwin) -> None:
    report = twin.load("kev", {"kev.csv": KEV, "kev_scores.csv": SCORES})
    assert report.counters == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert twin.nodes() == {
        ("Vulnerability", "CVE-2024-0001"): {
            "cve": "CVE-2024-0001",
            "known_exploited": True,
            "exploited_on": date(2024, 12, 30),
            "due_on": date(2025, 1, 20),
            "title": "Acme flaw",
            "description": "Bad, very bad.",
            "vendor": "Acme",
            "product": "Widget",
            "required_action": "Patch.",
            "ransomware": True,
            "cwe": ("CWE-1", "CWE-2"),
            "cvss": 7.5,
            "epss": 0.25,
            "percentile": 0.975,
        },
        ("Vulnerability", "CVE-2024-0002"): {
            "cve": "CVE-2024-0002",
            "known_exploited": True,
            "exploited_on": date(2024, 12, 31),
            "due_on": date(2025, 1, 21),
            "title": "Other flaw",
            "description": "Worse.",
            "vendor": "Acme",
            "product": "Gadget",
            "required_action": "Patch.",
        },
    }


def test_unknown_use_by_ransomware_is_no_no(twin: TestTwin) -> None:
    twin.load("kev", {"kev.csv": KEV})
    assert "ransomware" not in twin.nodes()["Vulnerability", "CVE-2024-0002"]


def test_scores_alone_are_of_exploited_vulnerabilities_too(twin: TestTwin) -> None:
    twin.load("kev", {"kev_scores.csv": SCORES})
    assert twin.nodes()["Vulnerability", "CVE-2024-0001"]["known_exploited"] is True


def test_epss_scores_come_after_a_comment_line_or_without(twin: TestTwin) -> None:
    rows = "cve,epss,percentile\nCVE-2024-0001,0.5,0.9\nCVE-2024-0003,1.5,0.9\n,0.1,0.1\n"
    report = twin.load("epss", {"epss.csv.gz": "#model_version:v2025,score_date:2026-01-30\n" + rows})
    assert twin.nodes() == {
        ("Vulnerability", "CVE-2024-0001"): {"cve": "CVE-2024-0001", "epss": 0.5, "percentile": 0.9}
    }
    assert [(row.position, row.code) for row in report.quarantined] == [
        ("epss.csv:4", "OUT_OF_RANGE"),
        ("epss.csv:5", "MISSING_KEY"),
    ]
    assert twin.load("epss", {"epss.csv": rows}).counters["unchanged"] == 1


def test_a_cve_record_is_taken_with_its_habits_undone(twin: TestTwin) -> None:
    header = (
        "cve,published,assigner,vendor,product,n_affected,cvss,severity,vector,ssvc_exploitation,ssvc_automatable,"
        "ssvc_technical_impact,cpe,cwe,description,kev_date\n"
    )
    rows = (
        "CVE-2024-0001,2024-03-13,CERT,Acme,Widget,5,8.8,HIGH,CVSS:3.1/AV:N,Active,no,total,cpe:a,CWE-120,Text.,2024-04-24\n"
        "CVE-2024-0002,2024-03-14,VulDB,n/a,n/a,1,,,,None,yes,partial,,,,\n"
        "CVE-2024-0003,14/03/2024,VulDB,n/a,n/a,1,,,,,,,,,,\n"
    )
    report = twin.load("cve", {"cves.csv": header + rows})
    assert twin.nodes() == {
        ("Vulnerability", "CVE-2024-0001"): {
            "cve": "CVE-2024-0001",
            "published_on": date(2024, 3, 13),
            "assigner": "CERT",
            "vendor": "Acme",
            "product": "Widget",
            "cvss": 8.8,
            "severity": "high",
            "cvss_vector": "CVSS:3.1/AV:N",
            "exploitation": "active",
            "automatable": False,
            "technical_impact": "total",
            "cpe": ("cpe:a",),
            "cwe": ("CWE-120",),
            "description": "Text.",
            "exploited_on": date(2024, 4, 24),
            "known_exploited": True,
        },
        ("Vulnerability", "CVE-2024-0002"): {
            "cve": "CVE-2024-0002",
            "published_on": date(2024, 3, 14),
            "assigner": "VulDB",
            "exploitation": "none",
            "automatable": True,
            "technical_impact": "partial",
        },
    }
    assert [(row.position, row.code) for row in report.quarantined] == [("cves.csv:4", "WRONG_TYPE")]
