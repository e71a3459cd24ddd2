"""The API of endoflife.date: every product with its identifiers and release cycles, in one document with a tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.connectors.contract import Cursor, Page
from ingest.connectors.document import page_of
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
        hint = "give the base URL, such as https://endoflife.date"
        return page_of(transport, _PATH, "result", "total", etag=etag, hint=hint)

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        name = record.get("name")
        return None if name is None else str(name)
