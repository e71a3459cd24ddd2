"""`GET /health`: whether the twin answers, and how fresh it is."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import Anybody
from api.rest.models import Freshness, Health

router = APIRouter(tags=["operations"])


@router.get("/health")
def health(services: Anybody) -> Health:
    """The state of the twin. An unreachable backend or ledger is an error with its code."""
    twin = services.twin
    applied, written = twin.repository.watermark(), twin.ledger.sequence()
    behind = max(written - applied, 0)
    return Health(
        status="behind" if behind else "ok",
        backend=twin.repository.capabilities.name,
        sequence=applied,
        ledger_sequence=written,
        freshness=Freshness(up_to_date=not behind, events_behind=behind),
    )
