"""What happens to alerts: they open, are acknowledged, close, or go. Told of the changes of an alert that move it from one to another.

An alert is open until it is acknowledged or ended; one that has ended is closed, acknowledged or not. What else changes of it, such as
its severity, is told by changes only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from core.errors import NotFoundError
from graph.model import Properties
from graph.schema.model import Schema
from services.cells import to_json
from services.changes.change import Change, Matches, Wanted

ALERT: Final = "Alert"
TOLD: Final = ("title", "rule", "severity", "raised_at", "acknowledged_at", "ended_at")


class AlertStep(StrEnum):
    """What became of an alert."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    REMOVED = "removed"  # there is no such alert any more, or none that the listener sees


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One step of one alert; `was` is the step before, None where it is new to the listener."""

    change: Change
    step: AlertStep
    was: AlertStep | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready. Of an alert that is gone, as it was last seen."""
        change = self.change
        properties: Properties = change.after or change.before or {}
        return {
            "sequence": change.sequence,
            "at": change.at.isoformat().replace("+00:00", "Z"),
            "event": self.step.value,
            "was": None if self.was is None else self.was.value,
            "alert": change.element,
            **{name: to_json(properties.get(name)) for name in TOLD},
            "source": change.source,
        }


def has_alerts(schema: Schema) -> bool:
    """Whether a pack has alerts."""
    return ALERT in schema.concrete


def wanted_alerts(schema: Schema, elements: Iterable[str] | None, matches: Matches | None) -> Wanted:
    """Changes of alerts. Raises NotFoundError where the pack has none."""
    if not has_alerts(schema):
        raise NotFoundError("this pack has no alerts", where="events", hint="ask for changes of what it has")
    return Wanted.of(schema, [ALERT], elements, matches)


def alerts_of(changes: Iterable[Change]) -> list[AlertEvent]:
    """What changes say of alerts, in order; at most one event for each change."""
    found = []
    for change in changes:
        was, step = _step(change.previous_kind or change.kind, change.before), _step(change.kind, change.after)
        if step != was and (step or was) is not None:
            found.append(AlertEvent(change, step or AlertStep.REMOVED, was))
    return found


def _step(kind: str, properties: Properties | None) -> AlertStep | None:
    """Where an alert stands; None for what is none."""
    if properties is None or kind != ALERT:
        return None
    if properties.get("ended_at") is not None:
        return AlertStep.CLOSED
    return AlertStep.OPENED if properties.get("acknowledged_at") is None else AlertStep.ACKNOWLEDGED
