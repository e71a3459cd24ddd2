"""The catalogue API of Backstage: entities by query, page by page with the cursor that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.connectors.contract import Cursor, Page
from ingest.connectors.errors import BrokenAnswerError
from ingest.connectors.transport import Transport

ENTITIES = "entities"
_PATH = "/api/catalog/entities/by-query"


@dataclass(frozen=True, slots=True)
class Backstage:
    """One Backstage. Entities come in the order of their `uid`, which no change of theirs moves."""

    page_records: int = 500
    tables: tuple[str, ...] = (ENTITIES,)
    source: str = "backstage"
    whole: bool = True
    delta: bool = False
    joined: bool = False
    fixed_shape: bool = False

    def page(
        self, transport: Transport, table: str, *, since: datetime | None, cursor: Cursor | None, etag: str | None
    ) -> Page:
        params = {"limit": str(self.page_records)}
        params |= {"cursor": str(cursor["cursor"])} if cursor else {"orderField": "metadata.uid,asc"}
        answer = transport.get_json(_PATH, params)
        body = answer.body
        if not isinstance(body, dict) or not isinstance(body.get("items"), list):
            hint = "give the base URL of the backend (Backstage 1.17 or later)"
            raise BrokenAnswerError("the answer has no list `items`", where=transport.base_url + _PATH, hint=hint)
        following = (body.get("pageInfo") or {}).get("nextCursor")
        if following is not None and cursor is not None and following == cursor["cursor"]:
            where = transport.base_url + _PATH
            raise BrokenAnswerError("the next page is this one", where=where, hint="the server repeats its cursor")
        total = body.get("totalItems")
        return Page(
            body["items"],
            None if following is None else {"cursor": following},
            total if isinstance(total, int) and cursor is None else None,
        )

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        metadata = record.get("metadata")
        uid = metadata.get("uid") if isinstance(metadata, dict) else None
        return None if uid is None else str(uid)
