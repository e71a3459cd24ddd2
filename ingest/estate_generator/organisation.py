"""Who the bank is: entities, the IT organisation down to its teams and people, perimeters, suppliers and contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from ingest.estate_generator.draws import Weighted, day_between
from ingest.estate_generator.vocabulary import (
    BANK,
    DEPARTMENTS,
    DIVISIONS,
    HARDWARE_SUPPLIERS,
    OUTSOURCERS,
    PERIMETERS,
    POLES,
    PROVIDERS,
    REGIONAL_BANKS,
    ROLES,
    SUBSIDIARIES,
)
from ingest.estate_generator.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract by its number; `kind` says what it is for."""

    key: str
    kind: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Keys of what others refer to. Teams are known by their code."""

    regional_banks: tuple[str, ...]
    subsidiaries: tuple[str, ...]
    teams: tuple[str, ...]
    team_names: dict[str, str]
    people: tuple[str, ...]
    perimeters: tuple[str, ...]
    contracts: tuple[Contract, ...]

    @property
    def entities(self) -> tuple[str, ...]:
        """Entities that use the estate: regional banks, then subsidiaries."""
        return self.regional_banks + self.subsidiaries

    def contracts_for(self, kind: str) -> tuple[str, ...]:
        return tuple(contract.key for contract in self.contracts if contract.kind == kind)


def build_organisation(shop: Workshop, vendors: tuple[str, ...]) -> Organisation:
    """Write the organisation. `vendors` of software become suppliers beside those of hardware and services."""
    rng = shop.rng("organisation")
    export = shop.export
    entities = export.nodes("Entity", "name", "code", "kind")
    entities.add("ENT-GRP", f"Groupe {BANK}", "GRP", "group")
    entities.add("ENT-SI", f"{BANK} Services informatiques", "SI", "subsidiary")
    banks = []
    for i, name in enumerate(REGIONAL_BANKS, start=1):
        entities.add(f"ENT-CR{i:02}", f"Caisse régionale {name}", f"CR{i:02}", "regional_bank")
        banks.append(f"ENT-CR{i:02}")
    subsidiaries = []
    for i, name in enumerate(SUBSIDIARIES, start=1):
        entities.add(f"ENT-FI{i:02}", f"{BANK} {name}", f"FI{i:02}", "subsidiary")
        subsidiaries.append(f"ENT-FI{i:02}")
    names = _teams(shop)
    perimeters = export.nodes("Perimeter", "name")
    for i, name in enumerate(PERIMETERS, start=1):
        perimeters.add(f"PER-{i:02}", name)
    return Organisation(
        regional_banks=tuple(banks),
        subsidiaries=tuple(subsidiaries),
        teams=tuple(names),
        team_names=names,
        people=_people(shop, rng, tuple(names)),
        perimeters=tuple(f"PER-{i:02}" for i in range(1, len(PERIMETERS) + 1)),
        contracts=_contracts(shop, rng, vendors),
    )


def _teams(shop: Workshop) -> dict[str, str]:
    """Divisions, poles, the five departments and their twenty teams; names of teams by code."""
    export = shop.export
    part_of = export.relations("PART_OF")
    divisions, poles = export.nodes("Division", "name"), export.nodes("Pole", "name")
    departments, teams = export.nodes("Department", "name"), export.nodes("Team", "name", "code", "on_call")
    for i, name in enumerate(DIVISIONS, start=1):
        divisions.add(f"DIV-{i}", name)
        part_of.add("Division", f"DIV-{i}", "Entity", "ENT-SI")
    for i, (name, division) in enumerate(POLES, start=1):
        poles.add(f"POL-{i}", name)
        part_of.add("Pole", f"POL-{i}", "Division", f"DIV-{division + 1}")
    names = {}
    for i, department in enumerate(DEPARTMENTS, start=1):
        departments.add(f"SRV-{i}", department.name)
        part_of.add("Department", f"SRV-{i}", "Pole", f"POL-{department.pole + 1}")
        for code, name in department.teams:
            names[code] = f"Équipe {name}"
            hours = "24 h/24" if i in (1, 2, 4) else "7 h-22 h"
            teams.add(code, names[code], code, f"astreinte {code} ({hours})")
            part_of.add("Team", code, "Department", f"SRV-{i}")
    return names


def _people(shop: Workshop, rng: Random, teams: tuple[str, ...]) -> tuple[str, ...]:
    """People of the teams, under pseudonyms that say nothing about them."""
    people, member_of = (
        shop.export.nodes("Person", "name", "pseudonym", "role"),
        shop.export.relations("MEMBER_OF_TEAM"),
    )
    roles = Weighted(ROLES)
    pseudonyms = []
    for i in range(shop.plan.scaled(280, least=len(teams) * 3)):
        pseudonym = f"P-{i:04d}-{rng.getrandbits(24):06x}"
        people.add(pseudonym, pseudonym, pseudonym, roles.draw(rng))
        member_of.add("Person", pseudonym, "Team", teams[i % len(teams)])
        pseudonyms.append(pseudonym)
    return tuple(pseudonyms)


def _contracts(shop: Workshop, rng: Random, vendors: tuple[str, ...]) -> tuple[Contract, ...]:
    """Suppliers and contracts: hardware maintenance, licences, services, cloud. Some have run out."""
    suppliers = shop.export.nodes("Supplier", "name")
    contracts = shop.export.nodes("Contract", "name", "number", "starts_on", "ends_on", "yearly_cost", "currency")
    supplied_by = shop.export.relations("SUPPLIED_BY")
    named = [
        *(("hardware", name) for name in HARDWARE_SUPPLIERS),
        *(("service", name) for name in OUTSOURCERS),
        *(("cloud", name) for name in PROVIDERS),
        *(("licence", name) for name in vendors),
    ]
    titles = {
        "hardware": "Maintenance matérielle",
        "service": "Prestation",
        "cloud": "Hébergement",
        "licence": "Licences",
    }
    written: list[Contract] = []
    for kind, supplier in named:
        suppliers.add(supplier, supplier)
        for _ in range(2 if kind == "licence" else shop.plan.scaled(12, least=2)):
            number = f"CT{len(written) + 1:05d}"
            starts = day_between(rng, shop.days_ago(1400), shop.days_ago(30))
            ends = starts + timedelta(days=365 * rng.choice((1, 2, 3, 3, 4)) - 1)
            cost = int(rng.lognormvariate(11.5, 0.9)) * 100
            contracts.add(number, f"{titles[kind]} {supplier} {number}", number, starts, ends, cost, "EUR")
            supplied_by.add("Contract", number, "Supplier", supplier)
            written.append(Contract(number, kind))
    return tuple(written)
