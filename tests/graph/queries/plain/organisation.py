"""Changes, documents, owners, load, contracts, and the overview of an application."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from demo.plain_answers import SERIOUS, SERVERS, Export, Item
from tests.graph.queries.plain.reckoning import (
    Answer,
    before,
    grouped,
    instant,
    mean,
    midnight,
    name_of,
    names,
    ordered,
    percent,
    single,
    text,
)

DIFFICULT = ("incident", "interruption", "rolled_back")
ITEMS = (
    "Api", "ApplicationServer", "BatchJob", "BusinessApplication", "BusinessCapability", "BusinessProcess",
    "BusinessService", "Certificate", "CloudAccount", "Cluster", "DataCenter", "DatabaseInstance", "DatabaseSchema",
    "Hypervisor", "IpAddress", "KubernetesCluster", "KubernetesWorkload", "LoadBalancer", "MainframePartition",
    "MessageQueue", "NetworkCircuit", "NetworkDevice", "NetworkInterface", "NetworkPrefix", "PhysicalServer", "Rack",
    "Room", "ServiceInstance", "ServiceOffering", "StorageDevice", "StorageVolume", "TechnologyService",
    "VirtualMachine", "Vlan", "WebServer",
)  # fmt: skip
OVER = ("closed", "resolved", "cancelled", "refused")


def change_success_by_team(export: Export, months: int = 12) -> Answer:
    first, now, caused = before(export, months), midnight(export.today), export.backwards("CAUSED_BY")
    teams: dict[Item, list[Item]] = defaultdict(list)
    for change, team in export.pairs("ASSIGNED_TO"):
        ended = export.get(change, "ended_at") if change[0] == "Change" else None
        if ended and ended >= first and instant(ended) <= now:
            teams[team].append(change)
    rows = []
    for team, found in teams.items():
        outcomes = Counter(export.get(change, "outcome") for change in found)
        urgent = sum(export.get(change, "change_type") == "emergency" for change in found)
        incidents = {item for change in found for item in caused.get(change, ()) if item[0] == "Incident"}
        difficult = sum(outcomes[outcome] for outcome in DIFFICULT)
        counts = [len(found), outcomes["success"], difficult, urgent, len(incidents)]
        rows.append([export.get(team, "name"), *counts, percent(outcomes["success"], len(found))])
    columns = ["team", "changes", "successful", "difficult", "emergencies", "incidents", "percent"]
    return columns, ordered(rows, 0)


def planned_changes(export: Export, days: int = 30) -> Answer:
    now, assigned = midnight(export.today), export.forwards("ASSIGNED_TO")
    rows = []
    for change, item in export.pairs("TOUCHES"):
        planned = text(export, change, "planned_start")
        waiting = not export.get(change, "started_at") and export.get(change, "status") not in OVER
        if waiting and now <= instant(planned) < now + timedelta(days=days):
            cells = [export.get(change, name) for name in ("planned_end", "number", "title", "status", "complexity")]
            touched = [item[0], export.get(item, "name"), export.get(item, "criticality")]
            rows += [[planned, *cells, *touched, team] for team in names(export, assigned, change)]
    columns = [
        "planned_start", "planned_end", "number", "title", "status", "complexity", "kind", "touches", "criticality",
        "team",
    ]  # fmt: skip
    return columns, ordered(rows, 0, 2, 7, 9)


def documentation_by_perimeter(export: Export, months: int = 24) -> Answer:
    papers, first = export.backwards("DOCUMENTS"), before(export, months)
    areas = grouped((p, a) for a, p in export.pairs("IN_PERIMETER") if a[0] == "BusinessApplication")
    rows = []
    for area, applications in areas.items():
        documented, compliant = (
            sum(export.get(a, name) == "true" for a in applications)
            for name in ("documented", "architecture_compliant")
        )
        reviewed = sum(
            any((export.get(paper, "reviewed_on") or "0") >= first for paper in papers.get(a, ())) for a in applications
        )
        counts = [len(applications), documented, compliant, reviewed]
        rows.append([export.get(area, "name"), *counts, percent(documented, len(applications))])
    return ["perimeter", "applications", "documented", "compliant", "reviewed", "percent"], ordered(rows, 0)


def incomplete_sheets(export: Export, percent: float = 75.0) -> Answer:
    owners = export.forwards("OWNED_BY")
    rows = []
    for sheet, application in export.pairs("CONCERNS"):
        if sheet[0] != "ReferentialSheet" or export.get(application, "criticality") not in (*SERIOUS, "important"):
            continue
        filled, total = int(text(export, sheet, "fields_filled")), int(text(export, sheet, "fields_total"))
        if 100 * filled < percent * total:
            head = [export.get(application, "code"), export.get(application, "name"), filled, total]
            state = [mean(100 * filled, total), export.get(sheet, "updated_at")]
            rows += [[*head, *state, team] for team in names(export, owners, application)]
    return ["code", "name", "filled", "fields", "percent", "updated_at", "team"], ordered(rows, 0, 2, 5, 6)


def documents_to_review(export: Export, months: int = 24) -> Answer:
    limit = before(export, months)
    rows = []
    for paper, item in export.pairs("DOCUMENTS"):
        reviewed = export.get(paper, "reviewed_on")
        if (
            item[0] == "BusinessApplication"
            and export.get(item, "criticality") in SERIOUS
            and (reviewed or "9") < limit
        ):
            cells = [export.get(paper, "title"), export.get(paper, "document_type")]
            rows.append([reviewed, *cells, export.get(item, "code"), export.get(item, "criticality")])
    return ["reviewed_on", "title", "document_type", "code", "criticality"], ordered(rows, 0, 1, 3)


def ownership_by_kind(export: Export) -> Answer:
    owned, placed = export.forwards("OWNED_BY"), export.forwards("IN_PERIMETER")
    rows = []
    for kind in ITEMS:
        items = list(export.of_kind(kind))
        if not items:
            continue
        alone = sum(item not in owned for item in items)
        outside = sum(item not in placed for item in items)
        rows.append([kind, len(items), alone, outside, percent(len(items) - alone, len(items))])
    return ["kind", "items", "without_owner", "without_perimeter", "percent"], ordered(rows, 0)


def load_by_team(export: Export, months: int = 3) -> Answer:
    first, members = before(export, months), export.backwards("MEMBER_OF_TEAM")
    assigned = export.backwards("ASSIGNED_TO")
    rows = []
    for team in export.of_kind("Team"):
        recent = [
            item
            for item in assigned.get(team, ())
            if item[0] in ("Incident", "Change", "Problem") and text(export, item, "opened_at") >= first
        ]
        counts = Counter(kind for kind, _ in recent)
        still = sum(export.get(item, "status") not in OVER for item in recent)
        persons = len(members.get(team, ()))
        by_kind = [counts[kind] for kind in ("Incident", "Change", "Problem")]
        rows.append([export.get(team, "name"), *by_kind, still, persons, mean(len(recent), persons)])
    return ["team", "incidents", "changes", "problems", "open", "persons", "per_person"], ordered(rows, 0)


def estate_by_organisation(export: Export) -> Answer:
    parts, owned = export.forwards("PART_OF"), export.backwards("OWNED_BY")
    rows = []
    for team in export.of_kind("Team"):
        department = single(parts, team)
        pole = single(parts, department) if department else None
        items = owned.get(team, ())
        production = sum(export.get(item, "environment") == "production" for item in items)
        serious = sum(export.get(item, "criticality") in SERIOUS for item in items)
        names = [name_of(export, level) for level in (pole, department, team)]
        rows.append([*names, len(items), production, serious])
    columns = ["pole_name", "department_name", "team_name", "items", "in_production", "serious"]
    return columns, ordered(rows, 0, 1, 2)


def services_by_entity(export: Export) -> Answer:
    served = grouped(
        ((entity, text(export, item, "currency")), item)
        for item, entity in export.pairs("SERVES")
        if item[0] == "BusinessApplication"
    )
    rows = []
    for (entity, currency), applications in served.items():
        serious = sum(export.get(a, "criticality") in SERIOUS for a in applications)
        personal = sum(export.get(a, "personal_data") in ("personal", "sensitive") for a in applications)
        cost = sum(int(text(export, a, "yearly_cost")) for a in applications)
        head = [export.get(entity, "name"), export.get(entity, "kind"), currency]
        rows.append([*head, len(applications), serious, personal, cost])
    columns = ["entity", "kind", "currency", "applications", "serious", "personal", "yearly_cost"]
    return columns, ordered(rows, 0, 2)


def ending_contracts(export: Export, months: int = 6) -> Answer:
    covered, last = export.backwards("COVERED_BY"), before(export, -months)
    rows = []
    for contract, supplier in export.pairs("SUPPLIED_BY"):
        if contract[0] == "Contract" and export.today.isoformat() <= text(export, contract, "ends_on") <= last:
            items = covered.get(contract, ())
            serious = sum(export.get(item, "criticality") in SERIOUS for item in items)
            cells = [export.get(contract, name) for name in ("ends_on", "number", "name")]
            rows.append([*cells, export.get(supplier, "name"), len(items), serious])
    return ["ends_on", "number", "contract", "supplier_name", "items", "serious"], ordered(rows, 0, 1)


def application_360(export: Export, application: str) -> Answer:
    subject = export.named(application, "BusinessApplication")
    instances = [item for item in export.backwards("REALISES")[subject] if item[0] == "ServiceInstance"]
    runs_on, found = export.forwards("RUNS_ON"), export.backwards("FOUND_ON")
    hosts = {host for instance in instances for host in runs_on.get(instance, ()) if host[0] in SERVERS}
    today, year_ago = export.today.isoformat(), before(export, 12)
    findings = [f for host in hosts for f in found.get(host, ()) if not export.get(f, "closed_at")]
    runs = export.forwards("RUNS_VERSION")
    old = [h for h in hosts if any((export.get(v, "end_of_support") or "9") < today for v in runs.get(h, ()))]
    stale = [h for h in hosts if (export.get(h, "last_restart") or "9")[:10] < before(export, 3)]
    sheets = [s for s in export.backwards("CONCERNS").get(subject, ()) if s[0] == "ReferentialSheet"]
    empty = sum(int(text(export, s, "fields_total")) - int(text(export, s, "fields_filled")) for s in sheets)
    plans = [p for p in export.backwards("COVERS").get(subject, ()) if export.get(p, "validated") == "true"]
    tests = [
        test
        for test in export.backwards("TESTS").get(subject, ())
        if export.get(test, "result") == "passed" and text(export, test, "done_on") >= year_ago
    ]
    affecting = export.backwards("AFFECTS")
    incidents = {
        start
        for item in (subject, *instances)
        for start in affecting.get(item, ())
        if start[0] == "Incident" and text(export, start, "opened_at") >= year_ago
    }
    counts = [len(findings), len(old), len(stale), empty, len(plans), len(tests), len(incidents)]
    security, obsolescence, operability, referential, *others = counts
    columns = [
        "code", "security", "obsolescence", "referential", "operability", "recovery", "load_tests", "incidents",
    ]  # fmt: skip
    return columns, [[export.get(subject, "code"), security, obsolescence, referential, operability, *others]]
