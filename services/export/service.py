"""Export an answer or a part of the graph: the question takes the road of every question, and its rows leave as they are read."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from time import monotonic
from typing import Final

from core.errors import JumeauError
from core.principal import Principal
from services.access.rights import Action, allowed
from services.catalogue import CatalogueService
from services.export.csv_file import write_csv
from services.export.graphml import write_graphml
from services.export.json_lines import write_elements, write_rows
from services.export.order import ExportOrder, Format, Selection
from services.export.parquet_file import write_parquet
from services.export.rows import ExportedRows, answer_rows, as_table, crossing_rows, read_ahead, selected_rows, within
from services.impact_through import crossing_for
from services.moments import MomentService
from services.query import Extent, QueryService
from services.twin import Twin

BATCH_ROWS: Final = 2_000
"""Rows that are read, made into text and sent at a time."""


class ExportsBusyError(JumeauError):
    """As many exports are under way as may be at a time."""

    code = "EXPORTS_BUSY"
    exit_code = 4
    status = 503


@dataclass(slots=True)
class Export:
    """A file that is made while it is taken. Whoever opens it closes it; closing stops the work wherever it is."""

    file_name: str
    media_type: str
    sequence: int
    engine: str
    notes: tuple[str, ...]
    chunks: Iterator[bytes]
    lasts_s: float  # whoever takes it ends it after so long, however slowly it is read
    _open: ExitStack = field(repr=False)

    def close(self) -> None:
        """Give back what the reading of rows holds. Closing twice is harmless."""
        self._open.close()


class ExportService:
    """Makes exports of one twin. Safe for several threads. `time` counts seconds."""

    def __init__(self, twin: Twin, moments: MomentService, time: Callable[[], float] = monotonic) -> None:
        self._twin = twin
        self._moments = moments
        self._time = time
        self._places = BoundedSemaphore(twin.settings.exports_at_once)

    def open(self, order: ExportOrder, principal: Principal) -> Export:
        """Begin an export. What is wrong with the question is raised here, before anything is written.

        Whoever may not export beyond the cap of answers gets the whole file or the error RowCapError from here; others may get
        it, as any error of the backend, in the middle, and must then see to it that the file is not taken for a whole one.
        """
        order.check()
        asker = principal.narrowed(order.perimeters)
        extent = self._extent(principal)
        started = self._time()
        with ExitStack() as stack:
            self._take_place(stack)
            queries, catalogue = stack.enter_context(self._moments.reading(order.asked, asker))
            rows, selection = self._rows(stack, order, (queries, catalogue), asker, extent)
            rows = within(rows, started + self._twin.settings.export_timeout_s, self._time)
            may_wait = extent.rows if extent.rows <= self._twin.settings.row_cap else 0
            chunks = self._written(order, read_ahead(rows, may_wait), selection)
            chunks = gzipped(chunks) if order.gzip else chunks
            return Export(
                f"{order.catalogue or ('answer' if selection is None else 'graph')}-{rows.sequence}{order.suffix}",
                "application/gzip" if order.gzip else order.format.media_type,
                rows.sequence,
                rows.engine,
                rows.notes,
                (chunk for chunk in chunks if chunk),
                self._twin.settings.export_timeout_s,
                stack.pop_all(),
            )

    def _take_place(self, stack: ExitStack) -> None:
        if not self._places.acquire(blocking=False):
            raise ExportsBusyError(
                f"{self._twin.settings.exports_at_once} exports are under way",
                hint="try again when one has ended",
                details={"retry_after_s": 10},
            )
        stack.callback(self._places.release)

    def _extent(self, principal: Principal) -> Extent:
        settings = self._twin.settings
        if Action.EXPORT in allowed(principal):
            return Extent(max(settings.export_row_cap, settings.row_cap), BATCH_ROWS, settings.export_timeout_s)
        return Extent(settings.row_cap, BATCH_ROWS, settings.query_timeout_s)

    def _rows(
        self,
        stack: ExitStack,
        order: ExportOrder,
        asked: tuple[QueryService, CatalogueService],
        asker: Principal,
        extent: Extent,
    ) -> tuple[ExportedRows, Selection | None]:
        queries, catalogue = asked
        if order.selection is not None:
            selection = order.selection.checked(self._twin.schema)
            found = selected_rows(queries, self._twin.schema, selection, asker, extent)
            return stack.enter_context(found), selection
        text, values = order.query or "", dict(order.parameters)
        if order.catalogue is not None:
            text, values = catalogue.question(order.catalogue, order.parameters, asker)
            crossing = crossing_for(order.catalogue, asker)
            if crossing is not None:
                return stack.enter_context(crossing_rows(queries, crossing, values, asker, extent)), None
        return stack.enter_context(answer_rows(queries, text, values, asker, extent)), None

    def _written(self, order: ExportOrder, rows: ExportedRows, selection: Selection | None) -> Iterator[bytes]:
        schema = self._twin.schema
        match order.format:
            case Format.GRAPHML:
                return write_graphml(rows, schema, once=selection is not None)
            case Format.JSON_LINES:
                return write_rows(rows) if selection is None else write_elements(rows)
            case Format.CSV:
                table = rows if selection is None else as_table(rows, schema, selection)
                return write_csv(table, order.formula_cells)
            case Format.PARQUET:
                return write_parquet(rows if selection is None else as_table(rows, schema, selection))


def gzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in gzip's form; what is broken off lacks its checksum."""
    packer = zlib.compressobj(6, wbits=31)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()
