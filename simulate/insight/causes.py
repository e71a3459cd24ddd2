"""What brought something down: read from one replication, at a moment, by following what is not met to what is down by itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from simulate.engines.events import What
from simulate.engines.history import History
from simulate.model.items import OWN_PART

BEGINS = (What.MAINTENANCE_STARTED, What.CHANGE_FAILED)

Spans = tuple[list[float], list[float]]
"""Begins and ends, in order of the begins."""


class Causes:
    """Asked about one replication."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._items = history.model.items
        self._horizon = history.model.horizon
        self._own: dict[int, list[tuple[float, float]]] = {}

    @cached_property
    def _down(self) -> list[Spans]:
        history = self._history
        begins, ends = history.begin.tolist(), history.finish.tolist()
        spans = zip(history.first.tolist(), history.last.tolist(), strict=True)
        return [(begins[first:last], ends[first:last]) for first, last in spans]

    def outages(self, item: int) -> Iterator[tuple[float, float, frozenset[int]]]:
        """Parts of the outages of an item (begin, end), each with what was down by itself and caused it.

        They are looked for when the outage begins, and again whenever one of them is over.
        """
        for begin, finish in self._history.downtime(item):
            time = begin
            while time < finish:
                found = self.at(item, time)
                until = min([finish, *(end for end in found.values() if end > time)])
                yield time, until, frozenset(found)
                time = until

    def at(self, item: int, time: float) -> dict[int, float]:
        """What is down by itself and causes that an item is down at a moment, each with the end of that reason."""
        found: dict[int, float] = {}
        seen = {item}
        waiting = [item]
        while waiting:
            at = waiting.pop()
            end = self._by_itself(at, time)
            if end is not None:
                found[at] = end
            about = self._items[at]
            needed = [
                member
                for one in about.requires
                if sum(1 for member in one.of if not self._is_down(member, time)) < one.needed
                for member in one.of
            ]
            if about.failover is not None:
                needed.append(about.failover.standby)
            for other in needed:
                if other not in seen and self._is_down(other, time):
                    seen.add(other)
                    waiting.append(other)
        return found

    def _is_down(self, item: int, time: float) -> bool:
        begins, ends = self._down[item]
        if not begins:
            return False
        at = bisect_right(begins, time) - 1
        return at >= 0 and time < ends[at]

    def _by_itself(self, item: int, time: float) -> float | None:
        """When the last of the reasons of its own is over that hold at a moment; None where there is none."""
        ends = [end for begin, end in self._reasons(item) if begin <= time < end]
        return max(ends, default=None)

    def _reasons(self, item: int) -> list[tuple[float, float]]:
        known = self._own.get(item)
        if known is None:
            history = self._history
            own = slice(history.own_first[item], history.own_last[item])
            known = list(zip(history.begin[own].tolist(), history.finish[own].tolist(), strict=True))
            known += _pairs(history, item)
            self._own[item] = known
        return known


def _pairs(history: History, item: int) -> list[tuple[float, float]]:
    """Maintenance and failed changes of an item: each begin is followed by its end in what the history tells."""
    events = list(history.planned(item))
    return [(one.time, other.time) for one, other in zip(events[::2], events[1::2], strict=True) if one.what in BEGINS]


def of_item(identity: str) -> str:
    """The identity in the twin of what a model may have split."""
    return identity.removesuffix(OWN_PART)
