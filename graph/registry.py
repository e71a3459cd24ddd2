"""From a URL to a backend. Backends are imported when first asked for, so that a missing driver costs only its users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import cast

from core.errors import ConfigurationError
from graph.repository import GraphRepository
from graph.schema.model import Schema


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """What backends may be told beyond their URL. Secrets stay out of URLs and of `repr`.

    `set_aside`: a store that is damaged or of an outdated layout is kept under another name and begun anew, instead of
    refused; for those who are about to empty it anyway.
    `checkpoint_late`: what is written stays in memory until it is written out; for what can be made again.
    """

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    buffer_pool_mb: int = 512
    read_only: bool = False
    set_aside: bool = False
    checkpoint_late: bool = False


BACKENDS: Mapping[str, str] = MappingProxyType(
    {
        "networkx": "graph.backends.networkx.repository",
        "embedded": "graph.backends.embedded.repository",
        "neo4j": "graph.backends.neo4j.repository",
        "neo4j+s": "graph.backends.neo4j.repository",
        "neo4j+ssc": "graph.backends.neo4j.repository",
        "bolt": "graph.backends.neo4j.repository",
        "bolt+s": "graph.backends.neo4j.repository",
        "bolt+ssc": "graph.backends.neo4j.repository",
    }
)
"""URL scheme to the module whose `open_repository(url, schema, options)` opens it."""


def open_backend(url: str, schema: Schema, options: BackendOptions | None = None) -> GraphRepository:
    """Open the backend at `url` (`networkx`, `embedded:PATH`, `neo4j://HOST:PORT`). Raises ConfigurationError or BackendError."""
    scheme = url.split(":", 1)[0]
    module = BACKENDS.get(scheme)
    if module is None:
        raise ConfigurationError(
            f"no backend for {url!r}",
            where="backend URL",
            hint="use networkx, embedded:PATH or neo4j://HOST:PORT",
        )
    opener = import_module(module).open_repository
    return cast(GraphRepository, opener(url, schema, options or BackendOptions()))
