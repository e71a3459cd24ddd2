"""The subscription type: changes of elements, what becomes of alerts, and the progress of runs.

All are read from the ledger as the graph follows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
)
from starlette.concurrency import run_in_threadpool

from api.deps import Services
from api.graphql.ask_fields import ask_subscriptions
from api.graphql.context import GraphQLContext
from api.graphql.filters import check_conditions
from api.graphql.inputs import Inputs
from api.graphql.ledger_types import ALERT_EVENT, CHANGE_EVENT, RUN_PROGRESS, TEXT
from api.graphql.matching import fits
from api.graphql.scalars import LONG
from api.graphql.shape import Shape
from api.graphql.simulation_fields import simulation_subscriptions
from core.errors import UsageError
from services.changes.alerts import ALERT, AlertEvent, alerts_of, has_alerts, wanted_alerts
from services.changes.change import Change, Matches, Wanted
from services.changes.feed import ChangeFeed, ChangeReader
from services.runs import RunProgress, progress_of

Info = GraphQLResolveInfo[GraphQLContext]
Told = Callable[[Iterable[Change]], Iterable[Change | AlertEvent]]
"""What a listener is told of changes."""
LOOK_S: Final = 1.0
"""How often a run is looked at besides when the graph has moved: its end need not move it."""


def subscription_type(shape: Shape, inputs: Inputs) -> GraphQLObjectType:
    """The subscriptions of a shape."""
    filters = {
        root: GraphQLInputField(inputs.filter(kind), description=f"Of {kind}.") for root, kind in shape.roots.items()
    }
    by_kind = GraphQLInputObjectType(
        "ChangeEventFilter",
        filters,
        is_one_of=True,
        description="The filter of one kind's list, which names the kind as well.",
    )
    return GraphQLObjectType(
        "Subscription",
        {
            "changes": GraphQLField(
                GraphQLNonNull(CHANGE_EVENT),
                args={
                    "kinds": GraphQLArgument(
                        GraphQLList(TEXT),
                        description="Kinds, generics among them, and types of relations; by default all but bookkeeping "
                        "and simulated state.",
                    ),
                    "filter": GraphQLArgument(
                        by_kind,
                        description="Elements that fit before the change or after it; not together with `kinds`.",
                    ),
                    "ids": GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLID)), description="Only these elements."),
                    "since": GraphQLArgument(
                        LONG,
                        description="From after this event on, as answers tell it (`sequence`); by default from now.",
                    ),
                },
                subscribe=_subscribing(partial(_wanted, shape), lambda changes: changes),
                resolve=lambda change, _info, **_arguments: change,
                description="What happens to elements that the asker sees, in order, once the graph has taken it in. What "
                "comes into the asker's perimeter is created, what leaves it is deleted; relations come and go with their "
                "nodes.",
            ),
            **_alert_subscriptions(shape, inputs),
            "runProgress": GraphQLField(
                GraphQLNonNull(RUN_PROGRESS),
                args={"run": GraphQLArgument(TEXT, description="Identifier of a run, or its beginning.")},
                subscribe=_subscribe_run,
                resolve=lambda progress, _info, **_arguments: progress,
                description="How far a run has come, each time it has come further, until it is over.",
            ),
            **simulation_subscriptions(),
            **ask_subscriptions(),
        },
    )


def _alert_subscriptions(shape: Shape, inputs: Inputs) -> dict[str, GraphQLField]:
    """Where the pack has alerts."""
    if not has_alerts(shape.schema):
        return {}
    return {
        "alerts": GraphQLField(
            GraphQLNonNull(ALERT_EVENT),
            args={
                "filter": GraphQLArgument(
                    inputs.filter(ALERT), description="Alerts that fit before what happened or after it."
                ),
                "ids": GraphQLArgument(GraphQLList(GraphQLNonNull(GraphQLID)), description="Only these alerts."),
                "since": GraphQLArgument(
                    LONG, description="From after this event on, as answers tell it (`sequence`); by default from now."
                ),
            },
            subscribe=_subscribing(partial(_wanted_alerts, shape), alerts_of),
            resolve=lambda event, _info, **_arguments: event,
            description="Alerts that the asker sees, in order, each once where it opens, is acknowledged, closes, or goes. What comes "
            "into the asker's perimeter is told as it stands, what leaves it as removed. What else changes of an alert is told by "
            "`changes`.",
        )
    }


def _subscribing(wanted: Callable[[Mapping[str, Any]], Wanted], told: Told) -> Callable[..., Any]:
    async def subscribe(_root: Any, info: Info, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
        context = info.context
        feed = context.services.changes
        reader = await run_in_threadpool(feed.reader, wanted(arguments), arguments.get("since"))
        return _heard(feed, reader, context.admit, told)

    return subscribe


async def _heard(
    feed: ChangeFeed, reader: ChangeReader, admit: Callable[[], Services], told_of: Told
) -> AsyncIterator[dict[str, Any]]:
    """What a reader reads, for as long as the asker is let in. A slow listener waits in its place of the ledger."""
    async with _Woken(feed) as woken:
        while True:
            woken.clear()
            services = await run_in_threadpool(admit)
            told = await run_in_threadpool(reader.read, services.principal)
            for word in told_of(told or ()):
                yield word.to_dict()
            if told is None:
                await woken.wait(services.twin.settings.subscription_recheck_s)


async def _subscribe_run(_root: Any, info: Info, run: str) -> AsyncIterator[dict[str, Any]]:
    context = info.context
    progress = await run_in_threadpool(_progress, context.admit, run)
    return _run_progress(context.services.changes, progress, context.admit)


async def _run_progress(
    feed: ChangeFeed, progress: RunProgress, admit: Callable[[], Services]
) -> AsyncIterator[dict[str, Any]]:
    async with _Woken(feed) as woken:
        yield progress.to_dict()
        while not progress.is_over:
            await woken.wait(LOOK_S)
            woken.clear()
            before, progress = progress, await run_in_threadpool(_progress, admit, progress.run)
            if progress != before:
                yield progress.to_dict()


def _progress(admit: Callable[[], Services], run: str) -> RunProgress:
    services = admit()
    return progress_of(services.twin.ledger, run, services.principal)


class _Woken:
    """Waits, in the event loop, for what a feed says from other threads."""

    def __init__(self, feed: ChangeFeed) -> None:
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._listening = feed.listening(self._wake)

    async def __aenter__(self) -> _Woken:
        self._listening.__enter__()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        self._listening.__exit__(None, None, None)

    def clear(self) -> None:
        self._event.clear()

    async def wait(self, longest_s: float) -> None:
        """Until the feed has more, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._event.wait()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the listener with it
            self._loop.call_soon_threadsafe(self._event.set)


def _wanted(shape: Shape, arguments: Mapping[str, Any]) -> Wanted:
    kinds, given = arguments.get("kinds"), arguments.get("filter")
    if not given:
        return Wanted.of(shape.schema, kinds, arguments.get("ids"), None)
    if kinds is not None:
        raise UsageError("`filter` names the kind as well", where="kinds", hint="leave `kinds` out")
    ((root, conditions),) = given.items()
    check_conditions(conditions)
    return Wanted.of(shape.schema, [shape.roots[root]], arguments.get("ids"), _matches(shape, conditions))


def _wanted_alerts(shape: Shape, arguments: Mapping[str, Any]) -> Wanted:
    conditions = arguments.get("filter")
    if not conditions:
        return wanted_alerts(shape.schema, arguments.get("ids"), None)
    check_conditions(conditions)
    return wanted_alerts(shape.schema, arguments.get("ids"), _matches(shape, conditions))


def _matches(shape: Shape, conditions: Mapping[str, Any]) -> Matches:
    types = shape.value_types
    fits(conditions, {}, types)  # what is wrong with it is said at once
    return lambda element, _kind, properties: fits(conditions, {**properties, "id": element}, types)
