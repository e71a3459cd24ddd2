"""How each backend joins the contract: a way to open a fresh store, and to open it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from graph.registry import BackendOptions, open_backend
from graph.repository import GraphRepository
from graph.schema.model import Schema


@dataclass(slots=True)
class Store:
    """A place for one backend. `open` gives a repository on it, and closes it at the end of the test."""

    name: str
    url: str
    schema: Schema
    options: BackendOptions
    opened: list[GraphRepository] = field(default_factory=list)

    def open(self) -> GraphRepository:
        repository = open_backend(self.url, self.schema, self.options)
        self.opened.append(repository)
        return repository

    def close(self) -> None:
        for repository in self.opened:
            repository.close()


BACKENDS = (
    "networkx",
    "embedded",
    pytest.param("neo4j", marks=pytest.mark.neo4j),
)


def make_store(
    name: str, schema: Schema, folder: Callable[[], Path], request: pytest.FixtureRequest
) -> Iterator[Store]:
    """A fresh, empty store of the named backend."""
    options = BackendOptions(buffer_pool_mb=256)
    url = name
    if name == "embedded":
        url = f"embedded:{folder() / 'store.lbug'}"
    elif name == "neo4j":
        server = request.getfixturevalue("neo4j_server")
        url, options = server.url, BackendOptions(user=server.user, password=server.password)
        fresh = open_backend(url, schema, options)
        fresh.reset()
        fresh.close()
    store = Store(name, url, schema, options)
    yield store
    store.close()
