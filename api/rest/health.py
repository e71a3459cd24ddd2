"""`GET /health`: whether the twin answers, and how fresh it is."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import Anybody
from api.rest.models import Freshness, Health

router = APIRouter(tags=["operations"])


@router.get("/health")
def health(services: Anybody) -> Health:
    """The state of the twin. An unreachable backend or ledger is an error with its code."""
    found = services.operations.health()
    behind = found["lag"]
    return Health(
        status=found["status"],
        backend=found["backend"],
        sequence=found["sequence"],
        ledger_sequence=found["ledger_sequence"],
        freshness=Freshness(up_to_date=not behind, events_behind=behind),
    )
