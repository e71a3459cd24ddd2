"""The twin's own incidents as an event log: per team that they are assigned to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from core.clock import parse_instant
from services.simulation.event_log import NO_GROUP, EventLog, log_of
from simulate.calibration.sample import Case

INCIDENTS: Final = """
MATCH (i:Incident) WHERE i.opened_at IS NOT NULL AND i.opened_at <= $until
OPTIONAL MATCH (i)-[:ASSIGNED_TO]->(t:Team)
WITH i, min(t.name) AS team
RETURN i.opened_at AS begin, i.resolved_at AS end, i.status IN ['resolved', 'closed', 'cancelled'] AS ended, team
ORDER BY begin, i.id
"""

Rows = Callable[[str, Mapping[str, Any]], list[list[Any]]]
"""A query text with parameters, to the rows of its whole answer."""


def incident_log(rows: Rows, until: datetime) -> EventLog:
    """Every incident that was opened until a moment. Raises CalibrationError where there is none."""
    cases = [
        Case(
            team or NO_GROUP,
            begin if isinstance(begin, datetime) else parse_instant(begin),
            end if end is None or isinstance(end, datetime) else parse_instant(end),
            ended=bool(ended) or end is not None,
        )
        for begin, end, ended, team in rows(INCIDENTS, {"until": until})
    ]
    return log_of(cases, until)
