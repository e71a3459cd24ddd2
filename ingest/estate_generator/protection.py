"""How the estate is protected: backups, recovery plans and their tests, load tests."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ingest.estate_generator.draws import Weighted, chance, day_between, skewed_minutes, stamp, truth
from ingest.estate_generator.records import Estate
from ingest.estate_generator.workshop import Workshop

_LATEST = Weighted((("full", 91.5), ("partial", 4.0), ("failed", 3.5), ("none", 1.0)))
_FORGOTTEN = 0.04
"""Servers in production that no backup ever covered."""
_RESULT = Weighted((("passed", 74.0), ("partial", 15.0), ("failed", 11.0)))
_CAMPAIGNS = ("Campagne de printemps", "Campagne d'automne")


def build_backups(shop: Workshop, estate: Estate) -> None:
    """Write backup runs of servers in production: the latest night, and for some an earlier one."""
    rng = shop.rng("backups")
    rows = shop.export.nodes("BackupRun", "name", "status", "started_at", "ended_at", "size_gb")
    backs_up = shop.export.relations("BACKS_UP")
    number = 0
    for host in estate.live_hosts:
        if (
            host.environment != "production"
            or host.kind == "Hypervisor"
            or host.os_family == "other"
            or chance(rng, _FORGOTTEN)
        ):
            continue
        nights = [1 + int(rng.expovariate(2.2))]
        if chance(rng, 0.12):
            nights.append(nights[0] + 7)
        for night in reversed(nights):
            number += 1
            key = f"BKP{number:07d}"
            started = datetime.combine(shop.days_ago(night), time(int(rng.random() * 6), int(rng.random() * 60)))
            status = _LATEST.draw(rng)
            ended = started + skewed_minutes(rng, 40, 0.7)
            written = status in ("full", "partial")
            size = int(rng.lognormvariate(4.2, 0.9)) + 1 if written else None
            rows.add(
                key,
                f"Sauvegarde {host.key} {started:%Y-%m-%d}",
                status,
                stamp(started),
                stamp(ended if status != "none" else None),
                size,
            )
            backs_up.add("BackupRun", key, host.kind, host.key)


def build_recovery(shop: Workshop, estate: Estate) -> None:
    """Write recovery plans of the applications that need one, their past tests and the next ones."""
    rng = shop.rng("recovery")
    export = shop.export
    plans = export.nodes("RecoveryPlan", "name", "validated", "validated_on")
    tests = export.nodes(
        "RecoveryTest", "name", "planned_on", "done_on", "result", "failover_minutes", "data_loss_minutes"
    )
    covers, checks = export.relations("COVERS"), export.relations("TESTS")
    for a in estate.applications:
        if not a.needs_recovery_plan or chance(rng, 0.18):
            continue
        plan = f"PRA-{a.key}"
        validated = chance(rng, 0.7)
        validated_on = day_between(rng, shop.days_ago(900), shop.days_ago(5)) if validated else None
        plans.add(plan, f"Plan de reprise {a.name}", truth(validated), validated_on)
        covers.add("RecoveryPlan", plan, "BusinessApplication", a.key)
        for n in range(int(rng.random() * 3)):
            planned = day_between(rng, shop.history_start, shop.days_ago(-120))
            done = planned + timedelta(days=int(rng.random() * 10)) if chance(rng, 0.85) else None
            if done is not None and done >= shop.today:
                done = None
            result = _RESULT.draw(rng) if done else "pending"
            failover = round(rng.lognormvariate(4.3, 0.7), 1) if done and result != "failed" else None
            loss = round(rng.lognormvariate(1.4, 1.0), 1) if done else None
            tests.add(f"{plan}-T{n + 1}", f"Test de reprise {a.name} {n + 1}", planned, done, result, failover, loss)
            checks.add("RecoveryTest", f"{plan}-T{n + 1}", "RecoveryPlan", plan)


def build_load_tests(shop: Workshop, estate: Estate) -> None:
    """Write load tests of the applications that need them, and the procedures that they follow."""
    rng = shop.rng("load tests")
    export = shop.export
    procedures = export.nodes("TestProcedure", "name", "documented")
    tests = export.nodes("LoadTest", "name", "campaign", "planned_on", "done_on", "result", "objective", "measured")
    covers, follows = export.relations("TESTS"), export.relations("FOLLOWS")
    count = shop.plan.scaled(60, least=4)
    for n in range(1, count + 1):
        procedures.add(f"PTC-{n:03d}", f"Procédure de test de charge {n:03d}", truth(chance(rng, 0.75)))
    for a in estate.applications:
        if not a.needs_load_test:
            continue
        for n in range(1 + int(rng.random() * 2)):
            planned = day_between(rng, shop.history_start, shop.days_ago(-150))
            done = planned if planned < shop.today and chance(rng, 0.9) else None
            objective = rng.choice((50, 100, 250, 500, 1_000))
            measured = round(objective * rng.normalvariate(1.08, 0.16), 1) if done else None
            result = (
                "pending"
                if measured is None
                else "passed"
                if measured >= objective
                else "partial"
                if measured > 0.85 * objective
                else "failed"
            )
            key = f"TCH-{a.key}-{n + 1}"
            campaign = f"{_CAMPAIGNS[planned.month > 6]} {planned.year}"
            tests.add(key, f"Test de charge {a.name} {n + 1}", campaign, planned, done, result, objective, measured)
            covers.add("LoadTest", key, "BusinessApplication", a.key)
            follows.add("LoadTest", key, "TestProcedure", f"PTC-{1 + int(rng.random() * count):03d}")
