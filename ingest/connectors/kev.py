"""The feed of CISA's catalogue of known exploited vulnerabilities: one document with a count and a tag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.connectors.contract import Cursor, Page
from ingest.connectors.document import page_of
from ingest.connectors.transport import Transport

ENTRIES = "vulnerabilities"
_PATH = "/sites/default/files/feeds/known_exploited_vulnerabilities.json"


@dataclass(frozen=True, slots=True)
class KnownExploited:
    """The KEV catalogue. A base URL that ends in .json is taken as the document's own address: a mirror."""

    tables: tuple[str, ...] = (ENTRIES,)
    source: str = "kev"
    whole: bool = True
    delta: bool = False
    joined: bool = False
    fixed_shape: bool = False

    def page(
        self, transport: Transport, table: str, *, since: datetime | None, cursor: Cursor | None, etag: str | None
    ) -> Page:
        path = "" if transport.base_url.endswith(".json") else _PATH
        hint = "give the feed's own address, or https://www.cisa.gov"
        return page_of(transport, path, ENTRIES, "count", etag=etag, hint=hint)

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        name = record.get("cveID")
        return None if name is None else str(name)
