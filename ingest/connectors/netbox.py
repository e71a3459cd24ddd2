"""The REST API of NetBox: every table in order of its numbers, so that what changes meanwhile moves nothing.

Numbers only grow: a page starts after the last number of the one before (`id__gt`), whatever is added or deleted in between.
Whether there is more says `next`; how much there should be, `count` of the first page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ingest.connectors.contract import Cursor, Page
from ingest.connectors.errors import BrokenAnswerError
from ingest.connectors.transport import Transport

ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "tenancy.tenantgroup": "tenancy/tenant-groups",
        "tenancy.tenant": "tenancy/tenants",
        "tenancy.contact": "tenancy/contacts",
        "dcim.region": "dcim/regions",
        "dcim.site": "dcim/sites",
        "dcim.location": "dcim/locations",
        "dcim.rack": "dcim/racks",
        "dcim.manufacturer": "dcim/manufacturers",
        "dcim.devicetype": "dcim/device-types",
        "dcim.devicerole": "dcim/device-roles",
        "dcim.platform": "dcim/platforms",
        "dcim.device": "dcim/devices",
        "dcim.interface": "dcim/interfaces",
        "dcim.cable": "dcim/cables",
        "virtualization.clustertype": "virtualization/cluster-types",
        "virtualization.clustergroup": "virtualization/cluster-groups",
        "virtualization.cluster": "virtualization/clusters",
        "virtualization.virtualmachine": "virtualization/virtual-machines",
        "virtualization.vminterface": "virtualization/interfaces",
        "ipam.role": "ipam/roles",
        "ipam.vlan": "ipam/vlans",
        "ipam.aggregate": "ipam/aggregates",
        "ipam.prefix": "ipam/prefixes",
        "ipam.ipaddress": "ipam/ip-addresses",
        "circuits.provider": "circuits/providers",
        "circuits.circuittype": "circuits/circuit-types",
        "circuits.circuit": "circuits/circuits",
        "circuits.circuittermination": "circuits/circuit-terminations",
    }
)
"""Paths below /api/ by model, as fixtures name it."""


@dataclass(frozen=True, slots=True)
class NetBox:
    """NetBox 3.6 and later. `page_records` above the installation's MAX_PAGE_SIZE (1,000) are cut to it by the server."""

    page_records: int = 500
    tables: tuple[str, ...] = tuple(ENDPOINTS)
    source: str = "netbox"
    delta: bool = True
    joined: bool = True
    fixed_shape: bool = True

    @property
    def whole(self) -> bool:
        return set(self.tables) >= ENDPOINTS.keys()

    def page(
        self, transport: Transport, table: str, *, since: datetime | None, cursor: Cursor | None, etag: str | None
    ) -> Page:
        params = {"limit": str(self.page_records), "ordering": "id"}
        if since is not None:
            params["last_updated__gte"] = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        if cursor is not None:
            params["id__gt"] = str(cursor["after"])
        path = f"/api/{ENDPOINTS[table]}/"
        answer = transport.get_json(path, params)
        body = answer.body
        if not isinstance(body, dict) or not isinstance(body.get("results"), list):
            seen = "the answer has no list `results`"
            raise BrokenAnswerError(
                seen, where=transport.base_url + path, hint="give the base URL of NetBox, without /api"
            )
        records: list[Any] = body["results"]
        version = answer.headers.get("api-version")
        if version and table == "virtualization.virtualmachine":
            records = [{**r, "api_version": version} if isinstance(r, dict) else r for r in records]
        numbers = [record["id"] for record in records if isinstance(record, dict) and isinstance(record.get("id"), int)]
        total = body.get("count") if cursor is None else None
        if body.get("next") is None:
            return Page(records, None, total)
        if not numbers or (cursor is not None and max(numbers) <= cursor["after"]):
            seen = "there is a next page, and nothing on this one that it could start after"
            raise BrokenAnswerError(
                seen, where=transport.base_url + path, hint="the server ignores `id__gt` or `ordering`"
            )
        return Page(records, {"after": max(numbers)}, total)

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        number = record.get("id")
        return None if number is None else str(number)
