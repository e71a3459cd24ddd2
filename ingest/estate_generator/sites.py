"""Where the estate stands: sites, data centres, racks, and the network and storage devices in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from ingest.estate_generator.draws import day_between, shares
from ingest.estate_generator.export import Table
from ingest.estate_generator.software import Software, version_key
from ingest.estate_generator.vocabulary import SITES
from ingest.estate_generator.workshop import Ref, Workshop

RACK_PLACES = 20
"""Machines of a rack."""

CONFIGURATION_ITEM = ("name", "environment", "criticality", "status", "commissioned_on", "yearly_cost", "currency")
"""Attributes that the tables of most configuration items start with."""

_SHARE = (0.27, 0.33, 0.17, 0.23)
"""Machines of each data centre: the production pair, recovery, and everything else."""


@dataclass(slots=True)
class DataCenter:
    """A data centre: three letters for host names, what stands in it, and the places left in its racks."""

    key: str
    letters: str
    racks: list[str] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)
    storage: list[str] = field(default_factory=list)
    placed: int = 0

    def next_place(self) -> tuple[str, str, int]:
        """A free place: rack, the switch on top of it, position in the rack. Racks fill one after another."""
        index, position = divmod(self.placed, RACK_PLACES)
        self.placed += 1
        index %= len(self.racks)
        return self.racks[index], self.switches[index], position * 2 + 1


@dataclass(frozen=True, slots=True)
class Sites:
    """Data centres in order: 0 and 1 are the production pair, 2 is for recovery, 3 for the rest."""

    data_centers: tuple[DataCenter, ...]
    devices: tuple[Ref, ...]
    sites: tuple[str, ...]


class Responsibility:
    """Writes who owns a configuration item and in which perimeter it is."""

    def __init__(self, shop: Workshop) -> None:
        self._owned = shop.export.relations("OWNED_BY")
        self._perimeter = shop.export.relations("IN_PERIMETER")

    def owned(self, kind: str, key: str, team: str) -> None:
        self._owned.add(kind, key, "Team", team)

    def in_perimeter(self, kind: str, key: str, perimeter: str) -> None:
        self._perimeter.add(kind, key, "Perimeter", perimeter)


def machines_per_data_center(total: int) -> list[int]:
    """How many of `total` machines stand in each of the four data centres."""
    return shares(total, _SHARE, least=0)


def build_sites(shop: Workshop, software: Software, entity: str) -> Sites:
    """Write the nine sites and everything fixed in the four data centres; `entity` holds the sites."""
    rng = shop.rng("sites")
    export = shop.export
    sites, belongs_to = export.nodes("Site", "name", "city", "country", "kind"), export.relations("BELONGS_TO")
    rows = export.nodes("DataCenter", *CONFIGURATION_ITEM)
    located_in, fails_over_to = export.relations("LOCATED_IN", "rack_position"), export.relations("FAILS_OVER_TO")
    responsibility = Responsibility(shop)
    centers: list[DataCenter] = []
    for city, letters, kind, count in SITES:
        site = f"SIT-{letters.upper()}"
        sites.add(site, f"Site de {city}", city, "France", kind)
        belongs_to.add("Site", site, "Entity", entity)
        for n in range(count):
            key = f"DC-{letters.upper()}{n + 1}"
            opened = day_between(rng, date(2006, 1, 1), date(2016, 12, 31))
            rows.add(key, f"Centre de données {city} {n + 1}", None, "vital", "in_service", opened, None, None)
            located_in.add("DataCenter", key, "Site", site, None)
            responsibility.owned("DataCenter", key, "NET")
            centers.append(DataCenter(key, f"{letters}{n + 1}"))
    for one, other in ((0, 1), (1, 0), (2, 0), (3, 2)):
        fails_over_to.add("DataCenter", centers[one].key, "DataCenter", centers[other].key)
    devices = _devices(shop, rng, software, centers, responsibility, located_in)
    _storage(shop, rng, centers, responsibility, located_in)
    return Sites(tuple(centers), tuple(devices), tuple(f"SIT-{letters.upper()}" for _, letters, _, _ in SITES))


def _devices(
    shop: Workshop,
    rng: Random,
    software: Software,
    centers: list[DataCenter],
    responsibility: Responsibility,
    located_in: Table,
) -> list[Ref]:
    """Racks with a switch each, two distribution switches, two core routers and two firewalls per data centre."""
    export = shop.export
    racks = export.nodes("Rack", "name", "status", "height_units")
    rows = export.nodes("NetworkDevice", *CONFIGURATION_ITEM, "serial_number", "manufacturer", "model", "role")
    through, runs = export.relations("CONNECTED_THROUGH"), export.relations("RUNS_VERSION", "installed_on")
    firmware = software.choice("fortios")
    physical = shop.plan.mainframes + shop.plan.hypervisors + shop.plan.bare_metal
    written: list[Ref] = []

    def device(center: DataCenter, letters: str, number: int, role: str, model: str, criticality: str) -> str:
        key = f"{center.letters}{letters}{number:03d}"
        commissioned = day_between(rng, shop.days_ago(3300), shop.days_ago(200))
        cost = rng.randrange(80_000, 900_000, 1_000)
        rows.add(
            key, key, "production", criticality, "in_service", commissioned, cost, "EUR", f"SN{rng.getrandbits(36):09X}",
            "Constructeur Capella", model, role,
        )  # fmt: skip
        responsibility.owned("NetworkDevice", key, "NET")
        written.append(Ref("NetworkDevice", key))
        return key

    for center, machines in zip(centers, machines_per_data_center(physical), strict=True):
        cores = [device(center, "cor", n, "core", "CR-9500", "vital") for n in (1, 2)]
        distribution = [device(center, "dis", n, "distribution", "CS-7300", "critical") for n in (1, 2)]
        firewalls = [device(center, "fwl", n, "firewall", "CF-2200", "vital") for n in (1, 2)]
        for key in (*cores, *distribution, *firewalls):
            located_in.add("NetworkDevice", key, "DataCenter", center.key, None)
        for key in firewalls:
            version = firmware.draw(rng)
            runs.add("NetworkDevice", key, "SoftwareVersion", version_key(version), None)
            through.add("NetworkDevice", key, "NetworkDevice", cores[0])
        for upper, lower in ((cores[0], distribution[0]), (cores[1], distribution[1]), (cores[0], distribution[1])):
            through.add("NetworkDevice", lower, "NetworkDevice", upper)
        for n in range(1, -(-machines // RACK_PLACES) + 2):
            rack = f"{center.key}-R{n:03d}"
            racks.add(rack, rack, "in_service", 42)
            located_in.add("Rack", rack, "DataCenter", center.key, None)
            responsibility.owned("Rack", rack, "NET")
            switch = device(center, "swt", n, "access", "CA-3100", "important")
            located_in.add("NetworkDevice", switch, "Rack", rack, 42)
            through.add("NetworkDevice", switch, "NetworkDevice", distribution[n % 2])
            center.racks.append(rack)
            center.switches.append(switch)
    return written


def _storage(
    shop: Workshop, rng: Random, centers: list[DataCenter], responsibility: Responsibility, located_in: Table
) -> None:
    """Storage arrays, at least one per data centre."""
    rows = shop.export.nodes("StorageDevice", *CONFIGURATION_ITEM, "serial_number", "manufacturer", "model", "size_gb")
    total = max(len(centers), shop.plan.storage_devices)
    for center, count in zip(centers, shares(total, _SHARE), strict=True):
        for n in range(1, count + 1):
            key = f"{center.letters}bay{n:03d}"
            commissioned = day_between(rng, shop.days_ago(2600), shop.days_ago(120))
            size = rng.choice((200_000, 400_000, 800_000))
            rows.add(
                key, key, "production", "vital" if n == 1 else "critical", "in_service", commissioned, size * 12, "EUR",
                f"SN{rng.getrandbits(36):09X}", "Constructeur Bellatrix", rng.choice(("BX-500", "BX-700", "BX-900")), size,
            )  # fmt: skip
            located_in.add("StorageDevice", key, "DataCenter", center.key, None)
            responsibility.owned("StorageDevice", key, "STO")
            center.storage.append(key)
