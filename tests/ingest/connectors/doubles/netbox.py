"""The REST API of NetBox: counted pages with `next`, ordering, filters by number and by date of change, briefs for references."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.ingest.connectors.doubles.server import Double, Request, Response


class NetBoxDouble(Double):
    """`tables` hold records by path, such as dcim/sites; `largest` is MAX_PAGE_SIZE."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.largest = 1_000
        self.version = "3.7"

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/api/").strip("/")
        rows = list(self.tables.get(name, ()))
        if request.query.get("ordering") == "id":
            rows.sort(key=lambda row: int(row["id"]))
        after, since = request.query.get("id__gt"), request.query.get("last_updated__gte")
        if after is not None:
            rows = [row for row in rows if row["id"] > int(after)]
        if since is not None:
            rows = [row for row in rows if str(row.get("last_updated", "")) >= since]
        start = int(request.query.get("offset", 0))
        limit = min(int(request.query.get("limit", 50)), self.largest)
        following = {**request.query, "limit": limit, "offset": start + limit}
        more = f"{self.url}{request.path}?{urlencode(following)}" if start + limit < len(rows) else None
        body = {"count": len(rows), "next": more, "previous": None, "results": rows[start : start + limit]}
        return Response(body, 200, {"API-Version": self.version})

    def refusal(self) -> Response:
        return Response({"detail": "Invalid token"}, 403)
