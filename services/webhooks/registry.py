"""The webhooks of a ledger, in its database, with their secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Select, delete, func, insert, or_, select, update

from core.clock import Clock, in_utc
from core.errors import ConfigurationError, NotFoundError, UsageError
from graph.history.ledger import Ledger
from graph.schema.fields import did_you_mean
from services.access import kind_rights
from services.access.kind_rights import Holder
from services.access.names import read, written
from services.webhooks import tables
from services.webhooks.hook import Hook, HookState, Wants
from services.webhooks.signing import key_of

MOST_HOOKS: Final = 100
_HOOKS: Final[Select[Any]] = select(tables.webhook, *kind_rights.COLUMNS).join_from(
    tables.webhook, kind_rights.kind_right, kind_rights.of(Holder.WEBHOOK, tables.webhook.c.id), isouter=True
)


class Hooks:
    """Reads and writes registrations. Safe for several threads and processes."""

    def __init__(self, ledger: Ledger, clock: Clock, environment: Mapping[str, str] | None = None) -> None:
        self.ledger = ledger
        self._clock = clock
        self._environment = os.environ if environment is None else environment
        for table in (*tables.ALL, kind_rights.kind_right):
            ledger.prepare(table)

    def add(self, hook: Hook, *, value: str | None, variable: str | None) -> Hook:
        """Keep a new one with its secret. Raises UsageError where its name is taken, or there are too many."""
        values = {
            "id": hook.id,
            "name": hook.name,
            "url": hook.url,
            "owner": hook.owner,
            "perimeters": written(hook.perimeters),
            "wants": orjson.dumps(hook.wants.to_dict()).decode(),
            "number": 0,
            "created_at": hook.created_at,
        }
        with self.ledger.writing() as connection:
            names = list(connection.execute(select(tables.webhook.c.name)).scalars())
            if hook.name in names:
                raise UsageError(f"there is a webhook {hook.name!r}", where="name", hint="choose another name")
            if len(names) >= MOST_HOOKS:
                raise UsageError(f"there are {MOST_HOOKS} webhooks", where="webhooks", hint="remove one first")
            connection.execute(insert(tables.webhook).values(**values, **_fare(hook)))
            connection.execute(
                insert(tables.webhook_secret).values(webhook=hook.id, number=1, value=value, variable=variable)
            )
            kind_rights.write(connection, Holder.WEBHOOK, hook.id, hook.reads, frozenset())
        return hook

    def all(self, state: HookState | None = None) -> list[Hook]:
        """Every webhook by name, or those in a state."""
        query = _HOOKS.order_by(tables.webhook.c.name)
        if state is not None:
            query = query.where(tables.webhook.c.state == state.value)
        with self.ledger.reading() as connection:
            return [_hook(row) for row in connection.execute(query)]

    def get(self, name: str) -> Hook:
        """The webhook of that name. Raises NotFoundError."""
        found = {hook.name: hook for hook in self.all()}
        if name not in found:
            raise unknown(name, list(found))
        return found[name]

    def by_id(self, id: str) -> Hook | None:
        """The webhook as it stands now, None where it was removed."""
        with self.ledger.reading() as connection:
            row = connection.execute(_HOOKS.where(tables.webhook.c.id == id)).one_or_none()
        return None if row is None else _hook(row)

    def fares(self, hook: Hook, **changes: Any) -> Hook:
        """Write how a webhook fares from now on."""
        with self.ledger.writing() as connection:
            return self.write_fare(connection, hook, **changes)

    def write_fare(self, connection: Connection, hook: Hook, **changes: Any) -> Hook:
        """The same, in a transaction that is under way."""
        changed = replace(hook, **changes)
        connection.execute(
            update(tables.webhook).where(tables.webhook.c.id == hook.id).values(**_fare(changed, changes))
        )
        return changed

    def remove(self, hook: Hook) -> None:
        """Forget a webhook, its secrets and its messages."""
        with self.ledger.writing() as connection:
            connection.execute(delete(tables.webhook_message).where(tables.webhook_message.c.webhook == hook.id))
            connection.execute(delete(tables.webhook_secret).where(tables.webhook_secret.c.webhook == hook.id))
            kind_rights.write(connection, Holder.WEBHOOK, hook.id, frozenset(), frozenset())
            connection.execute(delete(tables.webhook).where(tables.webhook.c.id == hook.id))

    def rotate(self, hook: Hook, former_until: datetime, *, value: str | None, variable: str | None) -> None:
        """Sign with another secret from now on, and with the former one too for a while; older ones end."""
        table = tables.webhook_secret
        own = table.c.webhook == hook.id
        with self.ledger.writing() as connection:
            last = connection.execute(select(func.max(table.c.number)).where(own)).scalar_one()
            connection.execute(delete(table).where(own, table.c.number < last))
            connection.execute(update(table).where(own).values(expires_at=former_until))
            connection.execute(insert(table).values(webhook=hook.id, number=last + 1, value=value, variable=variable))

    def keys(self, hook: Hook) -> list[bytes]:
        """What its messages are signed with now, the newest first. Raises ConfigurationError where a variable is not set."""
        table = tables.webhook_secret
        query = (
            select(table)
            .where(table.c.webhook == hook.id)
            .where(or_(table.c.expires_at.is_(None), table.c.expires_at > self._clock.now()))
            .order_by(table.c.number.desc())
        )
        with self.ledger.reading() as connection:
            rows = connection.execute(query).all()
        found: list[bytes] = []
        for row in rows:
            where = row.variable or hook.name
            try:
                found.append(key_of(row.value or self._environment.get(row.variable or "", ""), where))
            except ConfigurationError:
                if not found:  # a former one that cannot be read is no reason to be silent
                    raise
        return found


def unknown(name: str, known: list[str]) -> NotFoundError:
    """What is said of a name that no webhook has, or none that the asker knows of."""
    return NotFoundError(f"there is no webhook {name!r}", where="webhooks", hint=did_you_mean(name, known))


def _fare(hook: Hook, only: Mapping[str, Any] | None = None) -> dict[str, Any]:
    values = {
        "state": hook.state.value,
        "reason": hook.reason,
        "position": hook.position,
        "mark": orjson.dumps(dict(hook.mark)).decode(),
        "failures": hook.failures,
        "next_at": hook.next_at,
    }
    return values if only is None else {name: values[name] for name in only}


def _hook(row: Any) -> Hook:
    return Hook(
        row.id,
        row.name,
        row.url,
        row.owner,
        read(row.perimeters),
        Wants.of(orjson.loads(row.wants)),
        HookState(row.state),
        row.reason,
        row.position,
        orjson.loads(row.mark),
        row.failures,
        None if row.next_at is None else in_utc(row.next_at),
        in_utc(row.created_at),
        kind_rights.lists_in(row.reads),
    )
