"""The flat event log: one record per event, the same from every engine."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class What(IntEnum):
    """What happened to an item. `DOWN` and `UP` are told of items whose state follows from others, from plans or a failover."""

    FAILED = 0
    REPAIR_STARTED = 1
    REPAIRED = 2
    MAINTENANCE_STARTED = 3
    MAINTENANCE_ENDED = 4
    CHANGE_FAILED = 5
    CHANGE_RECOVERED = 6
    DOWN = 7
    UP = 8
    FAILED_OVER = 9


class Event(NamedTuple):
    """When (hours), which item (its position in the model), what. Logs are in this order."""

    time: float
    item: int
    what: What
