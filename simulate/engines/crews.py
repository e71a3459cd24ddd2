"""Failures that wait for a crew, compiled: one loop over events for each crew, since crews do not share work.

Failures to come lie in buckets of time, each sorted when its turn comes: putting one in and taking one out take the same
time for ten items as for thirty thousand (R. Brown, "Calendar queues", CACM 31, 1988). Repairs under way and waiting items
are in two small heaps. All that happens at one instant is taken in before crews choose what to do next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.engines.failures import LAWS, REPAIR, first_failure, time_to_failure, time_to_restore
from simulate.engines.shifts import at_work, next_opening
from simulate.heap import drop_first, push
from simulate.randomness import draw

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


@compiled("boolean(int64, int64, int64[::1], float64[::1])")
def _served_first(one: int, other: int, priority: Ints, failed: Floats) -> bool:
    if priority[one] != priority[other]:
        return bool(priority[one] < priority[other])
    if failed[one] != failed[other]:
        return bool(failed[one] < failed[other])
    return one < other


@compiled("void(int64[::1], int64, int64, int64[::1], float64[::1])")
def _wait(queue: Ints, waiting: int, item: int, priority: Ints, failed: Floats) -> None:
    at = waiting
    while at > 0 and _served_first(item, queue[(at - 1) // 2], priority, failed):
        queue[at] = queue[(at - 1) // 2]
        at = (at - 1) // 2
    queue[at] = item


@compiled("int64(int64[::1], int64, int64[::1], float64[::1])")
def _take(queue: Ints, waiting: int, priority: Ints, failed: Floats) -> int:
    """Take who is first; the queue is one shorter then."""
    taken = int(queue[0])
    moved = queue[waiting - 1]
    count = waiting - 1
    at = 0
    while 2 * at + 1 < count:
        child = 2 * at + 1
        if child + 1 < count and _served_first(queue[child + 1], queue[child], priority, failed):
            child += 1
        if not _served_first(queue[child], moved, priority, failed):
            break
        queue[at] = queue[child]
        at = child
    queue[at] = moved
    return taken


@compiled(
    f"int64(uint64, float64, float64, int64[::1], int64, float64[::1], float64[::1], int64[::1], {LAWS}, "
    "float64[::1], float64[::1], float64[::1], int64[::1], int64, float64[::1], int64[::1])"
)
def crew_failures(
    seed: int,
    horizon: float,
    week_offset: float,
    members: Ints,
    size: int,
    shift_begin: Floats,
    shift_end: Floats,
    priority: Ints,
    key: Words,
    table: Floats,
    family: Ints,
    law: Floats,
    chance: Floats,
    begin: Floats,
    finish: Floats,
    started: Floats,
    owner: Ints,
    used: int,
    failed: Floats,
    link: Ints,
) -> int:
    """Write failures of the items of one crew from `used` on, in the order of their repairs: begin, start of repair, end.

    Those still waiting at the horizon come last, without start and end (infinite). `failed` and `link` are room for one
    number per item. The number of what is written in all; -1 where the room is too small.
    """
    count = len(members)
    size = min(size, count)
    restores = chance[:, 1].max() > 0.0 if len(key) > 0 else False
    room = len(begin)
    buckets = count + 64
    per_bucket = buckets / horizon
    head = np.full(buckets + 1, -1, dtype=np.int64)
    number = np.zeros(len(key), dtype=np.int64)
    near = np.empty(count + 1, dtype=np.int64)
    queue = np.empty(count + 1, dtype=np.int64)
    ends = np.empty(size + 1, dtype=np.float64)
    who = np.empty(size + 1, dtype=np.int64)
    for place in range(count):
        item = members[place]
        if family[item, 0] < 0:
            continue
        time = first_failure(seed, item, key, table, family, law, chance)
        if time < horizon:
            failed[item] = time
            bucket = int(time * per_bucket)
            link[item] = head[bucket]
            head[bucket] = item
    bucket = -1
    near_at = 0
    near_count = 0
    waiting = 0
    under_way = 0
    opening = np.inf
    while True:
        while near_at == near_count and bucket < buckets:  # the next bucket that is not empty, sorted
            bucket += 1
            near_at = 0
            near_count = 0
            item = head[bucket]
            while item >= 0:
                place = near_count
                while place > 0 and failed[near[place - 1]] > failed[item]:
                    near[place] = near[place - 1]
                    place -= 1
                near[place] = item
                near_count += 1
                item = link[item]
        now = failed[near[near_at]] if near_at < near_count else np.inf
        if under_way > 0 and ends[0] < now:
            now = ends[0]
        if opening < now:
            now = opening
        if now >= horizon:
            break
        while near_at < near_count and failed[near[near_at]] == now:
            _wait(queue, waiting, near[near_at], priority, failed)
            waiting += 1
            near_at += 1
        while under_way > 0 and ends[0] == now:
            item = who[0]
            drop_first(ends, who, under_way)
            under_way -= 1
            number[item] += 1
            time = now + time_to_failure(seed, item, number[item], key, table, family, law)
            if time >= horizon:
                continue
            failed[item] = time
            at = int(time * per_bucket)
            if at > bucket:
                link[item] = head[at]
                head[at] = item
                continue
            place = near_count  # in the bucket whose turn it is
            if near_at > 0:  # room of those that are gone
                for kept in range(near_at, near_count):
                    near[kept - near_at] = near[kept]
                near_count -= near_at
                near_at = 0
                place = near_count
            while place > 0 and failed[near[place - 1]] > time:
                near[place] = near[place - 1]
                place -= 1
            near[place] = item
            near_count += 1
        opening = np.inf
        if waiting > 0 and under_way < size:
            if at_work(now, shift_begin, shift_end, week_offset):
                while waiting > 0 and under_way < size:
                    item = _take(queue, waiting, priority, failed)
                    waiting -= 1
                    if used >= room:
                        return -1
                    end = now + draw(
                        family[item, 1], law[item, 2], law[item, 3], table, seed, key[item], REPAIR, number[item]
                    )
                    if restores:
                        end += time_to_restore(seed, item, number[item], key, table, family, law, chance)
                    owner[used] = item
                    begin[used] = failed[item]
                    started[used] = now
                    finish[used] = end
                    used += 1
                    push(ends, who, under_way, end, item)
                    under_way += 1
            else:
                opening = now + (next_opening(now, shift_begin, week_offset) - now)  # a wait, as it is elsewhere
    for at in range(waiting):
        if used >= room:
            return -1
        owner[used] = queue[at]
        begin[used] = failed[queue[at]]
        started[used] = np.inf
        finish[used] = np.inf
        used += 1
    return used
