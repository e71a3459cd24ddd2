"""What endpoints depend on: the twin and the use cases, made once per application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Annotated, Any, Final, cast

import structlog
from fastapi import Depends, Request

from agent.opening import Asks
from agent.producer import Producer
from api.calls import call_of, door_of
from api.origin import check_host, check_origin
from api.webhook_filters import WebhookFilters
from core.errors import BackendError
from core.principal import LOCAL_OPERATOR, NOBODY, Principal, require_every_kind, require_whole_estate
from services.access.doorkeeper import Doorkeeper
from services.access.rights import Action, require
from services.access.tokens import TokenError
from services.access.writing import MARK, SAFE, require_writing
from services.audit.call import Call
from services.audit.recorder import Recorder, recorder_of
from services.branches import BranchService
from services.catalogue import CatalogueService
from services.changes.feed import ChangeFeed
from services.differences import DifferenceService
from services.export.service import ExportService
from services.health import HealthService
from services.history import HistoryService
from services.jobs.loads import LoadJobs
from services.jobs.queue import JobQueue
from services.known_branches import author_of
from services.moments import MomentService
from services.operations import OperationsService
from services.persons import PersonService
from services.proposals import ProposalService
from services.query import QueryService
from services.readiness import Readiness
from services.simulation.jobs import SimulationJobs
from services.telemetry.jobs import JobCollector
from services.telemetry.metrics import Metrics
from services.telemetry.observer import Observer, Spans, silent
from services.twin import Twin
from services.webhooks.service import WebhookService

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases over one twin."""

    twin: Twin
    queries: QueryService
    catalogue: CatalogueService
    history: HistoryService
    health: HealthService
    moments: MomentService
    asks: Asks
    branches: BranchService
    differences: DifferenceService
    proposals: ProposalService
    exports: ExportService
    metrics: Metrics
    changes: ChangeFeed
    operations: OperationsService
    readiness: Readiness
    webhooks: WebhookService
    jobs: LoadJobs
    simulations: SimulationJobs
    persons: PersonService
    doorkeeper: Doorkeeper
    recorder: Recorder
    call: Call  # what becomes known of this request
    principal: Principal = LOCAL_OPERATOR  # who asks

    def __post_init__(self) -> None:
        if self.principal.limited and not self.branches.is_limited:
            raise ValueError("somebody limited is given branches without limits")

    @classmethod
    def of(
        cls,
        twin: Twin,
        principal: Principal = LOCAL_OPERATOR,
        doorkeeper: Doorkeeper | None = None,
        spans: Spans = silent,
        recorder: Recorder | None = None,
        producer: Producer | None = None,
    ) -> Services:
        """The use cases of a twin, sharing one query service and its prepared queries, whose steps `spans` traces.

        Without a doorkeeper everybody who reaches the application asks as `principal`.
        """
        metrics = Metrics(twin)
        queries = QueryService(twin, observer=Observer(metrics.tell, spans))
        catalogue = CatalogueService(twin, queries)
        moments = MomentService(twin, queries, catalogue)
        branches = BranchService(twin.ledger, twin.schema, twin.clock, twin.settings.actor)
        changes = ChangeFeed(twin)
        jobs = LoadJobs(twin, changes.publish)
        simulations = SimulationJobs(twin, changes.publish)
        metrics.watch(JobCollector(jobs, simulations))
        if principal.limited:
            branches = branches.for_(principal, principal.id)
        return cls(
            twin,
            queries,
            catalogue,
            HistoryService(twin),
            HealthService(twin),
            moments,
            Asks(moments, producer, recorder),
            branches,
            DifferenceService(twin.ledger, twin.schema, branches.branches),
            ProposalService(branches, twin.clock),
            ExportService(twin, moments),
            metrics,
            changes,
            OperationsService(twin, queries),
            Readiness(twin, lambda: changes.applied),
            WebhookService(twin.ledger, twin.schema, twin.settings, WebhookFilters(twin.schema)),
            jobs,
            simulations,
            PersonService(twin.ledger, twin.clock, twin.settings),
            doorkeeper or Doorkeeper(twin.ledger, twin.clock, everybody=principal),
            recorder or recorder_of(twin),
            Call(twin.clock),
            principal,
        )

    def asked_by(self, principal: Principal, call: Call) -> Services:
        """The same use cases for somebody: what is written is theirs."""
        if principal == self.principal:
            return replace(self, principal=principal, call=call)
        branches = self.branches.for_(principal, self._actor_of(principal))
        proposals = self.proposals.over(branches)
        return replace(self, principal=principal, call=call, branches=branches, proposals=proposals)

    @property
    def queues(self) -> tuple[JobQueue[Any], ...]:
        """All that is done in processes of its own."""
        return self.jobs, self.simulations

    def catch_up(self) -> None:
        """Have the graph follow what was written. It is written: a backend that cannot take it now takes it later."""
        try:
            self.twin.catch_up()
        except BackendError as error:
            log.warning("projection_waits", code=error.code)

    def leave_jobs(self) -> None:
        """The server is about to go."""
        self.readiness.leave()
        for queue in self.queues:
            queue.leave()

    def check_free_question(self) -> None:
        """Refuse a question of one's own to whoever may ask registered ones only. Raises ForbiddenError."""
        if self.twin.settings.graphql_registered_only:
            require(self.principal, Action.QUERY_FREELY)

    def check_writing(self) -> None:
        """Refuse a change where the twin only answers. Raises ReadOnlyError."""
        require_writing(self.twin.settings.read_only)

    @property
    def actor(self) -> str:
        """Who is recorded as the author of what is written."""
        return self._actor_of(self.principal)

    def _actor_of(self, principal: Principal) -> str:
        return author_of(principal, self.twin.settings)


