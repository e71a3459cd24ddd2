"""A ledger, and a house on it; made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from tests.agent.gateway.house import House, house


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, schema: Schema, clock: FrozenClock) -> Path:
    """The folder of a ledger in which the use `questions` is validated."""
    folder = tmp_path_factory.mktemp("house")
    opened = Ledger(f"sqlite:///{folder / 'ledger.db'}", schema, clock)
    house(folder, opened, clock).trail.close()
    opened.close()
    return folder


@pytest.fixture
def ledger(made_once: Path, tmp_path: Path, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield opened
    opened.close()


@pytest.fixture
def at_home(tmp_path: Path, ledger: Ledger, clock: FrozenClock) -> Iterator[House]:
    made = house(tmp_path, ledger, clock)
    yield made
    made.trail.close()
