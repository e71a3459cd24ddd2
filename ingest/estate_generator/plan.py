"""How many of everything an estate of a given number of servers has."""

from __future__ import annotations

from dataclasses import dataclass

FULL_SIZE = 28_000
LEAST_SERVERS = 50


@dataclass(frozen=True, slots=True)
class EstatePlan:
    """Counts of an estate. The five classes of servers add up to `servers` exactly."""

    servers: int

    @property
    def partitions(self) -> int:
        return max(2, round(self.servers * 0.0015))

    @property
    def mainframes(self) -> int:
        """Physical frames of the mainframe, eight partitions each."""
        return -(-self.partitions // 8)

    @property
    def hypervisors(self) -> int:
        """Each runs on a physical host of its own."""
        return max(3, round(self.servers * 0.055))

    @property
    def bare_metal(self) -> int:
        return max(4, round(self.servers * 0.055))

    @property
    def virtual_machines(self) -> int:
        return self.servers - self.partitions - self.mainframes - 2 * self.hypervisors - self.bare_metal

    @property
    def kubernetes_clusters(self) -> int:
        return max(1, round(self.servers / 900))

    @property
    def kubernetes_nodes(self) -> int:
        """Virtual machines that are nodes of Kubernetes clusters."""
        return max(3 * self.kubernetes_clusters, round(self.virtual_machines * 0.012))

    @property
    def shared_machines(self) -> int:
        """Virtual machines of technology services such as DNS or monitoring."""
        return max(8, round(self.virtual_machines * 0.035))

    @property
    def spare_machines(self) -> int:
        """Virtual machines that no application uses: ordered, or retired and not yet removed."""
        return round(self.virtual_machines * 0.015)

    @property
    def dedicated_machines(self) -> int:
        """Virtual machines of applications."""
        return self.virtual_machines - self.kubernetes_nodes - self.shared_machines - self.spare_machines

    @property
    def applications(self) -> int:
        return max(3, round(self.servers / 20))

    @property
    def business_services(self) -> int:
        return max(3, round(self.applications / 6))

    @property
    def storage_devices(self) -> int:
        return max(2, round(self.servers / 400))

    def scaled(self, at_full_size: int, least: int = 1) -> int:
        """A count that is proportional to the number of servers, given for 28,000 of them."""
        return max(least, round(at_full_size * self.servers / FULL_SIZE))
