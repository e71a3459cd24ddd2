"""An alert is told of once where it opens, is acknowledged, closes, or goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from graph.model import Operation, Properties
from services.changes.alerts import alerts_of
from services.changes.change import Change

T1, T2 = datetime(2025, 1, 1, 8, tzinfo=UTC), datetime(2025, 1, 1, 9, tzinfo=UTC)
OPEN: Properties = {"title": "disk", "severity": "critical", "raised_at": T1}
KNOWN: Properties = {**OPEN, "acknowledged_at": T2}
OVER: Properties = {**KNOWN, "ended_at": T2}


def change(before: Properties | None, after: Properties | None, kind: str = "Alert", was: str | None = None) -> Change:
    operation = Operation.CREATE if before is None else Operation.DELETE if after is None else Operation.UPDATE
    return Change(7, operation, "a-1", False, kind, before, after, None, None, was, "monitoring", T1)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(change(None, OPEN), [("opened", None)], id="raised"),
        pytest.param(change(OPEN, KNOWN), [("acknowledged", "opened")], id="acknowledged"),
        pytest.param(change(KNOWN, OVER), [("closed", "acknowledged")], id="ended"),
        pytest.param(change(OPEN, OVER), [("closed", "opened")], id="acknowledged and ended at once is one word"),
        pytest.param(change(None, OVER), [("closed", None)], id="loaded when it was over"),
        pytest.param(change(OVER, OPEN), [("opened", "closed")], id="opened again"),
        pytest.param(change(KNOWN, None), [("removed", "acknowledged")], id="gone"),
        pytest.param(change(OPEN, {**OPEN, "severity": "warning"}), [], id="another severity"),
        pytest.param(change({**OPEN, "ended_at": T2}, OVER), [], id="acknowledged when it was over"),
        pytest.param(change(None, OPEN, "Incident"), [], id="something else"),
        pytest.param(change(OPEN, None, "Incident"), [], id="something else that goes"),
        pytest.param(change(OPEN, OPEN, "Alert", "Incident"), [("opened", None)], id="taken for something else before"),
        pytest.param(change(OPEN, OPEN, "Incident", "Alert"), [("removed", "opened")], id="something else after all"),
    ],
)
def test_a_change_tells_at_most_one_step_of_an_alert(told: Change, expected: list[Any]) -> None:
    assert [(one["event"], one["was"]) for one in (event.to_dict() for event in alerts_of([told]))] == expected


def test_an_event_has_what_people_ask_of_an_alert_and_one_that_is_gone_is_told_as_it_was() -> None:
    (closed,) = alerts_of([change(KNOWN, OVER)])
    assert closed.to_dict() == {
        "sequence": 7,
        "at": "2025-01-01T08:00:00Z",
        "event": "closed",
        "was": "acknowledged",
        "alert": "a-1",
        "title": "disk",
        "rule": None,
        "severity": "critical",
        "raised_at": "2025-01-01T08:00:00Z",
        "acknowledged_at": "2025-01-01T09:00:00Z",
        "ended_at": "2025-01-01T09:00:00Z",
        "source": "monitoring",
    }
    (gone,) = alerts_of([change(KNOWN, None)])
    assert (gone.to_dict()["title"], gone.to_dict()["ended_at"]) == ("disk", None)
