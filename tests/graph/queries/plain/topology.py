"""Dependencies, impact, concentration, cycles and what is alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from demo.plain_answers import DEPENDENCY, HOPS, SERIOUS, SERVERS, Export, Item, Row, distances, impact
from tests.graph.queries.plain.reckoning import (
    Answer,
    grouped,
    instant,
    midnight,
    names,
    ordered,
    servers,
    single,
    text,
    upstream,
)


def upstream_changes(export: Export, ci: str, hours: int) -> Answer:
    now = midnight(export.today)
    reached = upstream(export, export.named(ci))
    rows = []
    for change, item in export.pairs("TOUCHES"):
        started, ended = export.get(change, "started_at"), export.get(change, "ended_at")
        if item not in reached or started is None or instant(started) > now:
            continue
        if ended is None or instant(ended) >= now - timedelta(hours=hours):
            cells = [export.get(change, name) for name in ("number", "title", "change_type", "outcome")]
            rows.append([*cells, started, ended, item[0], export.get(item, "name")])
    columns = ["number", "title", "change_type", "outcome", "started_at", "ended_at", "kind", "touched"]
    return columns, ordered(rows, 4, 0, 6, 7)


def impacted_business_services(export: Export, ci: str) -> Answer:
    owners = export.forwards("OWNED_BY")
    rows = []
    for item in impact(export, [export.named(ci)]):
        if item[0] == "BusinessService":
            target = float(text(export, item, "availability_target"))
            head = [export.get(item, "name"), export.get(item, "criticality"), target]
            rows += [[*head, team] for team in names(export, owners, item)]
    return ["name", "criticality", "availability_target", "team"], ordered(rows, 0, 3)


def dependents_by_kind(export: Export, ci: str) -> Answer:
    start = export.named(ci)
    items: Counter[str] = Counter()
    live: Counter[str] = Counter()
    serious: Counter[str] = Counter()
    for item in distances(export.backwards(*DEPENDENCY), [start], HOPS):
        if item != start:
            items[item[0]] += 1
            live[item[0]] += export.get(item, "environment") == "production"
            serious[item[0]] += export.get(item, "criticality") in SERIOUS
    rows = [[kind, count, live[kind], serious[kind]] for kind, count in items.items()]
    return ["kind", "items", "in_production", "serious"], ordered(rows, lambda row: -row[1], 0)


def direct_dependencies(export: Export, ci: str) -> Answer:
    start = export.named(ci)
    owners = export.forwards("OWNED_BY")
    rows = []
    for relation in DEPENDENCY:
        for begin, end in export.pairs(relation):
            if begin == start:
                head = [relation, end[0], export.get(end, "name"), export.get(end, "criticality")]
                rows += [[*head, team] for team in names(export, owners, end)]
    return ["relation", "kind", "name", "criticality", "team"], ordered(rows, 0, 1, 2, 4)


def shared_dependencies(export: Export, first: str, second: str) -> Answer:
    needs = export.forwards(*DEPENDENCY)
    both: list[set[Item]] = []
    for name in (first, second):
        application = export.named(name, "BusinessApplication")
        live = [i for i in export.backwards("REALISES")[application] if export.get(i, "environment") == "production"]
        both.append(set().union(*(distances(needs, needs[instance], HOPS - 1) for instance in live)))
    rows = [[i[0], export.get(i, "name"), export.get(i, "criticality")] for i in both[0] & both[1]]
    return ["kind", "name", "criticality"], ordered(rows, 0, 1)


def machine_of(export: Export) -> dict[Item, Item]:
    """The physical server under every server; itself for a physical one."""
    hosted = export.forwards("HOSTED_ON")
    found = {}
    for server in export.of_kind(*SERVERS):
        below: Item | None = server
        while below is not None and below[0] != "PhysicalServer":
            below = single(hosted, below)
        if below is not None:
            found[server] = below
    return found


def center_of(export: Export) -> dict[Item, Item]:
    """The data centre of every physical server that stands in a rack."""
    located = export.forwards("LOCATED_IN")
    found = {}
    for machine in export.of_kind("PhysicalServer"):
        rack = single(located, machine)
        center = single(located, rack) if rack else None
        if center is not None:
            found[machine] = center
    return found


def single_site_applications(export: Export) -> Answer:
    machines, centers = machine_of(export), center_of(export)
    site_of = export.forwards("LOCATED_IN")
    instances, runs_on = export.backwards("REALISES"), export.forwards("RUNS_ON")
    rows = []
    for application in export.of_kind("BusinessApplication"):
        if export.get(application, "criticality") not in SERIOUS:
            continue
        hosts = {
            host
            for instance in instances.get(application, ())
            if export.get(instance, "environment") in ("production", "recovery")
            for host in runs_on.get(instance, ())
            if host in machines and machines[host] in centers
        }
        used = {centers[machines[host]] for host in hosts}
        sites = {site for center in used for site in site_of[center]}
        if len(sites) == 1:
            cells = [export.get(application, name) for name in ("code", "name", "criticality")]
            rows.append([*cells, export.get(sites.pop(), "name"), len(used), len(hosts)])
    return ["code", "name", "criticality", "site", "data_centers", "servers"], ordered(rows, 0)


def data_center_content(export: Export) -> Answer:
    machines, centers = machine_of(export), center_of(export)
    realised = export.forwards("REALISES")
    live: dict[Item, set[Item]] = defaultdict(set)
    for instance, host in export.pairs("RUNS_ON"):
        if instance[0] == "ServiceInstance" and export.get(instance, "environment") == "production":
            live[host].update(i for i in realised.get(instance, ()) if i[0] == "BusinessApplication")
    hosts = grouped((centers[machine], host) for host, machine in machines.items() if machine in centers)
    rows = []
    for center, carried in hosts.items():
        applications = {application for host in carried for application in live[host]}
        serious = sum(export.get(application, "criticality") in SERIOUS for application in applications)
        physical = sum(host[0] == "PhysicalServer" for host in carried)
        virtual = sum(host[0] == "VirtualMachine" for host in carried)
        rows.append([export.get(center, "name"), physical, virtual, len(applications), serious])
    return ["data_center", "physical_servers", "virtual_machines", "applications", "serious"], ordered(rows, 0)


def cluster_members_on_one_host(export: Export) -> Answer:
    hosted = export.forwards("HOSTED_ON")
    rows: list[Row] = []
    for cluster, members in export.backwards("MEMBER_OF").items():
        hosts = Counter(host for m in members if m[0] == "VirtualMachine" for host in hosted.get(m, ()))
        head = [export.get(cluster, "name"), export.get(cluster, "criticality")]
        rows += [[*head, export.get(host, "name"), n, len(members)] for host, n in hosts.items() if n > 1]
    rows = ordered(rows, lambda row: -row[3], 0, 2)
    return ["cluster", "criticality", "hypervisor", "together", "members"], rows[:200]


def dependency_cycles(export: Export) -> Answer:
    links = [pair for pair in export.pairs("DEPENDS_ON") if {end[0] for end in pair} == {"BusinessApplication"}]
    needs = grouped(links)
    rows = []
    for start, end in links:
        if start in distances(needs, [end], 5):
            cells = [export.get(start, name) for name in ("code", "name", "criticality")]
            rows.append([*cells, export.get(end, "code"), export.get(end, "name")])
    return ["code", "name", "criticality", "needs_code", "needs"], ordered(rows, 0, 3)


def unused_servers(export: Export) -> Answer:
    carrying = set(export.backwards("RUNS_ON", "HOSTED_ON"))
    owners = export.forwards("OWNED_BY")
    rows = []
    for server in servers(export, "in_service", "in_maintenance"):
        if server not in carrying:
            cells = [export.get(server, name) for name in ("name", "environment", "role")]
            restarted = export.get(server, "last_restart")
            rows += [[*cells, team, restarted] for team in names(export, owners, server)]
    return ["server", "environment", "role", "team", "last_restart"], ordered(rows, 0, 3)


def fragile_dependencies(export: Export) -> Answer:
    plans = export.backwards("COVERS")
    rows = []
    for start, end in export.pairs("DEPENDS_ON"):
        if {start[0], end[0]} != {"BusinessApplication"} or export.get(start, "criticality") not in SERIOUS:
            continue
        if export.get(end, "criticality") in ("important", "standard"):
            recoverable = any(export.get(plan, "validated") == "true" for plan in plans.get(end, ()))
            cells = [export.get(item, name) for item in (start, end) for name in ("code", "name", "criticality")]
            rows.append([*cells, recoverable])
    columns = ["code", "name", "criticality", "needs_code", "needs", "needs_criticality", "recoverable"]
    return columns, ordered(rows, 0, 3)


def technology_services_by_use(export: Export) -> Answer:
    realised = export.forwards("REALISES")
    using: dict[Item, set[Item]] = {service: set() for service in export.of_kind("TechnologyService")}
    for start, end in export.pairs("DEPENDS_ON"):
        if end in using and start[0] == "ServiceInstance" and export.get(start, "environment") == "production":
            using[end].update(realised.get(start, ()))
    rows = []
    for service, applications in using.items():
        serious = sum(export.get(application, "criticality") in SERIOUS for application in applications)
        rows.append([export.get(service, "name"), len(applications), serious])
    return ["service", "applications", "serious"], ordered(rows, lambda row: -row[1], 0)
