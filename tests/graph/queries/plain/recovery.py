"""Recovery plans and their tests, load tests and procedures."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from demo.plain_answers import Export, Item, Row
from tests.graph.queries.plain.reckoning import Answer, before, days, grouped, ordered, percent, text


def recovery_plans_by_perimeter(export: Export, months: int = 12) -> Answer:
    areas, plans, tests = (export.forwards("IN_PERIMETER"), export.backwards("COVERS"), export.backwards("TESTS"))
    first, today = before(export, months), export.today.isoformat()
    wanting = [a for a in export.of_kind("BusinessApplication") if export.get(a, "needs_recovery_plan") == "true"]
    rows = []
    for area, applications in grouped((area, a) for a in wanting for area in areas.get(a, ())).items():
        covered = [a for a in applications if plans.get(a)]
        validated = [a for a in covered if any(export.get(plan, "validated") == "true" for plan in plans[a])]
        tested = [
            a
            for a in covered
            if any(
                first <= (export.get(t, "done_on") or "0") <= today for plan in plans[a] for t in tests.get(plan, ())
            )
        ]
        counts = [len(applications), len(covered), len(validated), len(tested)]
        rows.append([export.get(area, "name"), *counts, percent(len(validated), len(applications))])
    return ["perimeter", "applications", "covered", "validated", "tested", "percent"], ordered(rows, 0)


def tested_applications(export: Export) -> list[tuple[Item, Item, Item]]:
    """(recovery test, plan, application) for every application of a tested plan."""
    covers = export.forwards("COVERS")
    pairs = [(test, plan) for test, plan in export.pairs("TESTS") if test[0] == "RecoveryTest"]
    return [
        (test, plan, a) for test, plan in pairs for a in covers.get(plan, ()) if a[0] == "BusinessApplication"
    ]  # fmt: skip


def planned_failover_tests(export: Export) -> Answer:
    rows = []
    for test, plan, application in tested_applications(export):
        if not export.get(test, "done_on"):
            planned = text(export, test, "planned_on")
            named = [export.get(test, "name"), export.get(plan, "name"), export.get(plan, "validated") == "true"]
            cells = [export.get(application, "code"), export.get(application, "criticality")]
            rows.append([planned, *named, *cells, days(planned, export.today.isoformat())])
    columns = ["planned_on", "test_name", "plan_name", "validated", "code", "criticality", "days_late"]
    return columns, ordered(rows, 0, 1, 4)


def recovery_test_results(export: Export) -> Answer:
    years: list[tuple[int, Item]] = []
    for test in export.of_kind("RecoveryTest"):
        done = export.get(test, "done_on")
        if done:
            years.append((int(done[:4]), test))
    rows = []
    for year, tests in grouped(years).items():
        results = [export.get(test, "result") for test in tests]
        counts = [results.count(result) for result in ("passed", "partial", "failed")]
        times = [Decimal(cell) for test in tests if (cell := export.get(test, "failover_minutes"))]
        tenth = Decimal("0.1")
        average = float((sum(times, Decimal(0)) / len(times)).quantize(tenth, ROUND_HALF_UP)) if times else None
        rows.append([year, len(tests), *counts, percent(counts[0], len(tests)), len(times), average])
    columns = ["year", "tests", "passed", "partial", "failed", "percent", "measured", "mean_failover_minutes"]
    return columns, ordered(rows, 0)


def failover_against_objectives(export: Export) -> Answer:
    rows = []
    for test, _, application in tested_applications(export):
        failover, loss = export.get(test, "failover_minutes"), export.get(test, "data_loss_minutes")
        if failover is None:
            continue
        targets = [export.get(application, name) for name in ("rto_minutes", "rpo_minutes")]
        seen = [float(failover), float(loss) if loss else None]
        aims = [int(target) if target else None for target in targets]
        kept = not any(
            value is not None and aim is not None and value > aim for value, aim in zip(seen, aims, strict=True)
        )
        head = [export.get(test, "done_on"), export.get(test, "name"), export.get(application, "code")]
        rows.append([*head, export.get(test, "result"), seen[0], aims[0], seen[1], aims[1], kept])
    columns = [
        "done_on", "test_name", "code", "result", "failover_minutes", "rto_minutes", "data_loss_minutes", "rpo_minutes",
        "kept",
    ]  # fmt: skip
    return columns, ordered(rows, 0, 1, 2)


def load_tests(export: Export) -> list[tuple[Item, Item]]:
    """(load test, application)."""
    return [(test, application) for test, application in export.pairs("TESTS") if test[0] == "LoadTest"]


def load_tests_by_campaign(export: Export) -> Answer:
    follows = export.forwards("FOLLOWS")
    rows: list[Row] = []
    for campaign, found in grouped(
        (text(export, test, "campaign"), (test, a)) for test, a in load_tests(export)
    ).items():
        tests = {test for test, _ in found}
        reached = 0
        for test in tests:
            measured = export.get(test, "measured")
            reached += measured is not None and float(measured) >= float(text(export, test, "objective"))
        counts = [
            len(tests),
            sum(export.get(test, "done_on") is not None for test in tests),
            sum(export.get(test, "result") == "passed" for test in tests),
            reached,
            sum(any(export.get(p, "documented") == "true" for p in follows.get(test, ())) for test in tests),
        ]
        rows.append([campaign, *counts, len({application for _, application in found})])
    return ["campaign", "tests", "done", "passed", "reached", "documented", "applications"], ordered(rows, 0)


def applications_to_load_test(export: Export, months: int = 12) -> Answer:
    tests = grouped((application, test) for test, application in load_tests(export))
    limit = before(export, months)
    rows = []
    for application in export.of_kind("BusinessApplication"):
        if export.get(application, "needs_load_test") != "true":
            continue
        mine = tests.get(application, [])
        done = [at for test in mine if (at := export.get(test, "done_on"))]
        passed = [at for test in mine if (at := export.get(test, "done_on")) and export.get(test, "result") == "passed"]
        waiting = [text(export, test, "planned_on") for test in mine if not export.get(test, "done_on")]
        latest = max(passed, default=None)
        if latest is None or latest < limit:
            cells = [export.get(application, name) for name in ("code", "name", "criticality")]
            rows.append([*cells, len(done), latest, min(waiting, default=None)])
    return ["code", "name", "criticality", "done", "latest_passed", "next_planned"], ordered(rows, 0)


def test_procedures(export: Export) -> Answer:
    followed = export.backwards("FOLLOWS")
    rows = []
    for procedure in export.of_kind("TestProcedure"):
        tests = [test for test in followed.get(procedure, ()) if test[0] == "LoadTest"]
        done = [at for test in tests if (at := export.get(test, "done_on"))]
        documented = export.get(procedure, "documented") == "true"
        rows.append([export.get(procedure, "name"), documented, len(tests), len(done), max(done, default=None)])
    return ["name", "documented", "tests", "done", "last_done"], ordered(rows, 0)
