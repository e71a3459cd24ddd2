"""Findings, corrections, policies, certificates."""

from __future__ import annotations

from datetime import timedelta

from demo.plain_answers import SERIOUS, SERVERS, Export, Item
from tests.graph.queries.plain.reckoning import (
    IN_SERVICE,
    Answer,
    before,
    day_after,
    grouped,
    instant,
    mean,
    ordered,
    percent,
    servers,
    text,
)

DAY = timedelta(days=1) // timedelta(milliseconds=1)


def findings(export: Export) -> list[tuple[Item, Item, Item]]:
    """(finding, item, vulnerability) of every finding."""
    vulnerability = dict(export.pairs("OF_VULNERABILITY"))
    return [(finding, item, vulnerability[finding]) for finding, item in export.pairs("FOUND_ON")]


def exploited(export: Export, vulnerability: Item) -> bool:
    return export.get(vulnerability, "known_exploited") == "true"


def exploited_findings_by_month(export: Export, months: int = 12) -> Answer:
    found = [(f, item, export.get(v, "severity")) for f, item, v in findings(export) if exploited(export, v)]
    rows = []
    for back in range(months, -1, -1):
        day = before(export, back)
        open_ = [
            (severity, finding, item)
            for finding, item, severity in found
            if text(export, finding, "opened_at")[:10] < day and (export.get(finding, "closed_at") or "9")[:10] >= day
        ]
        listed = [(severity, finding, item) for severity, finding, item in open_ if severity in ("critical", "high")]
        critical, high = ({f for s, f, _ in listed if s == severity} for severity in ("critical", "high"))
        rows.append([day, len(critical), len(high), len({item for _, _, item in listed})])
    return ["day", "critical", "high", "items"], [row for row in rows if row[3]]


def vulnerable_servers_by_team(export: Export) -> Answer:
    open_ = grouped((item, v) for f, item, v in findings(export) if not export.get(f, "closed_at"))
    live = set(servers(export, *IN_SERVICE))
    rows = []
    for team, owned in grouped((team, s) for s, team in export.pairs("OWNED_BY") if s in live).items():
        vulnerable = [server for server in owned if server in open_]
        worse = sum(any(exploited(export, v) for v in open_[server]) for server in vulnerable)
        rows.append(
            [export.get(team, "name"), len(owned), len(vulnerable), worse, percent(len(vulnerable), len(owned))]
        )
    return ["team", "servers", "vulnerable", "exploited", "percent"], ordered(rows, 0)


def correction_time_by_severity(export: Export) -> Answer:
    fixed: list[tuple[str | None, tuple[int, bool]]] = []
    for finding, vulnerability in export.pairs("OF_VULNERABILITY"):
        closed = export.get(finding, "closed_at")
        if export.get(finding, "status") == "fixed" and closed:
            length = instant(closed) - instant(text(export, finding, "opened_at"))
            late = closed[:10] > text(export, finding, "due_on")
            fixed.append((export.get(vulnerability, "severity"), (length // timedelta(milliseconds=1), late)))
    rows = []
    for severity, found in grouped(fixed).items():
        average = mean(sum(length for length, _ in found), len(found), DAY)
        rows.append([severity, len(found), average, sum(late for _, late in found)])
    return ["severity", "fixed", "mean_days", "late"], ordered(rows, 0)


def overdue_findings_by_team(export: Export) -> Answer:
    owners = export.forwards("OWNED_BY")
    overdue = grouped(
        ((team, export.get(vulnerability, "severity")), (finding, item))
        for finding, item, vulnerability in findings(export)
        if not export.get(finding, "closed_at") and text(export, finding, "due_on") < export.today.isoformat()
        for team in owners.get(item, ())
    )
    rows = []
    for (team, severity), found in overdue.items():
        first = min(text(export, finding, "due_on") for finding, _ in found)
        counts = [len({finding for finding, _ in found}), len({item for _, item in found})]
        rows.append([export.get(team, "name"), severity, *counts, first])
    return ["team", "severity", "findings", "items", "earliest"], ordered(rows, 0, 1)


def policy_compliance(export: Export, months: int = 12) -> Answer:
    concerned = export.forwards("CONCERNS")
    first, today = before(export, months), export.today.isoformat()
    checks = grouped((policy, check) for check, policy in export.pairs("CHECKS"))
    rows = []
    for policy in export.of_kind("Policy"):
        recent = [c for c in checks.get(policy, ()) if first <= text(export, c, "checked_on") <= today]
        passed = sum(export.get(check, "passed") == "true" for check in recent)
        items = {item for check in recent for item in concerned.get(check, ())}
        rows.append([export.get(policy, "name"), len(recent), passed, len(items), percent(passed, len(recent))])
    return ["policy", "checks", "passed", "items", "percent"], ordered(rows, 0)


def corrections_by_risk(export: Export, most: int = 20) -> Answer:
    open_ = grouped((v, (f, item)) for f, item, v in findings(export) if not export.get(f, "closed_at"))
    rows = []
    for vulnerability, found in open_.items():
        items = {item for _, item in found}
        serious = sum(export.get(item, "criticality") in SERIOUS for item in items)
        exposed = sum(export.get(item, "internet_exposed") == "true" for item in items)
        due = min(text(export, finding, "due_on") for finding, _ in found)
        head = [text(export, vulnerability, "cve"), exploited(export, vulnerability)]
        score = float(text(export, vulnerability, "cvss"))
        rows.append([*head, score, export.get(vulnerability, "severity"), len(items), serious, exposed, due])
    columns = ["cve", "exploited", "cvss", "severity", "items", "serious", "exposed", "first_due"]
    return columns, ordered(rows, lambda r: not r[1], lambda r: -r[2], lambda r: -r[5], 0)[:most]


def vulnerable_and_unsupported(export: Export) -> Answer:
    open_ = grouped((item, v) for f, item, v in findings(export) if not export.get(f, "closed_at"))
    running, realised = export.backwards("RUNS_ON"), export.forwards("REALISES")
    rows = []
    for server, version in export.pairs("RUNS_VERSION"):
        end = export.get(version, "end_of_support")
        if server[0] not in SERVERS or export.get(server, "environment") != "production":
            continue
        grave = {v for v in open_.get(server, ()) if export.get(v, "severity") in ("high", "critical")}
        if end and end < export.today.isoformat() and grave:
            applications = {a for i in running.get(server, ()) for a in realised.get(i, ())}
            worst = max(float(text(export, v, "cvss")) for v in grave)
            head = [export.get(server, "name"), export.get(version, "name"), end]
            rows.append([*head, len(grave), worst, len(applications)])
    columns = ["server", "version", "end_of_support", "vulnerabilities", "worst", "applications"]
    return columns, ordered(rows, 0, 1)


def expiring_certificates(export: Export, days: int = 60) -> Answer:
    last = day_after(export, days)
    rows = []
    for item, certificate in export.pairs("SECURED_BY"):
        expires = text(export, certificate, "expires_on")
        if expires <= last:
            named = [export.get(certificate, "name"), export.get(certificate, "issuer")]
            rows.append([expires, *named, item[0], export.get(item, "name"), export.get(item, "environment")])
    columns = ["expires_on", "certificate_name", "issuer", "kind", "secures", "environment"]
    return columns, ordered(rows, 0, 1, 4)
