"""Messages of webhooks: written in the transaction that moves the webhook's position on, kept until they are delivered.

A message has the same id and the same body at every attempt, after a restart too: a receiver that has seen the id has seen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import delete, func, insert, select, update

from core.clock import Clock, in_utc
from core.errors import NotFoundError
from core.principal import EVERYONE, Sight
from services.webhooks import tables
from services.webhooks.hook import EventType, Hook
from services.webhooks.registry import Hooks

LOG: Final = 500
"""Delivered messages of a webhook that stay listed."""
_TABLE: Final = tables.webhook_message


class MessageState(StrEnum):
    """What has become of a message."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # refused for good, or left out by a person; it can be replayed


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is not kept yet. `after`: the webhook's position before what it tells."""

    id: str
    type: EventType
    after: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is kept. `sees`: what of the estate it was made for, None for the whole."""

    id: str
    number: int
    type: EventType
    after: int
    sees: Sight | None
    replayed: bool
    body: bytes | None = field(repr=False)
    size: int
    state: MessageState
    attempts: int
    status: int | None
    error: str
    created_at: datetime
    tried_at: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """How it is listed: never with what it tells."""
        return {
            "id": self.id,
            "number": self.number,
            "type": self.type.value,
            "state": self.state.value,
            "bytes": self.size,
            "attempts": self.attempts,
            "status": self.status,
            "error": self.error,
            "created_at": self.created_at.isoformat(),
            "tried_at": None if self.tried_at is None else self.tried_at.isoformat(),
        }


class Outbox:
    """The messages of the webhooks of one ledger. Safe for several threads."""

    def __init__(self, hooks: Hooks, clock: Clock) -> None:
        self._hooks = hooks
        self._ledger = hooks.ledger
        self._clock = clock

    def put(self, hook: Hook, drafts: Sequence[Draft], sees: Sight | None, **fare: Any) -> Hook:
        """Keep messages, and move the webhook on, at once or not at all."""
        number = tables.webhook.c.number
        own = tables.webhook.c.id == hook.id
        with self._ledger.writing() as connection:
            last = connection.execute(select(number).where(own)).scalar_one()
            for place, draft in enumerate(drafts, last + 1):
                connection.execute(
                    insert(_TABLE).values(
                        id=draft.id,
                        webhook=hook.id,
                        number=place,
                        type=draft.type.value,
                        after=draft.after,
                        sees=_sight_text(sees),
                        replayed=False,
                        body=draft.body,
                        bytes=len(draft.body),
                        state=MessageState.PENDING.value,
                        attempts=0,
                        error="",
                        created_at=self._clock.now(),
                    )
                )
            connection.execute(update(tables.webhook).where(own).values(number=last + len(drafts)))
            return self._hooks.write_fare(connection, hook, **fare)

    def first(self, hook: Hook) -> Message | None:
        """The next one to send."""
        found = self._read(hook, MessageState.PENDING, limit=1)
        return found[0] if found else None

    def delivered(self, hook: Hook, message: Message, status: int) -> Hook:
        """The receiver has taken it."""
        values = {"state": MessageState.DELIVERED.value, "body": None, "error": ""}
        hook = self._tried(hook, message, status, values, failures=0, next_at=None, reason="")
        self._prune(hook)
        return hook

    def failed(
        self, hook: Hook, message: Message, status: int | None, error: str, *, dead: bool = False, **fare: Any
    ) -> Hook:
        """It was not taken; `dead`: nor will it be."""
        values: dict[str, Any] = {"error": error}
        if dead:
            values["state"] = MessageState.DEAD.value
        return self._tried(hook, message, status, values, **fare)

    def give_up(self, hook: Hook, message: Message, error: str) -> None:
        """Send it no more, without another attempt."""
        with self._ledger.writing() as connection:
            values = {"state": MessageState.DEAD.value, "error": error}
            connection.execute(update(_TABLE).where(_TABLE.c.id == message.id).values(**values))

    def take_back(self, hook: Hook) -> Hook:
        """Unmake what was not sent yet, so that it is made again for what the owner sees now; replayed ones are dead again."""
        pending = self._read(hook, MessageState.PENDING)
        fresh = [message for message in pending if not message.replayed]
        with self._ledger.writing() as connection:
            own = (_TABLE.c.webhook == hook.id, _TABLE.c.state == MessageState.PENDING.value)
            connection.execute(delete(_TABLE).where(*own, _TABLE.c.replayed.is_(False)))
            seen = "its owner does not see any more all that it tells"
            connection.execute(update(_TABLE).where(*own).values(state=MessageState.DEAD.value, error=seen))
            return self._hooks.write_fare(
                connection, hook, position=min([hook.position, *(message.after for message in fresh)])
            )

    def listed(self, hook: Hook, state: MessageState | None, limit: int) -> list[Message]:
        """The latest messages, newest first."""
        return self._read(hook, state, limit=limit, newest=True)

    def replay(self, hook: Hook, id: str | None) -> list[Message]:
        """Send dead messages again, before what is newer: one, or all. Raises NotFoundError."""
        dead = [one for one in self._read(hook, MessageState.DEAD) if id is None or one.id == id]
        if not dead:
            seen = "no message" if id is None else f"no message {id!r}"
            raise NotFoundError(
                f"{seen} of this webhook is dead", where=hook.name, hint="list its deliveries to see their states"
            )
        with self._ledger.writing() as connection:
            for message in dead:
                values = {"state": MessageState.PENDING.value, "replayed": True, "attempts": 0}
                connection.execute(update(_TABLE).where(_TABLE.c.id == message.id).values(**values))
        return dead

    def _tried(self, hook: Hook, message: Message, status: int | None, values: dict[str, Any], **fare: Any) -> Hook:
        values |= {"attempts": message.attempts + 1, "status": status, "tried_at": self._clock.now()}
        with self._ledger.writing() as connection:
            connection.execute(update(_TABLE).where(_TABLE.c.id == message.id).values(**values))
            return self._hooks.write_fare(connection, hook, **fare)

    def _read(
        self, hook: Hook, state: MessageState | None, *, limit: int | None = None, newest: bool = False
    ) -> list[Message]:
        order = _TABLE.c.number.desc() if newest else _TABLE.c.number
        query = select(_TABLE).where(_TABLE.c.webhook == hook.id).order_by(order).limit(limit)
        if state is not None:
            query = query.where(_TABLE.c.state == state.value)
        with self._ledger.reading() as connection:
            return [_message(row) for row in connection.execute(query)]

    def _prune(self, hook: Hook) -> None:
        done = (_TABLE.c.webhook == hook.id, _TABLE.c.state == MessageState.DELIVERED.value)
        with self._ledger.reading() as connection:
            count = connection.execute(select(func.count()).select_from(_TABLE).where(*done)).scalar_one()
            if count <= LOG + LOG // 10:
                return
            oldest = select(_TABLE.c.number).where(*done).order_by(_TABLE.c.number.desc()).offset(LOG - 1).limit(1)
            first = connection.execute(oldest).scalar_one()
        with self._ledger.writing() as connection:
            connection.execute(delete(_TABLE).where(*done, _TABLE.c.number < first))


def _sight_text(sees: Sight | None) -> str:
    """What somebody sees, as the table has it: null, the list of perimeters alone, or both lists."""
    if sees is None:
        return "null"
    if sees.kinds is None:
        return orjson.dumps(sees.perimeters).decode()
    return orjson.dumps({"perimeters": sees.perimeters, "kinds": sorted(sees.kinds)}).decode()


def _sight_in(text: str) -> Sight | None:
    """What a text of `_sight_text` tells; before there were limits on kinds it left the perimeter of everyone out."""
    found = orjson.loads(text)
    if found is None:
        return None
    if isinstance(found, list):
        return Sight(tuple(sorted({EVERYONE, *found})))
    names = found["perimeters"]
    return Sight(None if names is None else tuple(names), frozenset(found["kinds"]))


def _message(row: Any) -> Message:
    return Message(
        row.id,
        row.number,
        EventType(row.type),
        row.after,
        _sight_in(row.sees),
        row.replayed,
        row.body,
        row.bytes,
        MessageState(row.state),
        row.attempts,
        row.status,
        row.error,
        in_utc(row.created_at),
        None if row.tried_at is None else in_utc(row.tried_at),
    )
