"""A webhook of alerts tells each step of each alert once, within the perimeters of its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from core.errors import UsageError
from core.ids import relation_id, uuid_of
from core.principal import LOCAL_OPERATOR
from graph.history.events import Event
from graph.model import Operation
from services.webhooks.outbox import MessageState
from tests.api.estate import created
from tests.services.access.conftest import PASSWORD
from tests.services.webhooks.conftest import Trial

T1, T2 = (datetime.fromisoformat(f"2025-01-01T0{hour}:00:00+00:00") for hour in (8, 9))


def _alert(name: str) -> str:
    return uuid_of("tests", "Alert", name)


def _changed(trial: Trial, name: str, **values: Any) -> Event:
    state = trial.twin.ledger.states([_alert(name)])[_alert(name)]
    return Event(Operation.UPDATE, state.element, False, state.kind, state.properties, {**state.properties, **values})


def _steps(trial: Trial) -> list[list[tuple[str, str]]]:
    assert {one.body["type"] for one in trial.receiver.received} <= {"alerts"}
    return [[(one["title"], one["event"]) for one in got.body["data"]["alerts"]] for got in trial.receiver.received]


def test_each_step_of_an_alert_is_told_once_and_signed(trial: Trial) -> None:
    trial.happen(created("Alert", "before", title="before"))
    _, secret = trial.add(events=["alerts"])
    trial.happen(created("Alert", "a", title="a", severity="critical", raised_at=T1), created("Team", "t"))
    trial.happen(_changed(trial, "a", severity="low"))
    trial.deliver()
    trial.happen(_changed(trial, "a", acknowledged_at=T2), _changed(trial, "before", ended_at=T2))
    trial.deliver()
    trial.deliver()
    assert [sorted(one) for one in _steps(trial)] == [[("a", "opened")], [("a", "acknowledged"), ("before", "closed")]]
    assert all(one.is_signed_with(secret) for one in trial.receiver.received)
    assert trial.receiver.received[0].body["data"]["alerts"][0]["raised_at"] == "2025-01-01T08:00:00Z"
    assert [one.state for one in trial.log()] == [MessageState.DELIVERED] * 2


def test_a_delivery_that_failed_is_the_same_message_again(trial: Trial) -> None:
    trial.add(events=["alerts"])
    trial.receiver.answers = [503]
    trial.happen(created("Alert", "a", title="a"))
    trial.deliver()
    trial.happen(_changed(trial, "a", ended_at=T2))
    trial.later()
    trial.deliver()
    first, again, last = trial.receiver.received
    assert (first.id, first.raw) == (again.id, again.raw)
    assert _steps(trial)[1:] == [[("a", "opened")], [("a", "closed")]]
    assert last.id != first.id


def test_only_alerts_that_fit_are_told(trial: Trial) -> None:
    trial.add("grave", events=["alerts"], filter={"alerts": {"severity": {"eq": "critical"}}})
    trial.add("one", events=["alerts"], ids=[_alert("b")])
    for name, severity in (("a", "critical"), ("b", "low"), ("c", "low")):
        trial.happen(created("Alert", name, title=name, severity=severity))
    trial.deliver()
    assert sorted(_steps(trial)) == [[("a", "opened")], [("b", "opened")]]


def test_an_owner_with_perimeters_is_told_of_alerts_within_them(trial: Trial) -> None:
    machine, mine = uuid_of("tests", "PhysicalServer", "m"), uuid_of("tests", "Perimeter", "Mine")
    link = relation_id("IN_PERIMETER", machine, mine)
    raised = relation_id("RAISED_ON", _alert("in"), machine)
    trial.happen(
        created("Perimeter", "Mine"),
        created("PhysicalServer", "m"),
        Event(Operation.CREATE, link, True, "IN_PERIMETER", None, {}, machine, mine),
    )
    account = trial.accounts.create("ana", PASSWORD, ["operator"], ["Mine"], by="test")
    trial.add(principal=account.principal, events=["alerts"])
    trial.happen(
        created("Alert", "in", title="in"),
        created("Alert", "out", title="out"),
        Event(Operation.CREATE, raised, True, "RAISED_ON", None, {}, _alert("in"), machine),
    )
    trial.deliver()
    assert _steps(trial) == [[("in", "opened")]]


def test_what_is_larger_than_a_body_comes_in_several_and_a_large_alert_without_its_words(trial: Trial) -> None:
    trial.add(events=["alerts"])
    limit = trial.twin.settings.webhook_body_bytes
    size = limit // 2
    trial.happen(*(created("Alert", name, title=name * size) for name in "ab"))
    trial.happen(created("Alert", "c", title="c" * limit))
    trial.deliver()
    bodies = [one.body["data"]["alerts"] for one in trial.receiver.received]
    assert [one["title"] and one["title"][0] for body in bodies for one in body] in (["a", "b", None], ["b", "a", None])
    assert bodies[-1][-1]["left_out"] == "too large"
    assert len(bodies) >= 2
    assert max(len(one.raw) for one in trial.receiver.received) <= limit


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"events": ["alerts", "changes"]}, "events", id="told twice"),
        pytest.param({"events": ["alerts"], "kinds": ["Alert"]}, "kinds", id="kinds"),
        pytest.param({"events": ["alerts"], "filter": {"teams": {}}}, "filter", id="a filter of something else"),
    ],
)
def test_what_means_nothing_for_alerts_is_refused(trial: Trial, wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(UsageError) as refused:
        trial.add(**wrong)
    assert refused.value.where == where
    assert trial.service.all(LOCAL_OPERATOR) == []
