"""A folder that a connector filled, opened as an export: records line by line, departures from a table's shape as rejections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from ingest.assertion import Place, Rejection
from ingest.connectors.spool import DRIFTED, MANIFEST, RECORDS, Manifest
from ingest.files import Content, ExtractFile, look_through
from ingest.sources.contract import Extract
from ingest.sources.wrapped import WrappedExtract

DRIFT_HINT = "the API changed while it was read, or before: fetch again, and look at what the new version gives"


@dataclass(frozen=True, slots=True)
class FetchedTables:
    """The tables of a whole fetch. `contents` are dated by the server's clock: when the fetch began."""

    folder: Path
    manifest: Manifest
    contents: tuple[Content, ...]

    def records(self, table: str) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The records of a table, none where it is empty."""
        file = self.folder / RECORDS / f"{table}.jsonl"
        if not file.is_file():
            return
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield Place(file.name, number), orjson.loads(line)

    def drifted(self) -> Iterator[Rejection]:
        """Records that were refused for their shape."""
        for place, told in self.records(DRIFTED):
            reason = f"{told['table']}, page {told['page']}: {told['reason']}"
            yield Rejection(place, "SCHEMA_DRIFT", reason, DRIFT_HINT, told["record"])


def open_tables(folder: Path, manifest: Manifest) -> FetchedTables:
    """Look through the tables of a fetch."""
    contents = [_described(folder, manifest)]
    for path in sorted((folder / RECORDS).glob("*.jsonl")):
        if path.stat().st_size:
            found = look_through(ExtractFile(path, path.name), quoted=False)
            contents.append(replace(found, modified=manifest.moment))
    return FetchedTables(folder, manifest, tuple(contents))


def _described(folder: Path, manifest: Manifest) -> Content:
    """What the fetch is, as a content: an empty delta has no other. Its moment is no part of what it tells."""
    said = f"{manifest.source}\0{manifest.url}\0{manifest.complete}\0{manifest.since is None}"
    digest = blake2b(said.encode(), digest_size=16).digest()
    return Content(ExtractFile(folder / MANIFEST, MANIFEST), digest, len(said), 0, manifest.moment)


class DownloadedFiles(WrappedExtract):
    """An export of downloaded files: what they tell, dated by the server's clock."""

    def __init__(self, extract: Extract, manifest: Manifest) -> None:
        super().__init__(extract)
        self._manifest = manifest

    @property
    def contents(self) -> tuple[Content, ...]:
        return tuple(replace(content, modified=self._manifest.moment) for content in self._extract.contents)

    @property
    def complete(self) -> bool:
        return self._manifest.complete and self._extract.complete
