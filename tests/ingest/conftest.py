"""An empty twin for each test of ingestion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from tests.ingest.twin import TestTwin


@pytest.fixture
def twin(schema: Schema, clock: FrozenClock, tmp_path: Path) -> Iterator[TestTwin]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield TestTwin(schema, ledger, clock, tmp_path / "exports")
    ledger.close()
