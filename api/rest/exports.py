"""`POST /api/exports`: answers and parts of the graph as files, sent while they are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import structlog
from anyio import CancelScope, move_on_after
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.deps import ToRead
from api.errors import RequestError
from api.rest.models import AS_OF, BRANCH, PERIMETERS
from core.errors import JumeauError, QueryTimeoutError
from services.export.order import ExportOrder, Format, FormulaCells, Selection
from services.export.service import Export
from services.moments import Asked

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/api", tags=["exports"])


class SelectionModel(BaseModel):
    """A part of the graph: nodes, and relations between them."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[str] | None = Field(default=None, description="Kinds of nodes, with those below them. Default: all.")
    relations: list[str] | None = Field(default=None, description="Types of relations. Default: all.")


class ExportRequest(BaseModel):
    """What is to be in the file: the answer of a query, of a named query, or a part of the graph."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"format": "csv", "query": "MATCH (s:Server) RETURN s.name AS name, s.os_family AS os"},
                {"format": "graphml", "selection": {"kinds": ["Server", "Team"], "relations": ["OWNED_BY"]}},
            ]
        },
    )

    format: Format = Field(description="csv, parquet, jsonl or graphml.")
    query: str | None = Field(default=None, description="Cypher text.")
    catalogue: str | None = Field(default=None, description="Name of a query of the catalogue.")
    selection: SelectionModel | None = Field(default=None, description="A part of the graph.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Values of the query's parameters.")
    perimeters: list[str] | None = Field(default=None, description=PERIMETERS)
    as_of: str | None = Field(default=None, description=AS_OF)
    branch: str | None = Field(default=None, description=BRANCH)
    gzip: bool = Field(default=False, description="Send the file compressed, as `.gz`.")
    formula_cells: FormulaCells = Field(
        default=FormulaCells.HARMLESS,
        description="CSV: `harmless` puts an apostrophe before text that a spreadsheet would run as a formula.",
    )

    def order(self) -> ExportOrder:
        """The same, as the service takes it."""
        chosen = self.selection
        return ExportOrder(
            self.format,
            self.query,
            self.catalogue,
            None if chosen is None else Selection(_names(chosen.kinds), _names(chosen.relations)),
            self.parameters,
            _names(self.perimeters),
            Asked(self.as_of, self.branch),
            self.gzip,
            self.formula_cells,
        )


def _names(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)


class ExportBrokenOffError(Exception):
    """An export failed after its beginning was sent: the connection is closed without the end of the body."""


class ExportResponse(StreamingResponse):
    """The file. Its reading ends with the last byte, with the client, or with an error, whichever comes first."""

    def __init__(self, export: Export) -> None:
        self._export = export
        headers = {
            "Content-Disposition": f'attachment; filename="{export.file_name}"',
            "Cache-Control": "no-store",
            "Jumeau-Sequence": str(export.sequence),
            "Jumeau-Engine": export.engine,
            "Jumeau-Notes": json.dumps(export.notes),  # ASCII, as headers are
        }
        super().__init__(_breaking_off(export), headers=headers, media_type=export.media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with move_on_after(self._export.lasts_s) as limit:
                await super().__call__(scope, receive, send)
            if limit.cancelled_caught:  # a client that stopped reading keeps nothing open
                raise _broken_off(QueryTimeoutError.code, self._export)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._export.close)


def _breaking_off(export: Export) -> Iterator[bytes]:
    """The chunks. What fails is logged by its code alone, and breaks the transfer off."""
    try:
        yield from export.chunks
    except JumeauError as error:
        code = error.code
    else:
        return
    raise _broken_off(code, export)


def _broken_off(code: str, export: Export) -> ExportBrokenOffError:
    log.error("export_broken_off", code=code, file=export.file_name)
    return ExportBrokenOffError(code)


@router.post(
    "/exports",
    response_class=StreamingResponse,
    responses={200: {"content": {each.media_type.partition(";")[0]: {} for each in Format}}},
)
def export(body: ExportRequest, services: ToRead, request: Request) -> ExportResponse:
    """Send an answer or a part of the graph as a file, while it is read.

    A transfer that ends before its last chunk failed: what arrived is to be thrown away.
    """
    if request.scope.get("http_version") == "1.0":  # where a broken off body looks like a whole one
        raise RequestError(
            "an export over HTTP/1.0 could be cut unnoticed",
            where="POST /api/exports",
            hint="use HTTP/1.1; behind nginx, set proxy_http_version 1.1",
        )
    if body.catalogue is None:
        services.check_free_question()
    return ExportResponse(services.exports.open(body.order(), services.principal))
