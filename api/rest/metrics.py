"""`GET /metrics`: how the twin does, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import ToScrape
from services.telemetry.metrics import CONTENT_TYPE

router = APIRouter(tags=["operations"])


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(services: ToScrape) -> Response:
    """Questions, latencies, lag, freshness, loads and quarantine in the text form of Prometheus.

    Open where the door is, on loopback; else for the scraper's token, or for those who may maintain the whole twin.
    """
    return Response(services.metrics.exposition(), media_type=CONTENT_TYPE)
