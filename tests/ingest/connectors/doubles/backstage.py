"""The catalogue API of Backstage: entities by query, ordered by uid, with an opaque cursor."""

from __future__ import annotations

import base64
from typing import Any

from tests.ingest.connectors.doubles.server import Double, Request, Response


class BackstageDouble(Double):
    """`entities` in any order; a cursor remembers the uid after which the next page starts."""

    def __init__(self) -> None:
        super().__init__()
        self.entities: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Response:
        if request.path != "/api/catalog/entities/by-query":
            return Response({"error": {"name": "NotFoundError"}}, 404)
        cursor, limit = request.query.get("cursor"), int(request.query.get("limit", 20))
        assert cursor is not None or request.query.get("orderField") == "metadata.uid,asc"
        after = "" if cursor is None else base64.b64decode(cursor).decode()
        ordered = sorted(self.entities, key=lambda entity: str(entity["metadata"]["uid"]))
        rest = [entity for entity in ordered if entity["metadata"]["uid"] > after]
        page = rest[:limit]
        info = {}
        if len(rest) > limit:
            info["nextCursor"] = base64.b64encode(page[-1]["metadata"]["uid"].encode()).decode()
        return Response({"items": page, "totalItems": len(self.entities), "pageInfo": info})
