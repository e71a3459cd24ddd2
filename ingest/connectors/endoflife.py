"""The API of endoflife.date: every product with its identifiers and release cycles, in one document with a tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.connectors.contract import Cursor, Page
from ingest.connectors.errors import BrokenAnswerError
from ingest.connectors.transport import Transport

PRODUCTS = "products"
_PATH = "/api/v1/products/full"


@dataclass(frozen=True, slots=True)
class EndOfLife:
    """The catalogue of support dates."""

    tables: tuple[str, ...] = (PRODUCTS,)
    source: str = "endoflife"
    whole: bool = True
    delta: bool = False
    joined: bool = False
    fixed_shape: bool = False

    def page(
        self, transport: Transport, table: str, *, since: datetime | None, cursor: Cursor | None, etag: str | None
    ) -> Page:
        answer = transport.get_json(_PATH, etag=etag)
        if answer.unchanged:
            return Page((), unchanged=True, etag=etag)
        found = answer.body.get("result") if isinstance(answer.body, dict) else None
        if not isinstance(found, list):
            hint = "give the base URL, such as https://endoflife.date"
            raise BrokenAnswerError("the answer has no list `result`", where=transport.base_url + _PATH, hint=hint)
        total = answer.body.get("total")
        return Page(found, None, total if isinstance(total, int) else None, answer.etag)

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        name = record.get("name")
        return None if name is None else str(name)
