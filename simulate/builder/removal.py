"""A model without some of its items: what cannot work without them has gone with them, and fails and is repaired no more.

What fails over to something that is still there lives there from the beginning on: there is nothing left to fail over from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from simulate.model.items import Item, MaintenanceWindow, Model, Requirement


def without(model: Model, removed: Iterable[int]) -> Model:
    """The model in which these items (positions) are down from the beginning to the end."""
    away = set(removed)
    if not away:
        return model
    gone = closure(model, away)
    items = list(model.items)
    for at, item in enumerate(items):
        if at in gone:
            items[at] = _gone(item, model.horizon, by_itself=at in away)
        elif item.failover is not None and _broken(item, gone):
            items[at] = replace(item, requires=(Requirement(1, (item.failover.standby,)),), failover=None)
    others = len(gone) - len(away)
    notes = model.notes if others <= 0 else (*model.notes, f"{others} items cannot work without what was removed")
    return Model(tuple(items), model.horizon, model.crews, model.watched, model.week_offset, notes)


def closure(model: Model, away: set[int]) -> set[int]:
    """What is away, and all that is never up without it."""
    dependents: dict[int, list[int]] = {}
    for at, item in enumerate(model.items):
        for needed in item.needs:
            dependents.setdefault(needed, []).append(at)
    gone = set(away)
    waiting = sorted(away)
    while waiting:
        for at in dependents.get(waiting.pop(), ()):
            item = model.items[at]
            if at in gone or not _broken(item, gone):
                continue
            if item.failover is None or item.failover.standby in gone:
                gone.add(at)
                waiting.append(at)
    return gone


def _broken(item: Item, gone: set[int]) -> bool:
    return any(sum(1 for member in one.of if member not in gone) < one.needed for one in item.requires)


def _gone(item: Item, horizon: float, *, by_itself: bool) -> Item:
    """It has neither failures nor plans of its own; what was removed is down on purpose, the rest by what it requires."""
    still = replace(item, failure=None, repair=None, crew=None, maintenance=(), changes=(), backup=None)
    if not by_itself:
        return still
    always = (MaintenanceWindow(0.0, 2.0 * horizon),)
    return replace(still, requires=(), failover=None, maintenance=always)
