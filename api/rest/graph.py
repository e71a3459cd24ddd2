"""`/api/graph`: the graph as a projection of the ledger."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import ToMaintain, ToVerify
from api.errors import json_response
from api.rest.models import Sequence, VerificationModel
from services.maintenance import verification_to_dict, verify_twin

router = APIRouter(prefix="/api/graph", tags=["operations"])


@router.post("/catch-up")
def catch_up(services: ToMaintain) -> Sequence:
    """Bring the graph up to the ledger now, as a load in another process asks for; the sequence reached."""
    return Sequence(sequence=services.twin.catch_up())


@router.post("/verify", response_model=VerificationModel)
def verify(services: ToVerify) -> Response:
    """Compare the graph with the ledger: counts per kind, checksum, first differences by name."""
    return json_response(verification_to_dict(verify_twin(services.twin)))
