"""The finished configuration items, as the writers of operations records see them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ingest.estate_generator.business import Application, BusinessService
from ingest.estate_generator.draws import Weighted, ranked
from ingest.estate_generator.instances import ServiceInstance
from ingest.estate_generator.machines import Host
from ingest.estate_generator.organisation import Organisation
from ingest.estate_generator.software import Software
from ingest.estate_generator.vocabulary import TECHNOLOGY_SERVICES
from ingest.estate_generator.workshop import Ref


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything that records may be about."""

    organisation: Organisation
    software: Software
    devices: tuple[Ref, ...]
    sites: tuple[str, ...]
    technology: tuple[str, ...]
    applications: tuple[Application, ...]
    services: tuple[BusinessService, ...]
    instances: tuple[ServiceInstance, ...]
    hosts: tuple[Host, ...]
    databases: tuple[str, ...]
    components: tuple[Ref, ...]

    @property
    def live_hosts(self) -> list[Host]:
        """Servers that are there: neither ordered nor gone."""
        return [host for host in self.hosts if host.status not in ("planned", "decommissioned")]


@dataclass(frozen=True, slots=True)
class Target:
    """A configuration item that a record is about, and the team that looks after it."""

    kind: str
    key: str
    team: str


class Targets:
    """Draws what incidents and changes are about: a few items come back again and again."""

    def __init__(self, estate: Estate) -> None:
        teams = {f"TEC-{letters.upper()}": team for _, letters, team in TECHNOLOGY_SERVICES}
        instances = [Target("ServiceInstance", i.key, i.application.team) for i in estate.instances]
        applications = [Target("BusinessApplication", a.key, a.team) for a in estate.applications]
        hosts = [Target(h.kind, h.key, h.team) for h in estate.live_hosts]
        Random(len(hosts)).shuffle(hosts)
        others = {"MessageQueue": "MDW", "BatchJob": "ORD", "Api": "MDW"}
        classes: list[tuple[list[Target], float, float]] = [  # items, exponent of the skew, weight of the class
            (instances, 0.55, 35.0),
            (applications, 0.6, 14.0),
            (hosts, 0.3, 31.0),
            ([Target("DatabaseInstance", key, "DBA") for key in estate.databases], 0.4, 9.0),
            ([Target(ref.kind, ref.key, "NET") for ref in estate.devices], 0.5, 4.0),
            ([Target("TechnologyService", key, teams[key]) for key in estate.technology], 0.8, 3.0),
            ([Target(ref.kind, ref.key, others[ref.kind]) for ref in estate.components], 0.2, 4.0),
        ]
        self._classes = Weighted((ranked(items, exponent), weight) for items, exponent, weight in classes if items)

    def draw(self, rng: Random) -> Target:
        return self._classes.draw(rng).draw(rng)
