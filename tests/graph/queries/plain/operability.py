"""Restarts, backups, availability, maintenance, capacity."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from demo.plain_answers import Export, Item
from tests.graph.queries.plain.reckoning import (
    IN_SERVICE,
    Answer,
    before,
    grouped,
    instant,
    midnight,
    minutes,
    ordered,
    percent,
    servers,
    text,
)


def restart_rate_by_system(export: Export, months: int = 3) -> Answer:
    limit = before(export, months)
    families = grouped(
        ((export.get(server, "os_family"), export.get(server, "environment")), export.get(server, "last_restart"))
        for server in servers(export, *IN_SERVICE)
    )
    rows = []
    for key, restarts in families.items():
        old = sum(restart is not None and restart[:10] < limit for restart in restarts)
        unknown = restarts.count(None)
        rows.append([*key, len(restarts), old, unknown, percent(old, len(restarts) - unknown)])
    return ["os_family", "environment", "servers", "not_restarted", "unknown", "percent"], ordered(rows, 0, 1)


def backup_status_by_environment(export: Export) -> Answer:
    runs = export.backwards("BACKS_UP")
    states: dict[str | None, Counter[str]] = {}
    for server in servers(export, *IN_SERVICE):
        if server[0] == "Hypervisor":
            continue
        saved = sorted((text(export, r, "started_at"), text(export, r, "status")) for r in runs.get(server, ()))
        latest = {status for at, status in saved if at == saved[-1][0]}
        states.setdefault(export.get(server, "environment"), Counter())[min(latest, default="missing")] += 1
    rows = []
    for environment, found in states.items():
        counts = [found[state] for state in ("full", "partial", "failed", "none", "missing")]
        rows.append([environment, found.total(), *counts, percent(found["full"], found.total())])
    columns = ["environment", "servers", "full", "partial", "failed", "none_saved", "missing", "percent"]
    return columns, ordered(rows, 0)


def recovery_points_exceeded(export: Export, least: int = 1440) -> Answer:
    instances, runs_on, runs = export.backwards("REALISES"), export.forwards("RUNS_ON"), export.backwards("BACKS_UP")
    hosts = set(servers(export))
    rows = []
    for application in export.of_kind("BusinessApplication"):
        objective = export.get(application, "rpo_minutes")
        if objective is None or int(objective) < least:
            continue
        limit = midnight(export.today) - timedelta(minutes=int(objective))
        used = {
            host
            for instance in instances.get(application, ())
            if export.get(instance, "environment") == "production"
            for host in runs_on.get(instance, ())
            if host in hosts
        }
        latest = [
            max((instant(text(export, r, "started_at")) for r in runs.get(host, ()) if full(export, r)), default=None)
            for host in used
        ]
        old, never = sum(at is not None and at < limit for at in latest), latest.count(None)
        if old + never:
            cells = [export.get(application, name) for name in ("code", "name", "criticality")]
            rows.append([*cells, int(objective), len(used), old, never])
    return ["code", "name", "criticality", "rpo_minutes", "servers", "too_old", "never"], ordered(rows, 0)


def full(export: Export, run: Item) -> bool:
    return export.get(run, "status") == "full"


def service_availability(export: Export, months: int = 12) -> Answer:
    first, now = before(export, months), midnight(export.today)
    period = int((now - instant(f"{first}T00:00:00Z")).total_seconds()) // 60
    outages, uses = export.backwards("AFFECTS"), export.forwards("USES")
    rows = []
    for service in export.of_kind("BusinessService"):
        if service not in uses:
            continue
        found = {
            outage
            for item in uses[service]
            for outage in outages.get(item, ())
            if outage[0] == "Outage"
            and export.get(outage, "planned") == "false"
            and text(export, outage, "started_at") >= first
            and instant(text(export, outage, "ended_at")) <= now
        }
        down = sum(minutes(text(export, o, "started_at"), text(export, o, "ended_at")) for o in found)
        target = float(text(export, service, "availability_target"))
        share = (200_000 * (period - down) + period) // (2 * period) / 100_000
        head = [export.get(service, "name"), export.get(service, "criticality")]
        rows.append([*head, len(found), down, share, target, (period - down) / period >= target])
    return ["name", "criticality", "outages", "minutes", "availability", "target", "met"], ordered(rows, 0)


def preventive_maintenance(export: Export) -> Answer:
    now = midnight(export.today)
    actions = {start for start, _ in export.pairs("CONCERNS") if start[0] == "MaintenanceAction"}
    rows = []
    for kind, found in grouped((text(export, action, "action_type"), action) for action in actions).items():
        done = [(text(export, a, "planned_at"), text(export, a, "done_at")) for a in found if export.get(a, "done_at")]
        waiting = [instant(text(export, a, "planned_at")) for a in found if not export.get(a, "done_at")]
        later = sum(at[:10] > planned[:10] for planned, at in done)
        late = sum(planned < now for planned in waiting)
        rows.append([kind, len(found), len(done), later, late, len(waiting) - late])
    return ["action_type", "actions", "done", "done_later", "late", "to_come"], ordered(rows, 0)


def volumes_nearly_full(export: Export, percent: float = 85.0) -> Answer:
    stored = export.backwards("STORED_ON")
    rows = []
    for volume in export.of_kind("StorageVolume"):
        size, used = float(text(export, volume, "size_gb")), float(text(export, volume, "used_gb"))
        if export.get(volume, "status") == "in_service" and 100 * used > percent * size:
            cells = [export.get(volume, name) for name in ("name", "environment", "criticality")]
            databases = sum(item[0] == "DatabaseInstance" for item in stored.get(volume, ()))
            rows.append([*cells, size, used, databases])
    columns = ["name", "environment", "criticality", "size_gb", "used_gb", "databases"]
    return columns, ordered(rows, lambda row: -row[4] / row[3], 0)


def hypervisor_load(export: Export, ratio: float = 4.0) -> Answer:
    guests = export.backwards("HOSTED_ON")
    rows = []
    for host in export.of_kind("Hypervisor"):
        live = [g for g in guests.get(host, ()) if g[0] == "VirtualMachine" and export.get(g, "status") in IN_SERVICE]
        if export.get(host, "status") != "in_service" or not live:
            continue
        cores, memory = int(text(export, host, "cpu_cores")), float(text(export, host, "memory_gb"))
        promised = sum(int(text(export, guest, "cpu_cores")) for guest in live)
        promised_memory = sum(float(text(export, guest, "memory_gb")) for guest in live)
        if promised > ratio * cores or promised_memory > memory:
            rows.append([export.get(host, "name"), len(live), promised, cores, promised_memory, memory])
    columns = ["hypervisor", "machines", "promised_cores", "cores", "promised_memory_gb", "memory_gb"]
    return columns, ordered(rows, 0)
