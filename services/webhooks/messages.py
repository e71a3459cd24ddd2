"""What is sent: changes and occurrences as bodies, none larger than is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson

from services.changes.alerts import AlertEvent
from services.changes.change import Change
from services.webhooks.hook import EventType
from services.webhooks.occurrences import Occurrence
from services.webhooks.outbox import Draft

_AROUND = 512
"""Bytes of a body around what it tells, and to spare."""

NewId = Callable[[], str]


def of_changes(changes: Sequence[Change], after: int, limit: int, new_id: NewId, now: datetime) -> list[Draft]:
    """Changes, in order, as messages of at most so many bytes. Of one that is larger by itself, the values are left out."""
    told = [(change.to_dict(), {"changes": None, "name": None}) for change in changes]
    return _packed(EventType.CHANGES, told, after, limit, new_id, now)


def of_alerts(events: Sequence[AlertEvent], after: int, limit: int, new_id: NewId, now: datetime) -> list[Draft]:
    """What happened to alerts, alike; of one that is larger by itself, title and rule are left out."""
    told = [(event.to_dict(), {"title": None, "rule": None}) for event in events]
    return _packed(EventType.ALERTS, told, after, limit, new_id, now)


def _packed(
    type: EventType,
    each: Sequence[tuple[dict[str, Any], dict[str, None]]],
    after: int,
    limit: int,
    new_id: NewId,
    now: datetime,
) -> list[Draft]:
    """What is told, each with what takes the place of what is too large, as messages of at most so many bytes."""
    drafts: list[Draft] = []
    part: list[bytes] = []
    size = _AROUND

    def close() -> None:
        if part:
            data = orjson.Fragment(b'{"%b":[%b]}' % (type.value.encode(), b",".join(part)))
            drafts.append(Draft(new_id(), type, after, body_of(type, data, now)))

    for whole, without in each:
        told = orjson.dumps(whole)
        if len(told) + _AROUND > limit:
            told = orjson.dumps(whole | without | {"left_out": "too large"})
        if size + len(told) + 1 > limit:
            close()
            part, size = [], _AROUND
        part.append(told)
        size += len(told) + 1
    close()
    return drafts


def of_occurrences(found: Sequence[Occurrence], after: int, new_id: NewId, now: datetime) -> list[Draft]:
    """One message for each."""
    return [Draft(new_id(), one.type, after, body_of(one.type, dict(one.data), now)) for one in found]


def body_of(type: EventType, data: Any, now: datetime) -> bytes:
    """The body of a message, as the Standard Webhooks specification recommends it."""
    return orjson.dumps({"type": type.value, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data})
