"""What happens to the twin itself: runs that end, quarantine that grows, scorecards that are recorded.

These are no events of the ledger. What was told of them is a mark that a webhook keeps: it is compared with what there is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import func, select

from analytics.health.trend import health_score
from core.clock import in_utc
from graph.history import tables
from graph.history.ledger import Ledger
from ingest.held import held_row
from services.runs import RUNNING
from services.webhooks.hook import EventType

_OVERLAP: Final = timedelta(days=1)
"""Clocks of loading processes may differ by so much: ends within it are compared one by one."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that happened, with what is told of it."""

    type: EventType
    data: Mapping[str, Any]


def begin(ledger: Ledger, events: Iterable[EventType]) -> dict[str, Any]:
    """The mark of somebody who is told what happens from now on."""
    return look(ledger, events, {})[1]


def look(
    ledger: Ledger, events: Iterable[EventType], mark: Mapping[str, Any]
) -> tuple[list[Occurrence], dict[str, Any]]:
    """What has happened since a mark, and the mark after it."""
    wanted = frozenset(events)
    found: list[Occurrence] = []
    after = dict(mark)
    for event, read in _READERS.items():
        if event in wanted:
            told, after[event.value] = read(ledger, mark.get(event.value))
            found.extend(Occurrence(event, data) for data in told)
    return found, after


def _runs(ledger: Ledger, mark: Any) -> tuple[list[dict[str, Any]], Any]:
    table = tables.run
    known = set(mark["told"]) if mark else set()
    query = select(table).where(table.c.ended_at.is_not(None), table.c.status != RUNNING).order_by(table.c.ended_at)
    if mark and mark["since"]:
        query = query.where(table.c.ended_at >= datetime.fromisoformat(mark["since"]))
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    ends = [in_utc(row.ended_at) for row in rows]
    since = max(ends) - _OVERLAP if ends else None
    told = [f"{row.id} {row.status}" for row, end in zip(rows, ends, strict=True) if since is None or end >= since]
    new = [row for row in rows if mark and f"{row.id} {row.status}" not in known]
    data = [
        {
            "run": row.id,
            "source": row.source,
            "actor": row.actor,
            "status": row.status,
            "ended_at": in_utc(row.ended_at).isoformat(),
            "counters": orjson.loads(row.counters),
        }
        for row in new
    ]
    kept = mark["since"] if mark and since is None else None if since is None else since.isoformat()
    return data, {"since": kept, "told": told}


def _quarantine(ledger: Ledger, mark: Any) -> tuple[list[dict[str, Any]], Any]:
    query = select(held_row.c.source, func.count()).group_by(held_row.c.source).order_by(held_row.c.source)
    with ledger.reading() as connection:
        now = {row[0]: int(row[1]) for row in connection.execute(query)}
    if mark is None:
        return [], now
    grown = [(source, mark.get(source, 0), count) for source, count in now.items() if count > mark.get(source, 0)]
    return [{"source": source, "before": before, "rows": count} for source, before, count in grown], now


def _health(ledger: Ledger, mark: Any) -> tuple[list[dict[str, Any]], Any]:
    table = health_score
    place = (table.c.measured_on, table.c.dimension)
    with ledger.reading() as connection:
        query = select(*place, func.max(table.c.sequence)).group_by(*place).order_by(*place)
        now = {(on, by): sequence for on, by, sequence in connection.execute(query)}
        latest = max((on for on, _ in now), default=None)
        told = {f"{by} {sequence}" for (on, by), sequence in now.items() if on == latest}
        data = []
        for on, by in now:
            if mark is None or on != latest or (mark["on"] == str(on) and f"{by} {now[on, by]}" in mark["told"]):
                continue
            rows = connection.execute(
                select(table.c.name, table.c.score).where(table.c.measured_on == on, table.c.dimension == by)
            ).all()
            scores = {name: orjson.loads(score)["overall"] for name, score in rows}
            data.append({"measured_on": str(on), "by": by, "sequence": now[on, by], "overall": scores})
    return data, {"on": None if latest is None else str(latest), "told": sorted(told)}


_READERS: Final = {
    EventType.RUN_FINISHED: _runs,
    EventType.QUARANTINE_GROWN: _quarantine,
    EventType.HEALTH_RECORDED: _health,
}


def prepare(ledger: Ledger) -> None:
    """Make the tables that are looked at: a ledger without rejected rows or scorecards may have none."""
    for table in (held_row, health_score):
        ledger.prepare(table)
