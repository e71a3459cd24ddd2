"""What is sent: changes and occurrences as bodies, none larger than is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson

from services.changes.change import Change
from services.webhooks.hook import EventType
from services.webhooks.occurrences import Occurrence
from services.webhooks.outbox import Draft

_AROUND = 512
"""Bytes of a body around its changes, and to spare."""

NewId = Callable[[], str]


def of_changes(changes: Sequence[Change], after: int, limit: int, new_id: NewId, now: datetime) -> list[Draft]:
    """Changes, in order, as messages of at most so many bytes. Of one that is larger by itself, the values are left out."""
    drafts: list[Draft] = []
    part: list[bytes] = []
    size = _AROUND

    def close() -> None:
        if part:
            data = orjson.Fragment(b'{"changes":[' + b",".join(part) + b"]}")
            drafts.append(Draft(new_id(), EventType.CHANGES, after, body_of(EventType.CHANGES, data, now)))

    for change in changes:
        told = orjson.dumps(change.to_dict())
        if len(told) + _AROUND > limit:
            told = orjson.dumps(change.to_dict() | {"changes": None, "name": None, "left_out": "too large"})
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
