"""What CMDB records, relations and tickets of ServiceNow mean, from the Table API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.clock import FrozenClock
from ingest.connectors.fetch import Fetched, fetch
from ingest.connectors.servicenow import TABLES, ServiceNow
from ingest.connectors.spool import Spool
from ingest.connectors.transport import Transport
from tests.conftest import NOW
from tests.ingest.connectors.doubles.server import TO_DOUBLES
from tests.ingest.connectors.doubles.servicenow import ServiceNowDouble
from tests.ingest.twin import TestTwin

AT = "2024-11-05 09:30:00"


def ci(key: str, class_: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"sys_id": key, "sys_class_name": (class_, class_.title()), "sys_updated_on": AT, "name": name, **fields}


def relation(key: str, parent: dict[str, Any], type_: str, child: dict[str, Any]) -> dict[str, Any]:
    return {
        "sys_id": key,
        "sys_updated_on": AT,
        "parent": (parent["sys_id"], parent["name"]),
        "child": (child["sys_id"], child["name"]),
        "type": (f"type-{type_}", type_),
        "parent.sys_class_name": parent["sys_class_name"],
        "child.sys_class_name": child["sys_class_name"],
    }


APP = ci("a1", "cmdb_ci_business_app", "Payments", business_criticality=("1 - most critical", "Vital"))
SERVICE = ci("s1", "cmdb_ci_service_auto", "Payments PROD", environment=("Production", "Production"))
TOMCAT = ci("t1", "cmdb_ci_app_server_tomcat", "tomcat-1", tcp_port="8080")
ORACLE = ci("o1", "cmdb_ci_db_ora_instance", "PAYP", support_group=("g1", "DBA"))
LINUX = ci(
    "l1",
    "cmdb_ci_linux_server",
    "srv-1",
    virtual="true",
    ram="16384",
    cpu_count="2",
    cpu_core_count="4",
    manufacturer=("m9", "Dell Inc."),
    operational_status=("1", "Operational"),
    install_date="2021-03-04 00:00:00",
    location=("p1", "Paris"),
    company=("c1", "Bank SA"),
)
AIX = ci("x1", "cmdb_ci_aix_server", "srv-2", virtual="false", location=("p1", "Paris"))
ESX = ci("e1", "cmdb_ci_esx_server", "esx-1")
CLUSTER = ci("k1", "cmdb_ci_cluster", "cluster-1")
OWN = ci("u1", "u_cmdb_ci_secure_server", "hsm-1")
PRINTER = ci("q1", "cmdb_ci_printer", "printer-1")


@pytest.fixture
def double() -> Iterator[ServiceNowDouble]:
    double = ServiceNowDouble()
    double.tables = {
        "cmn_location": [{"sys_id": "p1", "sys_updated_on": AT, "name": "Paris", "city": "Paris", "country": "France"}],
        "sys_user_group": [{"sys_id": "g1", "sys_updated_on": AT, "name": "DBA", "description": ""}],
        "cmdb_ci_business_app": [APP],
        "cmdb_ci_service_auto": [SERVICE],
        "cmdb_ci_appl": [TOMCAT, ORACLE],
        "cmdb_ci_server": [LINUX, AIX, ESX, OWN],
        "cmdb_ci_cluster": [CLUSTER],
        "cmdb_rel_ci": [
            relation("r1", APP, "Consumes::Consumed by", SERVICE),
            relation("r2", SERVICE, "Depends on::Used by", TOMCAT),
            relation("r3", TOMCAT, "Depends on::Used by", ORACLE),
            relation("r4", TOMCAT, "Runs on::Runs", LINUX),
            relation("r5", ORACLE, "Depends on::Used by", AIX),
            relation("r6", LINUX, "Virtualized by::Virtualizes", ESX),
            relation("r7", CLUSTER, "Members::Member of", AIX),
            relation("r8", TOMCAT, "Runs on::Runs", OWN),
            relation("r9", LINUX, "Depends on::Used by", PRINTER),
            relation("ra", LINUX, "Sends fan mail to::Adored by", AIX),
            relation("rb", LINUX, "Runs on::Runs", APP),
        ],
        "problem": [{"sys_id": "pb1", "sys_updated_on": AT, "number": "PRB1", "state": ("104", "Fix in Progress")}],
        "change_request": [
            {
                "sys_id": "ch1",
                "sys_updated_on": AT,
                "number": "CHG1",
                "type": ("emergency", "Emergency"),
                "state": ("-1", "Implement"),
                "start_date": "2024-11-04 20:00:00",
                "cmdb_ci": ("l1", "srv-1"),
                "cmdb_ci.sys_class_name": LINUX["sys_class_name"],
            }
        ],
        "incident": [
            {
                "sys_id": "i1",
                "sys_updated_on": AT,
                "number": "INC1",
                "short_description": "Payments slow",
                "state": ("2", "En cours"),
                "priority": ("1", "1 - Critique"),
                "opened_at": ("2024-11-05 08:00:00", "2024-11-05 09:00:00"),
                "reopen_count": "1",
                "made_sla": "false",
                "caller_id": ("user77", "Jane Doe"),
                "assignment_group": ("g1", "DBA"),
                "cmdb_ci": ("l1", "srv-1"),
                "cmdb_ci.sys_class_name": LINUX["sys_class_name"],
                "problem_id": ("pb1", "PRB1"),
                "caused_by": ("ch1", "CHG1"),
            },
            {
                "sys_id": "i2",
                "sys_updated_on": AT,
                "number": "INC2",
                "short_description": "Paper jam",
                "state": ("7", "Clos"),
                "priority": ("4", "4 - Basse"),
                "opened_at": "2024-11-05 08:00:00",
                "reopen_count": "0",
                "made_sla": "true",
                "caller_id": "",
                "assignment_group": "",
                "cmdb_ci": ("q1", "printer-1"),
                "cmdb_ci.sys_class_name": PRINTER["sys_class_name"],
                "problem_id": "",
                "caused_by": "",
            },
        ],
    }
    with double.serving():
        yield double


def fetched(double: ServiceNowDouble, folder: Path, *, delta: bool = False) -> Fetched:
    with Transport(double.url, guard=TO_DOUBLES, clock=FrozenClock(NOW)) as transport:
        return fetch(ServiceNow(page_records=3), transport, Spool(folder), FrozenClock(NOW), delta=delta)


def test_classes_become_kinds_and_relation_names_point_to_what_is_depended_on(
    double: ServiceNowDouble, twin: TestTwin, tmp_path: Path
) -> None:
    found = fetched(double, tmp_path / "spool")
    assert found.manifest.complete
    report = twin.load_path("servicenow_cmdb", found.folder)
    assert report.quarantined == ()
    nodes = twin.nodes()
    assert {kind for kind, _ in nodes} == {
        *("BusinessApplication", "ServiceInstance", "ApplicationServer", "DatabaseInstance", "VirtualMachine"),
        *("PhysicalServer", "Hypervisor", "Cluster", "Site", "Team", "Entity", "Problem", "Change", "Incident"),
    }
    server = nodes["VirtualMachine", "srv-1"]
    assert {name: server[name] for name in ("cpu_cores", "memory_gb", "os_family", "status", "manufacturer")} == {
        "cpu_cores": 8,
        "memory_gb": 16.0,
        "os_family": "linux",
        "status": "in_service",
        "manufacturer": "Dell Inc.",
    }
    assert str(server["commissioned_on"]) == "2021-03-04"
    assert nodes["BusinessApplication", "Payments"]["criticality"] == "vital"
    assert nodes["PhysicalServer", "hsm-1"]  # a class of the installation's own, read through cmdb_ci_server
    assert twin.edges() == {
        ("Payments PROD", "REALISES", "Payments"),
        ("Payments PROD", "DEPENDS_ON", "tomcat-1"),
        ("tomcat-1", "DEPENDS_ON", "PAYP"),
        ("tomcat-1", "RUNS_ON", "srv-1"),
        ("PAYP", "RUNS_ON", "srv-2"),
        ("srv-1", "HOSTED_ON", "esx-1"),
        ("srv-2", "MEMBER_OF", "cluster-1"),
        ("tomcat-1", "RUNS_ON", "hsm-1"),
        ("PAYP", "SUPPORTED_BY", "DBA"),
        ("srv-1", "LOCATED_IN", "Paris"),
        ("srv-2", "LOCATED_IN", "Paris"),
        ("srv-1", "BELONGS_TO", "Bank SA"),
        ("CHG1", "TOUCHES", "srv-1"),
        ("INC1", "ASSIGNED_TO", "DBA"),
        ("INC1", "AFFECTS", "srv-1"),
        ("INC1", "CAUSED_BY", "PRB1"),
        ("INC1", "CAUSED_BY", "CHG1"),
    }
    assert report.unmapped == {
        "relation of class cmdb_ci_printer": 1,
        "Sends fan mail to::Adored by": 1,
        "Runs on::Runs (PhysicalServer -> BusinessApplication)": 1,
        "incident on class cmdb_ci_printer": 1,
    }


def test_tickets_are_read_by_stored_values_and_persons_get_pseudonyms(
    double: ServiceNowDouble, twin: TestTwin, tmp_path: Path
) -> None:
    twin.load_path("servicenow_cmdb", fetched(double, tmp_path / "spool").folder)
    incident = twin.nodes()["Incident", "INC1"]
    assert (incident["status"], incident["priority"], incident["reopened"]) == ("in_progress", "P1", True)
    assert incident["opened_at"] == datetime(2024, 11, 5, 8, tzinfo=UTC)
    assert incident["caller"] == twin.pseudonym("user77")
    assert "Jane Doe" not in str(twin.nodes())
    assert twin.nodes()["Change", "CHG1"]["planned_start"] == datetime(2024, 11, 4, 20, tzinfo=UTC)


def test_records_that_access_rules_hide_make_the_fetch_say_that_it_is_not_complete(
    double: ServiceNowDouble, tmp_path: Path
) -> None:
    double.hidden = {"l1", "x1"}
    found = fetched(double, tmp_path / "spool")
    assert not found.manifest.complete
    assert found.manifest.shortfalls == ("cmdb_ci_server: 2 of 4 records",)


def test_a_delta_tells_changed_records_only_and_refers_to_what_the_twin_holds(
    double: ServiceNowDouble, twin: TestTwin, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool")
    first = fetched(double, spool.folder)
    twin.load_path("servicenow_cmdb", first.folder)
    spool.mark_loaded(first.manifest)
    changed = {**TOMCAT, "tcp_port": "8443", "sys_updated_on": "2025-01-01 06:30:00"}
    double.tables["cmdb_ci_appl"][0] = changed
    double.tables["cmdb_rel_ci"].append(
        {**relation("rz", changed, "Runs on::Runs", AIX), "sys_updated_on": "2025-01-01 06:30:00"}
    )
    found = fetched(double, spool.folder, delta=True)
    assert sum(found.manifest.records.values()) == 2
    report = twin.load_path("servicenow_cmdb", found.folder)
    assert (report.counters["created"], report.counters["updated"], report.counters["rejected"]) == (1, 1, 0)
    assert ("tomcat-1", "RUNS_ON", "srv-2") in twin.edges()
    assert twin.nodes()["ApplicationServer", "tomcat-1"]["port"] == 8443


def test_every_table_asks_for_what_orders_and_dates_its_records() -> None:
    for table, fields in TABLES.items():
        assert fields.startswith("sys_id,"), table
        assert "sys_updated_on" in fields.split(","), table
