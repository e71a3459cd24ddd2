"""Incidents and problems of two years: classified causes, teams of uneven load, some caused by changes that went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from ingest.estate_generator.changes import DoneChange
from ingest.estate_generator.draws import Weighted, chance, ranked, skewed_minutes, stamp, truth, working_moments
from ingest.estate_generator.records import Estate, Target, Targets
from ingest.estate_generator.vocabulary import CAUSES
from ingest.estate_generator.workshop import Workshop

_PRIORITY = Weighted((("P1", 1.2), ("P2", 6.0), ("P3", 30.0), ("P4", 49.0), ("P5", 13.8)))
_AFTER_CHANGE = Weighted((("P1", 8.0), ("P2", 25.0), ("P3", 45.0), ("P4", 22.0)))
_TO_RESOLVE = {"P1": 170, "P2": 330, "P3": 1_300, "P4": 3_400, "P5": 8_000}
"""Median minutes from opening to technical resolution."""
_SLA = {"P1": 240, "P2": 480, "P3": 2_880, "P4": 7_200, "P5": 14_400}
"""Minutes to resolution that were promised."""
_LEVELS = {
    "P1": ("high", "high"),
    "P2": ("high", "medium"),
    "P3": ("medium", "medium"),
    "P4": ("low", "medium"),
    "P5": ("low", "low"),
}
_CATEGORY = {
    "LOG": (("software", 70.0), ("performance", 20.0), ("availability", 10.0)),
    "MAT": (("hardware", 90.0), ("availability", 10.0)), "RES": (("network", 85.0), ("availability", 15.0)),
    "BDD": (("database", 80.0), ("performance", 20.0)), "CAP": (("performance", 85.0), ("availability", 15.0)),
    "HUM": (("access", 45.0), ("software", 30.0), ("other", 25.0)), "EXT": (("availability", 50.0), ("security", 20.0), ("other", 30.0)),
}  # fmt: skip
_CONTACT = Weighted((("monitoring", 40.0), ("phone", 30.0), ("self-service", 22.0), ("email", 8.0)))
_TITLES = {
    "performance": "Lenteurs sur", "availability": "Indisponibilité de", "software": "Erreur applicative sur",
    "hardware": "Panne matérielle de", "network": "Perte de connexion vers", "database": "Erreur de base de données sur",
    "security": "Alerte de sécurité sur", "access": "Accès refusé à", "other": "Anomalie sur",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Draft:
    """An incident before its number is known."""

    opened_at: datetime
    target: Target
    change: str | None


def build_causes(shop: Workshop) -> list[tuple[str, str]]:
    """Write causes and sub-causes; the sub-causes as (key, code of the cause)."""
    causes, sub_causes = shop.export.nodes("Cause", "name", "code"), shop.export.nodes("SubCause", "name", "code")
    part_of = shop.export.relations("PART_OF")
    written = []
    for code, name, subs in CAUSES:
        causes.add(code, name, code)
        for n, sub in enumerate(subs, start=1):
            key = f"{code}-{n:02d}"
            sub_causes.add(key, sub, key)
            part_of.add("SubCause", key, "Cause", code)
            written.append((key, code))
    return written


def build_incidents(shop: Workshop, estate: Estate, targets: Targets, changes: list[DoneChange]) -> None:
    """Write incidents in order of opening, and the problems behind some that come back."""
    rng = shop.rng("incidents")
    causes = ranked(build_causes(shop), 0.6)
    problems = _problems(shop, rng, targets, shop.plan.scaled(420, least=3), causes)
    rows = shop.export.nodes(
        "Incident", "name", "number", "title", "priority", "impact", "urgency", "status", "opened_at", "technical_resolved_at",
        "resolved_at", "closed_at", "first_level", "reopened", "reassignment_count", "made_sla", "category", "contact_type",
        "location", "satisfaction",
    )  # fmt: skip
    export = shop.export
    affects, assigned = export.relations("AFFECTS", "role"), export.relations("ASSIGNED_TO")
    caused_by, has_cause = export.relations("CAUSED_BY"), export.relations("HAS_CAUSE")
    for n, draft in enumerate(_drafts(shop, rng, targets, changes), start=1):
        number = f"INC{n:07d}"
        cause, code = causes.draw(rng)
        category = Weighted(_CATEGORY[code]).draw(rng)
        priority = (_AFTER_CHANGE if draft.change else _PRIORITY).draw(rng)
        technical = draft.opened_at + skewed_minutes(rng, _TO_RESOLVE[priority], 0.9)
        functional = technical + skewed_minutes(rng, 45, 0.8)
        closed = functional + timedelta(days=3 + int(rng.random() * 5))
        resolved = functional < shop.now
        status = (
            "closed"
            if closed < shop.now
            else "resolved"
            if resolved
            else rng.choice(("new", "in_progress", "in_progress", "on_hold"))
        )
        first_level = priority in ("P3", "P4", "P5") and chance(rng, 0.38)
        team = (
            "CDS" if first_level else draft.target.team if chance(rng, 0.8) else rng.choice(estate.organisation.teams)
        )
        minutes = (functional - draft.opened_at).total_seconds() / 60
        impact, urgency = _LEVELS[priority]
        rows.add(
            number, number, number, f"{_TITLES[category]} {draft.target.key}", priority, impact, urgency, status,
            stamp(draft.opened_at), stamp(technical if technical < shop.now else None), stamp(functional if resolved else None),
            stamp(closed if status == "closed" else None), truth(first_level), truth(resolved and chance(rng, 0.05)),
            0 if first_level else int(rng.expovariate(0.9)), truth(minutes <= _SLA[priority]) if resolved else None, category,
            _CONTACT.draw(rng), rng.choice(estate.sites), 1 + int(rng.betavariate(4, 1.6) * 5) if resolved and chance(rng, 0.3) else None,
        )  # fmt: skip
        affects.add("Incident", number, draft.target.kind, draft.target.key, "main")
        if chance(rng, 0.08):
            other = targets.draw(rng)
            if other.key != draft.target.key:
                affects.add("Incident", number, other.kind, other.key, "impacted")
        assigned.add("Incident", number, "Team", team)
        if resolved and chance(rng, 0.74):
            has_cause.add("Incident", number, "SubCause", cause)
        if draft.change:
            caused_by.add("Incident", number, "Change", draft.change)
        elif chance(rng, 0.05):
            caused_by.add("Incident", number, "Problem", problems.draw(rng))


def _drafts(shop: Workshop, rng: Random, targets: Targets, changes: list[DoneChange]) -> list[_Draft]:
    """Incidents in order of opening: those that follow a difficult change, and all the others."""
    drafts = []
    for change in changes:
        if change.outcome == "incident" or (change.outcome == "interruption" and chance(rng, 0.4)):
            opened = change.ended_at + skewed_minutes(rng, 60, 1.1)
            if opened < shop.now:
                drafts.append(_Draft(opened, rng.choice(change.touched), change.key))
    total = shop.plan.scaled(11_800, least=30)
    for opened in working_moments(rng, max(1, total - len(drafts)), shop.history_start, shop.today):
        drafts.append(_Draft(opened, targets.draw(rng), None))
    return sorted(drafts, key=lambda d: (d.opened_at, d.target.key))


def _problems(
    shop: Workshop, rng: Random, targets: Targets, count: int, causes: Weighted[tuple[str, str]]
) -> Weighted[str]:
    """Write problems; a draw among them in which a few come back often."""
    export = shop.export
    rows = export.nodes("Problem", "name", "number", "title", "priority", "status", "opened_at", "closed_at")
    affects, assigned = export.relations("AFFECTS", "role"), export.relations("ASSIGNED_TO")
    has_cause = export.relations("HAS_CAUSE")
    keys = []
    for n, opened in enumerate(working_moments(rng, count, shop.history_start, shop.days_ago(20)), start=1):
        number = f"PRB{n:06d}"
        target = targets.draw(rng)
        closed = opened + timedelta(days=10 + int(rng.expovariate(1 / 60)))
        done = closed < shop.now
        status = (
            rng.choice(("resolved", "closed", "closed")) if done else rng.choice(("new", "in_progress", "known_error"))
        )
        rows.add(
            number, number, number, f"Incidents récurrents sur {target.key}", rng.choice(("P2", "P3", "P3", "P4")), status,
            stamp(opened), stamp(closed if status == "closed" else None),
        )  # fmt: skip
        affects.add("Problem", number, target.kind, target.key, "main")
        assigned.add("Problem", number, "Team", target.team)
        if done:
            has_cause.add("Problem", number, "SubCause", causes.draw(rng)[0])
        keys.append(number)
    return ranked(keys, 0.5)
