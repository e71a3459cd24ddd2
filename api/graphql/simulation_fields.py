"""Simulated state beyond the lists of its kinds: one run by its id, its clock, and what goes down and comes up on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from time import monotonic
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLString,
)
from starlette.concurrency import run_in_threadpool

from api.deps import Services
from api.graphql.context import PLAN, GraphQLContext
from api.graphql.ledger_types import NUMBER, TEXT, list_of, object_of
from api.graphql.operation_fields import WHEN
from api.graphql.scalars import LONG
from api.graphql.selection import page_size
from api.graphql.simulation_types import COMPARISON, CREW, FIRST, INCIDENT, INSIGHT, JOB, PROGRESS, STATE, SUMMARY
from api.graphql.types import Types
from api.job_events import POLL_S
from api.simulation_reading import insight_of
from core.clock import SystemClock
from core.errors import NotFoundError, UsageError
from core.principal import RestrictedError, require_whole_estate
from services.access.rights import Action, require
from services.jobs.job import JobState
from services.jobs.journal import JobEvent, Journal
from services.moments import Asked
from services.simulation import reading
from services.simulation.documents import MOST_KEPT
from services.simulation.jobs import SimulationJobs
from services.simulation.kept import MOST_SUMMARIES
from services.simulation.kept_difference import difference
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
_WHEN: Final = "when"
"""Under which a simulation has the moment that it was asked about."""
SIMULATION: Final = object_of(
    "Simulation",
    "What a kept run says. Summaries, incidents and comparisons are of what the asker sees; `insight` is of the whole estate, "
    "and for those who see it. `duration` in minutes.",
    id=GraphQLNonNull(GraphQLID),
    name=GraphQLString,
    scenario=GraphQLString,
    scenarioVersion=GraphQLString,
    branch=GraphQLString,
    sequence=LONG,
    seed=LONG,
    engine=GraphQLString,
    version=GraphQLString,
    replications=LONG,
    startedAt=GraphQLString,
    beginsAt=GraphQLString,
    duration=GraphQLFloat,
    confidenceLevel=GraphQLFloat,
    simulated=GraphQLNonNull(GraphQLBoolean),
    summaries=GraphQLField(
        list_of(SUMMARY),
        args={"first": FIRST},
        resolve=lambda run, info, first=None: _rows(reading.SUMMARIES, info, run, first),
        description="The least available items first.",
    ),
    crews=GraphQLField(
        list_of(CREW),
        args={"first": FIRST},
        resolve=lambda run, info, first=None: _rows(reading.CREWS, info, run, first),
        description="How busy crews were, by name.",
    ),
    incidents=GraphQLField(
        list_of(INCIDENT),
        args={"first": FIRST},
        resolve=lambda run, info, first=None: _rows(reading.INCIDENTS, info, run, first),
        description="In order of simulated time.",
    ),
    insight=GraphQLField(
        INSIGHT,
        resolve=lambda run, info: _insight(run, info),
        description="Null where nobody asked for it, and for whoever is limited.",
    ),
    compare=GraphQLField(
        GraphQLNonNull(COMPARISON),
        args={
            "base": GraphQLArgument(GraphQLNonNull(GraphQLID), description="The run to compare with."),
            "first": FIRST,
        },
        resolve=lambda run, info, **given: _compare(run, info, **given),
        description="This run minus that one, item by item.",
    ),
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
        ),
        "simulation": GraphQLField(
            SIMULATION,
            args={"id": GraphQLArgument(GraphQLNonNull(GraphQLID), description="Or the beginning of it."), **WHEN},
            resolve=_simulation,
            extensions={PLAN: lambda context, info, _arguments: context.plan_text(info, reading.FOUND)},
            description="What a kept run says, as far as the asker sees its items, what it teaches, and how it differs from "
            "others; null where it is not seen.",
        ),
        "simulationJobs": GraphQLField(
            list_of(JOB),
            args={"first": GraphQLArgument(GraphQLInt), "state": GraphQLArgument(STATE)},
            resolve=_jobs,
            description="The simulations of this server, the latest first; kept runs are `simulationRuns`. "
            f"Asks for the action `{Action.SIMULATE.value}`.",
        ),
        "simulationJob": GraphQLField(
            GraphQLNonNull(JOB),
            args={"id": GraphQLArgument(GraphQLNonNull(GraphQLID))},
            resolve=lambda _, info, id: _seen(info.context.services).simulations.job(id).to_dict(),
            description=f"One of them. Asks for the action `{Action.SIMULATE.value}`.",
        ),
    }


def simulation_subscriptions() -> dict[str, GraphQLField]:
    """The subscriptions of live runs, and of jobs that play."""
    return {
        "simulationProgress": GraphQLField(
            GraphQLNonNull(PROGRESS),
            args={
                "id": GraphQLArgument(GraphQLNonNull(GraphQLID)),
                "after": GraphQLArgument(LONG, description="Only what came after this number."),
            },
            subscribe=_subscribe_progress,
            resolve=lambda event, _info, **_arguments: event,
            description=f"What happens to a simulation, until it ends. Asks for the action `{Action.SIMULATE.value}`.",
        ),
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


def _simulation(_root: Any, info: Info, id: str, **when: Any) -> dict[str, Any] | None:
    """The run as it is seen, with the moment that is meant for what is asked below it."""
    asked = Asked(when.get("asOf"), when.get("branch"))
    runs = reading.candidates(_ask(info, asked), id)  # a moment or a branch that is not there is refused
    return {**runs[0], "simulated": True, _WHEN: asked} if len(runs) == 1 else None


def _ask(info: Info, asked: Asked) -> reading.Ask:
    context = info.context
    return lambda text, parameters: context.bounded(text, parameters, asked)


def _rows(text: str, info: Info, run: Mapping[str, Any], first: int | None) -> list[dict[str, Any]]:
    shown = page_size(first, usual=reading.USUAL_SHOWN, most=reading.MOST_SHOWN)
    info.context.budget.take(shown, 0)
    return reading.rows_of(_ask(info, run[_WHEN])(text, {"run": run["id"], "shown": shown}))


def _insight(run: Mapping[str, Any], info: Info) -> dict[str, Any] | None:
    info.context.budget.take(MOST_KEPT, 0)
    try:
        return insight_of(info.context.services, run["id"])
    except (NotFoundError, RestrictedError):
        return None


def _compare(run: Mapping[str, Any], info: Info, base: str, first: int | None = None) -> dict[str, Any]:
    shown = page_size(first, usual=reading.USUAL_SHOWN, most=reading.MOST_SHOWN)
    info.context.budget.take(2 * MOST_SUMMARIES, 0)  # every item of both is read
    return difference(_ask(info, run[_WHEN]), base, run["id"], shown=shown)


def _seen(services: Services) -> Services:
    """For whoever may simulate, which is of the whole estate. Raises ForbiddenError, RestrictedError."""
    require(services.principal, Action.SIMULATE)
    require_whole_estate(services.principal, "a simulation")
    return services


def _jobs(_root: Any, info: Info, first: int | None = None, state: str | None = None) -> list[dict[str, Any]]:
    wanted = None if state is None else JobState(state)
    found = _seen(info.context.services).simulations.jobs(state=wanted)
    return [job.to_dict() for job in found[: page_size(first)]]


async def _subscribe_progress(_root: Any, info: Info, id: str, after: int | None = None) -> AsyncIterator[Any]:
    context = info.context
    jobs = _seen(await run_in_threadpool(context.admit)).simulations
    return _progress(context, jobs, id, await run_in_threadpool(jobs.journal, id), after or 0)


async def _progress(
    context: GraphQLContext, jobs: SimulationJobs, name: str, journal: Journal, after: int
) -> AsyncIterator[dict[str, Any]]:
    """What is in the journal of a job, as it comes: whoever listens is no more than a place in it."""
    place, checked = 0, monotonic()
    recheck_s = context.services.twin.settings.subscription_recheck_s
    while True:
        is_over = not jobs.is_coming(name)
        if is_over:
            await run_in_threadpool(jobs.job, name)  # by now its end is written; or it was discarded
        events: list[JobEvent] = []
        if journal.last > after:
            events, place = await run_in_threadpool(journal.read, place, after)
        if monotonic() - checked >= recheck_s:
            _seen(await run_in_threadpool(context.admit))
            checked = monotonic()
        for event in events:
            after = event.number
            yield {**event.data, "number": event.number, "done": event.data.get("rows")}
        if is_over:
            return
        await asyncio.sleep(POLL_S)


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
