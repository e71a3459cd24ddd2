"""Incidents, their times, causes and recurrence; problems; alerts."""

from __future__ import annotations

from datetime import timedelta

from demo.plain_answers import RUNNING, Export, Item, distances
from tests.graph.queries.plain.reckoning import (
    Answer,
    before,
    grouped,
    instant,
    mean,
    midnight,
    minutes,
    names,
    ordered,
    percent,
    single,
    text,
)


def opened_since(export: Export, months: int) -> list[Item]:
    first = before(export, months)
    return [incident for incident in export.of_kind("Incident") if text(export, incident, "opened_at") >= first]


def spans(export: Export, incidents: list[Item], until: str) -> list[int]:
    """Minutes from opening to an instant, of the incidents that have it."""
    return [minutes(text(export, i, "opened_at"), end) for i in incidents if (end := export.get(i, until))]


def resolution_times_by_priority(export: Export, months: int = 12) -> Answer:
    rows = []
    for priority, found in grouped((text(export, i, "priority"), i) for i in opened_since(export, months)).items():
        technical = spans(export, found, "technical_resolved_at")
        functional = spans(export, found, "resolved_at")
        in_time = sum(bool(export.get(i, "resolved_at")) and export.get(i, "made_sla") == "true" for i in found)
        times = [mean(sum(times), len(times)) for times in (technical, functional)]
        rows.append([priority, len(found), len(functional), *times, percent(in_time, len(functional))])
    columns = ["priority", "incidents", "resolved", "technical_minutes", "functional_minutes", "in_time_percent"]
    return columns, ordered(rows, 0)


def first_level_rate_by_team(export: Export, months: int = 12, least: int = 5) -> Answer:
    first = before(export, months)
    teams = grouped(
        (team, incident)
        for incident, team in export.pairs("ASSIGNED_TO")
        if incident[0] == "Incident" and (export.get(incident, "resolved_at") or "0") >= first
    )
    rows = []
    for team, found in teams.items():
        level = sum(export.get(i, "first_level") == "true" for i in found)
        again = sum(export.get(i, "reopened") == "true" for i in found)
        scores = [int(score) for i in found if (score := export.get(i, "satisfaction"))]
        satisfaction = mean(sum(scores), len(scores)) if len(scores) >= least else None
        counts = [len(found), level, percent(level, len(found)), again, len(scores)]
        rows.append([export.get(team, "name"), *counts, satisfaction])
    columns = ["team", "resolved", "first_level", "first_level_percent", "reopened", "answers", "satisfaction"]
    return columns, ordered(rows, 0)


def recurring_incidents(export: Export, months: int = 12, least: int = 3) -> Answer:
    recent = set(opened_since(export, months))
    main = {
        ((row["from_kind"], row["from"]), (row["to_kind"], row["to"]))
        for row in export.rows("AFFECTS")
        if row["role"] == "main"
    }
    problems = export.backwards("AFFECTS")
    repeated = grouped(((item, text(export, i, "category")), i) for i, item in main if i in recent)
    rows = []
    for (item, category), found in repeated.items():
        if len(found) < least:
            continue
        opened = sorted(text(export, incident, "opened_at") for incident in found)
        still = sum(export.get(incident, "resolved_at") is None for incident in found)
        about = sum(start[0] == "Problem" for start in problems[item])
        rows.append([item[0], export.get(item, "name"), category, len(found), opened[0], opened[-1], still, about])
    columns = ["kind", "name", "category", "incidents", "first_at", "last_at", "still_open", "problems"]
    return columns, ordered(rows, lambda row: -row[3], 1, 2, 0)


def incidents_by_cause(export: Export, months: int = 12) -> Answer:
    recent, parts, of = set(opened_since(export, months)), export.forwards("PART_OF"), export.backwards("HAS_CAUSE")
    rows = []
    for detail, caused in of.items():
        found = [item for item in caused if item in recent]
        cause = single(parts, detail)
        if found and cause:
            major = sum(export.get(incident, "priority") == "P1" for incident in found)
            late = sum(export.get(incident, "made_sla") == "false" for incident in found)
            problems = sum(item[0] == "Problem" for item in caused)
            names = [export.get(cause, "name"), export.get(detail, "name")]
            rows.append([*names, len(found), major, late, problems])
    return ["cause", "sub_cause", "incidents", "major", "late", "problems"], ordered(rows, 0, 1)


def known_difficulties(export: Export) -> Answer:
    causes, affected = export.forwards("HAS_CAUSE"), export.forwards("AFFECTS")
    realised, incidents = export.forwards("REALISES"), export.backwards("CAUSED_BY")
    papers = export.backwards("DOCUMENTS")
    rows = []
    for problem in export.of_kind("Problem"):
        reached = {a for item in affected.get(problem, ()) for a in realised.get(item, [item])}
        caused = sum(item[0] == "Incident" for item in incidents.get(problem, ()))
        for detail in causes.get(problem, ()):
            for application in reached:
                if application[0] != "BusinessApplication":
                    continue
                documents = papers.get(application, [])
                useful = ("run_book", "recovery_procedure")
                operating = sum(export.get(paper, "document_type") in useful for paper in documents)
                head = [export.get(problem, name) for name in ("number", "title", "status")]
                about = [export.get(detail, "name"), export.get(application, "code")]
                rows.append([*head, *about, caused, len(documents), operating])
    columns = ["number", "title", "status", "sub_cause", "code", "incidents", "documents", "operating"]
    return columns, ordered(rows, 0, 4, 3)


def changes_before_incident(export: Export, incident: str, hours: int = 72) -> Answer:
    seen = export.named(incident, "Incident")
    opened = instant(text(export, seen, "opened_at"))
    needs = export.forwards(*RUNNING, "CONNECTED_THROUGH")
    near = distances(needs, export.forwards("AFFECTS")[seen], 4)
    owners = export.forwards("OWNED_BY")
    rows = []
    for change, item in export.pairs("TOUCHES"):
        started, ended = export.get(change, "started_at"), export.get(change, "ended_at")
        if item not in near or started is None or instant(started) > opened:
            continue
        if ended is None or instant(ended) >= opened - timedelta(hours=hours):
            head = [export.get(change, "number"), export.get(change, "title"), started, ended]
            touched = [export.get(change, "outcome"), item[0], export.get(item, "name")]
            rows += [[*head, *touched, team] for team in names(export, owners, item)]
    columns = ["number", "title", "started_at", "ended_at", "outcome", "kind", "touched", "team"]
    return columns, ordered(rows, 2, 0, 5, 6, 7)


def unacknowledged_alerts(export: Export) -> Answer:
    now, owners = midnight(export.today), export.forwards("OWNED_BY")
    rows = []
    for alert, item in export.pairs("RAISED_ON"):
        raised = text(export, alert, "raised_at")
        if export.get(alert, "acknowledged_at") is None and instant(raised) <= now:
            hours = (now - instant(raised)) // timedelta(hours=1)
            head = [raised, *(export.get(alert, name) for name in ("name", "rule", "severity")), hours]
            rows += [[*head, item[0], export.get(item, "name"), team] for team in names(export, owners, item)]
    columns = ["raised_at", "alert_name", "rule", "severity", "hours", "kind", "name", "team"]
    return columns, ordered(rows, 0, 1, 6, 7)
