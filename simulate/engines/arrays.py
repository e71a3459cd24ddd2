"""A model as arrays, the form that kernels read. Rows are items by position; families are -1 where there is no law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulate.distributions import Distribution
from simulate.model.items import Item, Model
from simulate.model.order import groups_in_order
from simulate.randomness import EXPONENTIAL, GAMMA, LOGNORMAL, WEIBULL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

NONE = -1


class ModelArrays(NamedTuple):
    """All that a replication needs to know. `x_first[i]:x_first[i + 1]` are the rows of item (crew, requirement) `i` in `x`.

    Laws of an item are columns: failure, repair, restoration, failover; each has a family and two numbers in `law`. Few
    arrays, each passed as itself to compiled functions: a tuple of them would be counted reference by reference at each call.
    """

    horizon: float
    week_offset: float
    key: Words
    table: Floats  # values of empirical laws, one after the other
    family: Ints  # item x 4
    law: Floats  # item x 8
    chance: Floats  # item x 2: a first number at or above it means no failure before the horizon; share of restorations
    crew: Ints
    priority: Ints
    crew_first: Ints  # items of crews
    crew_item: Ints
    crew_size: Ints
    shift_first: Ints
    shift_begin: Floats
    shift_end: Floats
    window_first: Ints
    window: Floats  # begin, every, duration
    change_first: Ints
    change_family: Ints
    change: Floats  # begin, every, probability, two numbers of the law of recovery, end
    derived_first: Ints  # groups of items whose state follows from others, in order
    derived_item: Ints
    derived_cycle: Ints  # 1 where a group is a cycle
    requirement_first: Ints
    requirement_down: Ints  # as many members down break it
    member_first: Ints
    member: Ints
    standby: Ints
    objective: Floats  # recovery time, in hours; infinite without one
    watched: Ints
    load_first: Ints  # what serves a load: the members of a cluster, or an item by itself
    load_member: Ints
    load: Floats  # servers at each member, servers that are busy where there are enough


def compile_model(model: Model) -> ModelArrays:
    """The arrays of a model that `simulate.model.check` has passed."""
    items = model.items
    table: list[float] = []
    laws = [
        _laws(some, table)
        for some in (
            [item.failure for item in items],
            [item.repair for item in items],
            [None if item.backup is None else item.backup.restore for item in items],
            [None if item.failover is None else item.failover.duration for item in items],
        )
    ]
    plans = [plan for item in items for plan in item.changes]
    recovery = _laws([plan.recovery for plan in plans], table)
    requirements = [one for item in items for one in item.requires]
    by_crew = [[at for at, item in enumerate(items) if item.crew == crew] for crew in range(len(model.crews))]
    shifts = [shift for crew in model.crews for shift in crew.shifts]
    groups = [
        group for group in groups_in_order([item.needs for item in items]) if any(_derived(items[at]) for at in group)
    ]
    return ModelArrays(
        horizon=float(model.horizon),
        week_offset=float(model.week_offset),
        key=np.array(model.keys, dtype=np.uint64),
        table=np.array([0.0, *table]),
        family=_table([[law[0] for law in row] for row in zip(*laws, strict=True)], 4, np.int64),
        law=_table([[number for law in row for number in law[1:]] for row in zip(*laws, strict=True)], 8, np.float64),
        chance=_table(
            [
                [
                    _share_before(item.failure, model.horizon),
                    0.0 if item.backup is None else item.backup.restore_probability,
                ]
                for item in items
            ],
            2,
            np.float64,
        ),
        crew=_ints(NONE if item.crew is None else item.crew for item in items),
        priority=_ints(item.priority for item in items),
        crew_first=_offsets([len(some) for some in by_crew]),
        crew_item=_ints(at for some in by_crew for at in some),
        crew_size=_ints(crew.size for crew in model.crews),
        shift_first=_offsets([len(crew.shifts) for crew in model.crews]),
        shift_begin=np.array([begin for begin, _ in shifts], dtype=np.float64),
        shift_end=np.array([end for _, end in shifts], dtype=np.float64),
        window_first=_offsets([len(item.maintenance) for item in items]),
        window=_table(
            [[one.begin, one.every, one.duration] for item in items for one in item.maintenance], 3, np.float64
        ),
        change_first=_offsets([len(item.changes) for item in items]),
        change_family=_ints(family for family, _, _ in recovery),
        change=_table(
            [
                [plan.begin, plan.every, plan.failure_probability, first, second, plan.until]
                for plan, (_, first, second) in zip(plans, recovery, strict=True)
            ],
            6,
            np.float64,
        ),
        derived_first=_offsets([len(group) for group in groups]),
        derived_item=_ints(at for group in groups for at in group),
        derived_cycle=_ints(int(len(group) > 1 or group[0] in items[group[0]].needs) for group in groups),
        requirement_first=_offsets([len(item.requires) for item in items]),
        requirement_down=_ints(len(one.of) - one.needed + 1 for one in requirements),
        member_first=_offsets([len(one.of) for one in requirements]),
        member=_ints(member for one in requirements for member in one.of),
        standby=_ints(NONE if item.failover is None else item.failover.standby for item in items),
        objective=np.array(
            [np.inf if item.recovery_time_objective is None else item.recovery_time_objective for item in items],
            dtype=np.float64,
        ),
        watched=_ints(model.watched),
        load_first=_offsets([len(one.served_by) for one in model.loads]),
        load_member=_ints(member for one in model.loads for member in one.served_by),
        load=_table(
            [[one.load.servers / len(one.served_by), one.load.arrivals * one.load.service] for one in model.loads],
            2,
            np.float64,
        ),
    )


def _derived(item: Item) -> bool:
    return bool(item.requires or item.failover or item.maintenance or item.changes)


def _ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _table(rows: Sequence[Sequence[float]], width: int, kind: Any) -> Any:
    return np.array(rows, dtype=kind).reshape(len(rows), width)


def _offsets(counts: Sequence[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


def law_of(distribution: Distribution | None, table: list[float]) -> tuple[int, float, float]:
    """The numbers that `simulate.randomness.draw` takes; values of a law are added to the table (after its first)."""
    if distribution is None:
        return NONE, 0.0, 0.0
    if distribution.values:
        begin = 1 + len(table)
        table.extend(distribution.values)
        return distribution.family, float(begin), float(len(distribution.values))
    return distribution.family, distribution.first, distribution.second


def _laws(distributions: Sequence[Distribution | None], table: list[float]) -> list[tuple[int, float, float]]:
    return [law_of(distribution, table) for distribution in distributions]


def _share_before(distribution: Distribution | None, horizon: float) -> float:
    """The probability of a draw below the horizon, rounded up a little: a number above it spares the draw."""
    if distribution is None:
        return 0.0
    first, second = distribution.first, distribution.second
    share = 1.0
    if distribution.family == EXPONENTIAL:
        share = float(-np.expm1(-horizon / first))
    elif distribution.family == WEIBULL:
        share = float(-np.expm1(-((horizon / first) ** second)))
    elif distribution.family == LOGNORMAL:
        share = float(special.ndtr((np.log(horizon) - first) / second))
    elif distribution.family == GAMMA:
        share = float(special.gammainc(second, horizon / first))
    return min(1.0, share * (1.0 + 1e-7) + 1e-12)
