"""The REST API of NetBox tells what an export of the same NetBox tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from ingest.connectors.fetch import Fetched, fetch
from ingest.connectors.netbox import ENDPOINTS, NetBox
from ingest.connectors.spool import Spool
from ingest.connectors.transport import Transport
from ingest.files import ExtractFile, open_bytes
from ingest.sources.netbox.normalise import REFERENCES
from tests.conftest import NOW
from tests.ingest.connectors.doubles.netbox import NetBoxDouble
from tests.ingest.connectors.doubles.server import TO_DOUBLES
from tests.ingest.twin import TestTwin

CHOICES = frozenset({"status", "type", "role", "face", "mode", "side", "airflow"})
AT = "2024-06-01T00:00:00Z"


def served(objects: list[dict[str, Any]]) -> NetBoxDouble:
    """A double that holds the objects of a fixture, as the REST API shows them."""
    by_key = {(item["model"], item["pk"]): item["fields"] for item in objects}
    double = NetBoxDouble()
    ends: dict[Any, dict[str, list[dict[str, Any]]]] = {}
    for item in objects:
        if item["model"] == "dcim.cabletermination":
            fields = item["fields"]
            side = ends.setdefault(fields["cable"], {"A": [], "B": []})[fields["cable_end"]]
            side.append({"object_type": ".".join(fields["termination_type"]), "object_id": fields["termination_id"]})
    for item in objects:
        if item["model"] in ENDPOINTS:
            record = shown(item["model"], item["pk"], item["fields"], by_key)
            if item["model"] == "dcim.cable":
                sides = ends.get(item["pk"], {"A": [], "B": []})
                record |= {"a_terminations": sides["A"], "b_terminations": sides["B"]}
            double.tables.setdefault(ENDPOINTS[item["model"]], []).append(record)
    return double


def shown(model: str, key: Any, fields: Mapping[str, Any], by_key: Mapping[tuple[str, Any], Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"id": key, "url": f"https://netbox/api/{key}/", "last_updated": AT}
    for name, value in fields.items():
        target = REFERENCES.get(model, {}).get(name)
        if target is not None and value is not None:
            other = by_key.get((target, value), {})
            brief = {field: other[field] for field in ("name", "slug", "model", "address", "cid") if field in other}
            record[name] = {"id": value, "url": "https://netbox/", "display": "shown", **brief}
        elif name in ("untagged_vlan", "vrf", "cable") and value is not None:
            record[name] = {"id": value, "display": "shown"}
        elif name == "tagged_vlans":
            record[name] = [{"id": number, "display": "shown"} for number in value]
        elif name.endswith("_type") and isinstance(value, list):
            record[name] = ".".join(value)
        elif name == "custom_field_data":
            record["custom_fields"] = value
        elif name in CHOICES and isinstance(value, str):
            record[name] = {"value": value, "label": value.title()} if value else None
        else:
            record[name] = value
    return record


def fetched(double: NetBoxDouble, folder: Path, *, delta: bool = False) -> Fetched:
    with Transport(double.url, guard=TO_DOUBLES, clock=FrozenClock(NOW)) as transport:
        return fetch(NetBox(), transport, Spool(folder), FrozenClock(NOW), delta=delta)


@pytest.mark.real_data
def test_the_api_and_an_export_of_the_same_netbox_tell_the_same(
    twin: TestTwin, public_data: Path, tmp_path: Path
) -> None:
    (file,) = (public_data / "netbox").glob("*.json*")
    with open_bytes(ExtractFile(file, file.name)) as raw:
        objects = orjson.loads(raw.read())
    exported = twin.load_path("netbox", file)
    ledger = Ledger(f"sqlite:///{tmp_path / 'other.db'}", twin.schema, twin.clock)
    other = TestTwin(twin.schema, ledger, twin.clock, tmp_path / "other")
    double = served(objects)
    with double.serving():
        found = fetched(double, tmp_path / "spool")
        report = other.load_path("netbox", found.folder)
    assert found.manifest.complete
    assert found.manifest.shortfalls == ()
    assert report.counters["rejected"] == exported.counters["rejected"]
    assert other.nodes() == twin.nodes()
    assert other.edges() == twin.edges()
    assert len(twin.edges()) > 1_000
    ledger.close()


SITE = {"id": 1, "name": "Paris", "slug": "paris", "last_updated": AT, "custom_fields": {}}
ROLE = {"id": 5, "name": "Server", "slug": "server", "last_updated": AT}


def device(number: int, name: str, updated: str = AT) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "role": {"id": 5, "name": "Server", "slug": "server"},
        "site": {"id": 1, "name": "Paris", "slug": "paris"},
        "status": {"value": "active", "label": "Active"},
        "serial": f"SN{number}",
        "custom_fields": {},
        "last_updated": updated,
    }


def test_a_delta_is_read_with_what_it_refers_to(twin: TestTwin, tmp_path: Path) -> None:
    double = NetBoxDouble()
    double.tables = {
        "dcim/sites": [SITE],
        "dcim/device-roles": [ROLE],
        "dcim/devices": [device(1, "srv-1"), device(2, "srv-2")],
    }
    spool = Spool(tmp_path / "spool")
    with double.serving():
        first = fetched(double, spool.folder)
        twin.load_path("netbox", first.folder)
        spool.mark_loaded(first.manifest)
        double.tables["dcim/devices"][0] = device(1, "srv-one", "2025-01-01T06:30:00Z")
        asked = len(double.requests)
        found = fetched(double, spool.folder, delta=True)
        assert len(double.requests) - asked == len(ENDPOINTS)
        report = twin.load_path("netbox", found.folder)
    assert (report.counters["created"], report.counters["updated"]) == (0, 1)
    assert ("PhysicalServer", "srv-one") in twin.nodes()
    assert twin.edges() == {("srv-one", "LOCATED_IN", "Paris"), ("srv-2", "LOCATED_IN", "Paris")}
    assert not found.manifest.complete


def test_the_server_may_cut_pages_to_its_own_size(tmp_path: Path) -> None:
    double = NetBoxDouble()
    double.largest = 2
    double.tables = {"dcim/sites": [{**SITE, "id": n, "name": f"site {n}"} for n in range(1, 8)]}
    with double.serving():
        found = fetched(double, tmp_path / "spool")
    assert found.manifest.records["dcim.site"] == 7
    assert found.manifest.complete


@pytest.mark.parametrize(("version", "disk"), [("4.0", 50), ("4.1", 50_000), ("4.2", 50_000)])
def test_disks_are_counted_in_the_unit_of_the_api_version(
    twin: TestTwin, tmp_path: Path, version: str, disk: int
) -> None:
    double = NetBoxDouble()
    double.version = version
    machine = {
        "id": 1,
        "name": "vm-1",
        "status": {"value": "active", "label": "Active"},
        "disk": disk,
        "custom_fields": {},
    }
    double.tables = {"virtualization/virtual-machines": [machine]}
    with double.serving():
        twin.load_path("netbox", fetched(double, tmp_path / "spool").folder)
    assert twin.nodes()["VirtualMachine", "vm-1"]["disk_gb"] == 50.0
