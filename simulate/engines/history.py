"""What the kernels say of one replication: when every item is down, and the same event log as the reference engine writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulate.engines.arrays import Floats, Ints, ModelArrays
from simulate.engines.events import Event, What
from simulate.engines.intervals import where_at_least
from simulate.engines.replication import replicate
from simulate.engines.room import Room
from simulate.engines.states import unmet
from simulate.model.items import Item, Model, Stream
from simulate.randomness import draw, seed_of_replication, uniform


@dataclass(frozen=True, slots=True)
class History:
    """One replication: when items are down, in hours; an end beyond the horizon is not known to be real."""

    model: Model
    arrays: ModelArrays
    seed: int
    begin: Floats
    finish: Floats
    started: Floats
    first: Ints
    last: Ints
    own_first: Ints
    own_last: Ints

    def downtime(self, item: int) -> list[tuple[float, float]]:
        """Intervals during which an item is down, cut at the horizon."""
        at = slice(self.first[item], self.last[item])
        ends = np.minimum(self.finish[at], self.model.horizon)
        return list(zip(self.begin[at].tolist(), ends.tolist(), strict=True))

    def events(self, items: Iterable[int] | None = None) -> list[Event]:
        """The event log, in order; that of these items only, where they are given."""
        chosen = range(len(self.model.items)) if items is None else items
        found = [event for at in chosen for event in self._events_of(at, self.model.items[at])]
        return sorted(event for event in found if event.time < self.model.horizon)

    def _events_of(self, at: int, item: Item) -> Iterator[Event]:
        for own in range(self.own_first[at], self.own_last[at]):
            yield Event(float(self.begin[own]), at, What.FAILED)
            if item.crew is not None:
                yield Event(float(self.started[own]), at, What.REPAIR_STARTED)
            yield Event(float(self.finish[own]), at, What.REPAIRED)
        yield from self.planned(at)
        if item.requires or item.failover or item.maintenance or item.changes:
            for place in range(self.first[at], self.last[at]):
                yield Event(float(self.begin[place]), at, What.DOWN)
                yield Event(float(self.finish[place]), at, What.UP)
        if item.failover is not None:
            yield from self._failovers(at, item)

    def planned(self, at: int) -> Iterator[Event]:
        """Maintenance and failed changes of an item: each beginning, and right after it its end."""
        arrays, horizon, item = self.arrays, self.model.horizon, self.model.items[at]
        for window in item.maintenance:
            time = window.begin
            while time < horizon:
                yield Event(time, at, What.MAINTENANCE_STARTED)
                time += window.duration
                yield Event(time, at, What.MAINTENANCE_ENDED)
                if window.every <= 0.0:
                    break
                time += window.every - window.duration
        number = 0
        for place, plan in enumerate(item.changes, start=int(arrays.change_first[at])):
            time, end = plan.begin, min(horizon, plan.until)
            law = int(arrays.change_family[place]), float(arrays.change[place, 3]), float(arrays.change[place, 4])
            while time < end:
                if uniform(self.seed, item.key, int(Stream.CHANGE_OUTCOME), number) < plan.failure_probability:
                    recovery = draw(*law, arrays.table, self.seed, item.key, int(Stream.CHANGE_RECOVERY), number)
                    yield Event(time, at, What.CHANGE_FAILED)
                    yield Event(time + recovery, at, What.CHANGE_RECOVERED)
                number += 1
                if plan.every <= 0.0:
                    break
                time += plan.every

    def _failovers(self, at: int, item: Item) -> Iterator[Event]:
        arrays = self.arrays
        family, first, second = int(arrays.family[at, 3]), float(arrays.law[at, 6]), float(arrays.law[at, 7])
        for number, (down, up) in enumerate(self._broken(at, item)):
            ready = down + draw(family, first, second, arrays.table, self.seed, item.key, int(Stream.FAILOVER), number)
            if ready < up:
                yield Event(ready, at, What.FAILED_OVER)

    def _broken(self, at: int, item: Item) -> list[tuple[float, float]]:
        """When the item would be down without its failover."""
        arrays = self.arrays
        planned = sorted(self.planned(at))
        begins = [e.time for e in planned if e.what in (What.MAINTENANCE_STARTED, What.CHANGE_FAILED)]
        ends = [e.time for e in planned if e.what in (What.MAINTENANCE_ENDED, What.CHANGE_RECOVERED)]
        own = slice(self.own_first[at], self.own_last[at])
        count = len(begins) + (own.stop - own.start)
        size = count + len(self.begin)
        a, b, c, d = (np.zeros(size) for _ in range(4))
        a[:count] = [*begins, *self.begin[own]]
        b[:count] = [*ends, *self.finish[own]]
        count = unmet(
            at,
            count,
            arrays.requirement_first,
            arrays.requirement_down,
            arrays.member_first,
            arrays.member,
            self.begin,
            self.finish,
            self.first,
            self.last,
            a,
            b,
            c,
            d,
        )
        found = where_at_least(a, b, count, 1, c, d, 0)
        return list(zip(c[:found].tolist(), d[:found].tolist(), strict=True))


def history(model: Model, arrays: ModelArrays, seed: int, replication: int = 0) -> History:
    """Play one replication of a run with the kernels."""
    items = len(model.items)
    own = int(seed_of_replication(seed, replication))
    word: Any = np.uint64(own)
    room = Room.for_model(model)
    while True:
        first, last, own_first, own_last = (np.zeros(items, dtype=np.int64) for _ in range(4))
        used = replicate(
            arrays,
            word,
            room.begin,
            room.finish,
            room.started,
            first,
            last,
            own_first,
            own_last,
            room.owner,
            room.scratch,
        )
        if used >= 0:
            parts = (room.begin[:used].copy(), room.finish[:used].copy(), room.started[:used].copy())
            return History(model, arrays, own, *parts, first, last, own_first, own_last)
        room = room.doubled()
