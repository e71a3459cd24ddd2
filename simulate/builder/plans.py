"""Planned changes of an item: when they come, after delays and freezes, and what goes wrong until they do.

The n-th change has the n-th random number of its item, whatever is done about it: one that is postponed or cancelled keeps
its number, so that two scenarios differ in what was changed and in nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from simulate.builder.changes import Freeze
from simulate.builder.scenario import Changes
from simulate.model.items import ChangePlan

APART: Final = 24.0
"""Hours between changes that come after a freeze."""


def change_plans(
    given: Sequence[Changes],
    horizon: float,
    delay: float = 0.0,
    freezes: Sequence[Freeze] = (),
    planned_at: float | None = None,
) -> tuple[ChangePlan, ...]:
    """Plans for engines: those of the changes first, then those of what they would repair.

    `planned_at`: when the first one would have come, where it was moved already.
    """
    found: list[ChangePlan] = []
    waits: list[ChangePlan] = []
    for one in given:
        begin = one.first + delay
        plans = [ChangePlan(begin, one.failure_probability, one.recovery.distribution(), one.every)]
        for freeze in freezes:
            plans = [part for plan in plans for part in _frozen(plan, freeze, horizon)]
        found += plans
        if delay > 0.0 or freezes or planned_at is not None:
            first = one.first if planned_at is None else planned_at
            law = plans[0].recovery if plans else one.recovery.distribution()
            lost = _count(ChangePlan(first, 0.0, law, one.every), horizon) - sum(_count(p, horizon) for p in plans)
            found += [ChangePlan(0.0, 0.0, law)] * lost  # beyond the horizon: those that follow keep their numbers
        if one.until_then is not None:
            done = min((plan.begin for plan in plans if plan.failure_probability > 0.0), default=begin)
            step, law = one.until_then.every, one.until_then.recovery.distribution()
            risk = ChangePlan(step, one.until_then.failure_probability, law, step, done)
            last = _first_at(risk, done)
            waits += [risk, ChangePlan(last, 0.0, law, step)]  # the second keeps the numbers of what follows
    while waits and waits[-1].failure_probability == 0.0:
        waits.pop()
    return (*found, *waits)


def _frozen(plan: ChangePlan, freeze: Freeze, horizon: float) -> list[ChangePlan]:
    """A plan with a freeze in it: before, those that the freeze meets, after."""
    begin, end = freeze.first, freeze.first + freeze.duration
    until = min(plan.until, horizon)
    met = _first_at(plan, begin)
    if met >= min(end, until) or plan.failure_probability == 0.0:
        return [plan]
    after = _first_at(plan, end)
    parts = [] if plan.begin >= begin else [replace(plan, until=met)]
    if freeze.then == "cancelled":
        parts.append(replace(plan, begin=met, failure_probability=0.0, until=after))
    else:
        number, time = 0, met
        while time < min(after, until):
            parts.append(replace(plan, begin=end + number * APART, every=0.0, until=math.inf))
            number += 1
            time = time + plan.every if plan.every > 0.0 else math.inf
    if after < until:
        parts.append(replace(plan, begin=after))
    return parts


def _count(plan: ChangePlan, horizon: float) -> int:
    """How many changes of a plan come before the horizon; added up as engines do."""
    count, time = 0, plan.begin
    while time < min(plan.until, horizon):
        count += 1
        if plan.every <= 0.0:
            break
        time += plan.every
    return count


def _first_at(plan: ChangePlan, moment: float) -> float:
    """When the first change of a plan from a moment on is, or would be; added up as engines do, to the last digit."""
    time = plan.begin
    while time < moment:
        if plan.every <= 0.0:
            return math.inf
        time += plan.every
    return time
