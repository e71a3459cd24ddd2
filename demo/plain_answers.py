"""The ten demo questions answered from the CSV files alone, in plain Python: the other side of `make demo CHECK=1`.

Imports nothing of the twin, and nothing but the standard library: a mistake of the twin cannot be repeated here.
Usage: python plain_answers.py EXPORT_FOLDER OUT_FOLDER. Questions, parameters and the day that counts as today are in
questions.json beside this file; each answer goes to OUT_FOLDER/NAME.json as query, parameters, columns, rows.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

Item = tuple[str, str]  # kind and key
Row = list[Any]

HOPS = 20
SHORTEST_HOPS = 12
DEPENDENCY = (
    "USES", "DEPENDS_ON", "PROVIDED_BY", "RUNS_ON", "HOSTED_ON", "STORED_ON", "CONNECTED_THROUGH", "LOCATED_IN",
)  # fmt: skip
RUNNING = ("USES", "DEPENDS_ON", "PROVIDED_BY", "RUNS_ON", "HOSTED_ON", "STORED_ON")
SERVERS = ("PhysicalServer", "VirtualMachine", "Hypervisor", "MainframePartition")
MAY_FAIL = (*SERVERS, "DatabaseInstance", "ApplicationServer", "WebServer", "StorageVolume", "StorageDevice")
SERIOUS = ("vital", "critical")


class Export:
    """The CSV files of an export, and the day that counts as today."""

    def __init__(self, folder: Path, today: date) -> None:
        self.today = today
        self._items: dict[Item, dict[str, str]] = {}
        self._kinds: dict[str, list[Item]] = {}
        for path in sorted(folder.glob("*.csv")):
            self._kinds[path.stem] = []
            for row in read(path):
                item = (path.stem, row["key"])
                self._items[item] = row
                self._kinds[path.stem].append(item)
        self._relations = {path.stem: list(read(path)) for path in sorted((folder / "relations").glob("*.csv"))}

    def get(self, item: Item, attribute: str) -> str | None:
        """A cell of an element; None where it is empty or there is no such column."""
        return self._items[item].get(attribute) or None

    def of_kind(self, *kinds: str) -> Iterator[Item]:
        for kind in kinds:
            yield from self._kinds.get(kind, ())

    def pairs(self, *relations: str) -> Iterator[tuple[Item, Item]]:
        """Both ends of every relation of these types."""
        for relation in relations:
            for row in self._relations.get(relation, ()):
                yield (row["from_kind"], row["from"]), (row["to_kind"], row["to"])

    def rows(self, relation: str) -> list[dict[str, str]]:
        """Every relation of a type, with its own cells."""
        return self._relations.get(relation, [])

    def forwards(self, *relations: str) -> dict[Item, list[Item]]:
        return neighbours(self.pairs(*relations))

    def backwards(self, *relations: str) -> dict[Item, list[Item]]:
        return neighbours((end, start) for start, end in self.pairs(*relations))

    def named(self, name: str, *kinds: str) -> Item:
        """The one element of that name, among some kinds or all."""
        found = [i for i in (self.of_kind(*kinds) if kinds else self._items) if self.get(i, "name") == name]
        if len(found) != 1:
            raise SystemExit(f"{len(found)} elements are called {name!r}")
        return found[0]


def read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def neighbours(pairs: Iterable[tuple[Item, Item]]) -> dict[Item, list[Item]]:
    found: dict[Item, list[Item]] = defaultdict(list)
    for start, end in pairs:
        found[start].append(end)
    return found


def distances(edges: dict[Item, list[Item]], starts: Iterable[Item], hops: int) -> dict[Item, int]:
    """Everything within so many steps of the starts, with its distance; the starts are at 0."""
    found = dict.fromkeys(starts, 0)
    frontier = list(found)
    for distance in range(1, hops + 1):
        following = []
        for item in frontier:
            for other in edges.get(item, ()):
                if other not in found:
                    found[other] = distance
                    following.append(other)
        frontier = following
    return found


def impact(export: Export, starts: Iterable[Item]) -> set[Item]:
    """The starts, all that depends on them, the applications of instances among those, and all that depends on these."""
    dependents = export.backwards(*DEPENDENCY)
    reached = set(distances(dependents, starts, HOPS))
    applications = [
        end for start, end in export.pairs("REALISES") if start in reached and end[0] == "BusinessApplication"
    ]
    return reached | set(distances(dependents, applications, HOPS))


def described(export: Export, items: Iterable[Item]) -> list[Row]:
    rows = [[i[0], export.get(i, "name"), export.get(i, "environment"), export.get(i, "criticality")] for i in items]
    return sorted(rows, key=lambda row: (row[0], row[1]))


def months_before(today: date, months: int) -> date:
    """The same day of the month so many months earlier, or the last day of that month where it is shorter."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    day = today.day
    while True:
        try:
            return date(year, month + 1, day)
        except ValueError:
            day -= 1