def anybody(request: Request) -> Services:
    """The application's services, for whoever knocks: to sign in, and to see that it lives. Raises OriginError."""
    services = cast(Services, request.app.state.services)
    everybody, call = services.doorkeeper.everybody, _called(request)
    call.principal = NOBODY if everybody is None else everybody
    if request.method not in SAFE:  # an identity provider sends people back here by a link
        _check_site(request, services)
    return services.asked_by(call.principal, call)


def admitted(request: Request) -> Services:
    """The services for whoever the request says is asking. Raises OriginError, UnauthenticatedError, TokenError."""
    services, call = cast(Services, request.app.state.services), _called(request)
    _check_site(request, services)
    try:
        call.principal = services.doorkeeper.admit(request.headers.get("authorization"))
    except TokenError as refused:
        call.principal = refused.whose or NOBODY
        raise
    return services.asked_by(call.principal, call)


def to(
    action: Action,
    *,
    changes: bool | None = None,
    writes: bool | None = None,
    whole: str | None = None,
    any_kind: bool = False,
) -> Callable[[Request], Services]:
    """What admits those who may do this. It raises ForbiddenError for others.

    `whole` names what is of the whole estate: it raises RestrictedError for whoever does not see it all. `any_kind`: it may also
    change elements of any kind, and raises OutsideKindsError for whoever may change some kinds only.
    Whatever `changes` something, by default all but questions, is on record before it is done: AuditUnavailableError. Of that,
    what `writes`, by default all that does not GET, is refused where the twin only answers: ReadOnlyError.
    """
    is_first = action not in QUESTIONS if changes is None else changes
    is_writing = is_first if writes is None else writes

    def admit(request: Request) -> Services:
        call = _called(request)
        call.action = action.value
        services = admitted(request)
        require(services.principal, action)
        if whole is not None:
            require_whole_estate(services.principal, whole)
            if any_kind:
                require_every_kind(services.principal, whole)
        call.target = ", ".join(str(name) for name in request.path_params.values()) or None
        if is_writing and request.method not in SAFE:
            services.check_writing()
        if is_first:
            call.begin()
        return services

    setattr(admit, MARK, is_writing)
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
    return to(Action.MAINTAIN, changes=False, whole="a metric")(request)


