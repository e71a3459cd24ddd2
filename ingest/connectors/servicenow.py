"""The Table API of ServiceNow: classes of the CMDB, relations between them, incidents, problems and changes.

Pages follow `sys_id`, which never changes: a page starts after the last one of the page before, whatever is written meanwhile
(an offset would skip a record for each one that is deleted, and one ordered by `sys_updated_on` never ends while people work).
A change that falls between two pages comes with the next delta, which reaches back to the moment at which this fetch began.

A page may be short without being the last: records that access rules hide are taken off it. The table ends with an empty page, and
a fetch that got fewer records than `X-Total-Count` announces says that it is not complete.
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

_CI = (
    "sys_id,sys_class_name,sys_updated_on,name,short_description,operational_status,install_status,environment,"
    "busines_criticality,business_criticality,support_group,managed_by_group,location,company,install_date"
)
_HARDWARE = f"{_CI},serial_number,asset_tag,manufacturer,model_id,ip_address,fqdn,host_name"
_APPLICATION = f"{_CI},tcp_port,version,install_directory,type"
_TASK = (
    "sys_id,sys_updated_on,number,short_description,state,priority,impact,urgency,opened_at,closed_at,assignment_group,"
    "assigned_to,opened_by,cmdb_ci,cmdb_ci.sys_class_name"
)

TABLES: Mapping[str, str] = MappingProxyType(
    {
        "cmn_location": "sys_id,sys_updated_on,name,full_name,street,city,zip,country,latitude,longitude,time_zone",
        "sys_user_group": "sys_id,sys_updated_on,name,description,active",
        "cmdb_ci_business_capability": _CI,
        "cmdb_ci_business_app": f"{_CI},number,application_type,version",
        "cmdb_ci_service_auto": _CI,
        "cmdb_ci_service_business": _CI,
        "cmdb_ci_service_technical": _CI,
        "service_offering": _CI,
        "cmdb_ci_appl": _APPLICATION,
        "cmdb_ci_server": f"{_HARDWARE},os,os_version,cpu_count,cpu_core_count,ram,disk_space,virtual",
        "cmdb_ci_vm_instance": f"{_CI},vm_inst_id,bios_uuid,cpus,memory,disks_size,ip_address",
        "cmdb_ci_cluster": _CI,
        "cmdb_ci_kubernetes_cluster": _CI,
        "cmdb_ci_lb": _HARDWARE,
        "cmdb_ci_netgear": f"{_HARDWARE},device_type",
        "cmdb_ci_msd": _HARDWARE,
        "cmdb_ci_storage_volume": f"{_CI},size_bytes,free_space_bytes",
        "cmdb_ci_datacenter": _CI,
        "cmdb_ci_computer_room": _CI,
        "cmdb_ci_rack": f"{_CI},serial_number,rack_units",
        "cmdb_ci_certificate": f"{_CI},serial_number,valid_to,issuer",
        "cmdb_rel_ci": "sys_id,sys_updated_on,parent,child,type,parent.sys_class_name,child.sys_class_name",
        "problem": f"{_TASK},workaround,known_error",
        "change_request": (
            f"{_TASK},type,start_date,end_date,work_start,work_end,close_code,justification,risk_impact_analysis,backout_plan"
        ),
        "incident": (
            f"{_TASK},resolved_at,resolved_by,caller_id,category,subcategory,contact_type,close_code,reopen_count,"
            "reassignment_count,sys_mod_count,made_sla,problem_id,caused_by,parent_incident"
        ),
    }
)
"""Fields by table. A class is read with all its subclasses, each record under its own `sys_class_name`."""


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """One instance. Values are asked for as stored and as shown: stored ones are UTC and do not depend on the account's language."""

    page_records: int = 1_000
    tables: tuple[str, ...] = tuple(TABLES)
    source: str = "servicenow_cmdb"
    delta: bool = True
    joined: bool = False
    fixed_shape: bool = True

    @property
    def whole(self) -> bool:
        return set(self.tables) >= TABLES.keys()

    def page(
        self, transport: Transport, table: str, *, since: datetime | None, cursor: Cursor | None, etag: str | None
    ) -> Page:
        conditions = []
        if since is not None:
            conditions.append(f"sys_updated_on>={since:%Y-%m-%d %H:%M:%S}")
        if cursor is not None:
            conditions.append(f"sys_id>{cursor['after']}")
        params = {
            "sysparm_query": "^".join([*conditions, "ORDERBYsys_id"]),
            "sysparm_fields": TABLES[table],
            "sysparm_limit": str(self.page_records),
            "sysparm_display_value": "all",
            "sysparm_exclude_reference_link": "true",
        }
        if cursor is not None:
            params["sysparm_no_count"] = "true"
        path = f"/api/now/table/{table}"
        answer = transport.get_json(path, params)
        records = answer.body.get("result") if isinstance(answer.body, dict) else None
        if not isinstance(records, list):
            hint = "give the base URL of the instance, such as https://INSTANCE.service-now.com"
            raise BrokenAnswerError("the answer has no list `result`", where=transport.base_url + path, hint=hint)
        count = answer.headers.get("x-total-count", "")
        total = int(count) if cursor is None and count.isdecimal() else None
        if not records:
            return Page(records, None, total)
        last = max(
            (key for record in records if isinstance(record, dict) and (key := self.key(table, record))), default=""
        )
        if not last or (cursor is not None and last <= cursor["after"]):
            seen = "the page repeats records that were there before"
            raise BrokenAnswerError(seen, where=transport.base_url + path, hint="the account may not read `sys_id`")
        return Page(records, {"after": last}, total)

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        value = record.get("sys_id")
        if isinstance(value, Mapping):
            value = value.get("value")
        return value if isinstance(value, str) and value else None
