"""How a command asks the twin: through the server that has it open, else by opening it, once for many questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.principal import LOCAL_OPERATOR
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
def asking(settings: Settings, perimeters: Sequence[str] | None = None) -> Iterator[Asking]:
    """Ask as long as the context lasts, with `perimeters` as somebody who sees these only.

    Errors are those of the services, or the server's own.
    """
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None:
        seen = {} if perimeters is None else {"perimeters": list(perimeters)}
        yield Asking(
            lambda text, parameters: server.post("/api/query", {"query": text, "parameters": dict(parameters), **seen}),
            lambda name, parameters: server.post(f"/api/catalogue/{name}", {"parameters": dict(parameters), **seen}),
        )
        return
    with open_twin(settings) as twin:
        queries = QueryService(twin)
        catalogue = CatalogueService(twin, queries)
        principal = LOCAL_OPERATOR.narrowed(perimeters)
        yield Asking(
            lambda text, parameters: queries.cypher(text, parameters, principal).to_dict(),
            lambda name, parameters: catalogue.run(name, parameters, principal).to_dict(),
        )
