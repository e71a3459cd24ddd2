"""`/api/health`: the scorecard of what the twin holds. Whether the twin itself answers is `GET /health`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from analytics.health.scorecard import Dimension
from api.deps import ToRead
from api.rest.models import PERIMETERS
from services.access.rights import Action, require
from services.health import TREND_DAYS

router = APIRouter(prefix="/api/health", tags=["health"])


class ScorecardRequest(BaseModel):
    """What the scorecard is broken down by."""

    model_config = ConfigDict(extra="forbid")

    by: Dimension = Field(Dimension.KIND, description="kind, source or team.")
    trend_days: int = Field(TREND_DAYS, ge=1, description="How far the trend looks back, in days.")
    record: bool = Field(False, description="Whether today's scorecards are kept, for the trend of later days.")
    perimeters: list[str] | None = Field(default=None, description=PERIMETERS)


class MetricModel(BaseModel):
    """How many were checked and failed; `score` is the share that did not fail, in percent."""

    checked: int
    failed: int
    score: float | None


class ScoreModel(BaseModel):
    """A line of a scorecard; scores in percent, `trend` in points."""

    name: str
    items: int
    overall: float | None
    completeness: float | None
    correctness: float | None
    compliance: float | None
    metrics: dict[str, MetricModel]
    missing: dict[str, int] = Field(description="How many items lack each required or recommended name.")
    trend: float | None


class ScorecardAnswer(BaseModel):
    """A scorecard; its first line is of everything."""

    by: Dimension
    measured_on: str
    sequence: int
    since: str | None = Field(description="The day that the trend compares with.")
    scores: list[ScoreModel]
    sources: dict[str, str] = Field(description="For each source, the moment that its data is of.")
    restricted: bool = Field(description="Whether it is limited to the caller's perimeters.")


@router.post("/scorecard", response_model=ScorecardAnswer)
def scorecard(body: ScorecardRequest, services: ToRead) -> dict[str, Any]:
    """Completeness, correctness and compliance of the configuration items."""
    principal = services.principal.narrowed(body.perimeters)
    services.call.asked(body.model_dump_json())
    if body.record:
        require(services.principal, Action.MAINTAIN)
        services.check_writing()
        services.call.begin()
        services.health.record(principal)
    told = services.health.scorecard(body.by, principal, trend_days=body.trend_days).to_dict()
    services.call.told(len(told["scores"]))
    return told
