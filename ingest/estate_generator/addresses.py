"""Private addresses: a block of 10.0.0.0/8 per data centre and environment, cut into /24 prefixes."""

from __future__ import annotations

from random import Random

from ingest.estate_generator.workshop import Workshop

ENVIRONMENTS = ("production", "preproduction", "test", "development", "recovery")
_HOSTS = 254
_PREFIXES = 256


class Addressing:
    """Gives out addresses one after another, and writes interfaces and addresses of machines that discovery has seen."""

    def __init__(self, shop: Workshop, rng: Random, data_centers: int) -> None:
        export = shop.export
        self._rng = rng
        self._blocks = data_centers * len(ENVIRONMENTS)
        self._used = [0] * self._blocks
        self._prefixes = export.nodes("NetworkPrefix", "name", "prefix", "environment", "status")
        self._interfaces = export.nodes("NetworkInterface", "name", "mac_address", "speed_mbps", "enabled")
        self._addresses = export.nodes("IpAddress", "name", "address", "dns_name")
        self._has_interface = export.relations("HAS_INTERFACE")
        self._has_address = export.relations("HAS_ADDRESS")
        self._in_prefix = export.relations("IN_PREFIX")
        self._owned = export.relations("OWNED_BY")

    def next_address(self, data_center: int, environment: str) -> str:
        """A free address of that data centre (index) and environment."""
        block = data_center * len(ENVIRONMENTS) + ENVIRONMENTS.index(environment)
        number = self._used[block]
        self._used[block] += 1
        prefix, host = divmod(number, _HOSTS)
        turn, third = divmod(prefix, _PREFIXES)
        second = block + turn * self._blocks
        if host == 0:
            text = f"10.{second}.{third}.0/24"
            self._prefixes.add(text, text, text, environment, "in_service")
            self._owned.add("NetworkPrefix", text, "Team", "NET")
        return f"10.{second}.{third}.{host + 1}"

    def discovered(self, kind: str, key: str, fqdn: str, address: str, speed_mbps: int) -> None:
        """Write the interface of a machine with its address."""
        interface = f"{key}/eth0"
        bits = self._rng.getrandbits(24)
        mac = f"02:42:ac:{bits >> 16:02x}:{bits >> 8 & 255:02x}:{bits & 255:02x}"
        self._interfaces.add(interface, interface, mac, speed_mbps, "true")
        self._has_interface.add(kind, key, "NetworkInterface", interface)
        self._addresses.add(address, address, address, fqdn)
        self._has_address.add("NetworkInterface", interface, "IpAddress", address)
        self._in_prefix.add("IpAddress", address, "NetworkPrefix", address[: address.rindex(".")] + ".0/24")
