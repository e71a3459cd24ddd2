"""What ageing does to the estate: vulnerability findings, obsolescence cases and plans, maintenance, compliance."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from ingest.estate_generator.draws import Weighted, chance, day_between, midnight, moment_between, ranked, stamp, truth
from ingest.estate_generator.records import Estate
from ingest.estate_generator.software import version_key
from ingest.estate_generator.workshop import Workshop

_HORIZON = timedelta(days=365)
"""An obsolescence case is opened this long before the end of support, at most."""
_TREATMENT = Weighted(
    (("update", 52.0), ("replace", 20.0), ("decommission", 15.0), ("extend_support", 8.0), ("accept", 5.0))
)
_CASE_STATUS = Weighted((("open", 30.0), ("planned", 30.0), ("in_progress", 20.0), ("fixed", 14.0), ("accepted", 6.0)))
_PLAN_STATUS = {"planned": "planned", "in_progress": "in_progress", "fixed": "done", "accepted": "done"}
_ACTIONS = Weighted((("patch", 45.0), ("restart", 30.0), ("upgrade", 12.0), ("replacement", 8.0), ("inspection", 5.0)))
_POLICIES = (
    "Durcissement des serveurs", "Chiffrement des sauvegardes", "Authentification forte des administrateurs",
    "Correctifs critiques sous 30 jours", "Revue des habilitations", "Journalisation des accès",
    "Cloisonnement réseau", "Antivirus actif", "Certificats de moins de deux ans", "Supervision des services vitaux",
)  # fmt: skip


def build_findings(shop: Workshop, estate: Estate) -> None:
    """Write what scanners found: vulnerabilities of the versions that servers run, most of them fixed by now."""
    rng = shop.rng("findings")
    export = shop.export
    rows = export.nodes("VulnerabilityFinding", "name", "status", "opened_at", "closed_at", "due_on", "scanner")
    found_on, of = export.relations("FOUND_ON"), export.relations("OF_VULNERABILITY")
    number = 0
    hosts = [h for h in estate.live_hosts if h.version is not None and estate.software.vulnerabilities[h.version.name]]
    for host in hosts:
        if not chance(rng, 0.12):
            continue
        assert host.version is not None
        known = ranked(estate.software.vulnerabilities[host.version.name][::-1], 0.8)
        for v in {v.cve: v for v in (known.draw(rng) for _ in range(1 + int(rng.expovariate(1.0))))}.values():
            number += 1
            key = f"VUL{number:06d}"
            first = max(midnight(max(v.known_on, host.commissioned_on)), midnight(shop.history_start))
            opened = min(moment_between(rng, first, shop.now), shop.now - timedelta(minutes=1))
            closed = opened + timedelta(days=3 + int(rng.expovariate(1 / 45)), minutes=int(rng.random() * 600))
            decided = closed < shop.now and chance(rng, 0.76)
            status = ("accepted" if chance(rng, 0.06) else "fixed") if decided else "open"
            due = opened.date() + timedelta(days=30 if v.severity in ("critical", "high") else 90)
            name = f"{v.cve} sur {host.key}"
            rows.add(key, name, status, stamp(opened), stamp(closed if decided else None), due, "scanner interne")
            found_on.add("VulnerabilityFinding", key, host.kind, host.key)
            of.add("VulnerabilityFinding", key, "Vulnerability", v.cve)


def build_obsolescence(shop: Workshop, estate: Estate) -> None:
    """Write obsolescence cases of servers whose version loses support within a year or has lost it, and their plans."""
    rng = shop.rng("obsolescence")
    export = shop.export
    rows = export.nodes(
        "ObsolescenceCase", "name", "case_type", "status", "opened_at", "closed_at", "regulatory_deadline"
    )
    plans = export.nodes("TreatmentPlan", "name", "treatment", "status", "priority", "planned_on", "done_on")
    concerns, of_version = export.relations("CONCERNS"), export.relations("OF_VERSION")
    treated, assigned = export.relations("TREATED_BY"), export.relations("ASSIGNED_TO")
    number = 0
    for host in estate.live_hosts:
        end = host.version.end_of_support if host.version else None
        if host.version is None or end is None or end > shop.today + _HORIZON or not chance(rng, 0.3):
            continue
        number += 1
        case, plan = f"OBS{number:06d}", f"PLT{number:06d}"
        earliest = max(end - _HORIZON, shop.history_start, host.commissioned_on)
        opened = datetime.combine(min(day_between(rng, earliest, shop.days_ago(2)), shop.days_ago(1)), time(9))
        status = _CASE_STATUS.draw(rng)
        closed = moment_between(rng, opened, shop.now) if status in ("fixed", "accepted") else None
        gone = host.version.end_of_life is not None and host.version.end_of_life < shop.today
        deadline = day_between(rng, shop.days_ago(200), shop.days_ago(-500)) if chance(rng, 0.15) else None
        name, case_type = f"{host.version.name} sur {host.key}", "end_of_life" if gone else "end_of_support"
        rows.add(case, name, case_type, status, stamp(opened), stamp(closed), deadline)
        concerns.add("ObsolescenceCase", case, host.kind, host.key)
        of_version.add("ObsolescenceCase", case, "SoftwareVersion", version_key(host.version))
        if status == "open":
            continue
        done = closed.date() if closed else None
        planned = day_between(rng, opened.date(), done or shop.days_ago(-400))
        priority = {"vital": "P1", "critical": "P2", "important": "P3", "standard": "P4"}[host.criticality]
        treatment = "accept" if status == "accepted" else _TREATMENT.draw(rng)
        plans.add(plan, f"Traitement {host.key}", treatment, _PLAN_STATUS[status], priority, planned, done)
        treated.add("ObsolescenceCase", case, "TreatmentPlan", plan)
        assigned.add("TreatmentPlan", plan, "Team", host.team)


def build_maintenance(shop: Workshop, estate: Estate) -> None:
    """Write maintenance actions, done and to come."""
    rng = shop.rng("maintenance")
    rows = shop.export.nodes("MaintenanceAction", "name", "action_type", "planned_at", "done_at")
    concerns = shop.export.relations("CONCERNS")
    hosts = estate.live_hosts
    for n in range(1, shop.plan.scaled(1_600, least=8) + 1):
        host = rng.choice(hosts)
        planned = datetime.combine(day_between(rng, shop.days_ago(540), shop.days_ago(-60)), time(22))
        done = (
            planned + timedelta(minutes=15 + int(rng.random() * 200))
            if planned < shop.now and chance(rng, 0.93)
            else None
        )
        key = f"MNT{n:06d}"
        action = _ACTIONS.draw(rng)
        rows.add(key, f"{action} {host.key}", action, stamp(planned), stamp(done if done and done < shop.now else None))
        concerns.add("MaintenanceAction", key, host.kind, host.key)


def build_compliance(shop: Workshop, estate: Estate) -> None:
    """Write policies and the checks of servers against them."""
    rng = shop.rng("compliance")
    policies = shop.export.nodes("Policy", "name", "version")
    rows = shop.export.nodes("ComplianceCheck", "name", "checked_on", "passed", "evidence")
    concerns, checks = shop.export.relations("CONCERNS"), shop.export.relations("CHECKS")
    for n, name in enumerate(_POLICIES, start=1):
        policies.add(f"POL-{n:02d}", name, f"{1 + n % 4}.{n % 3}")
    hosts = estate.live_hosts
    for n in range(1, shop.plan.scaled(1_800, least=10) + 1):
        host, policy = rng.choice(hosts), 1 + int(rng.random() * len(_POLICIES))
        checked: date = day_between(rng, shop.days_ago(360), shop.days_ago(1))
        key = f"CTL{n:06d}"
        rows.add(key, f"Contrôle {n:06d}", checked, truth(chance(rng, 0.86)), f"rapport-{checked:%Y%m}-{n:06d}")
        concerns.add("ComplianceCheck", key, host.kind, host.key)
        checks.add("ComplianceCheck", key, "Policy", f"POL-{policy:02d}")
