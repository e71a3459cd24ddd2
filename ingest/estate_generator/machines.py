"""The five classes of servers: hosts, hypervisors in clusters, bare metal, mainframe partitions, virtual machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ingest.estate_generator.addresses import Addressing
from ingest.estate_generator.draws import Weighted, chance, day_between, months_before, stamp, truth
from ingest.estate_generator.facts import SupportedVersion
from ingest.estate_generator.sites import Responsibility, Sites, machines_per_data_center
from ingest.estate_generator.software import Software, installed_on, version_key
from ingest.estate_generator.workshop import Workshop

CLUSTER_SIZE = 8
_LETTER = {"production": "p", "preproduction": "q", "test": "r", "development": "d", "recovery": "s"}
_DATA_CENTER = {  # environment -> index of a data centre, by weight
    "production": Weighted(((0, 50.0), (1, 50.0))),
    "preproduction": Weighted(((1, 55.0), (3, 45.0))),
    "test": Weighted(((3, 60.0), (2, 40.0))),
    "development": Weighted(((3, 65.0), (2, 35.0))),
    "recovery": Weighted(((2, 100.0),)),
}
_SERVER = (
    "name", "environment", "criticality", "status", "commissioned_on", "decommissioned_on", "yearly_cost", "currency",
    "internet_exposed", "hostname", "fqdn", "serial_number", "manufacturer", "model", "role", "cpu_cores", "memory_gb",
    "disk_gb", "os_family", "ip_address", "last_restart", "last_patch",
)  # fmt: skip
_STATUS = Weighted((("in_service", 95.0), ("in_maintenance", 2.0), ("in_decommissioning", 3.0)))
_CORES = Weighted(((2, 34.0), (4, 38.0), (8, 20.0), (16, 6.0), (32, 2.0)))
_PHYSICAL_CORES = Weighted(((16, 20.0), (32, 45.0), (48, 20.0), (64, 15.0)))
_MODELS = Weighted((("AX-220", 40.0), ("AX-240", 35.0), ("AX-410", 15.0), ("AX-640", 10.0)))
_TEAM = {"linux": "LNX", "windows": "WIN", "aix": "LNX", "zos": "MVS", "other": "VIR"}


@dataclass(frozen=True, slots=True)
class Host:
    """A server that something may run on. `center` is the index of its data centre."""

    kind: str
    key: str
    environment: str
    criticality: str
    center: int
    os_family: str
    version: SupportedVersion | None
    team: str
    status: str
    commissioned_on: date


class Fleet:
    """Builds servers one by one. `hosts` is every one of them in order of creation."""

    def __init__(
        self, shop: Workshop, software: Software, sites: Sites, responsibility: Responsibility, infrastructure: str
    ) -> None:
        export = shop.export
        self._shop = shop
        self._rng = shop.rng("machines")
        self._centers = sites.data_centers
        self._responsibility = responsibility
        self._infrastructure = infrastructure
        self._addressing = Addressing(shop, shop.rng("addresses"), len(sites.data_centers))
        self._tables = {
            kind: export.nodes(kind, *_SERVER) for kind in ("PhysicalServer", "Hypervisor", "MainframePartition")
        }
        self._virtual = export.nodes("VirtualMachine", *_SERVER, "bios_uuid")
        self._clusters = export.nodes(
            "Cluster", "name", "environment", "criticality", "status", "commissioned_on", "quorum"
        )
        self._member_of = export.relations("MEMBER_OF", "role")
        self._hosted_on = export.relations("HOSTED_ON")
        self._located_in = export.relations("LOCATED_IN", "rack_position")
        self._through = export.relations("CONNECTED_THROUGH")
        self._runs = export.relations("RUNS_VERSION", "installed_on")
        self._covered = export.relations("COVERED_BY")
        self._linux, self._windows = software.linux(), software.choice("windows-server")
        self._aix, self._esx = software.choice("ibm-aix"), software.choice("vmware-esxi")
        self._bare = Weighted(((self._linux, 6.0), (self._windows, 2.0), (self._aix, 2.0)))
        self._numbers: dict[str, int] = {}
        self._clustered = 0
        self.hosts: list[Host] = []
        self.clusters: list[str] = []
        self._hypervisors: list[list[str]] = [[] for _ in self._centers]
        self._turn = [0] * len(self._centers)

    def build_hypervisors(self, contracts: tuple[str, ...]) -> None:
        """Hypervisors on hosts of their own, clustered by eight; a few stand alone, which nothing protects."""
        for index, count in enumerate(machines_per_data_center(self._shop.plan.hypervisors)):
            members: list[tuple[str, str]] = []
            for n in range(count):
                frame = self.physical(index, "phy", "production", "critical", contracts, os_family="other")
                version = self._esx.draw(self._rng)
                host = self._server(
                    "Hypervisor", "esx", index, "production", "critical", "other", version, "hypervisor"
                )
                self._hosted_on.add("Hypervisor", host.key, "PhysicalServer", frame.key)
                self._hypervisors[index].append(host.key)
                members += [("Hypervisor", host.key), ("PhysicalServer", frame.key)]
                if len(members) == 2 * CLUSTER_SIZE or n == count - 1:
                    if len(members) >= 4 and not chance(self._rng, 0.04):
                        self.cluster("esx", "production", "critical", members)
                    members = []

    def build_mainframes(self, contracts: tuple[str, ...]) -> list[Host]:
        """Frames of the mainframe and their partitions."""
        plan = self._shop.plan
        frames = [
            self.physical(n % 2, "mvs", "production", "vital", contracts, os_family="zos")
            for n in range(plan.mainframes)
        ]
        partitions = []
        for n in range(plan.partitions):
            frame = frames[n % len(frames)]
            linux = n % 4 == 3
            version = self._linux.draw(self._rng) if linux else None
            family = "linux" if linux else "zos"
            environment = "production" if n % 2 == 0 else "test"
            criticality = "vital" if environment == "production" else "standard"
            lpar = self._server(
                "MainframePartition", "lpa", frame.center, environment, criticality, family, version, "lpar"
            )
            self._hosted_on.add("MainframePartition", lpar.key, "PhysicalServer", frame.key)
            partitions.append(lpar)
        for environment, criticality in (("production", "vital"), ("test", "standard")):
            members = [(lpar.kind, lpar.key) for lpar in partitions if lpar.environment == environment]
            if len(members) >= 2:
                self.cluster("plx", environment, criticality, members)
        return partitions

    def build_spares(self, perimeter: str) -> None:
        """Virtual machines that nothing runs on: ordered ones, and retired ones that are still in the inventory."""
        for n in range(self._shop.plan.spare_machines):
            status = "planned" if n % 3 == 0 else "decommissioned"
            environment = "production" if n % 2 else "test"
            center = self.center_of(environment)
            self.virtual("gen", environment, "standard", center, perimeter, windows=n % 4 == 1, status=status)

    def physical(
        self,
        center: int,
        role: str,
        environment: str,
        criticality: str,
        contracts: tuple[str, ...],
        os_family: str | None = None,
    ) -> Host:
        """A physical server in a rack; with an operating system of its own where `os_family` is None."""
        version = None
        if os_family is None:
            version = self._bare.draw(self._rng).draw(self._rng)
            os_family = _family(version)
        host = self._server("PhysicalServer", role, center, environment, criticality, os_family, version, role)
        rack, switch, position = self._centers[center].next_place()
        self._located_in.add("PhysicalServer", host.key, "Rack", rack, position)
        self._through.add("PhysicalServer", host.key, "NetworkDevice", switch)
        if chance(self._rng, 0.9):
            self._covered.add("PhysicalServer", host.key, "Contract", self._rng.choice(contracts))
        return host

    def center_of(self, environment: str) -> int:
        """The data centre (index) of something in that environment."""
        return _DATA_CENTER[environment].draw(self._rng)

    def virtual(
        self,
        role: str,
        environment: str,
        criticality: str,
        center: int,
        perimeter: str,
        *,
        windows: bool,
        exposed: bool = False,
        status: str | None = None,
    ) -> Host:
        """A virtual machine on the next hypervisor of the data centre; neighbours in time never share one."""
        version = (self._windows if windows else self._linux).draw(self._rng)
        family = _family(version)
        host = self._server(
            "VirtualMachine", role, center, environment, criticality, family, version, role, perimeter, exposed, status
        )
        hypervisors = self._hypervisors[center] or next(keys for keys in self._hypervisors if keys)
        turn = self._turn[center]
        self._turn[center] += 1
        self._hosted_on.add("VirtualMachine", host.key, "Hypervisor", hypervisors[turn % len(hypervisors)])
        return host

    def cluster(self, letters: str, environment: str, criticality: str, members: list[tuple[str, str]]) -> str:
        """A cluster of these members (kind, key); a majority of them is its quorum."""
        self._clustered += 1
        key = f"clu{letters}{self._clustered:05d}"
        commissioned = day_between(self._rng, self._shop.days_ago(2200), self._shop.days_ago(30))
        self._clusters.add(key, key, environment, criticality, "in_service", commissioned, len(members) // 2 + 1)
        self._responsibility.owned("Cluster", key, "VIR")
        for n, (kind, member) in enumerate(members):
            self._member_of.add(kind, member, "Cluster", key, "active" if n == 0 or letters != "bdd" else "passive")
        self.clusters.append(key)
        return key

    def _server(
        self,
        kind: str,
        role: str,
        center: int,
        environment: str,
        criticality: str,
        os_family: str,
        version: SupportedVersion | None,
        use: str,
        perimeter: str | None = None,
        exposed: bool = False,
        status: str | None = None,
    ) -> Host:
        rng, shop = self._rng, self._shop
        virtual = kind == "VirtualMachine"
        prefix = f"{self._centers[center].letters}{_LETTER[environment]}{role}"
        number = self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        key = f"{prefix}{number:04d}"
        fqdn = f"{key}.{environment}.aurance.example"
        status = status or _STATUS.draw(rng)
        if version is not None:
            commissioned = installed_on(shop, rng.random(), version)
        else:
            commissioned = day_between(rng, shop.days_ago(2900), shop.days_ago(40))
        retired = (
            day_between(rng, max(commissioned, shop.days_ago(400)), shop.days_ago(5))
            if status == "decommissioned"
            else None
        )
        cores = (_CORES if virtual else _PHYSICAL_CORES).draw(rng)
        memory = cores * rng.choice((4, 4, 8)) if virtual else cores * 12
        cost = cores * 18_000 + memory * 900 if virtual else cores * 21_000 + 150_000
        address = self._addressing.next_address(center, environment)
        restart, patch = self._restarts(os_family, status, commissioned)
        cells = (
            key, key, environment, criticality, status, None if status == "planned" else commissioned, retired, cost, "EUR",
            truth(exposed), key, fqdn,
            None if kind in ("VirtualMachine", "Hypervisor") else f"SN{rng.getrandbits(40):010X}",
            None if virtual else "Constructeur Altaïr", None if virtual else _MODELS.draw(rng), use, cores, memory,
            rng.choice((60, 80, 120, 250, 500)) if virtual else rng.choice((1_200, 2_400, 4_800)),
            os_family, address, stamp(restart), stamp(patch),
        )  # fmt: skip
        if virtual:
            bits = f"{rng.getrandbits(128):032x}"
            self._virtual.add(*cells, f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}")
        else:
            self._tables[kind].add(*cells)
        if version is not None:
            self._runs.add(kind, key, "SoftwareVersion", version_key(version), commissioned)
        team = "VIR" if kind == "Hypervisor" else _TEAM[os_family]
        self._responsibility.owned(kind, key, team)
        self._responsibility.in_perimeter(kind, key, perimeter or self._infrastructure)
        seen = {"vital": 1.0, "critical": 0.35}.get(criticality, 0.0) if environment == "production" else 0.0
        if not virtual or chance(rng, seen):
            self._addressing.discovered(kind, key, fqdn, address, 1_000 if virtual else 10_000)
        host = Host(kind, key, environment, criticality, center, os_family, version, team, status, commissioned)
        self.hosts.append(host)
        return host

    def _restarts(self, os_family: str, status: str, commissioned: date) -> tuple[datetime | None, datetime | None]:
        """Last restart and last patch. Most follow the monthly patching; some servers are forgotten, a few unknown."""
        rng, today = self._rng, self._shop.today
        if os_family == "other" or status == "planned" or chance(rng, 0.015):
            return None, None
        draw = rng.random()
        if draw < 0.004:
            day = months_before(today, 3)  # exactly three months ago: not yet more than three months
        elif draw < 0.89:
            day = self._shop.days_ago(1 + int(rng.random() * 75))
        elif draw < 0.98:
            day = self._shop.days_ago(93 + int(rng.random() * 300))
        else:
            day = self._shop.days_ago(400 + int(rng.random() * 900))
        restart = datetime.combine(max(day, commissioned), time(int(rng.random() * 6), int(rng.random() * 60)))
        patched = restart.date() - timedelta(days=int(rng.random() * 40) if chance(rng, 0.15) else 0)
        return restart, datetime.combine(max(patched, commissioned), time(1, int(rng.random() * 60)))


def _family(version: SupportedVersion) -> str:
    return {"windows-server": "windows", "ibm-aix": "aix"}.get(version.slug, "linux")
