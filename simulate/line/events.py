"""The event log of a line: one record per event, the same of both engines."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class What(IntEnum):
    """What happened to a piece or a machine. A piece that is turned away has arrived before."""

    ARRIVED = 0
    TURNED_AWAY = 1
    SETUP_STARTED = 2
    STARTED = 3
    FAILED = 4
    REPAIRED = 5
    PROCESSED = 6
    BLOCKED = 7
    MOVED_ON = 8
    SENT_BACK = 9
    SCRAPPED = 10
    COMPLETED = 11


class Event(NamedTuple):
    """At a time (minutes) to a piece (by order of arrival), on a machine (of all, in the order of stages; -1: on none)."""

    time: float
    machine: int
    what: What
    piece: int
