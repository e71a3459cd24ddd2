"""When items are down because of what they require, of maintenance and of changes, compiled: intervals from intervals.

What is needed comes first. A cycle is solved as the least set of times at which anything must be down: one begins with what
is down by itself and adds what follows until nothing is added.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.engines.intervals import where_at_least
from simulate.model.items import Stream
from simulate.randomness import draw, uniform

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

CHANGE_OUTCOME = int(Stream.CHANGE_OUTCOME)
CHANGE_RECOVERY = int(Stream.CHANGE_RECOVERY)
FAILOVER = int(Stream.FAILOVER)


@compiled(
    "int64(uint64, float64, int64, uint64[::1], float64[::1], int64[::1], float64[:, ::1], int64[::1], int64[::1], "
    "float64[:, ::1], float64[::1], float64[::1], int64)"
)
def planned_downtime(
    seed: int,
    horizon: float,
    item: int,
    key: Words,
    table: Floats,
    window_first: Ints,
    window: Floats,
    change_first: Ints,
    change_family: Ints,
    change: Floats,
    begins: Floats,
    ends: Floats,
    count: int,
) -> int:
    """Add maintenance windows and recoveries of failed changes of an item to `count` intervals; -1 where the room is too small."""
    room = len(begins)
    for at in range(window_first[item], window_first[item + 1]):
        time = window[at, 0]
        while time < horizon:
            if count >= room:
                return -1
            begins[count] = time
            time += window[at, 2]
            ends[count] = time
            count += 1
            if window[at, 1] <= 0.0:
                break
            time += window[at, 1] - window[at, 2]
    change_number = 0
    for at in range(change_first[item], change_first[item + 1]):
        time = change[at, 0]
        end = min(horizon, change[at, 5])
        while time < end:
            if uniform(seed, key[item], CHANGE_OUTCOME, change_number) < change[at, 2]:
                if count >= room:
                    return -1
                recovery = draw(
                    change_family[at],
                    change[at, 3],
                    change[at, 4],
                    table,
                    seed,
                    key[item],
                    CHANGE_RECOVERY,
                    change_number,
                )
                begins[count] = time
                ends[count] = time + recovery
                count += 1
            change_number += 1
            if change[at, 1] <= 0.0:
                break
            time += change[at, 1]
    return count


@compiled(
    "int64(int64, int64, int64[::1], int64[::1], int64[::1], int64[::1], float64[::1], float64[::1], int64[::1], int64[::1], "
    "float64[::1], float64[::1], float64[::1], float64[::1])"
)
def unmet(
    item: int,
    count: int,
    requirement_first: Ints,
    requirement_down: Ints,
    member_first: Ints,
    member: Ints,
    begin: Floats,
    finish: Floats,
    first: Ints,
    last: Ints,
    a: Floats,
    b: Floats,
    c: Floats,
    d: Floats,
) -> int:
    """Add to the `count` intervals in `a` and `b` when requirements of an item are not met; -1 where the room is too small."""
    room = len(a)
    for requirement in range(requirement_first[item], requirement_first[item + 1]):
        least = requirement_down[requirement]
        low, high = member_first[requirement], member_first[requirement + 1]
        if least == 1:
            for place in range(low, high):
                needed = member[place]
                if count + last[needed] - first[needed] > room:
                    return -1
                for at in range(first[needed], last[needed]):
                    a[count] = begin[at]
                    b[count] = finish[at]
                    count += 1
            continue
        broken = 0
        for place in range(low, high):
            if last[member[place]] > first[member[place]]:
                broken += 1
        if broken < least:
            continue
        gathered = 0
        for place in range(low, high):
            needed = member[place]
            if gathered + last[needed] - first[needed] > room:
                return -1
            for at in range(first[needed], last[needed]):
                c[gathered] = begin[at]
                d[gathered] = finish[at]
                gathered += 1
        found = where_at_least(c, d, gathered, least, a, b, count)
        if found < 0:
            return -1
        count += found
    return count


@compiled(
    "int64(uint64, int64, int64, uint64[::1], float64[::1], int64[:, ::1], float64[:, ::1], float64[::1], float64[::1], "
    "int64[::1], int64[::1], int64, int64, float64[::1], float64[::1])"
)
def fail_over(
    seed: int,
    item: int,
    standby: int,
    key: Words,
    table: Floats,
    family: Ints,
    law: Floats,
    begin: Floats,
    finish: Floats,
    first: Ints,
    last: Ints,
    used: int,
    count: int,
    a: Floats,
    b: Floats,
) -> int:
    """Shorten the `count` intervals at `used` by what the standby takes over: how many there are then, -1 without room."""
    gathered = 0
    room = len(a)
    for number in range(count):
        down = begin[used + number]
        up = finish[used + number]
        ready = down + draw(family[item, 3], law[item, 6], law[item, 7], table, seed, key[item], FAILOVER, number)
        if gathered + 1 + last[standby] - first[standby] > room:
            return -1
        a[gathered] = down
        b[gathered] = min(up, ready)
        gathered += 1
        for at in range(first[standby], last[standby]):
            low = max(ready, begin[at])
            high = min(up, finish[at])
            if low < high:
                a[gathered] = low
                b[gathered] = high
                gathered += 1
    if gathered == 0:
        return 0
    return where_at_least(a, b, gathered, 1, begin, finish, used)


@compiled(
    "int64(uint64, float64, uint64[::1], float64[::1], int64[:, ::1], float64[:, ::1], int64[::1], float64[:, ::1], "
    "int64[::1], int64[::1], float64[:, ::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], float64[::1], float64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64, "
    "float64[:, ::1])"
)
def derive_states(
    seed: int,
    horizon: float,
    key: Words,
    table: Floats,
    family: Ints,
    law: Floats,
    window_first: Ints,
    window: Floats,
    change_first: Ints,
    change_family: Ints,
    change: Floats,
    derived_first: Ints,
    derived_item: Ints,
    derived_cycle: Ints,
    requirement_first: Ints,
    requirement_down: Ints,
    member_first: Ints,
    member: Ints,
    standby: Ints,
    begin: Floats,
    finish: Floats,
    first: Ints,
    last: Ints,
    own_first: Ints,
    own_last: Ints,
    used: int,
    scratch: Floats,
) -> int:
    """Write when items whose state follows from others are down, from `used` on; `first` and `last` point there then.

    The four rows of `scratch` are room for the intervals of one item. The number of what is written in all; -1 where the
    room is too small.
    """
    a, b, c, d = scratch[0], scratch[1], scratch[2], scratch[3]
    for group in range(len(derived_cycle)):
        again = True
        while again:
            again = False
            for place in range(derived_first[group], derived_first[group + 1]):
                item = derived_item[place]
                count = own_last[item] - own_first[item]
                if count > len(a):
                    return -1
                for at in range(count):
                    a[at] = begin[own_first[item] + at]
                    b[at] = finish[own_first[item] + at]
                if window_first[item + 1] > window_first[item] or change_first[item + 1] > change_first[item]:
                    count = planned_downtime(
                        seed,
                        horizon,
                        item,
                        key,
                        table,
                        window_first,
                        window,
                        change_first,
                        change_family,
                        change,
                        a,
                        b,
                        count,
                    )
                if count >= 0:
                    count = unmet(
                        item,
                        count,
                        requirement_first,
                        requirement_down,
                        member_first,
                        member,
                        begin,
                        finish,
                        first,
                        last,
                        a,
                        b,
                        c,
                        d,
                    )
                if count > 0:
                    count = where_at_least(a, b, count, 1, begin, finish, used)
                if count > 0 and standby[item] >= 0:
                    count = fail_over(
                        seed,
                        item,
                        standby[item],
                        key,
                        table,
                        family,
                        law,
                        begin,
                        finish,
                        first,
                        last,
                        used,
                        count,
                        a,
                        b,
                    )
                if count < 0:
                    return -1
                if derived_cycle[group] == 1:
                    same = count == last[item] - first[item]
                    for at in range(count):
                        if not same:
                            break
                        same = (
                            begin[first[item] + at] == begin[used + at]
                            and finish[first[item] + at] == finish[used + at]
                        )
                    if same:
                        continue
                    again = True
                first[item] = used
                used += count
                last[item] = used
    return used
