"""One connector with its double, a spool and a twin, for each test of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.clock import FrozenClock
from ingest.connectors.credentials import Credentials
from ingest.connectors.fetch import Fetched, fetch
from ingest.connectors.retry import RetryPolicy
from ingest.connectors.spool import Spool
from ingest.connectors.transport import Limits, Transport
from ingest.report import IngestReport
from tests.conftest import NOW
from tests.ingest.connectors.cases import CASES, Case
from tests.ingest.connectors.doubles.server import Double
from tests.ingest.twin import TestTwin

OLD = "2024-06-01 00:00:00"
NEW = "2025-01-01 07:00:00"
SECRET = "s3cr3t-0f-the-account"
VARIABLE = "TEST_SOURCE_TOKEN"


@dataclass(slots=True)
class Trial:
    """Fetches and loads, and counts how long it would have waited."""

    case: Case
    double: Double
    url: str
    spool: Spool
    twin: TestTwin
    waits: list[float] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=lambda: {VARIABLE: SECRET})
    limits: Limits = field(default_factory=Limits)
    policy: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.case.rows(self.double)

    def fill(self, count: int) -> None:
        """Give the double so many records, in order of their numbers."""
        self.rows[:] = [self.case.make(n, f"item {n}", OLD) for n in range(1, count + 1)]

    def fetch(self, *, delta: bool = False) -> Fetched:
        credentials = Credentials(token_env=VARIABLE, scheme=self.case.scheme)
        with Transport(
            self.url,
            credentials,
            environment=self.environment,
            limits=self.limits,
            policy=self.policy,
            clock=FrozenClock(NOW),
            sleep=self.waits.append,
        ) as transport:
            return fetch(self.case.connector(), transport, self.spool, FrozenClock(NOW), delta=delta)

    def load(self, fetched: Fetched) -> IngestReport:
        report = self.twin.load_path(self.case.connector().source, fetched.folder)
        self.spool.mark_loaded(fetched.manifest)
        return report

    def names(self) -> set[str]:
        return {name for kind, name in self.twin.nodes() if kind == self.case.kind}


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def trial(request: pytest.FixtureRequest, twin: TestTwin, tmp_path: Path) -> Iterator[Trial]:
    case: Case = request.param
    double = case.double()
    double.secret = SECRET
    with double.serving() as url:
        yield Trial(case, double, url, Spool(tmp_path / "fetched"), twin)
