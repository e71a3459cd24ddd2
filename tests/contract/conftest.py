"""Every contract test runs on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.repository import GraphRepository
from graph.schema.model import Schema
from tests.contract.estate import ESTATE
from tests.contract.stores import BACKENDS, Store, make_store


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, schema: Schema, tmp_path: Path) -> Iterator[Store]:
    """A fresh store."""
    yield from make_store(request.param, schema, lambda: tmp_path, request)


@pytest.fixture
def repository(store: Store) -> GraphRepository:
    """An empty backend."""
    return store.open()


@pytest.fixture(scope="module", params=BACKENDS)
def loaded(
    request: pytest.FixtureRequest, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GraphRepository]:
    """A backend that holds the contract's estate; to be read only."""
    for store in make_store(request.param, schema, lambda: tmp_path_factory.mktemp("contract"), request):
        opened = store.open()
        opened.apply(ESTATE)
        yield opened
