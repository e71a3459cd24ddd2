"""Builds a whole estate, section by section."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.errors import UsageError
from ingest.estate_generator.business import build_applications, build_services
from ingest.estate_generator.components import Components
from ingest.estate_generator.export import Export
from ingest.estate_generator.facts import load_versions
from ingest.estate_generator.instances import build_instances
from ingest.estate_generator.machines import Fleet
from ingest.estate_generator.operations import build_operations
from ingest.estate_generator.organisation import build_organisation
from ingest.estate_generator.plan import LEAST_SERVERS, EstatePlan
from ingest.estate_generator.platforms import build_platforms
from ingest.estate_generator.records import Estate
from ingest.estate_generator.sites import Responsibility, build_sites
from ingest.estate_generator.software import build_software, vendors_of
from ingest.estate_generator.workshop import Workshop

Progress = Callable[[str, int], None]
"""Called with the name of a section that is done, and the elements written so far."""


@dataclass(frozen=True, slots=True)
class EstateSummary:
    """Rows written per kind and per relation type, by name."""

    nodes: Mapping[str, int]
    relations: Mapping[str, int]

    @property
    def elements(self) -> int:
        return sum(self.nodes.values()) + sum(self.relations.values())


def generate_estate(
    out: Path,
    servers: int = 28_000,
    seed: int = 42,
    as_of: date = date(2025, 1, 1),
    progress: Progress | None = None,
) -> EstateSummary:
    """Write the CMDB export of a synthetic bank of that many servers, as it is on the day `as_of`, into `out`.

    The same arguments give the same bytes. Raises UsageError where an estate cannot be so small or so early,
    ExportWriteError where `out` cannot be written.
    """
    plan = EstatePlan(servers)
    if servers < LEAST_SERVERS:
        raise UsageError(
            f"an estate of {servers} servers is too small", where="--servers", hint=f"{LEAST_SERVERS} at least"
        )
    with Export(out) as export:
        _build(Workshop(plan, seed, as_of, export), progress or _silent)
    return EstateSummary(*export.counts())


def _silent(section: str, elements: int) -> None:
    """Nobody is watching."""


def _build(shop: Workshop, progress: Progress) -> None:
    def done(section: str) -> None:
        progress(section, shop.export.rows())

    organisation = build_organisation(shop, vendors_of(load_versions()))
    done("organisation")
    software = build_software(shop)
    done("software")
    sites = build_sites(shop, software, "ENT-SI")
    responsibility = Responsibility(shop)
    hardware = organisation.contracts_for("hardware")
    infrastructure = organisation.perimeters[-1]
    fleet = Fleet(shop, software, sites, responsibility, infrastructure)
    fleet.build_hypervisors(hardware)
    partitions = fleet.build_mainframes(hardware)
    platforms = build_platforms(
        shop, fleet, software, sites, responsibility, infrastructure, organisation.contracts_for("cloud")
    )
    done("infrastructure")
    applications = build_applications(shop, organisation, responsibility)
    instances = build_instances(shop, fleet, platforms, responsibility, applications, partitions, hardware)
    fleet.build_spares(infrastructure)
    production = {i.application.rank: i.key for i in instances if i.environment == "production"}
    services = build_services(shop, organisation, responsibility, applications, production)
    done("applications")
    components = Components(shop, software, sites, platforms, responsibility)
    for instance in instances:
        components.add(instance)
    components.store_hypervisors(fleet)
    done("components")
    estate = Estate(
        organisation=organisation,
        software=software,
        devices=sites.devices,
        sites=sites.sites,
        technology=platforms.technology,
        applications=tuple(applications),
        services=tuple(services),
        instances=tuple(instances),
        hosts=tuple(fleet.hosts),
        databases=tuple(key for key, _ in components.databases),
        components=tuple(components.others),
    )
    build_operations(shop, estate, done)
