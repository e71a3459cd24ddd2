"""Runs, quarantine and scorecards are told once each to who sees the whole estate."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import insert, update

from analytics.health.scorecard import Dimension
from analytics.health.trend import health_score
from core.principal import LOCAL_OPERATOR
from graph.history import tables
from ingest.held import held_row
from services.webhooks.hook import EventType, HookState
from tests.services.access.conftest import PASSWORD
from tests.services.webhooks.conftest import Trial


def told(trial: Trial, event: EventType) -> list[dict[str, object]]:
    return [one.body["data"] for one in trial.receiver.received if one.body["type"] == event.value]


def hold(trial: Trial, source: str, count: int) -> None:
    """So many rejected rows more."""
    values = {"run": "r", "file": "f", "position": 1, "code": "C", "reason": "", "hint": "", "type": ""}
    with trial.twin.ledger.writing() as connection:
        for number in range(count):
            element = f"{source}-{len(trial.receiver.received)}-{number}-{id(values)}"[:36]
            connection.execute(insert(held_row).values(element=element, source=source, **values))


def test_the_end_of_a_run_is_told_once_and_again_when_it_ends_otherwise(trial: Trial) -> None:
    trial.teams("before")
    trial.add(events=["run.finished"])
    trial.deliver()
    assert trial.receiver.received == []
    ledger = trial.twin.ledger
    run = ledger.begin_run("netbox", "ana", "somewhere", "f")
    trial.deliver()
    assert trial.receiver.received == [], "it goes on"
    ledger.finish_run(run, "complete", {"created": 3})
    trial.deliver()
    trial.deliver()
    (one,) = told(trial, EventType.RUN_FINISHED)
    assert (one["run"], one["source"], one["status"], one["counters"]) == (
        run.id, "netbox", "complete", {"created": 3},
    )  # fmt: skip
    with ledger.writing() as connection:
        connection.execute(update(tables.run).where(tables.run.c.id == run.id).values(status="undone"))
    trial.deliver()
    assert [said["status"] for said in told(trial, EventType.RUN_FINISHED)] == ["complete", "undone"]


def test_quarantine_that_grows_is_told_with_how_much(trial: Trial) -> None:
    hold(trial, "netbox", 2)
    trial.add(events=["quarantine.grown"])
    trial.deliver()
    hold(trial, "netbox", 3)
    hold(trial, "csv", 1)
    trial.deliver()
    assert told(trial, EventType.QUARANTINE_GROWN) == [
        {"source": "csv", "before": 0, "rows": 1},
        {"source": "netbox", "before": 2, "rows": 5},
    ]
    with trial.twin.ledger.writing() as connection:
        connection.execute(held_row.delete())
    trial.deliver()
    hold(trial, "csv", 1)
    trial.deliver()
    assert told(trial, EventType.QUARANTINE_GROWN)[2:] == [{"source": "csv", "before": 0, "rows": 1}]


def test_a_scorecard_is_told_when_it_is_recorded(trial: Trial) -> None:
    trial.add(events=["health.recorded"])
    rows = [
        {
            "measured_on": date(2025, 1, 1),
            "dimension": Dimension.KIND.value,
            "name": name,
            "sequence": 7,
            "score": score,
        }
        for name, score in (("Server", '{"overall": 0.5}'), ("Team", '{"overall": null}'))
    ]
    with trial.twin.ledger.writing() as connection:
        connection.execute(insert(health_score), rows)
    trial.deliver()
    trial.deliver()
    assert told(trial, EventType.HEALTH_RECORDED) == [
        {"measured_on": "2025-01-01", "by": "kind", "sequence": 7, "overall": {"Server": 0.5, "Team": None}}
    ]
    with trial.twin.ledger.writing() as connection:
        connection.execute(update(health_score).values(sequence=8))
    trial.deliver()
    assert [said["sequence"] for said in told(trial, EventType.HEALTH_RECORDED)] == [7, 8]


def test_changes_and_occurrences_may_come_through_one_webhook(trial: Trial) -> None:
    trial.add(events=["changes", "run.finished"])
    trial.teams("a")
    trial.deliver()
    assert [one.body["type"] for one in trial.receiver.received] == ["changes", "run.finished"]
    at = datetime.fromisoformat(trial.receiver.received[0].body["timestamp"])
    assert at == trial.clock.now().astimezone(UTC)


def test_who_does_not_see_the_whole_estate_any_more_hears_of_no_run(trial: Trial) -> None:
    ana = trial.accounts.create("ana", PASSWORD, ["operator"], None, by="test").principal
    trial.add("portal", ana, events=["run.finished"])
    trial.teams("a")
    trial.accounts.change("ana", perimeters=["P"])
    trial.deliver()
    assert trial.receiver.received == []
    assert trial.service.get(LOCAL_OPERATOR, "portal").state is HookState.PAUSED
