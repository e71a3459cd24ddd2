"""A trail over SQLite, and over a real PostgreSQL; entries of a few calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.audit.entry import Entry, Outcome
from services.audit.trail import Trail

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def entry(number: int = 0, **said: Any) -> Entry:
    """What a call could leave, another one for each number."""
    usual: dict[str, Any] = {
        "at": NOW + timedelta(seconds=number),
        "who": ("ana", "bob", "nobody")[number % 3],
        "roles": frozenset({"reader", "owner"}),
        "door": ("POST /api/query", "graphql", "console person reveal")[number % 3],
        "outcome": Outcome.ANSWERED,
        "action": "read",
        "rows": number,
        "duration_us": 1_000 + number,
        "sequence": 7,
        "asked_sha256": f"{number:064x}",
    }
    return Entry(**(usual | said))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.audit.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Where a trail lies, on each database in turn."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def trail(url: str) -> Iterator[Trail]:
    trail = Trail(url)
    yield trail
    trail.close()
