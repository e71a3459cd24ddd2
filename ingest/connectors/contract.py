"""What a connector is: tables of an API, read page by page with a cursor that survives a stop, since a moment or as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ingest.connectors.transport import Transport

Cursor = Mapping[str, Any]
"""Where the next page starts: JSON-ready, and meaningful to its connector only."""


@dataclass(frozen=True, slots=True)
class Page:
    """Records as the API gave them. `cursor` None ends the table.

    `total` is what the API says the table holds, where it says so. `unchanged`: the document is the one that the tag names.
    """

    records: Sequence[Any]
    cursor: Cursor | None = None
    total: int | None = None
    etag: str | None = None
    unchanged: bool = False


class Connector(Protocol):
    """One API. It keeps no state between pages: everything that a page needs is in its cursor."""

    @property
    def source(self) -> str:
        """The source that its records belong to: mapping, precedence and keys are that source's."""

    @property
    def tables(self) -> tuple[str, ...]:
        """What is read, in order; each becomes one file of records."""

    @property
    def whole(self) -> bool:
        """Whether the tables are all that the source has: a selection says nothing about what it leaves out."""

    @property
    def delta(self) -> bool:
        """Whether the API gives changes since a moment."""

    @property
    def joined(self) -> bool:
        """Whether records mean something only with the records they refer to: changes are then merged into what was fetched
        before, and everything is told."""

    @property
    def fixed_shape(self) -> bool:
        """Whether all records of a table have the same fields: one that lacks a field is then refused, not taken as empty."""

    def page(
        self, transport: Transport, table: str, *, since: datetime | None, cursor: Cursor | None, etag: str | None
    ) -> Page:
        """The next page. Raises an IngestError where the API gives none."""

    def key(self, table: str, record: Mapping[str, Any]) -> str | None:
        """What identifies a record within its table."""


@dataclass(frozen=True, slots=True)
class Download:
    """A feed that is one file, or a few: they are read as any export of the source."""

    source: str
    files: Mapping[str, str] = field(default_factory=dict)
    """URL by file name."""
