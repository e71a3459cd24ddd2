"""Accounts and tokens over an empty ledger, with a clock that a test moves and hashes that cost little."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.access.accounts import Accounts
from services.access.doorkeeper import Doorkeeper
from services.access.tokens import Tokens

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


@dataclass(slots=True)
class MovedClock:
    """Stands still until it is moved."""

    instant: datetime = datetime(2025, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def move(self, by: timedelta) -> None:
        self.instant += by


@dataclass(frozen=True, slots=True)
class Entrance:
    """What keeps the doors of one twin."""

    ledger: Ledger
    clock: MovedClock
    keeper: Doorkeeper

    @property
    def accounts(self) -> Accounts:
        return self.keeper.accounts

    @property
    def tokens(self) -> Tokens:
        return self.keeper.tokens


@pytest.fixture
def entrance(schema: Schema, tmp_path: Path) -> Iterator[Entrance]:
    clock = MovedClock()
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    entrance = Entrance(ledger, clock, Doorkeeper(ledger, clock, local_key="local", hasher=CHEAP))
    entrance.accounts.create("root", PASSWORD, ["administrator"], None, by="test")
    yield entrance
    ledger.close()
