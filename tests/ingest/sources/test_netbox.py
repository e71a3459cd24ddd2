"""NetBox: objects joined across models, prefixes by containment, cables by what they join."""

from __future__ import annotations

import json
from typing import Any

from tests.ingest.twin import TestTwin


def fixture(*objects: tuple[str, int, dict[str, Any]]) -> str:
    return json.dumps([{"model": model, "pk": pk, "fields": fields} for model, pk, fields in objects])


ROLES = [
    ("dcim.devicerole", 1, {"name": "Router", "slug": "router"}),
    ("dcim.devicerole", 2, {"name": "Access Switch", "slug": "access-switch"}),
    ("dcim.devicerole", 3, {"name": "Application Server", "slug": "application-server"}),
    ("dcim.devicerole", 4, {"name": "PDU", "slug": "pdu"}),
]
SITE = (
    "dcim.site",
    1,
    {"name": "Paris", "region": 1, "tenant": 1, "physical_address": "1 rue A\r\n", "latitude": "48.85"},
)
REGION = ("dcim.region", 1, {"name": "France"})
TENANT = ("tenancy.tenant", 1, {"name": "Acme", "group": 1, "custom_field_data": {"cust_id": "A1"}})
GROUP = ("tenancy.tenantgroup", 1, {"name": "Customers", "slug": "customers"})
TYPE = ("dcim.devicetype", 1, {"model": "X1", "manufacturer": 1})
MAKER = ("dcim.manufacturer", 1, {"name": "Maker"})


def device(pk: int, role: int, **fields: Any) -> tuple[str, int, dict[str, Any]]:
    return ("dcim.device", pk, {"device_type": 1, "role": role, "status": "active", "site": 1, "serial": "", **fields})


def test_devices_become_servers_or_network_devices_by_their_role(twin: TestTwin) -> None:
    report = twin.load(
        "netbox",
        {
            "netbox.json": fixture(
                *ROLES, SITE, REGION, TENANT, GROUP, TYPE, MAKER,
                ("dcim.rack", 1, {"name": "R1", "site": 1, "status": "available", "u_height": 42}),
                ("dcim.platform", 1, {"name": "Ubuntu Linux 20.04", "slug": "ubuntu-linux-20-04"}),
                device(1, 1, name="rtr", serial="S1"),
                device(2, 3, name="srv", rack=1, position="4.0", platform=1, tenant=1),
                device(3, 2, name=None),
                device(4, 4, name="power"),
                ("dcim.interface", 1, {"name": "net", "device": 4, "type": "1000base-t"}),
            )
        },
    )  # fmt: skip
    assert report.counters["rejected"] == 0, report.quarantined
    assert twin.nodes() == {
        ("Site", "Paris"): {"name": "Paris", "region": "France", "postal_address": "1 rue A", "latitude": 48.85},
        ("Entity", "Acme"): {"name": "Acme", "kind": "customer", "code": "A1"},
        ("Supplier", "Maker"): {"name": "Maker"},
        ("Rack", "R1"): {"name": "R1", "status": "planned", "height_units": 42},
        ("SoftwareVersion", "Ubuntu 20.04"): {"name": "Ubuntu 20.04", "aliases": ("Ubuntu Linux 20.04",)},
        ("NetworkDevice", "rtr"): {
            "name": "rtr", "serial_number": "S1", "manufacturer": "Maker", "model": "X1", "role": "Router",
            "status": "in_service",
        },
        ("PhysicalServer", "srv"): {
            "name": "srv", "hostname": "srv", "manufacturer": "Maker", "model": "X1", "role": "Application Server",
            "status": "in_service", "os_family": "linux",
        },
        ("NetworkDevice", "X1 3"): {
            "name": "X1 3", "manufacturer": "Maker", "model": "X1", "role": "Access Switch", "status": "in_service",
        },
    }  # fmt: skip
    assert twin.edges() == {
        ("Paris", "BELONGS_TO", "Acme"),
        ("R1", "LOCATED_IN", "Paris"),
        ("rtr", "LOCATED_IN", "Paris"),
        ("srv", "LOCATED_IN", "Paris"),
        ("srv", "LOCATED_IN", "R1"),
        ("srv", "BELONGS_TO", "Acme"),
        ("srv", "RUNS_VERSION", "Ubuntu 20.04"),
        ("X1 3", "LOCATED_IN", "Paris"),
    }
    assert {s.properties["rack_position"] for s in twin.states("LOCATED_IN") if s.properties} == {4.0}
    assert report.unmapped == {"dcim.device": 1, "dcim.interface": 1}