def asking_graphql(request: Request) -> Any:
    """The context of a GraphQL request: the services, under a name. The page that comes before any question is for everybody."""
    if request.method == "GET" and not {"query", "extensions"} & request.query_params.keys():
        _called(request).is_kept = False
        return {SERVICES: anybody(request)}
    return {SERVICES: to(Action.READ)(request)}


def _check_site(request: Request, services: Services) -> None:
    """Refuse pages of other sites. Raises OriginError."""
    allowed = services.twin.settings.allowed_origins
    check_origin(request.headers, allowed)
    if services.doorkeeper.everybody is not None:
        check_host(request.headers, allowed)


def _called(request: Request) -> Call:
    call = call_of(request.scope)
    call.door = door_of(request.scope)
    return call


SERVICES: Final = "services"
QUESTIONS: Final = frozenset({Action.READ, Action.LOOK_BACK, Action.AUDIT})
"""Actions that change nothing: their entries are written behind the answers."""

_LOAD: Final = "a load"
_SIMULATION: Final = "a simulation"
_ACCOUNTS: Final = "the administration of accounts"  # whoever makes accounts gives perimeters and kinds away
_READINGS: Final = "what is measured on a line"  # a proposal changes stages and sensors in any perimeter
_PERSONS: Final = "what is behind pseudonyms"  # it is kept by person, in no perimeter

Anybody = Annotated[Services, Depends(anybody)]
"""The types of an endpoint's parameter that receives the services: each says who may call the endpoint."""
ToRead = Annotated[Services, Depends(to(Action.READ))]
ToKeepTokens = Annotated[Services, Depends(to(Action.READ, changes=True))]
ToEndTokens = Annotated[Services, Depends(to(Action.READ, changes=True, writes=False))]
ToAudit = Annotated[Services, Depends(to(Action.AUDIT, whole="the audit trail"))]
ToAuditPersons = Annotated[Services, Depends(to(Action.AUDIT, whole=_PERSONS))]
ToReveal = Annotated[Services, Depends(to(Action.REVEAL, changes=False, whole=_PERSONS))]
ToErase = Annotated[Services, Depends(to(Action.REVEAL, changes=False, writes=True, whole=_PERSONS))]
ToLookBack = Annotated[Services, Depends(to(Action.LOOK_BACK))]
ToSeeHistory = Annotated[Services, Depends(to(Action.LOOK_BACK, whole="the history of an element"))]
ToCompare = Annotated[Services, Depends(to(Action.LOOK_BACK, whole="the difference of two moments"))]
ToBranch = Annotated[Services, Depends(to(Action.BRANCH))]
ToApply = Annotated[Services, Depends(to(Action.APPLY))]
ToTellReadings = Annotated[Services, Depends(to(Action.BRANCH, whole=_READINGS, any_kind=True))]
ToLoad = Annotated[Services, Depends(to(Action.LOAD, whole=_LOAD))]
ToSeeLoads = Annotated[Services, Depends(to(Action.LOAD, changes=False, whole=_LOAD))]
ToSimulate = Annotated[Services, Depends(to(Action.SIMULATE, whole=_SIMULATION))]
ToSeeSimulations = Annotated[Services, Depends(to(Action.SIMULATE, changes=False, whole=_SIMULATION))]
ToScrape = Annotated[Services, Depends(scraping)]
ToSeeWebhooks = Annotated[Services, Depends(to(Action.NOTIFY, changes=False))]
ToKeepWebhooks = Annotated[Services, Depends(to(Action.NOTIFY))]
ToMaintain = Annotated[Services, Depends(to(Action.MAINTAIN))]
ToVerify = Annotated[Services, Depends(to(Action.MAINTAIN, writes=False, whole="verification"))]
ToAdminister = Annotated[Services, Depends(to(Action.ACCOUNTS, whole=_ACCOUNTS, any_kind=True))]
