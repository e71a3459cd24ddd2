"""How a command asks the twin: through the server that has it open, else by opening it, once for many questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.settings import Settings
from services.catalogue import CatalogueService
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


@contextmanager
def asking(settings: Settings) -> Iterator[Asking]:
    """Ask as long as the context lasts. Errors are those of the services, or the server's own."""
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None:
        yield Asking(
            lambda text, parameters: server.post("/api/query", {"query": text, "parameters": dict(parameters)}),
            lambda name, parameters: server.post(f"/api/catalogue/{name}", {"parameters": dict(parameters)}),
        )
        return
    with open_twin(settings) as twin:
        queries = QueryService(twin)
        catalogue = CatalogueService(twin, queries)
        yield Asking(
            lambda text, parameters: queries.cypher(text, parameters).to_dict(),
            lambda name, parameters: catalogue.run(name, parameters).to_dict(),
        )
