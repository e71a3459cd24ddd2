"""Over a websocket, alerts are heard of once each where they open, are acknowledged, close, or go, by whoever sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.ids import relation_id, uuid_of
from core.principal import LOCAL_OPERATOR
from graph.history.events import Event
from graph.model import Operation
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.changes.alerts import alerts_of, wanted_alerts
from services.changes.feed import ChangeFeed
from tests.api.apps import create_app
from tests.api.conftest import Server, served
from tests.api.estate import created, opened, small_estate, write
from tests.api.test_subscriptions import _bearer, _changed, _deleted, _people, _token
from tests.api.websocket_client import talking
from tests.patience import until
from tests.services.access.conftest import CHEAP, MovedClock

ALERTS = """subscription ($since: Long, $ids: [ID!], $filter: AlertFilter) {
    alerts(since: $since, ids: $ids, filter: $filter) {
        sequence at event was alert title rule severity raisedAt acknowledgedAt endedAt source } }"""
T1, T2, T3 = (datetime.fromisoformat(f"2025-01-01T0{hour}:00:00+00:00") for hour in (8, 9, 7))


def _alert(name: str) -> str:
    return uuid_of("tests", "Alert", name)


def _raised_on(alert: str, kind: str, server: str) -> Event:
    ends = _alert(alert), uuid_of("tests", kind, server)
    return Event(Operation.CREATE, relation_id("RAISED_ON", *ends), True, "RAISED_ON", None, {}, *ends)


@pytest.fixture(scope="module")
def server(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home: Path = tmp_path_factory.mktemp("alerts")
    with opened("networkx", schema, home, small_estate(), {"access": "accounts"}) as twin:
        doorkeeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
        with served(twin, create_app(twin, doorkeeper=doorkeeper)) as server:
            yield server


def test_an_alert_is_heard_of_once_at_each_step_and_goes_on_where_listening_ended(server: Server) -> None:
    twin, began = server.twin, server.twin.ledger.sequence()
    secret, _ = _token(_people(server), "boss", ["reader"], None)
    with talking(server) as talk:
        assert talk.init(_bearer(secret))
        talk.subscribe(ALERTS, {"since": began})
        write(twin.ledger, [created("Alert", "a", title="disk", severity="critical", raised_at=T1)], "a")
        heard = talk.next()["alerts"]
        assert heard.pop("at")
        assert heard == {
            "sequence": twin.ledger.sequence(),
            "event": "opened",
            "was": None,
            "alert": _alert("a"),
            "title": "disk",
            "rule": None,
            "severity": "critical",
            "raisedAt": "2025-01-01T08:00:00Z",
            "acknowledgedAt": None,
            "endedAt": None,
            "source": "tests",
        }
        write(twin.ledger, [_changed(twin, _alert("a"), severity="high"), created("Team", "other")], "unheard")
        write(twin.ledger, [_changed(twin, _alert("a"), acknowledged_at=T2)], "known")
        known = talk.next()["alerts"]
        write(twin.ledger, [_changed(twin, _alert("a"), ended_at=T2)], "over")
        write(twin.ledger, [_deleted(twin, _alert("a"))], "gone")
        rest = [known, talk.next()["alerts"], talk.next()["alerts"]]
        assert [(one["event"], one["was"]) for one in rest] == [
            ("acknowledged", "opened"),
            ("closed", "acknowledged"),
            ("removed", "closed"),
        ]
        talk.subscribe(ALERTS, {"since": known["sequence"]}, id="again")
        assert [talk.next()["alerts"] for _ in range(2)] == rest[1:], "nothing is missed"
        write(twin.ledger, [created("Alert", "z", title="last")], "last")
        assert [talk.next()["alerts"]["title"] for _ in range(2)] == ["last", "last"], "and nothing is told twice"


def test_only_alerts_that_fit_are_heard_of(server: Server) -> None:
    twin = server.twin
    secret, _ = _token(_people(server), "chief", ["reader"], None)
    with talking(server) as talk:
        assert talk.init(_bearer(secret))
        since = twin.ledger.sequence()
        talk.subscribe(ALERTS, {"since": since, "filter": {"severity": {"eq": "critical"}}}, id="grave")
        talk.subscribe(ALERTS, {"since": since, "ids": [_alert("c")]}, id="one")
        two = [created("Alert", name, title=name, severity=how) for name, how in (("b", "critical"), ("c", "low"))]
        write(twin.ledger, two, "two")
        assert {talk.next()["alerts"]["title"] for _ in range(2)} == {"b", "c"}
        write(twin.ledger, [_changed(twin, _alert(name), acknowledged_at=T2) for name in "cb"], "known")
        assert {(one["event"], one["title"]) for one in (talk.next()["alerts"] for _ in range(2))} == {
            ("acknowledged", "b"),
            ("acknowledged", "c"),
        }
        talk.subscribe("subscription { alerts(filter: {AND: [{severty: {eq: low}}]}) { alert } }", id="wrong")
        assert talk.code() == "GRAPHQL_VALIDATION"


def test_whoever_is_limited_hears_of_what_they_see_and_whoever_may_not_read_alerts_of_none(server: Server) -> None:
    twin = server.twin
    mine = uuid_of("tests", "Perimeter", "Mine")
    machines = small_estate().of("PhysicalServer")[:2]
    inside, outside = (machine["name"] for machine in machines)
    enter = relation_id("IN_PERIMETER", machines[0].id, mine)
    events = [Event(Operation.CREATE, enter, True, "IN_PERIMETER", None, {}, machines[0].id, mine)]
    write(twin.ledger, [created("Perimeter", "Mine"), *events], "perimeter")
    limited, _ = _token(_people(server), "ana", ["reader"], ["Mine"])
    since = twin.ledger.sequence()
    for alert, machine in (("seen", inside), ("hidden", outside)):
        raised = [created("Alert", alert, title=alert, raised_at=T3), _raised_on(alert, "PhysicalServer", str(machine))]
        write(twin.ledger, raised, alert)
    write(
        twin.ledger, [_changed(twin, _alert("hidden"), ended_at=T1), _changed(twin, _alert("seen"), ended_at=T2)], "x"
    )
    write(twin.ledger, [_deleted(twin, enter)], "leaves")
    write(twin.ledger, [_changed(twin, _alert("seen"), ended_at=None)], "again, unseen")
    last = write(twin.ledger, events, "enters again")
    with talking(server) as talk:
        assert talk.init(_bearer(limited))
        talk.subscribe(ALERTS, {"since": since})
        told = [talk.next()["alerts"] for _ in range(4)]
        assert [(one["event"], one["title"]) for one in told] == [
            ("opened", "seen"),
            ("closed", "seen"),
            ("removed", "seen"),
            ("opened", "seen"),
        ]
        assert told[-1]["was"] is None, "what became of it out of sight is not told"
    until(lambda: twin.repository.watermark() >= last)
    feed = ChangeFeed(twin)
    feed.publish(last)
    heard: dict[str, list[str]] = {}
    for kind in ("Alert", "PhysicalServer"):
        reader = feed.reader(wanted_alerts(twin.schema, None, None), since)
        heard[kind] = []
        while (batch := reader.read(LOCAL_OPERATOR.of_kinds([kind]))) is not None:
            heard[kind] += [event.step.value for event in alerts_of(batch)]
    assert heard == {"Alert": ["opened", "opened", "closed", "closed", "opened"], "PhysicalServer": []}
