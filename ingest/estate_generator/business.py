"""What the bank does: capabilities, processes, services, offerings, and the applications behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from ingest.estate_generator.draws import Weighted, chance, day_between, ranked, truth
from ingest.estate_generator.organisation import Organisation
from ingest.estate_generator.sites import CONFIGURATION_ITEM, Responsibility
from ingest.estate_generator.vocabulary import DOMAINS, VARIANTS, Domain
from ingest.estate_generator.workshop import Workshop

_CRITICALITY = Weighted((("vital", 4.0), ("critical", 13.0), ("important", 33.0), ("standard", 50.0)))
_HUB_CRITICALITY = Weighted((("vital", 30.0), ("critical", 45.0), ("important", 20.0), ("standard", 5.0)))
_RTO = {"vital": (15, 30, 60), "critical": (60, 120, 240), "important": (480, 1440), "standard": (2880, 4320)}
_RPO = {"vital": (0, 5), "critical": (5, 15, 60), "important": (240, 1440), "standard": (1440, 2880)}
_PERSONAL = Weighted((("none", 35.0), ("personal", 55.0), ("sensitive", 10.0)))
_TARGET = {"vital": 0.9995, "critical": 0.999, "important": 0.995, "standard": 0.98}
_HUBS = 0.05
"""The first applications, this part of them, are those that many others use."""


@dataclass(slots=True)
class Application:
    """A business application. `size` weighs how many servers it gets; `depends_on` are ranks of other applications."""

    rank: int
    key: str
    name: str
    domain: Domain
    criticality: str
    perimeter: str
    team: str
    exposed: bool
    personal_data: str
    size: float
    documented: bool
    needs_recovery_plan: bool
    needs_load_test: bool
    depends_on: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BusinessService:
    """A business service and the ranks of the applications that it stands on."""

    key: str
    criticality: str
    applications: tuple[int, ...]


def build_applications(shop: Workshop, organisation: Organisation, responsibility: Responsibility) -> list[Application]:
    """Write the applications with their owners, users and dependencies, hubs first."""
    rng = shop.rng("applications")
    export = shop.export
    rows = export.nodes(
        "BusinessApplication", *CONFIGURATION_ITEM, "internet_exposed", "aliases", "code", "documented", "architecture_compliant",
        "needs_load_test", "needs_recovery_plan", "rto_minutes", "rpo_minutes", "personal_data",
    )  # fmt: skip
    supported, covered = export.relations("SUPPORTED_BY", "support_level"), export.relations("COVERED_BY")
    serves, depends = export.relations("SERVES"), export.relations("DEPENDS_ON", "criticality")
    entities = ranked(organisation.entities, 0.7)
    licences = organisation.contracts_for("licence") + organisation.contracts_for("service")
    applications = [_application(rng, rank, shop, organisation) for rank in range(shop.plan.applications)]
    for a in applications:
        recovery = a.criticality in ("vital", "critical") or chance(rng, 0.2)
        rto = rng.choice(_RTO[a.criticality]) if recovery or chance(rng, 0.6) else None
        rpo = rng.choice(_RPO[a.criticality]) if rto is not None else None
        commissioned = day_between(rng, shop.days_ago(5400), shop.days_ago(90))
        cost = int(rng.lognormvariate(11.8, 1.0)) * 100
        status = "in_decommissioning" if chance(rng, 0.03) else "in_service"
        rows.add(
            a.key, a.name, "production", a.criticality, status, commissioned, cost, "EUR", truth(a.exposed),
            f"{a.key}|{a.key.lower()}", a.key, truth(a.documented), truth(chance(rng, 0.72)), truth(a.needs_load_test),
            truth(a.needs_recovery_plan), rto, rpo, a.personal_data,
        )  # fmt: skip
        responsibility.owned("BusinessApplication", a.key, a.team)
        responsibility.in_perimeter("BusinessApplication", a.key, a.perimeter)
        supported.add("BusinessApplication", a.key, "Team", "CDS", 1)
        supported.add("BusinessApplication", a.key, "Team", a.team, 2)
        if chance(rng, 0.35):
            covered.add("BusinessApplication", a.key, "Contract", rng.choice(licences))
        for entity in dict.fromkeys(entities.draw(rng) for _ in range(1 + int(rng.random() * 4))):
            serves.add("BusinessApplication", a.key, "Entity", entity)
    _dependencies(rng, applications)
    for a in applications:
        for rank in a.depends_on:
            depends.add("BusinessApplication", a.key, "BusinessApplication", applications[rank].key, a.criticality)
    return applications


def _application(rng: Random, rank: int, shop: Workshop, organisation: Organisation) -> Application:
    domain = DOMAINS[rank % len(DOMAINS)]
    turn = rank // len(DOMAINS)
    function = domain.functions[turn % len(domain.functions)]
    turn //= len(domain.functions)
    variant = VARIANTS[turn % len(VARIANTS)]
    repeat = turn // len(VARIANTS)
    name = " ".join(word for word in (function, variant, str(repeat + 1) if repeat else "") if word)
    hub = rank < max(3, shop.plan.applications * _HUBS)
    criticality = (_HUB_CRITICALITY if hub else _CRITICALITY).draw(rng)
    serious = criticality in ("vital", "critical")
    return Application(
        rank=rank,
        key=f"{domain.code}{rank:04d}",
        name=name,
        domain=domain,
        criticality=criticality,
        perimeter=organisation.perimeters[domain.perimeter],
        team=domain.team,
        exposed=chance(rng, 0.4 if domain.code == "CAN" else 0.06),
        personal_data=_PERSONAL.draw(rng),
        size=(rank % 97 + 3) ** -0.55 * {"vital": 3.0, "critical": 2.0, "important": 1.2, "standard": 0.8}[criticality],
        documented=chance(rng, 0.85 if serious else 0.6),
        needs_recovery_plan=serious or chance(rng, 0.15),
        needs_load_test=chance(rng, 0.6 if serious else 0.12),
    )


def _dependencies(rng: Random, applications: list[Application]) -> None:
    """Every application uses a few that come before it, hubs most of all; now and then one uses a later one: a cycle."""
    before = ranked(applications, 0.9)
    for a in applications[1:]:
        wanted = int(rng.expovariate(1 / 1.6))
        chosen = dict.fromkeys(before.draw(rng).rank for _ in range(wanted))
        a.depends_on = [rank for rank in chosen if rank < a.rank]
    for a in applications[3::70]:
        later = a.rank + 1 + int(rng.random() * 5)
        if later < len(applications) and a.rank not in applications[later].depends_on:
            applications[later].depends_on.append(a.rank)
            a.depends_on.append(later)


def build_services(
    shop: Workshop,
    organisation: Organisation,
    responsibility: Responsibility,
    applications: list[Application],
    production: dict[int, str],
) -> list[BusinessService]:
    """Write capabilities, services, offerings and processes. `production` gives the instance in production by rank."""
    rng = shop.rng("services")
    export = shop.export
    services = export.nodes("BusinessService", *CONFIGURATION_ITEM, "availability_target")
    capabilities, offerings = (
        export.nodes("BusinessCapability", "name", "criticality"),
        export.nodes("ServiceOffering", "name", "status"),
    )
    processes = export.nodes("BusinessProcess", "name", "criticality")
    uses, realises, serves = (
        export.relations("USES", "criticality"),
        export.relations("REALISES"),
        export.relations("SERVES"),
    )
    depends = export.relations("DEPENDS_ON", "criticality")
    for domain in DOMAINS:
        capabilities.add(f"CAP-{domain.code}", domain.name, "critical" if domain.perimeter < 5 else "important")
        responsibility.owned("BusinessCapability", f"CAP-{domain.code}", domain.team)
    entities = ranked(organisation.entities, 0.5)
    written: list[BusinessService] = []
    for n in range(shop.plan.business_services):
        lead = applications[n * len(applications) // shop.plan.business_services]
        same_domain = [a.rank for a in applications[lead.rank % len(DOMAINS) :: len(DOMAINS)] if a.rank != lead.rank]
        others = dict.fromkeys(rng.choice(same_domain) for _ in range(int(rng.random() * 3)) if same_domain)
        ranks = (lead.rank, *others)
        key = f"BSV{n + 1:04d}"
        criticality = min((applications[r].criticality for r in ranks), key=list(_TARGET).index)
        services.add(
            key, f"Service {lead.name}", "production", criticality, "in_service",
            day_between(rng, shop.days_ago(4000), shop.days_ago(200)), None, None, _TARGET[criticality],
        )  # fmt: skip
        responsibility.owned("BusinessService", key, lead.team)
        responsibility.in_perimeter("BusinessService", key, lead.perimeter)
        realises.add("BusinessService", key, "BusinessCapability", f"CAP-{lead.domain.code}")
        for rank in ranks:
            if rank in production:
                uses.add("BusinessService", key, "ServiceInstance", production[rank], criticality)
            if chance(rng, 0.25):
                uses.add("BusinessService", key, "BusinessApplication", applications[rank].key, criticality)
        if written and chance(rng, 0.3):
            depends.add("BusinessService", key, "BusinessService", rng.choice(written).key, "important")
        for entity in dict.fromkeys(entities.draw(rng) for _ in range(1 + int(rng.random() * 5))):
            serves.add("BusinessService", key, "Entity", entity)
        for level in ("Essentiel", "Premium")[: 1 + chance(rng, 0.35)]:
            offering = f"OFF-{key}-{level[:3].upper()}"
            offerings.add(offering, f"Offre {level} {lead.name}", "in_service")
            responsibility.owned("ServiceOffering", offering, lead.team)
            uses.add("ServiceOffering", offering, "BusinessService", key, None)
        written.append(BusinessService(key, criticality, ranks))
    for n, lead in enumerate(applications[:: max(1, len(applications) // max(2, len(written) * 2 // 3))], start=1):
        key = f"PRC{n:04d}"
        processes.add(key, f"Processus {lead.name}", lead.criticality)
        responsibility.owned("BusinessProcess", key, lead.team)
        for service in dict.fromkeys(rng.choice(written).key for _ in range(1 + int(rng.random() * 3))):
            uses.add("BusinessProcess", key, "BusinessService", service, lead.criticality)
    return written
