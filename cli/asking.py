"""How a command asks the twin: through the server that has it open, else by opening it, once for many questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.principal import LOCAL_OPERATOR
from core.settings import Settings
from services.catalogue import CatalogueService
from services.export.order import ExportOrder
from services.moments import PRESENT, Asked, MomentService
from services.query import QueryService
from services.rendezvous import running_server
from services.twin import open_twin

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""A text or a name with parameters, to the envelope of an answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """`cypher` runs a query text, `named` a query of the catalogue."""

    cypher: Ask
    named: Ask


@dataclass(frozen=True, slots=True)
class Exporting:
    """A file that is made while it is taken, here or by the server, with what is known of it at its beginning."""

    chunks: Iterator[bytes]
    sequence: int
    engine: str
    notes: tuple[str, ...]


@contextmanager
def exporting(settings: Settings, order: ExportOrder) -> Iterator[Exporting]:
    """Export as long as the context lasts. Errors are those of the services, or the server's own."""
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None:
        with server.download("/api/exports", order.to_dict()) as (headers, chunks):
            notes = tuple(json.loads(headers["Jumeau-Notes"]))
            yield Exporting(chunks, int(headers["Jumeau-Sequence"]), headers["Jumeau-Engine"], notes)
        return
    from services.export.service import ExportService  # here: Arrow takes a while to start

    with open_twin(settings, to_ask=True) as twin:
        queries = QueryService(twin)
        moments = MomentService(twin, queries, CatalogueService(twin, queries))
        try:
            export = ExportService(twin, moments).open(order, LOCAL_OPERATOR)
            try:
                yield Exporting(export.chunks, export.sequence, export.engine, export.notes)
            finally:
                export.close()
        finally:
            moments.close()


@contextmanager
def asking(settings: Settings, perimeters: Sequence[str] | None = None, asked: Asked = PRESENT) -> Iterator[Asking]:
    """Ask as long as the context lasts, with `perimeters` as somebody who sees these only; `asked` is the moment that is meant.

    Errors are those of the services, or the server's own.
    """
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None:
        seen: dict[str, Any] = {} if perimeters is None else {"perimeters": list(perimeters)}
        seen |= {name: value for name, value in (("as_of", asked.as_of), ("branch", asked.branch)) if value is not None}
        yield Asking(
            lambda text, parameters: server.post("/api/query", {"query": text, "parameters": dict(parameters), **seen}),
            lambda name, parameters: server.post(f"/api/catalogue/{name}", {"parameters": dict(parameters), **seen}),
        )
        return
    with open_twin(settings, to_ask=True) as twin:
        queries = QueryService(twin)
        catalogue = CatalogueService(twin, queries)
        principal = LOCAL_OPERATOR.narrowed(perimeters)
        moments = MomentService(twin, queries, catalogue)
        try:
            with moments.reading(asked, principal) as (then, catalogue_then):
                yield Asking(
                    lambda text, parameters: then.cypher(text, parameters, principal).to_dict(),
                    lambda name, parameters: catalogue_then.run(name, parameters, principal).to_dict(),
                )
        finally:
            moments.close()
