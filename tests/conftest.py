"""What every test may ask for: the clock, the complete schema, the public data."""

from __future__ import annotations

import gc
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from core.clock import FrozenClock
from graph.schema.load import load_schema
from graph.schema.model import Schema
from tests.scratch import write_in_memory

pytest_plugins = ["tests.neo4j_server", "tests.oidc_provider", "tests.postgresql_server"]

NIGHTLY = os.environ.get("JUMEAU_NIGHTLY") == "1"
"""Full counts of long suites: `make nightly` sets it."""

# No deadlines: machines are shared. Without chance in `make test`, so that what passed passes again; nightly explores.
settings.register_profile("everyday", deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=1_000, deadline=None)
settings.load_profile("nightly" if NIGHTLY else "everyday")

if not NIGHTLY:
    write_in_memory()  # before any temporary folder is made

ROOT = Path(__file__).resolve().parent.parent
LONG = (
    "tests/acceptance/",
    "tests/differential/",
    "tests/docs/test_docs.py",
    "tests/faults/",
    "tests/tck/",
    "tests/test_servers.py",
    "tests/security/perimeter/",
)
"""Files that take long begin first: one of them at the end would keep one worker busy while the other has nothing to do."""

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # thousands of tests and all that they import stay until the end: no collection need look through them again


@pytest.fixture(scope="session")
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture(scope="session")
def schema() -> Schema:
    return load_schema("it_estate")


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of public data; tests that need it are skipped, by name, where it is absent."""
    path = Path(os.environ.get("JUMEAU_DATA", ROOT.parent / "shared" / "data"))
    if not (path / "README.md").exists():
        pytest.skip(f"public data not found at {path} (set JUMEAU_DATA)")
    return path