def test_virtual_machines_stand_on_clusters_and_units_are_converted(twin: TestTwin) -> None:
    report = twin.load(
        "netbox",
        {
            "netbox.json": fixture(
                ("virtualization.clustertype", 1, {"name": "VMware"}),
                ("virtualization.cluster", 1, {"name": "c1", "type": 1, "status": "active"}),
                ("virtualization.virtualmachine", 1,
                 {"name": "vm1", "cluster": 1, "status": "offline", "vcpus": "4.00", "memory": 16384, "disk": 100}),
                ("virtualization.vminterface", 1, {"name": "eth0", "virtual_machine": 1, "enabled": True}),
                ("ipam.vlan", 9, {"name": "Data", "vid": 100, "status": "active"}),
                ("ipam.prefix", 1, {"prefix": "10.0.0.0/8", "status": "container"}),
                ("ipam.prefix", 2, {"prefix": "10.1.0.0/16", "status": "active", "vlan": 9}),
                ("ipam.prefix", 3, {"prefix": "10.1.0.0/24", "status": "active", "vrf": 7}),
                ("ipam.ipaddress", 1, {"address": "10.1.0.5/24", "status": "active", "dns_name": "vm1.example.org",
                                       "assigned_object_type": ["virtualization", "vminterface"], "assigned_object_id": 1}),
                ("ipam.ipaddress", 2, {"address": "10.1.0.5/24", "status": "active", "vrf": 7}),
            )
        },
    )  # fmt: skip
    assert report.counters["rejected"] == 0, report.quarantined
    machine = twin.nodes()["VirtualMachine", "vm1"]
    assert (machine["cpu_cores"], machine["memory_gb"], machine["disk_gb"]) == (4, 16.0, 100.0)
    assert machine["status"] == "in_maintenance"
    assert twin.nodes()["Cluster", "c1"]["description"] == "VMware"
    assert twin.edges() == {
        ("vm1", "HOSTED_ON", "c1"),
        ("vm1", "HAS_INTERFACE", "eth0"),
        ("eth0", "HAS_ADDRESS", "10.1.0.5/24"),
        ("10.1.0.5/24", "IN_PREFIX", "10.1.0.0/16"),
        ("10.1.0.5/24", "IN_PREFIX", "10.1.0.0/24"),
        ("10.1.0.0/16", "IN_PREFIX", "10.0.0.0/8"),
        ("10.1.0.0/16", "IN_VLAN", "Data"),
    }


def test_a_cable_joins_a_device_to_the_one_nearer_to_the_core_once(twin: TestTwin) -> None:
    def cable(pk: int, *ends: tuple[str, str, int]) -> list[tuple[str, int, dict[str, Any]]]:
        return [
            ("dcim.cabletermination", pk * 10 + n, {"cable": pk, "termination_type": [a, b], "termination_id": i})
            for n, (a, b, i) in enumerate(ends)
        ]

    interfaces = [
        ("dcim.interface", n, {"name": f"if{n}", "device": d, "type": "x"}) for n, d in enumerate((1, 2, 2, 1, 3))
    ]
    report = twin.load(
        "netbox",
        {
            "netbox.json": fixture(
                *ROLES, TYPE, MAKER,
                device(1, 1, name="router", site=None), device(2, 2, name="switch", site=None),
                device(3, 2, name="peer", site=None),
                *interfaces,
                ("circuits.provider", 1, {"name": "Carrier"}),
                ("circuits.circuit", 1, {"cid": "C1", "provider": 1, "status": "active"}),
                ("circuits.circuittermination", 5, {"circuit": 1, "site": None}),
                *cable(1, ("dcim", "interface", 0), ("dcim", "interface", 1)),
                *cable(2, ("dcim", "interface", 2), ("dcim", "interface", 3)),
                *cable(3, ("dcim", "interface", 2), ("dcim", "interface", 4)),
                *cable(4, ("dcim", "interface", 0), ("circuits", "circuittermination", 5)),
            )
        },
    )  # fmt: skip
    assert {edge for edge in twin.edges() if edge[1] != "HAS_INTERFACE"} == {
        ("switch", "CONNECTED_THROUGH", "router"),
        ("router", "CONNECTED_THROUGH", "C1"),
        ("C1", "SUPPLIED_BY", "Carrier"),
    }
    assert report.unmapped == {"connection.peers": 1}


def test_an_unknown_role_and_an_object_of_another_shape_are_quarantined(twin: TestTwin) -> None:
    text = fixture(("dcim.devicerole", 1, {"name": "Toaster", "slug": "toaster"}), device(1, 1, name="t"), TYPE, MAKER)
    report = twin.load("netbox", {"netbox.json": text[:-1] + ', {"model": "x"}]'})
    assert [(row.position, row.code) for row in report.quarantined] == [
        ("netbox.json:5", "BROKEN_ROW"),
        ("netbox.json:2", "VALUE_NOT_MAPPED"),
    ]


def test_names_of_contacts_stay_in_netbox(twin: TestTwin) -> None:
    contact = ("tenancy.contact", 7, {"name": "Jane Doe", "email": "jane@example.org", "title": "Manager"})
    twin.load("netbox", {"netbox.json": fixture(contact)})
    pseudonym = twin.pseudonym("netbox contact 7")
    assert twin.nodes() == {("Person", pseudonym): {"pseudonym": pseudonym, "role": "Manager"}}


def test_a_company_that_makes_and_carries_is_one_supplier(twin: TestTwin) -> None:
    provider = ("circuits.provider", 4, {"name": "Maker", "description": "and carrier"})
    circuit = ("circuits.circuit", 1, {"cid": "C1", "provider": 4, "status": "active"})
    report = twin.load("netbox", {"netbox.json": fixture(MAKER, provider, circuit)})
    assert report.counters["rejected"] == 0
    assert twin.edges() == {("C1", "SUPPLIED_BY", "Maker")}
