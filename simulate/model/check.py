"""What a model must satisfy before any engine sees it."""

from __future__ import annotations

import math
from typing import Final

from simulate.errors import FailoverCycleError, RedundancyError, SimulationError, TooManyEventsError
from simulate.model.items import WEEK, Item, Model
from simulate.model.order import groups_in_order

MOST_EVENTS: Final = 50_000_000
"""Expected failures, maintenance and changes of one replication beyond which a model is refused."""


def expected_events(model: Model) -> float:
    """About how many failures, windows and changes one replication has, each of them two events."""
    total = 0.0
    for item in model.items:
        if item.failure is not None and item.repair is not None:
            total += model.horizon / (item.failure.mean + item.repair.mean)
        for window in item.maintenance:
            total += 1.0 if window.every <= 0.0 else model.horizon / window.every
        for plan in item.changes:
            lasts = min(model.horizon, plan.until) - plan.begin
            total += 1.0 if plan.every <= 0.0 else max(0.0, lasts) / plan.every + 1.0
    return 2.0 * total


def check(model: Model, most_events: float = MOST_EVENTS) -> None:
    """Raises SimulationError and its kin; what is checked here no engine checks again."""
    if not (math.isfinite(model.horizon) and model.horizon > 0.0):
        raise SimulationError(f"a duration of {model.horizon} hours", hint="a positive, finite duration")
    if len(model.position) != len(model.items):
        raise SimulationError("two items of the model have the same identity")
    for crew in model.crews:
        if crew.size < 1:
            raise SimulationError(f"the crew has {crew.size} members", where=crew.name, hint="one at least")
        for begin, end in crew.shifts:
            if not 0.0 <= begin < end <= WEEK:
                raise SimulationError(
                    f"a shift from hour {begin} to hour {end} of the week",
                    where=crew.name,
                    hint="0 <= from < to <= 168",
                )
    for item in model.items:
        _check_item(item, model)
    for watched in model.watched:
        if not 0 <= watched < len(model.items):
            raise SimulationError(f"no item at position {watched}")
    for group in groups_in_order([item.needs for item in model.items]):
        if len(group) > 1 or group[0] in model.items[group[0]].needs:
            for at in group:
                if model.items[at].failover is not None:
                    raise FailoverCycleError(
                        "it fails over, and its dependencies lead back to itself",
                        where=model.items[at].name,
                        hint="remove the failover or the cycle from the scenario",
                    )
    events = expected_events(model)
    if events > most_events:
        raise TooManyEventsError(
            f"about {events:,.0f} events in one replication, {most_events:,.0f} are allowed",
            hint="a shorter duration, fewer items, or rarer failures",
        )


def check_reading(model: Model, replications: int) -> None:
    """Refuse to read more events one by one than one replication may have. Raises TooManyEventsError."""
    events = expected_events(model) * replications
    if events > MOST_EVENTS:
        raise TooManyEventsError(
            f"about {events:,.0f} events in {replications:,} replications that are read one by one, {MOST_EVENTS:,} are allowed",
            hint="fewer that are read (`--detailed`), a shorter duration, or rarer failures",
        )


def _check_item(item: Item, model: Model) -> None:
    if (item.failure is None) != (item.repair is None):
        raise SimulationError("failures and repairs go together", where=item.name, hint="give both, or neither")
    if item.crew is not None and not 0 <= item.crew < len(model.crews):
        raise SimulationError(f"there is no crew {item.crew}", where=item.name)
    for one in item.requires:
        if not 1 <= one.needed <= len(one.of):
            raise RedundancyError(
                f"{one.needed} of {len(one.of)} are needed", where=item.name, hint=f"1 to {max(len(one.of), 1)}"
            )
        if len(set(one.of)) != len(one.of):
            raise RedundancyError("an item is counted twice", where=item.name)
    if any(not 0 <= other < len(model.items) for other in item.needs):
        raise SimulationError("it needs an item that is not in the model", where=item.name)
    for window in item.maintenance:
        if window.begin < 0 or window.duration <= 0 or 0 < window.every <= window.duration:
            raise SimulationError(
                f"a maintenance window of {window.duration} h every {window.every} h from {window.begin} h",
                where=item.name,
                hint="a positive duration, shorter than the interval",
            )
    for plan in item.changes:
        if plan.begin < 0 or plan.every < 0 or not plan.until >= 0 or not 0.0 <= plan.failure_probability <= 1.0:
            raise SimulationError(
                f"changes that fail with probability {plan.failure_probability}",
                where=item.name,
                hint="between 0 and 1",
            )
    if item.backup is not None:
        backup = item.backup
        if backup.every <= 0 or not 0.0 <= backup.restore_probability <= 1.0:
            raise SimulationError(
                f"a backup every {backup.every} h, needed with probability {backup.restore_probability}",
                where=item.name,
            )
