"""Own failures of items without a crew, compiled: failure, repair, failure, and so on, item by item."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.model.items import Stream
from simulate.randomness import draw, quantile, uniform

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

FAILURE = int(Stream.FAILURE)
REPAIR = int(Stream.REPAIR)
RESTORE_NEEDED = int(Stream.RESTORE_NEEDED)
RESTORE = int(Stream.RESTORE)


LAWS = "uint64[::1], float64[::1], int64[:, ::1], float64[:, ::1], float64[:, ::1]"
"""Types of key, table, family, law and chance of `ModelArrays`."""


@compiled("int64(int64[::1], int64, int64, float64[::1], float64[::1], float64[::1], int64[::1], int64[::1])")
def by_item(
    owner: Ints, origin: int, used: int, begin: Floats, finish: Floats, started: Floats, first: Ints, last: Ints
) -> int:
    """Copy what is at `origin:used` behind it, item by item, each in its order: where it ends; -1 where the room is too small.

    `last` holds how many there are of each item, and with `first` where they are afterwards.
    """
    if 2 * used - origin > len(begin):
        return -1
    place = used
    for item in range(len(first)):
        count = last[item]
        first[item] = place
        last[item] = place
        place += count
    for at in range(origin, used):
        to = last[owner[at]]
        begin[to] = begin[at]
        finish[to] = finish[at]
        started[to] = started[at]
        last[owner[at]] = to + 1
    return place


@compiled(f"float64(uint64, int64, {LAWS})", inline=True)
def first_failure(seed: int, item: int, key: Words, table: Floats, family: Ints, law: Floats, chance: Floats) -> float:
    """When the item fails first; infinite where that is not before the horizon."""
    share = uniform(seed, key[item], FAILURE, 0)
    if share >= chance[item, 0]:
        return math.inf
    return quantile(family[item, 0], law[item, 0], law[item, 1], table, share)


@compiled("float64(uint64, int64, int64, uint64[::1], float64[::1], int64[:, ::1], float64[:, ::1])", inline=True)
def time_to_failure(seed: int, item: int, number: int, key: Words, table: Floats, family: Ints, law: Floats) -> float:
    """How long the item goes on until failure `number` (from 0) after the repair before."""
    return draw(family[item, 0], law[item, 0], law[item, 1], table, seed, key[item], FAILURE, number)


@compiled(f"float64(uint64, int64, int64, {LAWS})")
def time_to_restore(
    seed: int, item: int, number: int, key: Words, table: Floats, family: Ints, law: Floats, chance: Floats
) -> float:
    """How much longer repair `number` takes because of a backup that it needs. Called apart: few items have one."""
    if chance[item, 1] <= 0.0 or uniform(seed, key[item], RESTORE_NEEDED, number) >= chance[item, 1]:
        return 0.0
    return draw(family[item, 2], law[item, 4], law[item, 5], table, seed, key[item], RESTORE, number)


@compiled(
    f"int64(uint64, float64, int64[::1], {LAWS}, float64[::1], float64[::1], int64[::1], int64[::1], int64[::1], float64[::1])"
)
def independent_failures(
    seed: int,
    horizon: float,
    crew: Ints,
    key: Words,
    table: Floats,
    family: Ints,
    law: Floats,
    chance: Floats,
    begin: Floats,
    finish: Floats,
    first: Ints,
    last: Ints,
    owner: Ints,
    coming: Floats,
) -> int:
    """Write when items without a crew are down; those of item `i` are at `first[i]:last[i]`. Where they end; -1 without room.

    In rounds: the first failure of all items, the second of those that have one, and so on. No step waits to know whether
    the one before was the last of its item, which takes half the time. `owner` and `coming` are room, as long as `begin`.
    """
    items = len(key)
    room = len(begin)
    if items > room:
        return -1
    active = 0  # items that fail again, at owner[round:round + active], and when
    for item in range(items):
        owner[active] = item
        last[item] = 0
        active += int((crew[item] < 0) & (uniform(seed, key[item], FAILURE, 0) < chance[item, 0]))
    kept = 0
    for at in range(active):
        item = owner[at]
        time = first_failure(seed, item, key, table, family, law, chance)
        owner[kept] = item
        coming[kept] = time
        kept += int(time < horizon)
    active = kept
    restores = chance[:, 1].max() > 0.0 if items > 0 else False
    restoration = np.empty(room if restores else 0, dtype=np.float64)
    used = 0
    number = 0
    while active > 0:
        if used + 2 * active > room:
            return -1
        kept = used + active
        if restores:
            for at in range(used, used + active):
                restoration[at] = time_to_restore(seed, owner[at], number, key, table, family, law, chance)
        for at in range(used, used + active):
            item = owner[at]
            time = coming[at]
            begin[at] = time
            time += draw(family[item, 1], law[item, 2], law[item, 3], table, seed, key[item], REPAIR, number)
            if restores:
                time += restoration[at]
            finish[at] = time
            last[item] += 1
            time += time_to_failure(seed, item, number + 1, key, table, family, law)
            owner[kept] = item
            coming[kept] = time
            kept += int(time < horizon)
        used += active
        active = kept - used
        number += 1
    return by_item(owner, 0, used, begin, finish, begin, first, last)
