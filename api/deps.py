"""What endpoints depend on: the twin and the use cases, made once per application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from core.principal import LOCAL_OPERATOR, Principal
from services.branches import BranchService
from services.catalogue import CatalogueService
from services.differences import DifferenceService
from services.health import HealthService
from services.history import HistoryService
from services.moments import MomentService
from services.query import QueryService
from services.twin import Twin


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases over one twin."""

    twin: Twin
    queries: QueryService
    catalogue: CatalogueService
    history: HistoryService
    health: HealthService
    moments: MomentService
    branches: BranchService
    differences: DifferenceService
    principal: Principal = LOCAL_OPERATOR  # who asks: everybody at this application, until people sign in

    @classmethod
    def of(cls, twin: Twin, principal: Principal = LOCAL_OPERATOR) -> Services:
        """The use cases of a twin, sharing one query service and its prepared queries."""
        queries = QueryService(twin)
        catalogue = CatalogueService(twin, queries)
        moments = MomentService(twin, queries, catalogue)
        branches = BranchService(twin.ledger, twin.schema, twin.clock, twin.settings.actor)
        differences = DifferenceService(twin.ledger, twin.schema, branches.branches)
        history, health = HistoryService(twin), HealthService(twin)
        return cls(twin, queries, catalogue, history, health, moments, branches, differences, principal)


def services_of(request: Request) -> Services:
    """The application's services."""
    return cast(Services, request.app.state.services)


Use = Annotated[Services, Depends(services_of)]
"""The type of an endpoint's parameter that receives the services."""
