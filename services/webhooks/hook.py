"""A webhook: where it leads, for whom, what it tells of, and how it fares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from core.errors import JumeauError, UsageError
from core.principal import KindLists
from graph.schema.model import Schema
from services.access.kind_rights import in_order
from services.access.names import listed
from services.changes.alerts import ALERT, wanted_alerts
from services.changes.change import Matches, Wanted

Filters = Callable[[Mapping[str, Any]], tuple[str, Matches]]
"""A filter, as GraphQL's list of one kind takes it under its name, to that kind and what fits. Raises JumeauError."""


class EventType(StrEnum):
    """What a webhook may tell of."""

    CHANGES = "changes"  # of elements
    ALERTS = "alerts"  # that open, are acknowledged, close, or go
    RUN_FINISHED = "run.finished"
    QUARANTINE_GROWN = "quarantine.grown"
    HEALTH_RECORDED = "health.recorded"
    TEST = "test"  # asked for by hand


FROM_THE_LEDGER: Final = frozenset({EventType.CHANGES, EventType.ALERTS})
"""Events that are read from the changes of elements, within perimeters."""
WHOLE_ESTATE: Final = frozenset({EventType.RUN_FINISHED, EventType.QUARANTINE_GROWN, EventType.HEALTH_RECORDED})
"""Events that are no part of any perimeter."""


class HookState(StrEnum):
    """How a webhook fares."""

    ACTIVE = "active"
    PAUSED = "paused"  # by a person, by failures, or because its owner may no longer
    DISABLED = "disabled"  # the receiver said that it is gone (410)


class WebhookPausedError(JumeauError):
    """A webhook that tells nothing: it is paused, or its receiver is gone."""

    code = "WEBHOOK_PAUSED"
    status = 409
    exit_code = 1


class WebhookOwnerError(JumeauError):
    """The owner of a webhook may not be told any more what it tells."""

    code = "WEBHOOK_OWNER"
    status = 403
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Wants:
    """Which events: `kinds`, `ids` and `filter` are of changes, as subscriptions have them; `ids` and `filter` of alerts alike."""

    events: frozenset[EventType]
    kinds: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    filter: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "events": sorted(event.value for event in self.events),
            "kinds": None if self.kinds is None else list(self.kinds),
            "ids": None if self.ids is None else list(self.ids),
            "filter": None if self.filter is None else dict(self.filter),
        }

    def of_changes(self, schema: Schema, filters: Filters) -> Wanted:
        """Which changes are meant, those of alerts where alerts are. Raises NotFoundError for a kind that there is not, UsageError
        for a filter of another kind than alerts, and what a wrong filter raises.
        """
        if EventType.ALERTS in self.events:
            return self._of_alerts(schema, filters)
        if self.filter is None:
            return Wanted.of(schema, self.kinds, self.ids, None)
        kind, matches = filters(self.filter)
        return Wanted.of(schema, [kind], self.ids, matches)

    def _of_alerts(self, schema: Schema, filters: Filters) -> Wanted:
        if self.filter is None:
            return wanted_alerts(schema, self.ids, None)
        kind, matches = filters(self.filter)
        if kind != ALERT:
            hint = "filter as the list of alerts does, or ask for changes"
            raise UsageError(f"alerts are told, and the filter is of {kind}", where="filter", hint=hint)
        return wanted_alerts(schema, self.ids, matches)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wants:
        """What `to_dict` has written."""
        kinds, ids = given["kinds"], given["ids"]
        return cls(
            frozenset(EventType(event) for event in given["events"]),
            None if kinds is None else tuple(kinds),
            None if ids is None else tuple(ids),
            given["filter"],
        )


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook. `owner` is an account, None for the operator of the machine; `perimeters` and `reads` narrow what the owner sees.

    `position` is the last event of the ledger that was made into messages, `mark` what was told of the rest; `failures` are
    deliveries in a row that failed; nothing is sent before `next_at`.
    """

    id: str
    name: str
    url: str = field(repr=False)  # often a secret in itself
    owner: str | None
    perimeters: frozenset[str] | None
    wants: Wants
    state: HookState
    reason: str
    position: int
    mark: Mapping[str, Any]
    failures: int
    next_at: datetime | None
    created_at: datetime
    reads: KindLists = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """How it is listed: of its address no more than the host."""
        return {
            "name": self.name,
            "receiver": shown(self.url),
            "owner": self.owner,
            "perimeters": listed(self.perimeters),
            "reads": in_order(self.reads),
            **self.wants.to_dict(),
            "state": self.state.value,
            "reason": self.reason,
            "position": self.position,
            "failures": self.failures,
            "next_at": None if self.next_at is None else self.next_at.isoformat(),
            "created_at": self.created_at.isoformat(),
        }


def shown(url: str) -> str:
    """An address without its path: that of a chat's webhook is its secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
