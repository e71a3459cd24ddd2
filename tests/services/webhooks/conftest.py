"""A twin in memory, its webhooks with a clock that a test moves, and a receiver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.webhook_filters import WebhookFilters
from core.principal import LOCAL_OPERATOR, Principal
from core.settings import Settings
from graph.history.events import Event
from graph.schema.model import Schema
from services.access.accounts import Accounts
from services.changes.feed import ChangeFeed
from services.twin import Twin
from services.webhooks.courier import Courier
from services.webhooks.hook import Hook
from services.webhooks.outbox import Message
from services.webhooks.retries import Retries
from services.webhooks.service import WebhookService
from tests.api.estate import created, opened, write
from tests.patience import PATIENCE_S
from tests.services.access.conftest import CHEAP, MovedClock
from tests.services.webhooks.receiver import Receiver

HERE = ("127.0.0.0/8",)


@dataclass(slots=True)
class Trial:
    """The webhooks of a twin, delivered when a test says so: each turn is a courier that has just started."""

    twin: Twin
    clock: MovedClock
    receiver: Receiver
    service: WebhookService
    feed: ChangeFeed
    accounts: Accounts
    environment: dict[str, str] = field(default_factory=dict)
    retries: Retries = field(default_factory=lambda: Retries(12))

    def add(self, name: str = "portal", principal: Principal = LOCAL_OPERATOR, **options: Any) -> tuple[Hook, str]:
        hook, secret = self.service.add(principal, name, options.pop("url", self.receiver.url), **options)
        return hook, secret or ""

    def hook(self, name: str = "portal") -> Hook:
        return self.service.get(LOCAL_OPERATOR, name)

    def log(self, state: str | None = None, name: str = "portal") -> list[Message]:
        return self.service.deliveries(LOCAL_OPERATOR, name, state=state)

    def happen(self, *events: Event) -> None:
        """One batch of the ledger, taken in by the graph."""
        write(self.twin.ledger, list(events), f"batch {self.twin.ledger.sequence()}")
        self.feed.publish(self.twin.catch_up())

    def teams(self, *names: str) -> None:
        """A batch for each: a team of that name."""
        for name in names:
            self.happen(created("Team", name))

    def courier(self) -> Courier:
        return Courier(self.feed, self.service.desk(self.retries), look_s=0)

    def deliver(self) -> None:
        self.courier().turn()

    def later(self, seconds: float = 7_200) -> None:
        """Let time go by, and deliver."""
        self.clock.move(timedelta(seconds=seconds))
        self.deliver()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


def trial_of(twin: Twin, receiver: Receiver, clock: MovedClock, **settings: Any) -> Trial:
    environment: dict[str, str] = {}
    chosen: Settings = twin.settings.model_copy(
        update={"allowed_networks": HERE, "webhook_timeout_s": PATIENCE_S, **settings}
    )
    service = WebhookService(
        twin.ledger,
        twin.schema,
        chosen,
        WebhookFilters(twin.schema),
        clock=clock,
        chance=lambda: 1.0,
        environment=environment,
    )
    feed = ChangeFeed(twin)
    feed.publish(twin.catch_up())
    return Trial(twin, clock, receiver, service, feed, Accounts(twin.ledger, clock, CHEAP), environment)


@pytest.fixture
def trial(schema: Schema, tmp_path: Path, receiver: Receiver) -> Iterator[Trial]:
    with opened("networkx", schema, tmp_path) as twin:
        yield trial_of(twin, receiver, MovedClock())
