"""How the twin itself fares: how far it follows, how fresh its sources are, what was loaded, refused and contradicted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from core.clock import in_utc
from core.principal import Principal
from graph.history.branches import Branches
from graph.history.events import Run
from ingest.held import HeldRows
from ingest.report import COUNTERS
from services.freshness import SourceFreshness
from services.known_branches import limit_of
from services.moments import PRESENT, Asked, moment_of
from services.query import QueryResult, QueryService
from services.reconciliation import disagreements
from services.twin import Twin

COUNTS: Final = "MATCH (n) RETURN labels(n)[0] AS kind, count(*) AS count ORDER BY kind"


class OperationsService:
    """What operators watch, of one twin. Answers are JSON-ready data, instants aside."""

    def __init__(self, twin: Twin, queries: QueryService) -> None:
        self._twin = twin
        self._queries = queries
        self._freshness = SourceFreshness(twin.ledger)

    def health(self) -> dict[str, Any]:
        """How far the backend follows the ledger; `lag` in events. Raises BackendError, LedgerError."""
        applied, written = self._twin.repository.watermark(), self._twin.ledger.sequence()
        lag = max(written - applied, 0)
        return {
            "status": "behind" if lag else "ok",
            "backend": self._twin.repository.capabilities.name,
            "sequence": applied,
            "ledger_sequence": written,
            "lag": lag,
        }

    def counts(self, principal: Principal) -> QueryResult:
        """How many elements of each kind a principal sees."""
        return self._queries.cypher(COUNTS, None, principal)

    def freshness(self, principal: Principal, asked: Asked = PRESENT) -> list[dict[str, Any]]:
        """For each source, the moment that its data is of, and its age in seconds. Raises UsageError, NotFoundError."""
        twin = self._twin
        sequence = twin.repository.watermark()
        if asked != PRESENT:
            branches = Branches(twin.ledger, twin.schema, twin.clock)
            sequence = moment_of(twin.ledger, branches, asked, limit_of(principal, twin.settings))[0].sequence
        now = twin.clock.now()
        return [
            {"source": source, "at": instant, "age_seconds": int((now - instant).total_seconds())}
            for source, instant in self._freshness.at(sequence).items()
        ]

    def runs(self, first: int, *, source: str | None = None, status: str | None = None) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        return [_run(run) for run in self._twin.ledger.runs(first, source=source, status=status)]

    def run(self, name: str) -> dict[str, Any]:
        """The run of that identifier, or of an unambiguous beginning of it. Raises NotFoundError."""
        return _run(self._twin.ledger.find_run(name))

    def rejected(self, first: int, *, source: str | None = None, code: str | None = None) -> dict[str, Any]:
        """How many rows are in quarantine, and the first of them by source, file and position."""
        held = HeldRows(self._twin.ledger)
        rows = [row.to_dict() for row in held.of(source, code, limit=first)]
        return {"count": held.count(source, code), "rows": rows}

    def disagreements(
        self, first: int, name: str | None = None, *, between: Sequence[str] = (), attribute: str | None = None
    ) -> dict[str, Any]:
        """Where sources say different things: how often, and the first by kind and name.

        Raises NotFoundError, UsageError.
        """
        found = disagreements(self._twin.schema, self._twin.ledger, name, between=between, attribute=attribute)
        listed = [
            {**one.to_dict(), "said": [{"source": source, "value": value} for source, value in one.said]}
            for one in found[:first]
        ]
        return {"count": len(found), "disagreements": listed}


def _run(run: Run) -> dict[str, Any]:
    started: datetime = in_utc(run.started_at)
    counted = {name: run.counters.get(name, 0) for name in COUNTERS}
    return {
        "id": run.id,
        "source": run.source,
        "actor": run.actor,
        "status": run.status,
        "started_at": started,
        "location": run.location,
        **counted,
    }
