"""The application: GraphQL, REST and health over one twin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.routing import Route
from starlette.types import Lifespan

from agent.producer import Producer
from api.admission import AdmissionMiddleware
from api.audit import AuditMiddleware
from api.calls import GRAPHQL, MCP
from api.deps import SERVICES, Services, asking_graphql
from api.errors import install_error_handlers
from api.follower import LedgerFollower
from api.gate import Gate, GateLimits
from api.gate_figures import GateCollector
from api.graphql.context import GraphQLContext
from api.graphql.limits import DocumentLimits
from api.graphql.persisted import PersistedDocuments
from api.graphql.root import build_schema
from api.graphql.router import TwinRouter
from api.graphql.schema import TwinSchema
from api.graphql.sessions import SESSION, Connections, Knocks, Session
from api.graphql.shape import Shape
from api.headers import BrowserHeaders
from api.line_page import serve_page
from api.mcp.http import McpDoor
from api.observation import Observation
from api.pages import serve_assets
from api.rates import RateLimits, Rates
from api.read_only import hide_writing
from api.rest import (
    access,
    ask,
    audit,
    branches,
    catalogue,
    chat,
    exports,
    graph,
    health,
    history,
    ingestions,
    lines,
    metrics,
    oidc,
    persons,
    query,
    scorecard,
    simulation_runs,
    simulations,
    webhooks,
)
from api.rest.models import ErrorAnswer
from api.strangers import Strangers
from core.allocator import give_back
from core.principal import LOCAL_OPERATOR, Principal
from services.access.doorkeeper import Doorkeeper
from services.audit.recorder import Recorder, recorder_of
from services.telemetry.observer import silent
from services.telemetry.traces import Traces
from services.twin import Twin

DESCRIPTION = """A knowledge twin of an IT estate. Ask in GraphQL at `/graphql`, in Cypher at `/api/query`, or by name at
`/api/catalogue`. Every answer says which ledger sequence it reflects. Every failure is `{"error": {code, message, where,
hint, details}}` with a stable code."""


INTERFACE = "1"
"""Version of the REST interface: raised when a client must change."""


def create_app(
    twin: Twin,
    *,
    follow: bool = True,
    principal: Principal = LOCAL_OPERATOR,
    doorkeeper: Doorkeeper | None = None,
    traces: Traces | None = None,
    recorder: Recorder | None = None,
    producer: Producer | None = None,
    shape: Shape | None = None,
) -> FastAPI:
    """The application over an open twin, which it does not close. Without a doorkeeper everybody asks as `principal`.

    `follow`: keep up with loads of other processes. `traces` are made where they are given; they are not closed here.
    `recorder` writes the audit trail, that of the twin by default; it is started and closed with the application.
    `producer` understands questions, the grammar by default. `shape` is that of the twin's schema where it was made before: most of
    the time that an application takes is the building of its GraphQL types.
    """
    spans = silent if traces is None else traces.span
    services = Services.of(twin, principal, doorkeeper, spans, recorder or recorder_of(twin), producer)
    shape = shape or Shape(twin.schema)
    tools = McpDoor(twin.settings.graphql_body_bytes)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        follower = LedgerFollower(twin, applied=services.changes.publish, quiet=give_back)
        courier = services.webhooks.courier(services.changes)
        services.recorder.start()
        is_sending = follow and not twin.settings.read_only
        if not twin.settings.read_only:
            for queue in services.queues:
                await run_in_threadpool(queue.start)
        if follow:
            follower.start()
        if is_sending:
            courier.start()
        try:
            async with tools.opened():
                yield
        finally:
            services.leave_jobs()
            for queue in services.queues:
                await run_in_threadpool(queue.close)
            if is_sending:
                await run_in_threadpool(courier.stop)
            if follow:
                await run_in_threadpool(follower.stop)
            services.moments.close()
            await run_in_threadpool(services.recorder.close)

    app = _rest(lifespan, read_only=twin.settings.read_only)
    app.state.services = services
    app.state.event_streams = Connections(twin.settings.connections_per_account)
    everybody = services.doorkeeper.everybody
    exempt = {LOCAL_OPERATOR.id} if everybody is None else {LOCAL_OPERATOR.id, everybody.id}
    rates = Rates(RateLimits.of(twin.settings), exempt)
    strangers = Strangers(twin.settings.refused_per_minute)
    app.state.knocks = Knocks(strangers, rates)
    app.state.gate = gate = Gate(GateLimits.of(twin.settings), rates=rates)
    app.add_middleware(Observation, observer=services.queries.observer)
    app.add_middleware(AuditMiddleware, recorder=services.recorder, settings=twin.settings)
    app.add_middleware(
        AdmissionMiddleware,
        gate=gate,
        body_bytes=twin.settings.graphql_body_bytes,
        strangers=strangers,
        rates=rates,
    )  # outside of all work; only what browsers must be told is outside of it
    install_error_handlers(app)
    schema = TwinSchema(
        build_schema(shape, read_only=twin.settings.read_only),
        partial(_context, shape),
        DocumentLimits.of(twin.settings),
        PersistedDocuments.of(twin.settings),
        gate,
    )
    origins = twin.settings.allowed_origins
    router = TwinRouter(schema, twin.settings, path=GRAPHQL, context_getter=_asking, allowed_origins=origins)
    app.include_router(router, include_in_schema=False)
    app.router.routes.append(Route(MCP, tools))
    services.metrics.watch(GateCollector(gate, lambda: services.changes.listeners, lambda: router.connections.open))
    serve_assets(app)
    serve_page(app)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(BrowserHeaders)  # around all of it
    return app


def _asking(connection: HTTPConnection) -> Any:
    """The context of a GraphQL request; a websocket says later who asks, its handshake may."""
    if connection.scope["type"] == "websocket":
        services: Services = connection.app.state.services
        return {SESSION: Session(services, connection.headers, connection.app.state.knocks.of(connection.scope))}
    return asking_graphql(Request(connection.scope))


def _context(shape: Shape, asked: Any) -> GraphQLContext:
    session: Session | None = asked.get(SESSION)
    return GraphQLContext(shape, asked[SERVICES] if session is None else session.services(), session=session)


def describe_rest() -> dict[str, Any]:
    """The OpenAPI description; it needs no twin."""
    return _rest(None).openapi()


def _rest(lifespan: Lifespan[FastAPI] | None, *, read_only: bool = False) -> FastAPI:
    app = FastAPI(
        title="jumeau",
        version=INTERFACE,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses={status: {"model": ErrorAnswer} for status in (400, 401, 403, 404, 413, 422, 429, 503)},
    )
    rooms = (
        health,
        access,
        oidc,
        audit,
        persons,
        scorecard,
        query,
        ask,
        chat,
        catalogue,
        graph,
        history,
        branches,
        exports,
        metrics,
        webhooks,
        ingestions,
        lines,
        simulations,
        simulation_runs,
    )
    for router in (room.router for room in rooms):
        app.include_router(router)
    if read_only:
        hide_writing(app, [route for room in rooms for route in room.router.routes])
    return app
