"""Where applications run: a service instance per environment, its servers, its clusters, what it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from ingest.estate_generator.business import Application
from ingest.estate_generator.draws import Weighted, chance, ranked, shares, truth
from ingest.estate_generator.machines import Fleet, Host
from ingest.estate_generator.platforms import Platforms
from ingest.estate_generator.sites import CONFIGURATION_ITEM, Responsibility
from ingest.estate_generator.workshop import Workshop

_SHARE = {"production": 0.50, "preproduction": 0.18, "test": 0.16, "development": 0.12, "recovery": 0.04}
_PRESENT = {"production": 1.0, "preproduction": 0.75, "test": 0.7, "development": 0.6, "recovery": 0.0}
_REDUNDANT = {"vital": 0.95, "critical": 0.8, "important": 0.5, "standard": 0.15}
_SUFFIX = {"production": "PRD", "preproduction": "PPR", "test": "REC", "development": "DEV", "recovery": "SEC"}


@dataclass(slots=True)
class ServiceInstance:
    """An application in one environment, with its servers by use. `redundant`: it outlives any one of its servers."""

    key: str
    application: Application
    environment: str
    center: int
    redundant: bool
    windows: bool
    web: list[Host] = field(default_factory=list)
    app: list[Host] = field(default_factory=list)
    data: list[Host] = field(default_factory=list)
    cluster: str | None = None
    data_cluster: str | None = None
    workloads: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> list[Host]:
        return [*self.web, *self.app, *self.data]

    @property
    def criticality(self) -> str:
        """That of the application in production and recovery; elsewhere nobody waits for it."""
        return self.application.criticality if self.environment in ("production", "recovery") else "standard"


def build_instances(
    shop: Workshop,
    fleet: Fleet,
    platforms: Platforms,
    responsibility: Responsibility,
    applications: Sequence[Application],
    partitions: Sequence[Host],
    contracts: tuple[str, ...],
) -> list[ServiceInstance]:
    """Write service instances and the servers of applications; instances of production come first."""
    rng = shop.rng("instances")
    sizes = shares(shop.plan.dedicated_machines, [a.size for a in applications])
    instances: list[ServiceInstance] = []
    for a, size in zip(applications, sizes, strict=True):
        windows = chance(rng, 0.38)
        for environment, count in _split(rng, a, size):
            instance = _instance(rng, fleet, a, environment, windows=windows, size=count)
            _virtual_machines(rng, fleet, instance, count)
            instances.append(instance)
    instances.sort(key=lambda i: i.environment != "production")  # stable: production first, else by application
    _bare_metal(shop, fleet, instances, contracts)
    for instance in instances:
        _clusters(rng, fleet, instance)
    for n, partition in enumerate(partitions):
        candidates = [i for i in instances if i.environment == partition.environment] or instances
        candidates[n % min(5, len(candidates))].data.append(partition)
    _write(shop, rng, responsibility, platforms, instances)
    return instances


def _split(rng: Random, a: Application, size: int) -> list[tuple[str, int]]:
    """Servers of the application per environment, all `size` of them; production always has some."""
    environments = ["production"]
    for environment in ("recovery", "preproduction", "test", "development"):
        wanted = environment == "recovery" and a.criticality in ("vital", "critical")
        if len(environments) < size and (wanted or chance(rng, _PRESENT[environment])):
            environments.append(environment)
    counts = shares(size, [_SHARE[environment] for environment in environments])
    return list(zip(environments, counts, strict=True))


def _instance(
    rng: Random, fleet: Fleet, a: Application, environment: str, *, windows: bool, size: int
) -> ServiceInstance:
    live = environment in ("production", "recovery")
    redundant = live and size >= 4 and chance(rng, _REDUNDANT[a.criticality])
    key = f"{a.key}-{_SUFFIX[environment]}"
    return ServiceInstance(key, a, environment, fleet.center_of(environment), redundant, windows)


def _virtual_machines(rng: Random, fleet: Fleet, instance: ServiceInstance, count: int) -> None:
    data = max(2 if instance.redundant else 1, count // 5) if count > 1 else 0
    web = count // 4 if count >= 4 else 0
    a = instance.application
    for role, servers, n in (
        ("web", instance.web, web),
        ("app", instance.app, count - data - web),
        ("bdd", instance.data, data),
    ):
        for _ in range(n):
            exposed = role == "web" and a.exposed and instance.environment == "production"
            windows = instance.windows and (role != "bdd" or chance(rng, 0.6))
            servers.append(
                fleet.virtual(
                    role, instance.environment, instance.criticality, instance.center, a.perimeter,
                    windows=windows, exposed=exposed,
                )
            )  # fmt: skip


def _bare_metal(shop: Workshop, fleet: Fleet, instances: Sequence[ServiceInstance], contracts: tuple[str, ...]) -> None:
    """Physical database servers: to production by criticality, two to an instance that is redundant."""
    order = {"vital": 0, "critical": 1, "important": 2, "standard": 3}
    takers = sorted((i for i in instances if i.environment == "production"), key=lambda i: order[i.criticality])
    left = shop.plan.bare_metal
    while left:
        for instance in takers:
            for _ in range(min(left, 2 if instance.redundant else 1)):
                instance.data.append(
                    fleet.physical(instance.center, "bdd", "production", instance.criticality, contracts)
                )
                left -= 1
            if not left:
                break


def _clusters(rng: Random, fleet: Fleet, instance: ServiceInstance) -> None:
    """Clusters of a redundant instance; one in twelve has forgotten its database, a single point of failure."""
    if not instance.redundant:
        return
    front = [(host.kind, host.key) for host in (*instance.web, *instance.app)]
    if len(front) >= 2:
        instance.cluster = fleet.cluster("app", instance.environment, instance.criticality, front)
    data = [(host.kind, host.key) for host in instance.data]
    if len(data) >= 2 and not chance(rng, 1 / 12):
        instance.data_cluster = fleet.cluster("bdd", instance.environment, instance.criticality, data)


def _write(
    shop: Workshop,
    rng: Random,
    responsibility: Responsibility,
    platforms: Platforms,
    instances: Sequence[ServiceInstance],
) -> None:
    export = shop.export
    rows = export.nodes("ServiceInstance", *CONFIGURATION_ITEM, "internet_exposed")
    realises, runs_on = export.relations("REALISES"), export.relations("RUNS_ON")
    depends, through = export.relations("DEPENDS_ON", "criticality"), export.relations("CONNECTED_THROUGH")
    fails_over = export.relations("FAILS_OVER_TO")
    technology = ranked(platforms.technology, 0.8)
    workloads = Weighted((workload, 1.0) for workload in platforms.workloads)
    by_place = {(i.application.rank, i.environment): i for i in instances}
    for i in instances:
        a = i.application
        exposed = a.exposed and i.environment == "production"
        commissioned = min(host.commissioned_on for host in i.hosts)
        rows.add(
            i.key, f"{a.name} {_SUFFIX[i.environment]}", i.environment, i.criticality, "in_service", commissioned, None, None,
            truth(exposed),
        )  # fmt: skip
        realises.add("ServiceInstance", i.key, "BusinessApplication", a.key)
        responsibility.owned("ServiceInstance", i.key, a.team)
        responsibility.in_perimeter("ServiceInstance", i.key, a.perimeter)
        for host in i.hosts:
            runs_on.add("ServiceInstance", i.key, host.kind, host.key)
        if chance(rng, 0.12):
            i.workloads = list(dict.fromkeys(workloads.draw(rng) for _ in range(1 + int(rng.random() * 2))))
            for workload in i.workloads:
                runs_on.add("ServiceInstance", i.key, "KubernetesWorkload", workload)
        for rank in a.depends_on:
            other = by_place.get((rank, i.environment))
            if other is not None and (i.environment == "production" or chance(rng, 0.5)):
                depends.add("ServiceInstance", i.key, "ServiceInstance", other.key, i.criticality)
        live = i.environment == "production"
        for service in dict.fromkeys(technology.draw(rng) for _ in range(1 + int(rng.random() * (2 if live else 1)))):
            depends.add("ServiceInstance", i.key, "TechnologyService", service, i.criticality)
        if i.redundant and platforms.load_balancers[i.center]:
            through.add("ServiceInstance", i.key, "LoadBalancer", rng.choice(platforms.load_balancers[i.center]))
        recovery = by_place.get((a.rank, "recovery"))
        if live and recovery is not None:
            fails_over.add("ServiceInstance", i.key, "ServiceInstance", recovery.key)
