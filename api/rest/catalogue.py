"""`/api/catalogue`: the named queries, listed and run."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import ToRead
from api.errors import json_response
from api.rest.models import (
    CatalogueEntry,
    CatalogueList,
    CatalogueParameterModel,
    CatalogueRequest,
    QueryAnswer,
    Titles,
)
from services.moments import Asked

router = APIRouter(prefix="/api/catalogue", tags=["catalogue"])


@router.get("")
def list_queries(services: ToRead) -> CatalogueList:
    """The named queries with their titles, parameters and text."""
    return CatalogueList(
        queries=[
            CatalogueEntry(
                name=query.name,
                title=Titles(en=query.title_en, fr=query.title_fr),
                description=query.description,
                parameters=[
                    CatalogueParameterModel(
                        name=p.name, type=p.type, required=p.required, default=p.default, description=p.description
                    )
                    for p in query.parameters
                ],
                cypher=query.text,
            )
            for query in services.catalogue.queries()
        ]
    )


@router.post("/{name}", response_model=QueryAnswer)
def run_query(name: str, services: ToRead, body: CatalogueRequest | None = None) -> Response:
    """Run a named query."""
    asked = body or CatalogueRequest()
    principal = services.principal.narrowed(asked.perimeters)
    services.call.asked(name)
    with services.moments.reading(Asked(asked.as_of, asked.branch), principal) as (queries, catalogue):
        result = catalogue.run(name, asked.parameters, principal)
        services.call.told(len(result.answer.rows), result.ledger_sequence)
        with queries.observer.span("rows", True):
            return json_response(result.to_dict())
