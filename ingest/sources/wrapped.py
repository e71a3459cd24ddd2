"""An export behind which another stands: what it does not say itself, the other says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ingest.assertion import Told
from ingest.files import Content
from ingest.seen_rows import SeenRows
from ingest.sources.contract import Extract


class WrappedExtract:
    """Says what the extract behind it says."""

    def __init__(self, extract: Extract) -> None:
        self._extract = extract

    @property
    def contents(self) -> tuple[Content, ...]:
        return self._extract.contents

    @property
    def rules(self) -> bytes:
        return self._extract.rules

    @property
    def complete(self) -> bool:
        return self._extract.complete

    def told(self, phase: str, seen: SeenRows | None = None) -> Iterator[Told]:
        return self._extract.told(phase, seen)

    def spaces(self, kinds: frozenset[str]) -> frozenset[str]:
        return self._extract.spaces(kinds)

    def rows(self, phase: str) -> int:
        return self._extract.rows(phase)

    def unmapped(self) -> Mapping[str, int]:
        return self._extract.unmapped()

    def records(self) -> int:
        return self._extract.records()
