"""One replication, and many in a row, compiled: failures, crews, states, then what is counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.engines.arrays import ModelArrays
from simulate.engines.crews import crew_failures
from simulate.engines.failures import by_item, independent_failures
from simulate.engines.states import derive_states
from simulate.engines.utilisation import crew_use, server_use
from simulate.randomness import seed_of_replication

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled()
def replicate(
    model: ModelArrays,
    seed: int,
    begin: Floats,
    finish: Floats,
    started: Floats,
    first: Ints,
    last: Ints,
    own_first: Ints,
    own_last: Ints,
    owner: Ints,
    scratch: Floats,
) -> int:
    """Write when every item is down in the replication of this seed: item `i` at `first[i]:last[i]`, its own failures apart.

    `started` holds when repairs of a crew began. -1 where the room is too small.
    """
    key, table, family, law, chance = model.key, model.table, model.family, model.law, model.chance
    used = independent_failures(
        seed,
        model.horizon,
        model.crew,
        key,
        table,
        family,
        law,
        chance,
        begin,
        finish,
        own_first,
        own_last,
        owner,
        started,
    )
    if used < 0:
        return -1
    if len(model.crew_size) > 0:
        failed = np.empty(len(key), dtype=np.float64)
        link = np.empty(len(key), dtype=np.int64)
        origin = used
        for crew in range(len(model.crew_size)):
            used = crew_failures(
                seed,
                model.horizon,
                model.week_offset,
                model.crew_item[model.crew_first[crew] : model.crew_first[crew + 1]],
                model.crew_size[crew],
                model.shift_begin[model.shift_first[crew] : model.shift_first[crew + 1]],
                model.shift_end[model.shift_first[crew] : model.shift_first[crew + 1]],
                model.priority,
                key,
                table,
                family,
                law,
                chance,
                begin,
                finish,
                started,
                owner,
                used,
                failed,
                link,
            )
            if used < 0:
                return -1
        last[:] = 0
        for at in range(origin, used):
            last[owner[at]] += 1
        used = by_item(owner, origin, used, begin, finish, started, first, last)
        if used < 0:
            return -1
        for at in range(len(model.crew_item)):
            own_first[model.crew_item[at]] = first[model.crew_item[at]]
            own_last[model.crew_item[at]] = last[model.crew_item[at]]
    first[:] = own_first
    last[:] = own_last
    if len(model.derived_cycle) > 0:
        used = derive_states(
            seed,
            model.horizon,
            key,
            table,
            family,
            law,
            model.window_first,
            model.window,
            model.change_first,
            model.change_family,
            model.change,
            model.derived_first,
            model.derived_item,
            model.derived_cycle,
            model.requirement_first,
            model.requirement_down,
            model.member_first,
            model.member,
            model.standby,
            begin,
            finish,
            first,
            last,
            own_first,
            own_last,
            used,
            scratch,
        )
    return used


@compiled()
def replicate_many(
    model: ModelArrays,
    run_seed: int,
    begin_at: int,
    count: int,
    begin: Floats,
    finish: Floats,
    started: Floats,
    owner: Ints,
    scratch: Floats,
    total: Floats,
    squares: Floats,
    outages: Ints,
    breaches: Ints,
    downtime: Floats,
    interruptions: Ints,
    crews: Floats,
    loads: Floats,
) -> int:
    """Play replications from `begin_at` on and add them up: how many could be; less than `count` where room ran out.

    By item: hours down, their squares, outages, outages beyond the objective. By replication and watched item: hours down
    and outages (`downtime`, `interruptions`). By replication and crew: utilisation, repairs, hours waited (`crews`, three
    columns each); by replication and load: utilisation (`loads`).
    """
    items = len(model.key)
    horizon, objectives, watched = model.horizon, model.objective, model.watched
    first = np.empty(items, dtype=np.int64)
    last = np.empty(items, dtype=np.int64)
    own_first = np.empty(items, dtype=np.int64)
    own_last = np.empty(items, dtype=np.int64)
    for replication in range(count):
        seed = seed_of_replication(run_seed, begin_at + replication)
        if replicate(model, seed, begin, finish, started, first, last, own_first, own_last, owner, scratch) < 0:
            return replication
        for place in range(loads.shape[1]):
            used = server_use(
                horizon,
                model.load_member[model.load_first[place] : model.load_first[place + 1]],
                model.load[place, 0],
                model.load[place, 1],
                begin,
                finish,
                first,
                last,
                scratch[0],
                scratch[1],
            )
            if used < 0.0:
                return replication
            loads[replication, place] = used
        for crew in range(len(model.crew_size)):
            busy, repairs, waited = crew_use(
                horizon,
                model.week_offset,
                model.crew_item[model.crew_first[crew] : model.crew_first[crew + 1]],
                model.crew_size[crew],
                model.shift_begin[model.shift_first[crew] : model.shift_first[crew + 1]],
                model.shift_end[model.shift_first[crew] : model.shift_first[crew + 1]],
                begin,
                finish,
                started,
                own_first,
                own_last,
            )
            crews[replication, 3 * crew] = busy
            crews[replication, 3 * crew + 1] = repairs
            crews[replication, 3 * crew + 2] = waited
        for item in range(items):
            if last[item] == first[item]:
                continue
            down = 0.0
            objective = objectives[item]
            for at in range(first[item], last[item]):
                length = min(finish[at], horizon) - begin[at]
                down += length
                if length > objective:
                    breaches[item] += 1
            total[item] += down
            squares[item] += down * down
            outages[item] += last[item] - first[item]
        for place in range(len(watched)):
            item = watched[place]
            down = 0.0
            for at in range(first[item], last[item]):
                down += min(finish[at], horizon) - begin[at]
            downtime[replication, place] = down
            interruptions[replication, place] = last[item] - first[item]
    return count
