"""Storage volumes: of databases, replicated where the database is clustered, and of hypervisors."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.estate_generator.draws import Weighted, ranked
from ingest.estate_generator.instances import ServiceInstance
from ingest.estate_generator.machines import Host
from ingest.estate_generator.sites import Responsibility, Sites
from ingest.estate_generator.workshop import Workshop

_TWIN = (1, 0, 3, 2)
"""The data centre to which a volume of each data centre is replicated."""

_SIZES = Weighted(((200, 30.0), (500, 30.0), (1_000, 20.0), (2_000, 12.0), (8_000, 8.0)))


class Volumes:
    """Writes volumes on the arrays of a data centre; the first array of each carries more than its share."""

    def __init__(self, shop: Workshop, sites: Sites, responsibility: Responsibility) -> None:
        export = shop.export
        self._rng = shop.rng("volumes")
        self._arrays = [ranked(center.storage, 0.8) for center in sites.data_centers]
        self._responsibility = responsibility
        self._rows = export.nodes("StorageVolume", "name", "environment", "criticality", "status", "size_gb", "used_gb")
        self._stored_on = export.relations("STORED_ON")
        self._replicates = export.relations("REPLICATES_TO", "replication_mode")
        self._written = 0

    def of_database(self, database: str, instance: ServiceInstance, *, replicated: bool) -> None:
        """The volume of a database instance, with a copy in the other data centre of the pair where asked for."""
        volume = self._volume(instance.center, instance.environment, instance.criticality)
        self._stored_on.add("DatabaseInstance", database, "StorageVolume", volume)
        if replicated:
            copy = self._volume(_TWIN[instance.center], instance.environment, instance.criticality)
            self._replicates.add("StorageVolume", volume, "StorageVolume", copy, "synchronous")

    def of_servers(self, hosts: Sequence[Host]) -> None:
        """A volume that servers of one data centre share, replicated to the other data centre of the pair."""
        first = hosts[0]
        volume = self._volume(first.center, first.environment, first.criticality)
        copy = self._volume(_TWIN[first.center], first.environment, first.criticality)
        for host in hosts:
            self._stored_on.add(host.kind, host.key, "StorageVolume", volume)
        self._replicates.add("StorageVolume", volume, "StorageVolume", copy, "asynchronous")

    def _volume(self, center: int, environment: str, criticality: str) -> str:
        rng = self._rng
        self._written += 1
        key = f"VOL{self._written:06d}"
        size = _SIZES.draw(rng)
        used = min(size, int(size * min(0.99, rng.betavariate(5, 2.2))))
        self._rows.add(key, key, environment, criticality, "in_service", size, used)
        self._stored_on.add("StorageVolume", key, "StorageDevice", self._arrays[center].draw(rng))
        self._responsibility.owned("StorageVolume", key, "STO")
        return key
