"""What applications share: technology services with their servers, load balancers, Kubernetes, cloud accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.estate_generator.draws import Weighted, chance, day_between, shares
from ingest.estate_generator.machines import Fleet
from ingest.estate_generator.sites import CONFIGURATION_ITEM, Responsibility, Sites
from ingest.estate_generator.software import Software, version_key
from ingest.estate_generator.vocabulary import PROVIDERS, TECHNOLOGY_SERVICES
from ingest.estate_generator.workshop import Workshop

_WORKLOADS_PER_CLUSTER = 14
_WORKLOADS = (
    "ingress", "api-gateway", "sso", "cache", "scheduler", "metrics", "log-shipper", "registry", "file-store", "mail-relay",
    "feature-flags", "config", "session-store", "notification",
)  # fmt: skip
_LONELY = ("ntp", "smt", "dep")
"""Technology services that run on one server without a twin: planted single points of failure."""


@dataclass(frozen=True, slots=True)
class Platforms:
    """Keys of what applications share; load balancers by data centre."""

    technology: tuple[str, ...]
    load_balancers: tuple[tuple[str, ...], ...]
    kubernetes: tuple[str, ...]
    workloads: tuple[str, ...]


def build_platforms(
    shop: Workshop,
    fleet: Fleet,
    software: Software,
    sites: Sites,
    responsibility: Responsibility,
    perimeter: str,
    contracts: tuple[str, ...],
) -> Platforms:
    """Write the shared platforms; everything in them is in production and in the perimeter of infrastructure."""
    balancers = _load_balancers(shop, sites, responsibility)
    accounts = _cloud_accounts(shop, responsibility, contracts)
    clusters, workloads = _kubernetes(shop, fleet, software, responsibility, perimeter)
    technology = _technology(shop, fleet, responsibility, perimeter, balancers, workloads, accounts)
    return Platforms(technology, balancers, clusters, workloads)


def _load_balancers(shop: Workshop, sites: Sites, responsibility: Responsibility) -> tuple[tuple[str, ...], ...]:
    rng = shop.rng("load balancers")
    rows = shop.export.nodes("LoadBalancer", *CONFIGURATION_ITEM, "manufacturer", "model")
    through = shop.export.relations("CONNECTED_THROUGH")
    written = []
    for center in sites.data_centers:
        keys = []
        for n in range(1, shop.plan.scaled(15, least=2) + 1):
            key = f"{center.letters}lbs{n:03d}"
            commissioned = day_between(rng, shop.days_ago(2400), shop.days_ago(100))
            rows.add(
                key, key, "production", "critical", "in_service", commissioned, 2_400_000, "EUR", "Constructeur Capella", "CL-5"
            )  # fmt: skip
            responsibility.owned("LoadBalancer", key, "NET")
            through.add("LoadBalancer", key, "NetworkDevice", center.switches[n % len(center.switches)])
            keys.append(key)
        written.append(tuple(keys))
    return tuple(written)


def _cloud_accounts(shop: Workshop, responsibility: Responsibility, contracts: tuple[str, ...]) -> tuple[str, ...]:
    rng = shop.rng("cloud")
    rows = shop.export.nodes("CloudAccount", *CONFIGURATION_ITEM, "provider")
    supplied, covered = shop.export.relations("SUPPLIED_BY"), shop.export.relations("COVERED_BY")
    keys = []
    for n in range(shop.plan.scaled(36, least=3)):
        provider = PROVIDERS[n % len(PROVIDERS)]
        key = f"CLD-{n + 1:03d}"
        opened = day_between(rng, shop.days_ago(1800), shop.days_ago(60))
        cost = rng.randrange(200_000, 9_000_000, 10_000)
        environment = "production" if n % 3 == 0 else "development"
        rows.add(
            key, f"Compte {provider} {n + 1:03d}", environment, "important", "in_service", opened, cost, "EUR", provider
        )
        supplied.add("CloudAccount", key, "Supplier", provider)
        covered.add("CloudAccount", key, "Contract", rng.choice(contracts))
        responsibility.owned("CloudAccount", key, "K8S")
        keys.append(key)
    return tuple(keys)


def _kubernetes(
    shop: Workshop, fleet: Fleet, software: Software, responsibility: Responsibility, perimeter: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Clusters, each on nodes that replace one another, and workloads on them."""
    rng = shop.rng("kubernetes")
    export = shop.export
    rows, loads = (
        export.nodes("KubernetesCluster", *CONFIGURATION_ITEM),
        export.nodes("KubernetesWorkload", *CONFIGURATION_ITEM, "replicas"),
    )
    runs_on, runs = export.relations("RUNS_ON"), export.relations("RUNS_VERSION", "installed_on")
    versions = software.choice("kubernetes")
    nodes = shares(shop.plan.kubernetes_nodes, [1.0] * shop.plan.kubernetes_clusters, least=3)
    clusters, workloads = [], []
    for n, count in enumerate(nodes, start=1):
        environment = "production" if n % 2 else "test"
        criticality = "critical" if environment == "production" else "standard"
        center = fleet.center_of(environment)
        key = f"k8s-{environment[:4]}-{n:02d}"
        commissioned = day_between(rng, shop.days_ago(1500), shop.days_ago(60))
        rows.add(key, key, environment, criticality, "in_service", commissioned, None, None)
        responsibility.owned("KubernetesCluster", key, "K8S")
        runs.add("KubernetesCluster", key, "SoftwareVersion", version_key(versions.draw(rng)), None)
        members = []
        for _ in range(count):
            host = fleet.virtual("k8s", environment, criticality, center, perimeter, windows=False)
            runs_on.add("KubernetesCluster", key, host.kind, host.key)
            members.append((host.kind, host.key))
        fleet.cluster("k8s", environment, criticality, members)
        clusters.append(key)
        for name in _WORKLOADS[:_WORKLOADS_PER_CLUSTER]:
            workload = f"{key}/{name}"
            loads.add(
                workload,
                workload,
                environment,
                criticality,
                "in_service",
                commissioned,
                None,
                None,
                rng.choice((1, 2, 3, 3, 6)),
            )
            runs_on.add("KubernetesWorkload", workload, "KubernetesCluster", key)
            responsibility.owned("KubernetesWorkload", workload, "K8S")
            workloads.append(workload)
    return tuple(clusters), tuple(workloads)


