"""`GET /health`: whether the twin answers, how fresh it is, whether the process lives, and whether it takes questions."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import Anybody
from api.rest.models import Freshness, Health, Standing

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


@router.get("/health/live")
async def live() -> Standing:
    """The process answers. Nothing is asked of ledger or backend: a restart would bring neither back."""
    return Standing(status="live")


@router.get("/health/ready")
def ready(services: Anybody) -> Standing:
    """This server takes questions. Else 503 with the code NOT_READY, the reason in one word and `Retry-After`."""
    services.readiness.check()
    return Standing(status="ready")
