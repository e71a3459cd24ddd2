"""`/api/history`: what happened to an element."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.deps import ToSeeHistory
from api.rest.models import HistoryAnswer, HistoryRequest

router = APIRouter(prefix="/api/history", tags=["history"])


@router.post("", response_model=HistoryAnswer)
def history(body: HistoryRequest, services: ToSeeHistory) -> dict[str, Any]:
    """Who changed an element, what, when, from which source and run, oldest first."""
    services.call.asked(body.model_dump_json())
    told = services.history.of(body.of, kind=body.kind, relations=body.relations)
    services.call.told(len(told["entries"]))
    return told
