"""Obsolescence of what is installed: rates by system, team, model, perimeter and component, what comes, what no case covers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from demo.plain_answers import SERIOUS, SERVERS, Export, Item
from tests.graph.queries.plain.reckoning import IN_SERVICE, Answer, before, grouped, ordered, percent, servers, text

COMPONENTS = ("ApplicationServer", "WebServer", "DatabaseInstance", "DatabaseSchema", "MessageQueue", "BatchJob", "Api")
State = tuple[bool, bool, bool]


def states(export: Export, months: int = 0) -> Callable[[Iterable[Item]], State]:
    """Of the versions that something runs: is one out of support, does one end within months, is one of unknown end?"""
    today, last = export.today.isoformat(), before(export, -months)

    def of(versions: Iterable[Item]) -> State:
        ends = [export.get(version, "end_of_support") for version in versions]
        known = [end for end in ends if end]
        return any(end < today for end in known), any(today <= end <= last for end in known), len(known) < len(ends)

    return of


def obsolescence_by_system(export: Export, months: int = 12) -> Answer:
    state, product = states(export, months), dict(export.pairs("VERSION_OF"))
    live = set(servers(export, *IN_SERVICE))
    installed = grouped(((product[v], s), v) for s, v in export.pairs("RUNS_VERSION") if s in live)
    by_product = grouped((system, state(versions)) for (system, _), versions in installed.items())
    rows = []
    for system, found in by_product.items():
        ended, soon, unknown = (sum(state[n] for state in found) for n in range(3))
        rows.append([export.get(system, "name"), len(found), ended, soon, unknown, percent(ended, len(found))])
    return ["product", "servers", "unsupported", "soon", "unknown", "percent"], ordered(rows, 0)


def obsolescence_by_team(export: Export, months: int = 12) -> Answer:
    state, runs = states(export, months), export.forwards("RUNS_VERSION")
    live = set(servers(export, *IN_SERVICE))
    teams = grouped((team, state(runs.get(s, ()))) for s, team in export.pairs("OWNED_BY") if s in live)
    rows = []
    for team, found in teams.items():
        ended, soon = (sum(state[n] for state in found) for n in range(2))
        rows.append([export.get(team, "name"), len(found), ended, soon, percent(ended, len(found))])
    return ["team", "servers", "unsupported", "soon", "percent"], ordered(rows, 0)


def obsolescence_by_model(export: Export) -> Answer:
    state, runs = states(export), export.forwards("RUNS_VERSION")
    models = grouped(
        ((export.get(server, "manufacturer"), export.get(server, "model")), server)
        for server in servers(export, *IN_SERVICE)
        if export.get(server, "model")
    )
    rows = []
    for (manufacturer, model), machines in models.items():
        ended = sum(state(runs.get(machine, ()))[0] for machine in machines)
        unknown = sum(machine not in runs for machine in machines)
        rate = percent(ended, len(machines) - unknown)
        rows.append([manufacturer, model, len(machines), ended, unknown, rate])
    return ["manufacturer", "model", "machines", "unsupported", "unknown", "percent"], ordered(rows, 0, 1)


def obsolescence_by_perimeter(export: Export) -> Answer:
    state, runs = states(export), export.forwards("RUNS_VERSION")
    live = set(servers(export, *IN_SERVICE))
    rows = []
    for perimeter, found in grouped((p, s) for s, p in export.pairs("IN_PERIMETER") if s in live).items():
        ended = [server for server in found if state(runs.get(server, ()))[0]]
        production = sum(export.get(server, "environment") == "production" for server in ended)
        rows.append(
            [export.get(perimeter, "name"), len(found), len(ended), production, percent(len(ended), len(found))]
        )
    return ["perimeter", "servers", "unsupported", "in_production", "percent"], ordered(rows, 0)


def obsolescence_of_components(export: Export, months: int = 12) -> Answer:
    state, product = states(export, months), dict(export.pairs("VERSION_OF"))
    installed = grouped(
        ((product[version], component), version)
        for component, version in export.pairs("RUNS_VERSION")
        if component[0] in COMPONENTS and export.get(component, "status") in IN_SERVICE
    )
    rows = []
    for item, found in grouped((item, state(versions)) for (item, _), versions in installed.items()).items():
        ended, soon = (sum(state[n] for state in found) for n in range(2))
        head = [export.get(item, "category"), export.get(item, "name")]
        rows.append([*head, len(found), ended, soon, percent(ended, len(found))])
    return ["category", "name", "components", "unsupported", "soon", "percent"], ordered(rows, 0, 1)


def installations(export: Export) -> list[tuple[Item, Item, str]]:
    """(item, version, end of support) of what runs in service on servers and components, where the end is known."""
    return [
        (item, version, text(export, version, "end_of_support"))
        for item, version in export.pairs("RUNS_VERSION")
        if item[0] in (*SERVERS, *COMPONENTS)
        and export.get(item, "status") in IN_SERVICE
        and export.get(version, "end_of_support")
    ]


def obsolescence_horizon(export: Export, months: int = 12) -> Answer:
    found = installations(export)
    rows = []
    for ahead in range(months + 1):
        day = before(export, -ahead)
        ended = [item for item, _, end in found if end < day]
        rows.append([day, len(ended), sum(export.get(item, "criticality") in SERIOUS for item in ended)])
    return ["day", "unsupported", "serious"], rows


def unsupported_without_case(export: Export) -> Answer:
    concerned = export.forwards("CONCERNS")
    covered = {(item, version) for case, version in export.pairs("OF_VERSION") for item in concerned[case]}
    ended = [(item, version) for item, version, end in installations(export) if end < export.today.isoformat()]
    rows = []
    for version, items in grouped((version, item) for item, version in ended).items():
        lacking = sum((item, version) not in covered for item in items)
        if lacking:
            rows.append([export.get(version, "name"), export.get(version, "end_of_support"), len(items), lacking])
    columns = ["version", "end_of_support", "installations", "without_case"]
    return columns, ordered(rows, lambda row: -row[3], 0)


def support_ending_without_plan(export: Export, months: int = 6) -> Answer:
    concerned = export.forwards("CONCERNS")
    planned = {
        item
        for case, plan in export.pairs("TREATED_BY")
        if export.get(plan, "status") != "cancelled"
        for item in concerned.get(case, ())
    }
    today, last = export.today.isoformat(), before(export, -months)
    rows = []
    for server, version in export.pairs("RUNS_VERSION"):
        end = export.get(version, "end_of_support")
        if server[0] not in SERVERS or server in planned or end is None or not today <= end <= last:
            continue
        if export.get(server, "status") in IN_SERVICE[:2] and export.get(server, "criticality") in SERIOUS:
            cells = [export.get(server, name) for name in ("name", "environment", "criticality")]
            rows.append([end, export.get(version, "name"), *cells])
    return ["end_of_support", "version", "server", "environment", "criticality"], ordered(rows, 0, 1, 2)


def inventory_coverage(export: Export) -> Answer:
    runs = export.forwards("RUNS_VERSION")
    kinds = grouped(((s[0], export.get(s, "os_family")), s) for s in servers(export, *IN_SERVICE))
    rows = []
    for (kind, family), found in kinds.items():
        dated = sum(any(export.get(v, "end_of_support") for v in runs.get(server, ())) for server in found)
        known = sum(server in runs for server in found)
        rows.append([kind, family, len(found), known, dated, percent(dated, len(found))])
    columns = ["kind", "os_family", "servers", "with_version", "with_support_date", "percent"]
    return columns, ordered(rows, 0, 1)
