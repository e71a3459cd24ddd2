"""The connectors that the contract is tried on: each with its double, and records of one table that carry a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.settings import QuerySettings
from ingest.connectors.backstage import ENTITIES, Backstage
from ingest.connectors.contract import Connector
from ingest.connectors.endoflife import PRODUCTS, EndOfLife
from ingest.connectors.kev import ENTRIES, KnownExploited
from ingest.connectors.netbox import NetBox
from ingest.connectors.prometheus import Prometheus
from ingest.connectors.servicenow import ServiceNow
from tests.ingest.connectors.doubles.backstage import BackstageDouble
from tests.ingest.connectors.doubles.feeds import EndOfLifeDouble, KevDouble
from tests.ingest.connectors.doubles.netbox import NetBoxDouble
from tests.ingest.connectors.doubles.prometheus import PrometheusDouble
from tests.ingest.connectors.doubles.server import Double
from tests.ingest.connectors.doubles.servicenow import ServiceNowDouble

PAGE = 4


@dataclass(frozen=True, slots=True)
class Case:
    """One connector on trial. `rows` is the double's list of records of `table`; `make(n, name, updated)` gives one of them.

    `field` is a mapped field that every record has; `scheme` is how its token is sent; `paged`: it comes in pages of PAGE records,
    else as one document, which has a tag where it is `tagged`.
    """

    name: str
    connector: Callable[[], Connector]
    double: Callable[[], Double]
    table: str
    kind: str
    rows: Callable[[Any], list[dict[str, Any]]]
    make: Callable[[int, str, str], dict[str, Any]]
    field: str
    scheme: str = "Bearer"
    paged: bool = True
    tagged: bool = True


def _servicenow_rows(double: ServiceNowDouble) -> list[dict[str, Any]]:
    return double.tables.setdefault("cmdb_ci_server", [])


def _servicenow_row(number: int, name: str, updated: str) -> dict[str, Any]:
    return {
        "sys_id": f"{number:032x}",
        "sys_class_name": ("cmdb_ci_linux_server", "Linux Server"),
        "sys_updated_on": updated,
        "name": name,
        "serial_number": f"SN{number}",
        "operational_status": ("1", "Operational"),
        "support_group": ("", ""),
    }


def _netbox_rows(double: NetBoxDouble) -> list[dict[str, Any]]:
    return double.tables.setdefault("dcim/sites", [])


def _netbox_row(number: int, name: str, updated: str) -> dict[str, Any]:
    return {
        "id": number,
        "url": f"http://netbox/api/dcim/sites/{number}/",
        "display": name,
        "name": name,
        "slug": name,
        "status": {"value": "active", "label": "Active"},
        "region": None,
        "tenant": None,
        "physical_address": f"street {number}",
        "custom_fields": {},
        "last_updated": updated.replace(" ", "T") + "Z",
    }


def _backstage_row(number: int, name: str, _updated: str) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"uid": f"{number:08d}", "name": name, "namespace": "default", "description": f"about {name}"},
        "spec": {"type": "service", "lifecycle": "production", "owner": "user:jane"},
    }


def _product(number: int, name: str, _updated: str) -> dict[str, Any]:
    release = {"name": "1", "label": "1", "releaseDate": "2020-01-01", "isEol": False, "eolFrom": "2030-01-01"}
    return {"name": f"product-{number}", "label": name, "category": "os", "identifiers": [], "releases": [release]}


def _exploited(number: int, name: str, _updated: str) -> dict[str, Any]:
    return {
        "cveID": f"CVE-2024-{number:04d}",
        "vendorProject": "Acme",
        "product": "Widget",
        "vulnerabilityName": name,
        "dateAdded": "2024-12-30",
        "shortDescription": "Bad.",
        "requiredAction": "Patch.",
        "dueDate": "2025-01-20",
        "knownRansomwareCampaignUse": "Unknown",
        "notes": "",
        "cwes": ["CWE-1"],
    }


def _prometheus_rows(double: PrometheusDouble) -> list[dict[str, Any]]:
    return double.records


def _series(number: int, name: str, _updated: str) -> dict[str, Any]:
    return {"metric": {"instance": name.removeprefix("item "), "number": str(number)}, "value": [0, "1.5"]}


CASES = (
    Case(
        name="servicenow",
        connector=lambda: ServiceNow(PAGE, ("cmdb_ci_server",)),
        double=ServiceNowDouble,
        table="cmdb_ci_server",
        kind="PhysicalServer",
        rows=_servicenow_rows,
        make=_servicenow_row,
        field="serial_number",
    ),
    Case(
        name="netbox",
        connector=lambda: NetBox(PAGE, ("dcim.site",)),
        double=NetBoxDouble,
        table="dcim.site",
        kind="Site",
        rows=_netbox_rows,
        make=_netbox_row,
        field="physical_address",
        scheme="Token",
    ),
    Case(
        name="backstage",
        connector=lambda: Backstage(PAGE),
        double=BackstageDouble,
        table=ENTITIES,
        kind="ServiceInstance",
        rows=lambda double: double.entities,
        make=_backstage_row,
        field="spec",
    ),
    Case(
        name="endoflife",
        connector=EndOfLife,
        double=EndOfLifeDouble,
        table=PRODUCTS,
        kind="SoftwareProduct",
        rows=lambda double: double.products,
        make=_product,
        field="label",
        paged=False,
    ),
    Case(
        name="kev",
        connector=KnownExploited,
        double=KevDouble,
        table=ENTRIES,
        kind="Vulnerability",
        rows=lambda double: double.entries,
        make=_exploited,
        field="dueDate",
        paged=False,
    ),
    Case(
        name="prometheus",
        connector=lambda: Prometheus({"item": QuerySettings.model_validate({"query": "up"})}),
        double=PrometheusDouble,
        table="item",
        kind="CapacitySample",
        rows=_prometheus_rows,
        make=_series,
        field="value",
        paged=False,
        tagged=False,
    ),
)