def downstream_impact(export: Export, ci: str) -> tuple[list[str], list[Row]]:
    start = export.named(ci)
    rows = described(export, impact(export, [start]) - {start})
    return ["kind", "name", "environment", "criticality"], rows


def upstream_dependencies(export: Export, ci: str) -> tuple[list[str], list[Row]]:
    start = export.named(ci)
    dependencies = export.forwards(*DEPENDENCY)
    reached = set(distances(dependencies, [start], HOPS))
    instances = [begin for begin, end in export.pairs("REALISES") if end in reached and end[0] == "BusinessApplication"]
    reached |= set(distances(dependencies, instances, HOPS))
    return ["kind", "name", "environment", "criticality"], described(export, reached - {start})


def path_between(export: Export, **ends: str) -> tuple[list[str], list[Row]]:
    a, b = export.named(ends["from"]), export.named(ends["to"])
    both = neighbours(pair for start, end in export.pairs(*DEPENDENCY) for pair in ((start, end), (end, start)))
    from_a, from_b = distances(both, [a], SHORTEST_HOPS), distances(both, [b], SHORTEST_HOPS)
    length = from_a.get(b)
    rows: list[Row] = []
    if length:
        between = [i for i in from_a if i in from_b and from_a[i] + from_b[i] == length]
        rows = sorted([from_a[i], i[0], export.get(i, "name")] for i in between)
    return ["distance", "kind", "name"], rows


def single_points_of_failure(export: Export, service: str) -> tuple[list[str], list[Row]]:
    members: dict[Item, set[Item]] = defaultdict(set)
    for member, cluster in export.pairs("MEMBER_OF"):
        members[cluster].add(member)
    redundant = {member for group in members.values() if len(group) > 1 for member in group}
    redundant |= {start for start, _ in export.pairs("FAILS_OVER_TO", "REPLICATES_TO")}
    needs = export.forwards(*RUNNING)
    dependents: dict[Item, set[Item]] = defaultdict(set)
    for item in distances(needs, [export.named(service, "BusinessService")], HOPS):
        if item not in redundant:
            for other in needs.get(item, ()):
                if other not in redundant and other[0] in MAY_FAIL:
                    dependents[other].add(item)
    rows = [[i[0], export.get(i, "name"), export.get(i, "criticality"), len(by)] for i, by in dependents.items()]
    return ["kind", "name", "criticality", "dependents"], sorted(rows, key=lambda row: (row[0], row[1]))


def servers_by_end_of_support(export: Export, months: int) -> tuple[list[str], list[Row]]:
    last = months_before(export.today, -months).isoformat()
    servers: dict[Item, set[Item]] = defaultdict(set)
    for server, version in export.pairs("RUNS_VERSION"):
        if server[0] in SERVERS and export.get(server, "status") not in (None, "decommissioned"):
            servers[version].add(server)
    rows = []
    for version, listed in servers.items():
        end = export.get(version, "end_of_support")
        if end is not None and end <= last:
            live = sum(export.get(server, "environment") == "production" for server in listed)
            rows.append([end, export.get(version, "name"), export.get(version, "end_of_life"), len(listed), live])
    columns = ["end_of_support", "version", "end_of_life", "servers", "in_production"]
    return columns, sorted(rows, key=lambda row: row[:2])


def servers_not_restarted(export: Export, months: int) -> tuple[list[str], list[Row]]:
    limit = months_before(export.today, months).isoformat()
    rows = []
    for server in export.of_kind(*SERVERS):
        restarted = export.get(server, "last_restart")
        if (
            export.get(server, "os_family") in ("windows", "linux")
            and export.get(server, "status") in ("in_service", "in_maintenance", "in_decommissioning")
            and restarted is not None
            and restarted[:10] < limit
        ):
            cells = [export.get(server, name) for name in ("name", "os_family", "environment", "criticality")]
            rows.append([*cells, restarted])
    columns = ["server", "os_family", "environment", "criticality", "last_restart"]
    return columns, sorted(rows, key=lambda row: (row[4], row[0]))


def servers_of_serious_applications(export: Export) -> Iterator[tuple[Item, Item, Item]]:
    """(application, instance, server) for every server on which an instance of a vital or critical application runs."""
    instances = export.backwards("REALISES")
    runs_on = export.forwards("RUNS_ON")
    for application in export.of_kind("BusinessApplication"):
        if export.get(application, "criticality") in SERIOUS:
            for instance in instances.get(application, ()):
                for server in runs_on.get(instance, ()):
                    if server[0] in SERVERS:
                        yield application, instance, server


