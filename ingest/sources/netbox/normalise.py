"""NetBox objects joined with what they refer to, and what NetBox computes when asked: parent prefixes and cable ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import Any

from ingest.assertion import Place
from ingest.sources.contract import Record

REFERENCES: Mapping[str, Mapping[str, str]] = {
    "dcim.site": {"region": "dcim.region", "tenant": "tenancy.tenant"},
    "dcim.location": {"site": "dcim.site", "parent": "dcim.location"},
    "dcim.rack": {"site": "dcim.site", "location": "dcim.location", "tenant": "tenancy.tenant"},
    "dcim.device": {
        "device_type": "dcim.devicetype",
        "role": "dcim.devicerole",
        "device_role": "dcim.devicerole",  # its name before NetBox 3.6
        "platform": "dcim.platform",
        "site": "dcim.site",
        "rack": "dcim.rack",
        "tenant": "tenancy.tenant",
        "primary_ip4": "ipam.ipaddress",
        "primary_ip6": "ipam.ipaddress",
    },
    "dcim.devicetype": {"manufacturer": "dcim.manufacturer"},
    "dcim.interface": {"device": "dcim.device"},
    "virtualization.vminterface": {"virtual_machine": "virtualization.virtualmachine"},
    "virtualization.virtualmachine": {
        "cluster": "virtualization.cluster",
        "platform": "dcim.platform",
        "role": "dcim.devicerole",
        "tenant": "tenancy.tenant",
        "site": "dcim.site",
        "primary_ip4": "ipam.ipaddress",
        "primary_ip6": "ipam.ipaddress",
    },
    "virtualization.cluster": {
        "type": "virtualization.clustertype",
        "group": "virtualization.clustergroup",
        "site": "dcim.site",
        "tenant": "tenancy.tenant",
    },
    "ipam.prefix": {"site": "dcim.site", "vlan": "ipam.vlan", "tenant": "tenancy.tenant", "role": "ipam.role"},
    "ipam.ipaddress": {"tenant": "tenancy.tenant"},
    "ipam.vlan": {"site": "dcim.site", "tenant": "tenancy.tenant", "role": "ipam.role"},
    "circuits.circuit": {"provider": "circuits.provider", "type": "circuits.circuittype", "tenant": "tenancy.tenant"},
    "circuits.circuittermination": {"circuit": "circuits.circuit", "site": "dcim.site"},
    "tenancy.tenant": {"group": "tenancy.tenantgroup"},
}
_TIERS = ("access-switch", "tor-switch", "distribution-switch", "core-switch", "router")
"""From the edge to the core: a device depends on the one nearer to the core. Access and top-of-rack switches are peers."""

_Network = IPv4Network | IPv6Network


class Inventory:
    """All objects of an export. Referred objects appear in place of their number, with it as `pk`, one level deep and deeper
    where they refer in turn."""

    def __init__(
        self,
        objects: list[tuple[Place, str, Any, dict[str, Any]]],
        briefs: Mapping[tuple[str, Any], dict[str, Any]] | None = None,
    ) -> None:
        self._objects = objects
        self._by_key: dict[tuple[str, Any], dict[str, Any]] = {}
        for _, model, pk, fields in objects:
            self._by_key.setdefault((model, pk), {**fields, "pk": pk})
        for (model, pk), fields in (briefs or {}).items():  # what references say of objects that are not there
            self._by_key.setdefault((model, pk), {**fields, "pk": pk})
        for (model, _), fields in self._by_key.items():
            self._joined(model, fields)
        self._prefixes = self._networks()

    def records(self) -> Iterator[Record]:
        """One record per object, then one per connection that cables make."""
        told: set[tuple[str, Any]] = set()
        for place, model, pk, raw in self._objects:
            again = (model, pk) in told  # a second object of the same number is told as it came: the loader compares
            told.add((model, pk))
            fields = self._joined(model, {**raw, "pk": pk}) if again else self._by_key[(model, pk)]
            yield Record(model, place, self._extended(model, fields))
        yield from self._connections()

    def _joined(self, model: str, fields: dict[str, Any]) -> dict[str, Any]:
        for name, target in REFERENCES.get(model, {}).items():
            if isinstance(fields.get(name), int | str):
                fields[name] = self._by_key.get((target, fields[name]), {"pk": fields[name]})
        if "role" not in fields and "device_role" in fields:
            fields["role"] = fields["device_role"]
        return fields

    def _extended(self, model: str, fields: dict[str, Any]) -> dict[str, Any]:
        if model == "ipam.prefix":
            return {**fields, "parent": self._parent(_around(_network(fields.get("prefix"))), fields.get("vrf"))}
        if model == "ipam.ipaddress":
            assigned = fields.get("assigned_object_type")
            holder = ".".join(assigned) if isinstance(assigned, list) else None
            parent = self._parent(_host(fields.get("address")), fields.get("vrf"))
            return {**fields, "assigned_model": holder, "parent": parent}
        return fields

    # --- prefixes --------------------------------------------------------------------------------------------------

    def _networks(self) -> dict[Any, dict[_Network, Any]]:
        """Prefixes by routing table: of two equal ones in a table, the first counts."""
        found: dict[Any, dict[_Network, Any]] = {}
        for (model, pk), fields in self._by_key.items():
            network = _network(fields.get("prefix")) if model == "ipam.prefix" else None
            if network is not None:
                found.setdefault(fields.get("vrf"), {}).setdefault(network, pk)
        return found

    def _parent(self, inside: _Network | None, vrf: Any) -> Any:
        """The longest prefix of the same routing table that contains the network, itself included."""
        table = self._prefixes.get(vrf)
        while inside is not None and table:
            if inside in table:
                return table[inside]
            inside = inside.supernet() if inside.prefixlen else None
        return None

    # --- cables ----------------------------------------------------------------------------------------------------

    def _connections(self) -> Iterator[Record]:
        """What each cable joins, once per pair: a device and the device nearer to the core, or a device and a circuit.

        Devices of the same tier are peers: which depends on which is not said, so they are counted as unmapped.
        """
        ends: dict[Any, list[tuple[Place, str, Any]]] = {}
        for place, model, _, fields in self._objects:
            kind = fields.get("termination_type")
            if model == "dcim.cabletermination" and isinstance(kind, list):
                ends.setdefault(fields.get("cable"), []).append((place, ".".join(kind), fields.get("termination_id")))
        told: set[tuple[Any, Any, Any]] = set()
        for terminations in ends.values():
            if len(terminations) != 2:
                continue
            record = self._connection(terminations)
            if record is None:
                continue
            pair = (record.type, record.fields["device"]["pk"], record.fields["through"]["pk"])
            if pair not in told:
                told.add(pair)
                yield record

    def _connection(self, terminations: list[tuple[Place, str, Any]]) -> Record | None:
        place = terminations[0][0]
        devices = [d for _, kind, pk in terminations if kind == "dcim.interface" and (d := self._device_of(pk))]
        circuits = [
            c for _, kind, pk in terminations if kind.endswith("circuittermination") and (c := self._circuit_of(pk))
        ]
        if len(devices) == 1 and len(circuits) == 1:
            return Record("connection.circuit", place, {"device": devices[0], "through": circuits[0]})
        if len(devices) != 2 or devices[0]["pk"] == devices[1]["pk"]:
            return None
        edge, core = sorted(devices, key=_tier)
        type_ = "connection.device" if _tier(edge) < _tier(core) else "connection.peers"
        return Record(type_, place, {"device": edge, "through": core})

    def _device_of(self, interface: Any) -> dict[str, Any] | None:
        fields = self._by_key.get(("dcim.interface", interface), {})
        device = fields.get("device")
        return device if isinstance(device, dict) else None

    def _circuit_of(self, termination: Any) -> dict[str, Any] | None:
        circuit = self._by_key.get(("circuits.circuittermination", termination), {}).get("circuit")
        return circuit if isinstance(circuit, dict) else None


def _tier(device: dict[str, Any]) -> int:
    """How near to the core a device is; servers and unknown roles are at the edge."""
    role = device.get("role")
    slug = role.get("slug") if isinstance(role, dict) else None
    return max(1, _TIERS.index(slug)) if slug in _TIERS else 0


def _network(text: Any) -> _Network | None:
    """The network that a prefix is; None where it is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _host(text: Any) -> _Network | None:
    """The network of one address that an address with its mask is."""
    try:
        return ip_network(ip_interface(text).ip)
    except ValueError:
        return None


def _around(network: _Network | None) -> _Network | None:
    """The next larger network."""
    return network.supernet() if network is not None and network.prefixlen else None
