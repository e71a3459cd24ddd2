"""Writes the CSV export: one file per kind, one per relation type under `relations/`.

Columns and cells follow the source `csv` (docs/reference/sources.md): `key` first, empty cell = absent, lists with `|`.
Rows go out in batches, so memory does not grow with the estate.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from core.errors import IngestError

Cell = Any
"""A string, an integer, a float, a date, or None; booleans and instants as `draws.truth` and `draws.stamp` write them."""

_BATCH = 2_000


class ExportWriteError(IngestError):
    """The folder of the export cannot be written."""

    code = "EXPORT_NOT_WRITTEN"


class Table:
    """One CSV file. `rows` counts what was added."""

    __slots__ = ("_buffer", "_writer", "columns", "rows")

    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(columns)
        self.columns = tuple(columns)
        self._buffer: list[Sequence[Cell]] = []
        self.rows = 0

    def add(self, *cells: Cell) -> None:
        """Append a row; as many cells as columns."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns: {cells!r}")
        self._buffer.append(cells)
        self.rows += 1
        if len(self._buffer) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        self._writer.writerows(self._buffer)
        self._buffer.clear()


class Export:
    """An export being written. Raises ExportWriteError where the folder or a file cannot be written."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._files = ExitStack()
        self._nodes: dict[str, Table] = {}
        self._relations: dict[str, Table] = {}

    def nodes(self, kind: str, *attributes: str) -> Table:
        """The table of a kind: its rows are `key` and these attributes."""
        return self._table(self._nodes, self._out, kind, ("key", *attributes))

    def relations(self, relation: str, *attributes: str) -> Table:
        """The table of a relation type: its rows are kind and key of both ends, and these attributes."""
        columns = ("from_kind", "from", "to_kind", "to", *attributes)
        return self._table(self._relations, self._out / "relations", relation, columns)

    def counts(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Rows per kind and per relation type, by name."""
        nodes, relations = ({name: t.rows for name, t in sorted(x.items())} for x in (self._nodes, self._relations))
        return nodes, relations

    def rows(self) -> int:
        """Rows so far, of nodes and relations together."""
        return sum(table.rows for table in (*self._nodes.values(), *self._relations.values()))

    def __enter__(self) -> Export:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if error is None:
                for table in (*self._nodes.values(), *self._relations.values()):
                    table.flush()
            self._files.close()
        except OSError as failure:
            raise self._refused(failure) from failure
        if isinstance(error, OSError):
            raise self._refused(error) from error

    def _table(self, tables: dict[str, Table], folder: Path, name: str, columns: Sequence[str]) -> Table:
        if name in tables:
            if tables[name].columns != tuple(columns):
                raise ValueError(f"{name} has the columns {tables[name].columns}, not {columns}")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / f"{name}.csv").open("w", encoding="utf-8", newline="")
            tables[name] = Table(self._files.enter_context(file), columns)
        return tables[name]

    def _refused(self, failure: OSError) -> ExportWriteError:
        return ExportWriteError(
            f"the export cannot be written: {failure.strerror or failure}",
            where=str(failure.filename or self._out),
            hint="name a folder that can be written and has room, with --out",
        )
