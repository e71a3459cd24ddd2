"""The query API of Prometheus: one series after the other of the queries that are set up, at one moment or over a time.

A query is a table and a page. All are asked at the same moment, the server's own when the fetch began, so that values belong together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from core.settings import QuerySettings
from ingest.connectors.contract import Cursor, Page
from ingest.connectors.errors import BrokenAnswerError, SourceRefusedError
from ingest.connectors.transport import Transport

_INSTANT, _RANGE = "/api/v1/query", "/api/v1/query_range"
_TYPES: Mapping[str, str] = {_INSTANT: "vector", _RANGE: "matrix"}


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One Prometheus, or whatever speaks its API. `queries` by name; the name is what the twin calls the metric."""

    queries: Mapping[str, QuerySettings] = field(default_factory=dict)
    source: str = "prometheus"
    whole: bool = True
    delta: bool = False
    joined: bool = False
    fixed_shape: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.queries)

    def page(
        self, transport: Transport, table: str, *, since: datetime | None, cursor: Cursor | None, etag: str | None
    ) -> Page:
        asked = self.queries[table]
        path = _INSTANT if asked.over_s is None else _RANGE
        params = {"query": asked.query}
        if asked.over_s is not None:
            end = self._now(transport)
            step = asked.step_s or max(1, asked.over_s // 60)
            start = end - timedelta(seconds=asked.over_s)
            params |= {"start": _stamp(start), "end": _stamp(end), "step": str(step)}
        answer = transport.get_json(path, params)
        where = transport.base_url + path
        body = answer.body
        if not isinstance(body, dict) or body.get("status") not in ("success", "error"):
            raise BrokenAnswerError("the answer has no `status`", where=where, hint="give the base URL of Prometheus")
        if body["status"] == "error":
            seen = f"the query {table!r} is refused: {str(body.get('error'))[:200]}"
            raise SourceRefusedError(seen, where=where, hint=f"correct it under queries.{table}")
        data = body.get("data")
        data = data if isinstance(data, dict) else {}
        found = data.get("result")
        if data.get("resultType") != _TYPES[path] or not isinstance(found, list):
            seen = f"the query {table!r} gives a {data.get('resultType')} and no {_TYPES[path]}"
            raise BrokenAnswerError(seen, where=where, hint="ask for series, not for a number or a text")
        url = f"{transport.base_url}/graph?g0.expr={_escaped(asked.query)}"
        more = {"query": asked.query, "unit": asked.unit, "host_label": asked.host_label, "url": url}
        records = [{**item, **more} if isinstance(item, dict) else item for item in found]
        return Page(records, None, len(found))

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        labels = record.get("metric")
        if not isinstance(labels, dict):
            return None
        return ",".join(f"{name}={labels[name]}" for name in sorted(labels))

    def _now(self, transport: Transport) -> datetime:
        """The server's present moment: asked of it where no answer has told yet."""
        if transport.server_time is None:
            body = transport.get_json(_INSTANT, {"query": "time()"}).body
            if transport.server_time is None:  # a server without a Date header tells it as a value
                return datetime.fromtimestamp(float(body["data"]["result"][1]), UTC)
        return transport.server_time


def _stamp(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _escaped(text: str) -> str:
    return quote(text, safe="")
