"""What endpoints depend on: the twin and the use cases, made once per application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Request

from core.principal import LOCAL_OPERATOR, Principal, require_whole_estate
from services.access.doorkeeper import Doorkeeper
from services.access.rights import Action, require
from services.branches import BranchService
from services.catalogue import CatalogueService
from services.changes.feed import ChangeFeed
from services.differences import DifferenceService
from services.export.service import ExportService
from services.health import HealthService
from services.history import HistoryService
from services.moments import MomentService
from services.operations import OperationsService
from services.proposals import ProposalService
from services.query import QueryService
from services.telemetry.metrics import Metrics
from services.telemetry.observer import Observer, Spans, silent
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
    proposals: ProposalService
    exports: ExportService
    metrics: Metrics
    changes: ChangeFeed
    operations: OperationsService
    doorkeeper: Doorkeeper
    principal: Principal = LOCAL_OPERATOR  # who asks

    @classmethod
    def of(
        cls,
        twin: Twin,
        principal: Principal = LOCAL_OPERATOR,
        doorkeeper: Doorkeeper | None = None,
        spans: Spans = silent,
    ) -> Services:
        """The use cases of a twin, sharing one query service and its prepared queries, whose steps `spans` traces.

        Without a doorkeeper everybody who reaches the application asks as `principal`.
        """
        metrics = Metrics(twin)
        queries = QueryService(twin, observer=Observer(metrics.tell, spans))
        catalogue = CatalogueService(twin, queries)
        moments = MomentService(twin, queries, catalogue)
        branches = BranchService(twin.ledger, twin.schema, twin.clock, twin.settings.actor)
        return cls(
            twin,
            queries,
            catalogue,
            HistoryService(twin),
            HealthService(twin),
            moments,
            branches,
            DifferenceService(twin.ledger, twin.schema, branches.branches),
            ProposalService(branches, twin.clock),
            ExportService(twin, moments),
            metrics,
            ChangeFeed(twin),
            OperationsService(twin, queries),
            doorkeeper or Doorkeeper(twin.ledger, twin.clock, everybody=principal),
            principal,
        )

    def asked_by(self, principal: Principal) -> Services:
        """The same use cases for somebody: what is written is theirs."""
        if principal == self.principal:
            return self
        branches = self.branches.by(self._actor_of(principal))
        return replace(self, principal=principal, branches=branches, proposals=self.proposals.over(branches))

    def check_free_question(self) -> None:
        """Refuse a question of one's own to whoever may ask registered ones only. Raises ForbiddenError."""
        if self.twin.settings.graphql_registered_only:
            require(self.principal, Action.QUERY_FREELY)

    @property
    def actor(self) -> str:
        """Who is recorded as the author of what is written."""
        return self._actor_of(self.principal)

    def _actor_of(self, principal: Principal) -> str:
        return self.twin.settings.actor if principal == LOCAL_OPERATOR else principal.id


def anybody(request: Request) -> Services:
    """The application's services, for whoever knocks: to sign in, and to see that it lives."""
    services = cast(Services, request.app.state.services)
    everybody = services.doorkeeper.everybody
    return services.asked_by(NOBODY if everybody is None else everybody)


def admitted(request: Request) -> Services:
    """The services for whoever the request says is asking. Raises UnauthenticatedError, TokenError."""
    services = cast(Services, request.app.state.services)
    return services.asked_by(services.doorkeeper.admit(request.headers.get("authorization")))


def to(action: Action) -> Callable[[Request], Services]:
    """What admits those who may do this. It raises ForbiddenError for others."""

    def admit(request: Request) -> Services:
        services = admitted(request)
        require(services.principal, action)
        return services

    return admit


def scraping(request: Request) -> Services:
    """The services for whoever may read the metrics: with the token of the scraper, or the right to maintain the whole twin.

    Raises UnauthenticatedError, TokenError, ForbiddenError, RestrictedError.
    """
    services = cast(Services, request.app.state.services)
    secret = services.twin.settings.metrics_token
    given = request.headers.get("authorization", "")
    if secret is not None and compare_digest(given.encode(), f"Bearer {secret}".encode()):
        return services
    services = to(Action.MAINTAIN)(request)
    require_whole_estate(services.principal, "a metric")
    return services


def asking_graphql(request: Request) -> Any:
    """The context of a GraphQL request: the services, under a name. The page that comes before any question is for everybody."""
    is_page = request.method == "GET" and not {"query", "extensions"} & request.query_params.keys()
    return {SERVICES: anybody(request) if is_page else to(Action.READ)(request)}


SERVICES: Final = "services"
NOBODY: Final = Principal("nobody")
"""Who has not said who asks."""

Anybody = Annotated[Services, Depends(anybody)]
"""The types of an endpoint's parameter that receives the services: each says who may call the endpoint."""
ToRead = Annotated[Services, Depends(to(Action.READ))]
ToLookBack = Annotated[Services, Depends(to(Action.LOOK_BACK))]
ToBranch = Annotated[Services, Depends(to(Action.BRANCH))]
ToApply = Annotated[Services, Depends(to(Action.APPLY))]
ToScrape = Annotated[Services, Depends(scraping)]
ToMaintain = Annotated[Services, Depends(to(Action.MAINTAIN))]
ToAdminister = Annotated[Services, Depends(to(Action.ACCOUNTS))]
