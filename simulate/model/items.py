"""What a simulation is about. Start here: items that fail, what they require, crews that repair them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import blake2b
from typing import Final

from simulate.distributions import Distribution
from simulate.load.component import LoadedItem

WEEK: Final = 168.0
"""Hours."""

CHANGE: Final = "Change"
"""The kind of items that are no configuration items: changes that the twin plans, needed by what they touch."""

OWN_PART: Final = "#own"
"""Added to the identity of what fails over: the part of it that fails."""


class Stream(IntEnum):
    """Which random numbers of an item: the n-th failure, the n-th repair and so on, each a stream of its own."""

    FAILURE = 0
    REPAIR = 1
    CHANGE_OUTCOME = 2
    CHANGE_RECOVERY = 3
    FAILOVER = 4
    RESTORE_NEEDED = 5
    RESTORE = 6
    REPLICATION_LAG = 7


@dataclass(frozen=True, slots=True)
class Requirement:
    """At least `needed` of these items (positions in the model) must be up."""

    needed: int
    of: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Crew:
    """`size` repairs at a time, begun within the shifts only (hours of the week, from, to; always without any).

    Who waits is served by priority (the lowest number first), then by time of failure, then by position in the model. A
    repair that has begun is not interrupted, and goes on after the end of the shift.
    """

    name: str
    size: int
    shifts: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """The item is down on purpose for `duration` hours from `begin` on, again `every` hours (once, where 0)."""

    begin: float
    duration: float
    every: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """Changes at `begin`, then `every` hours (once, where 0) before `until`; each fails with a probability and is recovered from."""

    begin: float
    failure_probability: float
    recovery: Distribution
    every: float = 0.0
    until: float = math.inf


@dataclass(frozen=True, slots=True)
class Failover:
    """What another item takes over after some time whenever this one is down, until this one is back.

    `lag` is the age of the replica, in hours, that is: the data that are lost. None: none are.
    """

    standby: int
    duration: Distribution
    lag: Distribution | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup every so many hours from `begin` on. Some failures need it: the repair takes longer, what came later is lost."""

    every: float
    restore_probability: float
    restore: Distribution
    begin: float = 0.0


@dataclass(frozen=True, slots=True)
class Item:
    """A configuration item. Without `failure` it never fails by itself; without `crew` its repair begins at once.

    It is down while it is being repaired, maintained or recovered, and while a requirement is not met. Its own failures
    come on as if nothing else were down: other items never change its age. `id` is the identity in the twin, and the
    key of its random numbers: the same item has the same chance in every scenario. Objectives are in hours.
    """

    id: str
    name: str
    kind: str
    failure: Distribution | None = None
    repair: Distribution | None = None
    crew: int | None = None
    priority: int = 0
    requires: tuple[Requirement, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    changes: tuple[ChangePlan, ...] = ()
    failover: Failover | None = None
    backup: Backup | None = None
    recovery_time_objective: float | None = None
    recovery_point_objective: float | None = None

    @property
    def key(self) -> int:
        """The component of the keys of its random numbers, 56 bits."""
        return int.from_bytes(blake2b(self.id.encode(), digest_size=7).digest())

    @property
    def needs(self) -> tuple[int, ...]:
        """Positions of all that its state depends on."""
        standby = () if self.failover is None else (self.failover.standby,)
        return tuple(dict.fromkeys([*(member for one in self.requires for member in one.of), *standby]))


@dataclass(frozen=True)
class Model:
    """Items in a fixed order, crews, and how long it goes on (hours). The week begins `week_offset` hours before time 0.

    `notes` say what of the estate is not played, `loads` what components have to serve: it is in what they require.
    """

    items: tuple[Item, ...]
    horizon: float
    crews: tuple[Crew, ...] = ()
    watched: tuple[int, ...] = ()
    week_offset: float = 0.0
    notes: tuple[str, ...] = ()
    loads: tuple[LoadedItem, ...] = ()

    @cached_property
    def keys(self) -> tuple[int, ...]:
        """Keys of items."""
        return tuple(item.key for item in self.items)

    @cached_property
    def position(self) -> dict[str, int]:
        """Positions of items by identity."""
        return {item.id: at for at, item in enumerate(self.items)}
