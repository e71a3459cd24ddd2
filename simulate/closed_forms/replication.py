"""Asynchronous replication: how much is lost in a disaster, where snapshots start at intervals and take time to arrive.

What was taken last and has arrived counts: right before an arrival the data are transfer + interval old, right after it
transfer. A disaster is equally likely at any moment of the cycle. Transfers may overlap, so that any pair is possible.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AsynchronousReplication:
    """Minutes between snapshots, and minutes that one takes to arrive."""

    interval: float
    transfer: float


def lost_minutes(replication: AsynchronousReplication) -> tuple[float, float]:
    """The mean and the greatest loss, in minutes: the recovery point that is reached."""
    return replication.transfer + replication.interval / 2.0, replication.transfer + replication.interval
