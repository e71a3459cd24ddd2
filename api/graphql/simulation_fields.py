"""Simulated state beyond the lists of its kinds: one run by its id, its clock, and what goes down and comes up on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLString,
)
from starlette.concurrency import run_in_threadpool

from api.deps import Services
from api.graphql.context import PLAN, GraphQLContext
from api.graphql.ledger_types import NUMBER, TEXT, object_of
from api.graphql.operation_fields import WHEN
from api.graphql.types import Types
from core.clock import SystemClock
from core.errors import UsageError
from services.moments import Asked
from services.simulation.live import STEP_S, between, down_at
from services.simulation.watching import Look, Watching

Info = GraphQLResolveInfo[GraphQLContext]
RUN: Final = "SimulationRun"
OFTENEST_S, SELDOMEST_S = 0.2, 60.0

SIMULATION_CLOCK: Final = object_of(
    "SimulationClock",
    "The clock of a simulation run. `at` is the simulated moment, `speed` simulated seconds by second, `down` how many items that the "
    "asker sees are. Everything here is simulated.",
    run=GraphQLNonNull(GraphQLID),
    at=TEXT,
    beginsAt=TEXT,
    endsAt=TEXT,
    speed=GraphQLNonNull(GraphQLFloat),
    down=NUMBER,
    isOver=GraphQLNonNull(GraphQLBoolean),
    simulated=GraphQLNonNull(GraphQLBoolean),
)
SIMULATION_EVENT: Final = object_of(
    "SimulationEvent",
    "An item that goes `down` or comes `up` at a simulated moment, and why: failure, change or dependency.",
    at=TEXT,
    item=GraphQLNonNull(GraphQLID),
    kind=TEXT,
    name=GraphQLString,
    state=TEXT,
    cause=TEXT,
    simulated=GraphQLNonNull(GraphQLBoolean),
)
_RUN_ARGUMENT: Final = GraphQLArgument(TEXT, description="Identifier of a kept run, or its beginning.")


def simulation_fields(types: Types) -> dict[str, GraphQLField]:
    """The root fields; none where the schema has no simulation runs."""
    if RUN not in types.kinds:
        return {}
    return {
        "simulationRun": GraphQLField(
            types.kinds[RUN],
            args={"id": GraphQLArgument(GraphQLNonNull(GraphQLID)), **WHEN},
            resolve=lambda _, info, id, **when: info.context.load_node(
                info, id, Asked(when.get("asOf"), when.get("branch")), RUN
            ),
            extensions={PLAN: lambda context, info, arguments: context.plan_node(info, arguments["id"], RUN)},
            description="One kept simulation run, with its summaries and incidents; null where it is not seen.",
        )
    }


def simulation_subscriptions() -> dict[str, GraphQLField]:
    """The subscriptions of live runs."""
    return {
        "simulationClock": GraphQLField(
            GraphQLNonNull(SIMULATION_CLOCK),
            args={
                "run": _RUN_ARGUMENT,
                "every": GraphQLArgument(
                    GraphQLFloat, default_value=1.0, description=f"Seconds, {OFTENEST_S} to {SELDOMEST_S:g}."
                ),
            },
            subscribe=_subscribe_clock,
            resolve=lambda tick, _info, **_arguments: tick,
            description="The clock of a run that is told live, until it is over: the same for whoever listens.",
        ),
        "simulationEvents": GraphQLField(
            GraphQLNonNull(SIMULATION_EVENT),
            args={"run": _RUN_ARGUMENT},
            subscribe=_subscribe_events,
            resolve=lambda event, _info, **_arguments: event,
            description="What goes down and comes up on the clock of a run, each when its time has come; first what is down already. "
            "Only of items that the asker sees.",
        ),
    }


async def _subscribe_clock(_root: Any, info: Info, run: str, every: float) -> AsyncIterator[dict[str, Any]]:
    if not OFTENEST_S <= every <= SELDOMEST_S:
        raise UsageError(f"every {every:g} seconds", where="every", hint=f"{OFTENEST_S} to {SELDOMEST_S:g}")
    look = _looking(info.context, run)
    return _ticks(look, await run_in_threadpool(look), every)


async def _ticks(look: Callable[[], Look], seen: Look, every: float) -> AsyncIterator[dict[str, Any]]:
    while True:
        yield seen.tick()
        if seen.is_over:
            return
        await asyncio.sleep(every)
        seen = await run_in_threadpool(look)


async def _subscribe_events(_root: Any, info: Info, run: str) -> AsyncIterator[dict[str, Any]]:
    look = _looking(info.context, run)
    return _events(look, await run_in_threadpool(look))


async def _events(look: Callable[[], Look], seen: Look) -> AsyncIterator[dict[str, Any]]:
    """A slow listener is told later, and nothing is kept for it: what comes next follows from the clock."""
    last = seen.at
    for change in down_at(seen.changes, last).values():
        yield change.to_dict()
    while not seen.is_over:
        coming = next((change.at for change in seen.changes if change.at > last), seen.clock.ends)
        await asyncio.sleep(min(STEP_S, max(OFTENEST_S / 2, seen.clock.wait_s(coming, seen.now))))
        seen = await run_in_threadpool(look)
        at = seen.at
        for change in between(seen.changes, last, at):
            yield change.to_dict()
        last = at


def _looking(context: GraphQLContext, run: str) -> Callable[[], Look]:
    """Looks at a run as the asker may now; the machine's time, since a twin whose time is frozen has no clock that goes."""
    services = context.services
    recheck_s = services.twin.settings.subscription_recheck_s
    watching: list[Watching] = []  # made in a worker thread, as everything that touches the ledger

    def look() -> Look:
        admitted: Services = context.admit()
        if not watching:
            watching.append(Watching(admitted.twin.ledger, run, SystemClock(), recheck_s))
        return watching[0].look(admitted.queries, admitted.principal, admitted.twin.repository.watermark)

    return look
