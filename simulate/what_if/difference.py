"""Differences between two runs that share their random numbers, for each thing that is watched and for groups of them.

Replication i of both runs has the same chance, so that the interval is that of their paired differences (Student's t; see
simulate/statistics/paired.py), much narrower than the difference of two intervals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from simulate.engines.arrays import Floats
from simulate.engines.summary import RunResult
from simulate.errors import SimulationError
from simulate.statistics.paired import paired_difference


class Measure(StrEnum):
    """What of one replication is compared; of a group the sum, or the mean of the availabilities. Utilisation is of crews and queues."""

    HOURS_DOWN = "hours_down"
    OUTAGES = "outages"
    AVAILABILITY = "availability"
    UTILISATION = "utilisation"


OF_ITEMS: Final = (Measure.HOURS_DOWN, Measure.OUTAGES, Measure.AVAILABILITY)
CREW: Final = "crew"


@dataclass(frozen=True, slots=True)
class Group:
    """Watched items (by identity) that are told together, such as the services of an entity."""

    id: str
    name: str
    kind: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """`difference` is changed - base, with its 95 % interval, per replication.

    In `differing` of the replications the two were not the same: an interval that rests on few of them is to be mistrusted.
    `correlation` tells how much the common random numbers helped.
    """

    id: str
    name: str
    kind: str
    measure: Measure
    base: float
    changed: float
    difference: float
    low: float
    high: float
    differing: int
    correlation: float

    @property
    def is_told_apart(self) -> bool:
        """Whether zero lies outside of the interval."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True, slots=True)
class Differences:
    """`single` things are those that both runs watch; `groups` in the order of the asked ones, those without members left out;
    `used` are crews (without an identity in the twin) and queues that both runs have.

    `replications` are pairs. `only_base` and `only_changed` are names of what only one of the two watches.
    """

    replications: int
    single: tuple[Difference, ...]
    groups: tuple[tuple[Difference, ...], ...]
    used: tuple[Difference, ...]
    only_base: tuple[str, ...]
    only_changed: tuple[str, ...]


def differences(base: RunResult, changed: RunResult, groups: Sequence[Iterable[Group]] = ()) -> Differences:
    """Compare two runs. Raises SimulationError where they cannot be paired."""
    if (base.seed, base.model.horizon) != (changed.seed, changed.model.horizon):
        raise SimulationError("runs of another seed or duration cannot be paired", hint="give both the same")
    pairs = np.intersect1d(base.replication, changed.replication)
    if len(pairs) < 2:
        raise SimulationError(f"{len(pairs)} pairs of replications give no interval", hint="two at least")
    before, after = _Table(base, pairs), _Table(changed, pairs)
    both = [id_ for id_ in before.column if id_ in after.column]
    about = {id_: base.model.items[base.model.position[id_]] for id_ in both}
    single = [Group(id_, about[id_].name, about[id_].kind, (id_,)) for id_ in both]
    return Differences(
        len(pairs),
        tuple(_each(single, before, after)),
        tuple(tuple(_each(_held(some, about), before, after)) for some in groups),
        tuple(_used(base, changed, pairs)),
        tuple(before.names[id_] for id_ in before.column if id_ not in after.column),
        tuple(after.names[id_] for id_ in after.column if id_ not in before.column),
    )


def _held(groups: Iterable[Group], both: Mapping[str, object]) -> Iterable[Group]:
    for group in groups:
        members = tuple(member for member in group.members if member in both)
        if members:
            yield Group(group.id, group.name, group.kind, members)


class _Table:
    """Values by replication, of columns by identity."""

    def __init__(self, run: RunResult, pairs: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        items = [run.model.items[at] for at in run.model.watched]
        rows = np.searchsorted(run.replication, pairs)
        self.column = {item.id: at for at, item in enumerate(items)}
        self.names = {item.id: item.name for item in items}
        self.horizon = run.model.horizon
        self.down = run.downtime[rows]
        self.outages = run.interruptions[rows]

    def values(self, members: Sequence[str], measure: Measure) -> Floats:
        """One number per replication."""
        at = [self.column[member] for member in members]
        if measure is Measure.OUTAGES:
            return np.asarray(self.outages[:, at].sum(axis=1), float)
        down = self.down[:, at]
        values: Floats = down.sum(axis=1) if measure is Measure.HOURS_DOWN else 1.0 - down.mean(axis=1) / self.horizon
        return values


def _each(groups: Iterable[Group], before: _Table, after: _Table) -> Iterable[Difference]:
    for group in groups:
        for measure in OF_ITEMS:
            values = before.values(group.members, measure), after.values(group.members, measure)
            yield _paired((group.id, group.name, group.kind), measure, *values)


def _paired(about: tuple[str, str, str], measure: Measure, base: Floats, changed: Floats) -> Difference:
    found = paired_difference(base, changed)
    return Difference(
        *about,
        measure,
        float(base.mean()),
        float(changed.mean()),
        found.interval.mean,
        found.interval.low,
        found.interval.high,
        int(np.count_nonzero(base != changed)),
        found.correlation,
    )


def _used(
    base: RunResult, changed: RunResult, pairs: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Iterable[Difference]:
    """Crews by name, then queues by identity."""
    before, after = _use(base, pairs), _use(changed, pairs)
    for key, (about, values) in before.items():
        if key in after:
            yield _paired(about, Measure.UTILISATION, values, after[key][1])


def _use(
    run: RunResult, pairs: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> dict[tuple[str, str], tuple[tuple[str, str, str], Floats]]:
    rows = np.searchsorted(run.replication, pairs)
    crews = {
        (CREW, crew.name): (("", crew.name, CREW), run.crews[rows, 3 * at]) for at, crew in enumerate(run.model.crews)
    }
    loads = {
        ("", one.id): ((one.id, one.name, one.kind), run.loads[rows, at]) for at, one in enumerate(run.model.loads)
    }
    return {**crews, **loads}
