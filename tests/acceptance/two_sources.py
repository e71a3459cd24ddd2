"""The servers of a generated estate as NetBox and ServiceNow would tell them, with differences that are known.

NetBox tells every server. ServiceNow lacks some, has some of its own, and says another amount of memory, another status, another
name or another serial number of some.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

_STATUS = {"in_service": ("active", "1"), "planned": ("planned", "5"), "in_maintenance": ("offline", "2")}


@dataclass(slots=True)
class TwoSources:
    """What was planted, by name of the server in NetBox."""

    netbox: Path
    servicenow: Path
    servers: int = 0
    missing: set[str] = field(default_factory=set)  # not in ServiceNow
    own: set[str] = field(default_factory=set)  # in ServiceNow only
    different: set[tuple[str, str]] = field(default_factory=set)  # (name, attribute) on which they disagree
    undecidable: set[str] = field(default_factory=set)  # same name, another serial number


def write_two_sources(estate: Path, out: Path, seed: int = 7) -> TwoSources:
    """Write `out/netbox/dump.json` and `out/servicenow/payload.json` from a generated estate."""
    rng = Random(seed)
    found = TwoSources(out / "netbox" / "dump.json", out / "servicenow" / "payload.json")
    devices: list[dict[str, Any]] = [
        {"model": "dcim.site", "pk": 1, "fields": {"name": "Anywhere"}},
        {"model": "dcim.devicerole", "pk": 1, "fields": {"name": "server", "slug": "server"}},
        {"model": "virtualization.cluster", "pk": 1, "fields": {"name": "all machines", "status": "active"}},
    ]
    items: list[dict[str, Any]] = []
    for number, (physical, row) in enumerate(_servers(estate), 1):
        found.servers += 1
        devices.append(_device(number, row) if physical else _machine(number, row))
        _item(number, physical, row, items, found, rng)
    for number in range(20):
        name = f"forgotten{number:03d}"
        found.own.add(name)
        items.append(_values(f"own{number}", True, {"name": name, "serial_number": f"FORGOTTEN{number:03d}"}))
    for path, content in ((found.netbox, devices), (found.servicenow, {"source_name": "discovery", "items": items})):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    return found


def _servers(estate: Path) -> Iterator[tuple[bool, dict[str, str]]]:
    for kind in ("PhysicalServer", "VirtualMachine"):
        with (estate / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["status"] in _STATUS:
                    yield kind == "PhysicalServer", row


def _device(number: int, row: dict[str, str]) -> dict[str, Any]:
    status = _STATUS[row["status"]][0]
    fields = {"name": row["name"], "serial": row["serial_number"], "status": status, "role": 1, "site": 1}
    return {"model": "dcim.device", "pk": number, "fields": fields}


def _machine(number: int, row: dict[str, str]) -> dict[str, Any]:
    memory = round(float(row["memory_gb"]) * 1024)
    fields = {"name": row["name"], "status": _STATUS[row["status"]][0], "memory": memory, "cluster": 1}
    return {"model": "virtualization.virtualmachine", "pk": number, "fields": fields}


def _item(
    number: int, physical: bool, row: dict[str, str], items: list[dict[str, Any]], found: TwoSources, rng: Random
) -> None:
    """ServiceNow's words about a server; at most one difference each."""
    name, drawn = row["name"], rng.random()
    values: dict[str, Any] = {
        "name": name,
        "operational_status": _STATUS[row["status"]][1],
        "ram": str(round(float(row["memory_gb"]) * 1024)),
    }
    if physical:
        values["serial_number"] = row["serial_number"]
    else:
        values["bios_uuid"] = row["bios_uuid"]
    if drawn < 0.03:
        found.missing.add(name)
        return
    if drawn < 0.06 and row["status"] == "in_service":
        values["operational_status"] = "2"
        found.different.add((name, "status"))
    elif drawn < 0.09 and not physical:
        values["ram"] = str(int(values["ram"]) + 1024)
        found.different.add((name, "memory_gb"))
    elif drawn < 0.12 and physical:
        values["name"] = f"{name}-old"  # its serial number still says which it is
        found.different.update({(name, "name"), (name, "hostname")})
    elif drawn < 0.14 and physical:
        values["serial_number"] = f"{row['serial_number']}X"
        found.undecidable.add(name)
    items.append(_values(f"s{number}", physical, values))


def _values(number: str, physical: bool, values: dict[str, Any]) -> dict[str, Any]:
    class_name = "cmdb_ci_linux_server" if physical else "cmdb_ci_vmware_instance"
    return {"className": class_name, "values": {"sys_id": number, **values}}
