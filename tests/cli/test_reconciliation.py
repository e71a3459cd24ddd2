"""`jumeau discrepancies`, `override`: two sources disagree, a person decides, the decision is dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.ingest.test_identification import netbox, servicenow
from tests.ingest.test_reconcile import CVE, SOURCES
from tests.ingest.twin import write_files


@pytest.fixture
def console(tmp_path: Path) -> Here:
    return Here(Console(tmp_path / "home", {"JUMEAU_NOW": "2025-01-01"}))


def test_where_two_sources_disagree_is_asked_and_decided(console: Here, tmp_path: Path) -> None:
    for source in ("kev", "cve"):
        console.json("ingest", str(write_files(tmp_path / source, SOURCES[source])), "--source", source)
    found = console.json("discrepancies", CVE, "--source", "cve", "--source", "kev")
    assert {d["attribute"]: d["said"] for d in found}["cvss"] == {"cve": "9.8", "kev": "7.5"}
    assert console.json("discrepancies", "--attribute", "cvss") == [d for d in found if d["attribute"] == "cvss"]
    rows = console.json(
        "query",
        "MATCH (d:Discrepancy)-[:DISAGREES_ON]->(v:Vulnerability) "
        "WHERE d.attribute = 'cvss' RETURN v.cve AS cve, d.chosen AS chosen, d.rejected_values AS others",
    )["rows"]
    assert rows == [[CVE, "9.8", ["kev: 7.5"]]]
    refused = console.run("override", "set", CVE, "cvss", "11", "--reason", "x")
    assert refused.returncode == 2
    console.json("override", "set", CVE, "cvss", "8.1", "--reason", "our own assessment")
    (listed,) = console.json("override", "list")
    assert (listed["attribute"], listed["value"], listed["reason"]) == ("cvss", 8.1, "our own assessment")
    assert console.json("query", "MATCH (v:Vulnerability) RETURN v.cvss AS cvss")["rows"] == [[8.1]]
    (dropped,) = console.json("override", "drop", CVE, "cvss")
    assert dropped["value"] == 9.8
    assert console.json("query", "MATCH (v:Vulnerability) RETURN v.cvss AS cvss")["rows"] == [[9.8]]
    assert console.json("graph", "verify")["equal"]


def test_who_says_what_about_an_element_is_told_with_its_relations(console: Here, tmp_path: Path) -> None:
    dump = netbox({"name": "srv1", "serial": "CZ1", "site": 1})
    console.json("ingest", str(write_files(tmp_path / "one", dump)), "--source", "netbox")
    theirs = servicenow({"name": "srv1", "serial_number": "CZ1", "asset_tag": "A-1"})
    console.json("ingest", str(write_files(tmp_path / "two", theirs)), "--source", "servicenow_cmdb")
    found = console.json("provenance", "srv1")
    by_name = {a["attribute"]: (a["value"], a["source"], a["others"]) for a in found["attributes"]}
    assert by_name["serial_number"] == ("CZ1", "netbox", {"servicenow_cmdb": "CZ1"})
    assert by_name["asset_tag"] == ("A-1", "servicenow_cmdb", {})
    (relation,) = found["relations"]
    assert (relation["type"], relation["other"], relation["sources"], relation["confidence"]) == (
        "LOCATED_IN",
        "Paris",
        ["netbox"],
        "declared",
    )
