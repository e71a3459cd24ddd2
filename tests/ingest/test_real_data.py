"""Real exports go in: counts as the sources have them, nothing rejected, nothing changed by a second run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import NIGHTLY
from tests.ingest.twin import TestTwin
from tests.part_of_an_export import part_of

pytestmark = pytest.mark.real_data

SCORES = 1 if NIGHTLY else 20
"""Every so many of 130,260 scores, which are all alike, goes in; everything else goes in whole."""

EXPECTED = {
    "netbox": (
        "netbox",
        {
            "Site": 24,
            "Rack": 42,
            "VirtualMachine": 180,
            "NetworkDevice": 39,
            "PhysicalServer": 1,
            "NetworkInterface": 1586 + 720,
            "IpAddress": 180,
            "NetworkPrefix": 90 + 4,
            "Cluster": 32,
            "HOSTED_ON": 180,
            "RUNS_VERSION": 180,
        },
    ),
    "endoflife": ("endoflife", {"SoftwareProduct": 340, "SoftwareVersion": 4977, "VERSION_OF": 4977}),
    "kev": ("vuln_kev", {"Vulnerability": 1239}),
    "cve": ("vuln_vulnrichment", {"Vulnerability": 8841}),
    "servicenow": ("uci_servicenow_incidents", {"Incident": 9202, "ASSIGNED_TO": 7891}),
    "backstage": ("backstage", {"ServiceInstance": 1, "Api": 2, "Team": 1, "DEPENDS_ON": 1}),
    "epss": ("vuln_epss", {"Vulnerability": 130_260}),
}


@pytest.mark.parametrize("source", EXPECTED)
def test_a_real_export_goes_in_and_a_second_run_changes_nothing(
    source: str, twin: TestTwin, public_data: Path, tmp_path: Path
) -> None:
    folder, expected = EXPECTED[source]
    export = public_data / folder
    if source == "epss" and not NIGHTLY:
        expected = {"Vulnerability": part_of(export, tmp_path, lambda number, _: number % SCORES == 0)}
        assert expected["Vulnerability"] == 130_260 // SCORES
        export = tmp_path
    report = twin.load_path(source, export)
    assert report.counters["rejected"] == 0, report.quarantined
    counts = Counter(state.kind for state in twin.ledger.present())
    assert {kind: counts[kind] for kind in expected} == expected
    before = twin.checksum()
    again = twin.load_path(source, export)
    assert (again.counters["created"], again.counters["updated"]) == (0, 0)
    assert again.counters["unchanged"] > 0
    assert twin.checksum() == before


def test_every_netbox_object_is_mapped_or_counted(twin: TestTwin, public_data: Path) -> None:
    report = twin.load_path("netbox", public_data / "netbox")
    computed = 39  # connections that cables make, which are no objects of the export
    assert report.records - computed + sum(report.unmapped.values()) == 6190


def test_support_dates_meet_the_machines_of_another_source(twin: TestTwin, public_data: Path) -> None:
    twin.load_path("netbox", public_data / "netbox")
    twin.load_path("endoflife", public_data / "endoflife")
    version = twin.nodes()["SoftwareVersion", "Ubuntu 20.04"]
    assert version["aliases"] == ("Ubuntu Linux 20.04",)
    assert str(version["end_of_support"]) == "2025-04-02"