def unbacked_up_critical_servers(export: Export, environment: str) -> tuple[list[str], list[Row]]:
    applications: dict[Item, set[Item]] = defaultdict(set)
    for application, instance, server in servers_of_serious_applications(export):
        if export.get(instance, "environment") == environment:
            applications[server].add(application)
    runs = export.backwards("BACKS_UP")
    rows = []
    for server, concerned in applications.items():
        latest = max(
            ((export.get(r, "started_at"), export.get(r, "status")) for r in runs.get(server, ())), default=None
        )
        if latest is None or latest[1] != "full":
            name, criticality = export.get(server, "name"), export.get(server, "criticality")
            at, status = latest or (None, "missing")
            rows.append([server[0], name, criticality, len(concerned), status, at])
    columns = ["kind", "server", "criticality", "applications", "latest_backup", "backed_up_at"]
    return columns, sorted(rows, key=lambda row: (row[0], row[1]))


def exploited_vulnerabilities_on_critical_applications(export: Export) -> tuple[list[str], list[Row]]:
    findings = export.backwards("FOUND_ON")
    vulnerability_of = dict(export.pairs("OF_VULNERABILITY"))
    servers: dict[tuple[Item, Item], set[Item]] = defaultdict(set)
    oldest: dict[tuple[Item, Item], str] = {}
    for application, _, server in servers_of_serious_applications(export):
        for finding in findings.get(server, ()):
            vulnerability = vulnerability_of[finding]
            if export.get(finding, "closed_at") or export.get(vulnerability, "known_exploited") != "true":
                continue
            servers[application, vulnerability].add(server)
            opened = export.get(finding, "opened_at") or ""
            oldest[application, vulnerability] = min(opened, oldest.get((application, vulnerability), opened))
    rows = [
        [
            export.get(a, "code"), export.get(a, "name"), export.get(a, "criticality"), export.get(v, "cve"),
            float(export.get(v, "cvss") or "nan"), export.get(v, "severity"), len(listed), oldest[a, v],
        ]
        for (a, v), listed in servers.items()
    ]  # fmt: skip
    columns = ["application", "name", "criticality", "cve", "cvss", "severity", "servers", "oldest"]
    return columns, sorted(rows, key=lambda row: (-row[4], row[3], row[0]))


def incidents_by_team_and_month(export: Export, months: int) -> tuple[list[str], list[Row]]:
    first = months_before(export.today, months).isoformat()
    counts: dict[tuple[str, int, int], Counter[str]] = defaultdict(Counter)
    for incident, team in export.pairs("ASSIGNED_TO"):
        opened = export.get(incident, "opened_at") if incident[0] == "Incident" else None
        if opened is None or opened < first:
            continue
        cell = counts[export.get(team, "name") or "", int(opened[:4]), int(opened[5:7])]
        cell["all"] += 1
        cell["major"] += export.get(incident, "priority") == "P1"
        cell["late"] += export.get(incident, "made_sla") == "false"
    rows = [[*key, cell["all"], cell["major"], cell["late"]] for key, cell in sorted(counts.items())]
    return ["team", "year", "month", "incidents", "major", "late"], rows


def change_owners(export: Export, change: str) -> tuple[list[str], list[Row]]:
    asked = export.named(change, "Change")
    touched = {item for start, item in export.pairs("TOUCHES") if start == asked}
    reached = impact(export, touched)
    items: Counter[Item] = Counter()
    direct: Counter[Item] = Counter()
    for item, team in export.pairs("OWNED_BY"):
        items[team] += item in reached
        direct[team] += item in touched
    rows = [[export.get(t, "name"), export.get(t, "on_call"), direct[t], count] for t, count in items.items() if count]
    return ["team", "on_call", "touched", "items"], sorted(rows, key=lambda row: row[0])


ANSWERS: dict[str, Callable[..., tuple[list[str], list[Row]]]] = {
    function.__name__: function
    for function in (
        downstream_impact,
        upstream_dependencies,
        path_between,
        single_points_of_failure,
        servers_by_end_of_support,
        servers_not_restarted,
        unbacked_up_critical_servers,
        exploited_vulnerabilities_on_critical_applications,
        incidents_by_team_and_month,
        change_owners,
    )
}


def main(folder: Path, out: Path) -> None:
    questions = json.loads((Path(__file__).parent / "questions.json").read_text(encoding="utf-8"))
    export = Export(folder, date.fromisoformat(questions["today"]))
    out.mkdir(parents=True, exist_ok=True)
    for name, question in questions["questions"].items():
        columns, rows = ANSWERS[question["query"]](export, **question["parameters"])
        head = {"query": question["query"], "parameters": question["parameters"], "columns": columns}
        lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
        text = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "rows": [\n' + lines + "\n ]\n}\n"
        (out / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
