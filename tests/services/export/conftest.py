"""Twins to export from, and files that are taken whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api.deps import Services
from core.principal import LOCAL_OPERATOR, Principal
from graph.schema.model import Schema
from services.export.order import ExportOrder
from services.twin import Twin
from tests.api.estate import opened, small_estate

Take = Callable[..., bytes]


@pytest.fixture(scope="module", params=["networkx", "embedded"])
def twin(request: pytest.FixtureRequest, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """The small estate; to be read only."""
    with opened(request.param, schema, tmp_path_factory.mktemp("estate"), small_estate()) as twin:
        yield twin


@pytest.fixture(scope="module")
def services(twin: Twin) -> Iterator[Services]:
    services = Services.of(twin)
    yield services
    services.moments.close()


@pytest.fixture(scope="module")
def take(services: Services) -> Take:
    def take(order: ExportOrder, principal: Principal = LOCAL_OPERATOR) -> bytes:
        """The whole file."""
        return taken(services, order, principal)

    return take


def taken(services: Services, order: ExportOrder, principal: Principal = LOCAL_OPERATOR) -> bytes:
    """The whole file of an order."""
    export = services.exports.open(order, principal)
    try:
        return b"".join(export.chunks)
    finally:
        export.close()
