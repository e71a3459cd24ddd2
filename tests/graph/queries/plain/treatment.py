"""Obsolescence cases and their plans: progress, delays, deadlines, what remains."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

from demo.plain_answers import SERIOUS, SERVERS, Export, Item
from tests.graph.queries.plain.reckoning import (
    Answer,
    before,
    grouped,
    instant,
    mean,
    names,
    ordered,
    percent,
    servers,
    text,
)

DAY = timedelta(days=1) // timedelta(milliseconds=1)


def cases(export: Export, *statuses: str) -> list[Item]:
    return [case for case in export.of_kind("ObsolescenceCase") if export.get(case, "status") in statuses]


def each_plan(plans: dict[Item, list[Item]], case: Item) -> list[Item | None]:
    """The plans of a case; where it has none, None alone."""
    found: list[Item | None] = [*plans.get(case, ())]
    return found or [None]


def treatment_plans_by_team(export: Export) -> Answer:
    rows = []
    for team, plans in grouped((t, p) for p, t in export.pairs("ASSIGNED_TO") if p[0] == "TreatmentPlan").items():
        states = [export.get(plan, "status") for plan in plans]
        late = sum(
            (export.get(plan, "planned_on") or "9") < export.today.isoformat()
            and export.get(plan, "status") not in ("done", "cancelled")
            for plan in plans
        )
        waiting = states.count("proposed") + states.count("planned")
        counts = [waiting, states.count("in_progress"), states.count("done"), late]
        rows.append([export.get(team, "name"), len(plans), *counts])
    return ["team", "plans", "planned", "in_progress", "done", "late"], ordered(rows, 0)


def obsolescence_progress(export: Export) -> Answer:
    concerned, areas = export.forwards("CONCERNS"), export.forwards("IN_PERIMETER")
    found = {
        (area, case)
        for case in export.of_kind("ObsolescenceCase")
        for item in concerned.get(case, ())
        for area in areas.get(item, ())
    }
    rows = []
    for area, listed in grouped(found).items():
        states = [export.get(case, "status") for case in listed]
        treated, accepted, open_ = (states.count(state) for state in ("fixed", "accepted", "open"))
        under_way = states.count("planned") + states.count("in_progress")
        rate = percent(treated, len(listed) - accepted)
        rows.append([export.get(area, "name"), len(listed), treated, accepted, under_way, open_, rate])
    return ["perimeter", "cases", "treated", "accepted", "under_way", "untouched", "percent"], ordered(rows, 0)


def remaining_obsolescence(export: Export) -> Answer:
    concerned, versions, plans = (export.forwards(name) for name in ("CONCERNS", "OF_VERSION", "TREATED_BY"))
    rows = []
    for case in cases(export, "open", "planned", "in_progress"):
        for item, plan in product(concerned.get(case, ()), each_plan(plans, case)):
            if export.get(item, "criticality") in SERIOUS and export.get(item, "environment") == "production":
                version = versions[case][0]
                named = [export.get(item, "name"), item[0], export.get(item, "criticality")]
                dates = [export.get(version, "name"), export.get(version, "end_of_support")]
                planning = [export.get(plan, name) if plan else None for name in ("treatment", "planned_on")]
                priority = plan and export.get(plan, "priority")
                deadline = export.get(case, "regulatory_deadline")
                rows.append([priority or "P9", *named, *dates, deadline, *planning])
    columns = [
        "priority", "name", "kind", "criticality", "version", "end_of_support", "deadline", "treatment", "planned_on",
    ]  # fmt: skip
    return columns, ordered(rows, 0, 1, 4, 6, 8, 7)


def servers_in_decommissioning(export: Export) -> Answer:
    owners, running, plans = export.forwards("OWNED_BY"), export.backwards("RUNS_ON"), export.forwards("TREATED_BY")
    cases_on = export.backwards("CONCERNS")
    rows = []
    for server in servers(export, "in_decommissioning"):
        instances = {item for item in running.get(server, ()) if item[0] == "ServiceInstance"}
        production = sum(export.get(item, "environment") == "production" for item in instances)
        planned = [
            text(export, plan, "planned_on")
            for case in cases_on.get(server, ())
            for plan in plans.get(case, ())
            if export.get(plan, "treatment") == "decommission"
        ]
        cells = [export.get(server, "name"), export.get(server, "environment")]
        counts = [len(instances), production, max(planned, default=None)]
        rows += [[*cells, team, *counts] for team in names(export, owners, server)]
    return ["server", "environment", "team", "instances", "in_production", "planned_on"], ordered(rows, 0, 2)


def servers_treated_by_month(export: Export, months: int = 24) -> Answer:
    concerned, plans = export.forwards("CONCERNS"), export.forwards("TREATED_BY")
    treated: list[tuple[str, tuple[Item, str | None]]] = []
    for case in cases(export, "fixed"):
        closed = export.get(case, "closed_at")
        if closed and closed >= before(export, months):
            for item, plan in product(concerned.get(case, ()), each_plan(plans, case)):
                if item[0] in SERVERS:
                    treated.append((closed[:7], (item, export.get(plan, "treatment") if plan else None)))
    rows = []
    for month, found in grouped(treated).items():
        by_how = [len({s for s, how in found if how == wanted}) for wanted in ("update", "replace", "decommission")]
        rows.append([int(month[:4]), int(month[5:]), len({server for server, _ in found}), *by_how])
    return ["year", "month", "servers", "updated", "replaced", "decommissioned"], ordered(rows, 0, 1)


def treatment_delay_by_type(export: Export) -> Answer:
    plans = export.forwards("TREATED_BY")
    delays = grouped(
        (
            (text(export, case, "case_type"), text(export, plan, "treatment")),
            (instant(text(export, case, "closed_at")) - instant(text(export, case, "opened_at"))) // timedelta(milliseconds=1),
        )
        for case in cases(export, "fixed")
        if export.get(case, "closed_at")
        for plan in plans.get(case, ())
    )  # fmt: skip
    rows = [
        [*key, len(found), mean(sum(found), len(found), DAY), mean(max(found), 1, DAY)] for key, found in delays.items()
    ]
    return ["case_type", "treatment", "cases", "mean_days", "longest_days"], ordered(rows, 0, 1)


def plan_compliance(export: Export) -> Answer:
    due: list[tuple[str | None, tuple[str, str | None]]] = []
    for plan in export.of_kind("TreatmentPlan"):
        planned, done = text(export, plan, "planned_on"), export.get(plan, "done_on")
        if export.get(plan, "status") != "cancelled" and (done or planned < export.today.isoformat()):
            due.append((export.get(plan, "treatment"), (planned, done)))
    rows = []
    for treatment, found in grouped(due).items():
        on_time = sum(done is not None and done <= planned for planned, done in found)
        not_done = sum(done is None for _, done in found)
        late = len(found) - on_time - not_done
        rows.append([treatment, len(found), on_time, late, not_done, percent(on_time, len(found))])
    return ["treatment", "due", "on_time", "late", "not_done", "percent"], ordered(rows, 0)


def regulatory_deadlines(export: Export) -> Answer:
    found: list[tuple[int, str]] = []
    for case in export.of_kind("ObsolescenceCase"):
        deadline, closed = export.get(case, "regulatory_deadline"), export.get(case, "closed_at")
        if deadline:
            until = closed[:10] if closed else export.today.isoformat()
            state = "met" if closed and until <= deadline else "missed" if until > deadline else "to come"
            found.append((int(deadline[:4]), state))
    rows = []
    for year, states in grouped(found).items():
        met, missed = states.count("met"), states.count("missed")
        rows.append([year, len(states), met, missed, len(states) - met - missed, percent(met, met + missed)])
    return ["year", "cases", "met", "missed", "to_come", "percent"], ordered(rows, 0)


def obsolescence_backlog_by_month(export: Export, months: int = 12) -> Answer:
    rows = []
    for back in range(months, -1, -1):
        day = before(export, back)
        listed = [
            case
            for case in export.of_kind("ObsolescenceCase")
            if text(export, case, "opened_at")[:10] < day and (export.get(case, "closed_at") or "9")[:10] >= day
        ]
        past = sum((export.get(case, "regulatory_deadline") or "9") < day for case in listed)
        rows.append([day, len(listed), past])
    return ["day", "open", "past_deadline"], rows
