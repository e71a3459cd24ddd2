"""`POST /api/query`: Cypher."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import ToRead
from api.errors import json_response
from api.rest.models import QueryAnswer, QueryRequest
from services.moments import Asked

router = APIRouter(prefix="/api", tags=["queries"])


@router.post("/query", response_model=QueryAnswer)
def query(body: QueryRequest, services: ToRead) -> Response:
    """Run a Cypher query, read-only and bounded."""
    services.check_free_question()
    principal = services.principal.narrowed(body.perimeters)
    services.call.asked(body.query)
    with services.moments.reading(Asked(body.as_of, body.branch), principal) as (queries, _):
        result = queries.cypher(body.query, body.parameters, principal)
        services.call.told(len(result.answer.rows), result.ledger_sequence)
        with queries.observer.span("rows", True):
            return json_response(result.to_dict())
