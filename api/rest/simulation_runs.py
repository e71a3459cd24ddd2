"""`/api/simulation-runs`: simulation runs that the twin keeps, as far as whoever asks sees what they speak of."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.deps import ToRead, ToSimulate
from api.errors import json_response
from api.rest.models import AS_OF
from api.simulation_reading import asked_of, insight_of
from services.moments import Asked
from services.simulation import reading
from services.simulation.kept_difference import difference
from services.simulation.reading import MOST_SHOWN, USUAL_SHOWN

router = APIRouter(prefix="/api/simulation-runs", tags=["simulation"])

First = Annotated[int, Query(ge=1, le=MOST_SHOWN, description="Rows of each list.")]
AsOf = Annotated[str | None, Query(description=AS_OF)]


@router.get("", response_model=list[dict[str, Any]])
def list_runs(services: ToRead, as_of: AsOf = None) -> Response:
    """The runs that are kept, newest first: those of which whoever asks sees an item."""
    with services.moments.reading(Asked(as_of), services.principal) as (queries, _):
        return json_response(reading.runs(asked_of(services, queries)))


@router.get("/{id}", response_model=dict[str, Any])
def see_run(id: str, services: ToRead, first: First = USUAL_SHOWN, as_of: AsOf = None) -> Response:
    """A run by its identifier or an unambiguous beginning of it: its least available items and its first incidents."""
    with services.moments.reading(Asked(as_of), services.principal) as (queries, _):
        return json_response(reading.run(asked_of(services, queries), id, shown=first))


@router.get("/{id}/insight", response_model=dict[str, Any])
def see_insight(id: str, services: ToRead) -> Response:
    """What a run teaches of the whole estate, where that was asked for: causes of downtime, single points, recovery, load."""
    return json_response(insight_of(services, id))


@router.get("/{id}/comparison", response_model=dict[str, Any])
def compare(id: str, services: ToRead, base: str, first: First = USUAL_SHOWN) -> Response:
    """How a run differs from another one, item by item, with intervals."""
    return json_response(difference(asked_of(services, services.queries), base, id, shown=first))


@router.delete("/{id}")
def drop(id: str, services: ToSimulate) -> dict[str, Any]:
    """Drop a run with its summaries and incidents, and what is kept beside it."""
    dropped = services.simulations.kept(services.actor).drop(id)
    services.catch_up()
    return dropped.to_dict()