def _technology(
    shop: Workshop,
    fleet: Fleet,
    responsibility: Responsibility,
    perimeter: str,
    balancers: Sequence[Sequence[str]],
    workloads: Sequence[str],
    accounts: Sequence[str],
) -> tuple[str, ...]:
    """Technology services, the first ones used by almost everybody, on clustered servers but for a few lonely ones."""
    rng = shop.rng("technology")
    rows = shop.export.nodes("TechnologyService", *CONFIGURATION_ITEM)
    depends = shop.export.relations("DEPENDS_ON", "criticality")
    any_workload = Weighted((workload, 1.0) for workload in workloads)
    least = 2 if shop.plan.shared_machines >= 2 * len(TECHNOLOGY_SERVICES) else 0
    weights = [1.0 if letters in _LONELY else 8.0 for _, letters, _ in TECHNOLOGY_SERVICES]
    keys = []
    for (name, letters, team), count in zip(
        TECHNOLOGY_SERVICES, shares(shop.plan.shared_machines, weights, least=least), strict=True
    ):
        key = f"TEC-{letters.upper()}"
        opened = day_between(rng, shop.days_ago(4500), shop.days_ago(700))
        rows.add(
            key,
            name,
            "production",
            "critical",
            "in_service",
            opened,
            rng.randrange(1_000_000, 40_000_000, 50_000),
            "EUR",
        )
        responsibility.owned("TechnologyService", key, team)
        responsibility.in_perimeter("TechnologyService", key, perimeter)
        windows = letters in ("smt", "wsu", "nas")
        members = []
        for n in range(count):
            host = fleet.virtual(letters, "production", "critical", n % 2, perimeter, windows=windows)
            if letters not in _LONELY or n == 0:
                depends.add("TechnologyService", key, host.kind, host.key, "critical")
            members.append((host.kind, host.key))
        if len(members) >= 2 and letters not in _LONELY:
            fleet.cluster(letters, "production", "critical", members)
        if letters in ("api", "lbs"):
            for center in balancers:
                depends.add("TechnologyService", key, "LoadBalancer", center[0], "important")
        if letters in ("ctr", "api", "dep", "cic"):
            for workload in dict.fromkeys(any_workload.draw(rng) for _ in range(3)):
                depends.add("TechnologyService", key, "KubernetesWorkload", workload, "important")
        if letters == "cic" or chance(rng, 0.05):
            depends.add("TechnologyService", key, "CloudAccount", accounts[0], "standard")
        keys.append(key)
    return tuple(keys)
