"""A payload of ServiceNow's Identification and Reconciliation Engine is an export: items under native keys, relations by position."""

from __future__ import annotations

import json
from typing import Any

from tests.ingest.twin import TestTwin

ITEMS: list[Any] = [
    {
        "className": "cmdb_ci_linux_server",
        "values": {"name": "srv-1", "serial_number": "S1", "ram": "8192", "virtual": "false"},
        "sys_object_source_info": {"source_name": "SCCM", "source_native_key": "42"},
    },
    {
        "className": "cmdb_ci_app_server_tomcat",
        "values": {"name": "tomcat-1", "tcp_port": "8080"},
        "sys_object_source_info": {"source_name": "SCCM", "source_native_key": "43"},
    },
]
PAYLOAD = {"items": ITEMS, "relations": [{"parent": 1, "child": 0, "type": "Runs on::Runs"}]}


def test_items_and_relations_are_loaded(twin: TestTwin) -> None:
    report = twin.load("servicenow_cmdb", {"payload.json": json.dumps(PAYLOAD)})
    assert report.counters["rejected"] == 0
    assert twin.nodes()["PhysicalServer", "srv-1"]["memory_gb"] == 8.0
    assert twin.edges() == {("tomcat-1", "RUNS_ON", "srv-1")}


def test_the_native_key_of_a_source_identifies_an_item_whatever_its_place(twin: TestTwin) -> None:
    twin.load("servicenow_cmdb", {"payload.json.gz": json.dumps(PAYLOAD)})
    renamed = {**ITEMS[0], "values": {**ITEMS[0]["values"], "name": "srv-one"}}
    twin.load("servicenow_cmdb", {"later.json": json.dumps({"items": [renamed]})})
    assert ("PhysicalServer", "srv-one") in twin.nodes()
    assert ("PhysicalServer", "srv-1") not in twin.nodes()


def test_equal_native_keys_of_two_sources_are_two_elements(twin: TestTwin) -> None:
    other = {**ITEMS[0], "sys_object_source_info": {"source_name": "Other", "source_native_key": "42"}}
    other["values"] = {"name": "srv-9"}
    report = twin.load("servicenow_cmdb", {"payload.json": json.dumps({"items": [ITEMS[0], other]})})
    assert report.counters["rejected"] == 0
    assert len(twin.nodes()) == 2


def test_what_cannot_be_taken_is_quarantined_with_its_position(twin: TestTwin) -> None:
    items = [*ITEMS, "text", {"className": "cmdb_ci_server"}, {"className": "cmdb_ci_server", "values": {"name": "x"}}]
    relations = [
        {"parent": 1, "child": 9, "type": "Runs on::Runs"},
        {"parent": 1, "child": 2, "type": "Runs on::Runs"},
        "text",
        {"parent": 1, "child": 0, "type": "Runs on::Runs"},
    ]
    report = twin.load("servicenow_cmdb", {"payload.json": json.dumps({"items": items, "relations": relations})})
    assert {(row.position, row.code) for row in report.quarantined} == {
        ("payload.json:3", "BROKEN_ROW"),
        ("payload.json:4", "BROKEN_ROW"),
        ("payload.json:5", "MISSING_KEY"),
        ("payload.json#relations:1", "BROKEN_ROW"),
        ("payload.json#relations:2", "BROKEN_ROW"),
        ("payload.json#relations:3", "BROKEN_ROW"),
    }
    assert twin.edges() == {("tomcat-1", "RUNS_ON", "srv-1")}
