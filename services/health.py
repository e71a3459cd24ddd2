"""The health of what the twin holds: the scorecard that somebody may see, and its trend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from analytics.health.facts import ItemFacts, gather
from analytics.health.last_seen import LastSeen
from analytics.health.policy import load_policy
from analytics.health.scorecard import Dimension, Score, scorecard
from analytics.health.trend import RecordedScores
from core.errors import UsageError
from core.principal import LOCAL_OPERATOR, Principal, require_whole_estate
from graph.cypher.guard import QueryLimits
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.repository import ReadContext
from graph.schema.named_kinds import bounds_of, sight_of
from services.freshness import SourceFreshness
from services.twin import Twin

TREND_DAYS: Final = 30
MOST_DAYS: Final = 36_525
"""A hundred years: further back there is no calendar to look in."""
EVERY_ROW: Final = 2**31 - 1
TIMEOUT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class HealthReport:
    """A scorecard. `trend` is what the overall score of each line gained since `since`, in points."""

    by: Dimension
    measured_on: date
    sequence: int
    scores: tuple[Score, ...]
    since: date | None
    trend: dict[str, float]
    sources: dict[str, Any]
    restricted: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "by": self.by.value,
            "measured_on": self.measured_on.isoformat(),
            "sequence": self.sequence,
            "since": None if self.since is None else self.since.isoformat(),
            "scores": [{**score.to_dict(), "trend": self.trend.get(score.name)} for score in self.scores],
            "sources": self.sources,
            "restricted": self.restricted,
        }


class HealthService:
    """Scorecards of one twin."""

    def __init__(self, twin: Twin, policy: Path | None = None) -> None:
        self._twin = twin
        self._policy = load_policy(twin.schema, policy)
        self._freshness = SourceFreshness(twin.ledger)

    def scorecard(
        self, by: Dimension, principal: Principal = LOCAL_OPERATOR, *, trend_days: int = TREND_DAYS
    ) -> HealthReport:
        """The scorecard of what a principal sees. The trend is of the whole estate: a restricted one is not told it.

        `trend_days`: from 1 to MOST_DAYS. Raises UsageError.
        """
        if not 1 <= trend_days <= MOST_DAYS:
            raise UsageError(
                f"a trend looks back over {trend_days} days", where="trend_days", hint=f"say 1 to {MOST_DAYS} days"
            )
        today = self._twin.clock.now().date()
        scores = scorecard(self._facts(principal), by)
        earlier = None
        if not principal.restricted:
            earlier = RecordedScores(self._twin.ledger).before(by, today - timedelta(days=trend_days), today)
        trend = {}
        if earlier is not None:
            now = {score.name: score.overall for score in scores}
            trend = {
                name: round(score - former, 2)
                for name, former in earlier[1].items()
                if (score := now.get(name)) is not None
            }
        sequence = self._twin.repository.watermark()
        return HealthReport(
            by,
            today,
            sequence,
            tuple(scores),
            None if earlier is None else earlier[0],
            trend,
            self._freshness.to_dict(sequence),
            principal.restricted,
        )

    def record(self, principal: Principal = LOCAL_OPERATOR) -> date:
        """Keep today's scorecards, of every dimension, for the trend. Raises PerimeterError for a restricted principal."""
        require_whole_estate(principal, "recording the scorecard")
        twin = self._twin
        today, facts = twin.clock.now().date(), self._facts(principal)
        recorded = RecordedScores(twin.ledger)
        for by in Dimension:
            recorded.record(today, twin.repository.watermark(), by, scorecard(facts, by))
        return today

    def _facts(self, principal: Principal) -> list[ItemFacts]:
        twin = self._twin
        freshness = self._freshness.at(twin.repository.watermark())
        last_seen = LastSeen(twin.ledger, freshness)
        return gather(self._policy, lambda text: self._rows(text, principal), last_seen.of, twin.clock.now())

    def _rows(self, text: str, principal: Principal) -> Iterator[tuple[Any, ...]]:
        """Every row of a query of ours, on the road that every query takes, without the cap on rows for people."""
        twin, settings = self._twin, self._twin.settings
        limits = QueryLimits(default_hops=settings.default_hops, row_cap=EVERY_ROW)
        sees = sight_of(principal, twin.schema)
        bounded, kinds = bounds_of(sees)
        bound = prepare(text, twin.schema, limits, restricted=bounded, kinds=kinds)
        context = ReadContext(
            now=twin.clock.now(),
            timeout_s=max(TIMEOUT_S, settings.query_timeout_s),
            row_cap=EVERY_ROW,
            sees=sees,
            memory_bytes=settings.query_memory_mb * 1024 * 1024,
        )
        values = complete_parameters(bound, {}, context.now, context.sees)
        yield from twin.repository.run(bound, values, context).rows
