"""One connector with its double, a spool and a twin, for each test of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from tests.ingest.connectors.doubles.server import TO_DOUBLES, Double, Fault
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
            guard=TO_DOUBLES,
            clock=FrozenClock(NOW),
            sleep=self.waits.append,
        ) as transport:
            return fetch(self.case.connector(), transport, self.spool, FrozenClock(NOW), delta=delta)

    def load(self, fetched: Fetched) -> IngestReport:
        report = self.twin.load_path(self.case.connector().source, fetched.folder)
        self.spool.mark_loaded(fetched.manifest)
        return report

    def later(self, *faults: Fault | None) -> None:
        """Script faults that come after a first page, or at once where all comes in one document."""
        self.double.faults = [*([None] if self.case.paged else []), *faults]

    def names(self) -> set[str]:
        nodes = self.twin.nodes()
        return {str(values.get("title", name)) for (kind, name), values in nodes.items() if kind == self.case.kind}

    def created(self, items: int) -> int:
        """How many elements so many records make: a product of endoflife.date comes with a version that is one of it."""
        return items * (3 if self.case.name == "endoflife" else 1)


def _trials(cases: Iterable[Case]) -> Any:
    """A fixture that is tried on each of these connectors."""

    @pytest.fixture(params=list(cases), ids=lambda case: case.name)
    def trial(request: pytest.FixtureRequest, twin: TestTwin, tmp_path: Path) -> Iterator[Trial]:
        case: Case = request.param
        double = case.double()
        double.secret = SECRET
        with double.serving() as url:
            yield Trial(case, double, url, Spool(tmp_path / "fetched"), twin)

    return trial


trial = _trials(CASES)
paged = _trials(case for case in CASES if case.paged)
"""Those whose tables come in pages."""
tagged = _trials(case for case in CASES if not case.paged and case.tagged)
"""Those that come as one document with a tag."""
dated = _trials(case for case in CASES if case.connector().delta)
"""Those that give changes since a moment."""
shaped = _trials(case for case in CASES if case.connector().fixed_shape)
"""Those whose records have fixed fields."""
repeating = _trials(case for case in CASES if case.name not in ("kev", "prometheus"))
"""Those that may give a record twice, without counting it twice: series of Prometheus are told apart by all that they have."""
