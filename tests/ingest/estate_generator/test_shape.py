"""The estate has the shape of a bank's: the counts that were asked for, hubs, redundancy, a believable past."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.estate_generator import generate_estate
from ingest.estate_generator.facts import load_versions, load_vulnerabilities
from ingest.estate_generator.plan import EstatePlan
from tests.ingest.estate_generator.conftest import AS_OF
from tests.ingest.estate_generator.written import Written

DIFFICULT = {"incident", "interruption", "rolled_back"}


@pytest.mark.parametrize("servers", [50, 51, 77, 200, 1_000])
def test_there_are_exactly_as_many_servers_as_asked_for(tmp_path: Path, servers: int) -> None:
    generate_estate(tmp_path, servers=servers)
    assert len(list(Written.read(tmp_path).servers())) == servers


@pytest.mark.parametrize("servers", [50, 500, 28_000, 100_000])
def test_the_plan_leaves_machines_for_applications(servers: int) -> None:
    plan = EstatePlan(servers)
    assert plan.dedicated_machines >= plan.applications


def test_elements_grow_in_proportion_to_servers(tmp_path: Path) -> None:
    per_server = [generate_estate(tmp_path / str(n), servers=n).elements / n for n in (1_000, 4_000)]
    assert all(450_000 / 28_000 < value < 1.35 * 550_000 / 28_000 for value in per_server)
    assert per_server[1] == pytest.approx(per_server[0], rel=0.15)


def test_the_organisation_has_five_departments_twenty_teams_and_nine_sites(estate: Written) -> None:
    counts = {kind: len(estate.nodes[kind]) for kind in ("Department", "Team", "Site", "Entity")}
    assert counts == {"Department": 5, "Team": 20, "Site": 9, "Entity": 18}
    banks = [row["name"] for row in estate.nodes["Entity"] if row["kind"] == "regional_bank"]
    assert len(banks) == 12
    assert all(name.startswith("Caisse régionale ") for name in banks)
    assert set(dict(estate.ends("PART_OF", ["Team"])).values()) == {row["key"] for row in estate.nodes["Department"]}


def test_every_configuration_item_has_one_owner(estate: Written) -> None:
    owned = Counter((row["from_kind"], row["from"]) for row in estate.relations["OWNED_BY"])
    assert set(owned.values()) == {1}
    for kind in ("VirtualMachine", "BusinessApplication", "DatabaseInstance", "StorageVolume", "Certificate"):
        assert all((kind, row["key"]) in owned for row in estate.nodes[kind])


def test_some_applications_are_hubs(estate: Written) -> None:
    used = Counter(end for _, end in estate.ends("DEPENDS_ON", ["BusinessApplication"]))
    assert used.most_common(1)[0][1] >= 5 * sum(used.values()) / len(estate.nodes["BusinessApplication"])


def test_members_of_an_application_cluster_are_on_different_hypervisors(estate: Written) -> None:
    hypervisor = dict(estate.ends("HOSTED_ON", ["VirtualMachine"]))
    members: dict[str, list[str]] = {}
    for machine, cluster in estate.ends("MEMBER_OF", ["VirtualMachine"]):
        members.setdefault(cluster, []).append(hypervisor[machine])
    assert len(members) > 10
    assert all(len(set(hypervisors)) > 1 for hypervisors in members.values())


def test_no_cluster_has_a_single_member(estate: Written) -> None:
    sizes = Counter(cluster for _, cluster in estate.ends("MEMBER_OF"))
    assert min(sizes.values()) >= 2
    assert set(sizes) == {row["key"] for row in estate.nodes["Cluster"]}


def test_about_fifteen_percent_of_changes_went_wrong(tmp_path: Path) -> None:
    generate_estate(tmp_path, servers=10_000)
    outcomes = Counter(row["outcome"] for row in Written.read(tmp_path).nodes["Change"])
    difficult = sum(outcomes[outcome] for outcome in DIFFICULT)
    assert 0.12 < difficult / (difficult + outcomes["success"]) < 0.18


def test_incidents_that_a_change_caused_follow_it_and_touch_what_it_touched(estate: Written) -> None:
    changes = {row["key"]: row for row in estate.nodes["Change"]}
    incidents = {row["key"]: row for row in estate.nodes["Incident"]}
    touched: dict[str, set[str]] = {}
    for change, item in estate.ends("TOUCHES"):
        touched.setdefault(change, set()).add(item)
    affected = dict(reversed(estate.ends("AFFECTS", ["Incident"])))  # the first one of each incident is the main one
    caused = [(i, c) for i, c in estate.ends("CAUSED_BY") if c in changes]
    assert caused
    for incident, change in caused:
        assert changes[change]["outcome"] in DIFFICULT
        assert incidents[incident]["opened_at"] > changes[change]["ended_at"]
        assert affected[incident] in touched[change]


def test_nothing_has_happened_after_today(estate: Written) -> None:
    happened = ("opened_at", "closed_at", "resolved_at", "started_at", "ended_at", "done_at", "done_on", "raised_at",
                "last_restart", "last_patch", "commissioned_on", "decommissioned_on", "reviewed_on", "checked_on")  # fmt: skip
    late = [
        (kind, row["key"], column)
        for kind, rows in estate.nodes.items()
        for column in happened
        for row in rows
        if row.get(column, "")[:10] >= AS_OF.isoformat()
    ]
    assert [entry for entry in late if entry[0] != "BackupRun"] == []


def test_some_things_are_planned_for_after_today(estate: Written) -> None:
    for kind, column in (("Change", "planned_start"), ("LoadTest", "planned_on"), ("MaintenanceAction", "planned_at")):
        coming = [row for row in estate.nodes[kind] if row[column][:10] >= AS_OF.isoformat()]
        assert 0 < len(coming) < len(estate.nodes[kind]) / 2, kind


def test_software_is_installed_after_its_release(estate: Written) -> None:
    released = {row["key"]: row["released_on"] for row in estate.nodes["SoftwareVersion"]}
    installed = [row for row in estate.relations["RUNS_VERSION"] if row["installed_on"]]
    assert len(installed) > 1_000
    assert all(row["installed_on"] > released[row["to"]] for row in installed)


def test_open_findings_are_those_that_are_not_closed(estate: Written) -> None:
    findings = estate.nodes["VulnerabilityFinding"]
    assert {row["status"] for row in findings} == {"open", "fixed", "accepted"}
    assert all((row["status"] == "open") == (row["closed_at"] == "") for row in findings)


def test_findings_are_of_vulnerabilities_of_the_version_that_runs(estate: Written) -> None:
    runs = dict(estate.ends("RUNS_VERSION", ["VirtualMachine", "PhysicalServer", "Hypervisor", "MainframePartition"]))
    vulnerable = set(estate.ends("VULNERABLE_TO"))
    vulnerability = dict(estate.ends("OF_VULNERABILITY"))
    for finding, server in estate.ends("FOUND_ON"):
        assert (runs[server], vulnerability[finding]) in vulnerable


def test_a_server_restarted_exactly_three_months_ago_is_planted(estate: Written) -> None:
    days = Counter(row["last_restart"][:10] for row in estate.servers())
    assert days["2024-10-01"] > 0
    assert days[""] > 0


def test_latest_backups_of_a_server_never_start_at_the_same_time(estate: Written) -> None:
    started = {row["key"]: row["started_at"] for row in estate.nodes["BackupRun"]}
    seen = Counter((server, started[run]) for run, server in estate.ends("BACKS_UP"))
    assert set(seen.values()) == {1}


def test_the_facts_keep_end_of_support_and_end_of_life_apart() -> None:
    versions = {version.name: version for version in load_versions()}
    windows = versions["Microsoft Windows Server 2012-R2"]
    assert (windows.end_of_support, windows.end_of_life) == (date(2023, 10, 10), date(2026, 10, 13))
    assert versions["VMware ESXi 7.0"].end_of_life is None
    assert all(
        v.end_of_life is None or v.end_of_support is None or v.end_of_life >= v.end_of_support
        for v in versions.values()
    )


def test_the_facts_hold_sixty_versions_and_ninety_exploited_vulnerabilities_of_their_products() -> None:
    versions, vulnerabilities = load_versions(), load_vulnerabilities()
    products = {version.product for version in versions}
    assert len(versions) >= 60
    assert sum(v.known_exploited for v in vulnerabilities) >= 90
    assert all(set(v.products) <= products for v in vulnerabilities)
    assert all(
        v.due_on > v.exploited_on - timedelta(days=3_000) for v in vulnerabilities if v.exploited_on and v.due_on
    )
