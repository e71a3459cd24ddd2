"""Which relation types have a relation from a node to itself: ladybug meets it twice where a pattern has no direction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from graph.model import EdgeChange, Operation


class Loops:
    """Asks the store once per type, then watches deltas. A loop that was deleted may still be reported."""

    def __init__(self, look: Callable[[str], bool]) -> None:
        self._look = look
        self._known: dict[str, bool] = {}
        self._lock = Lock()

    def among(self, types: Iterable[str]) -> bool:
        """Whether one of the types may have a loop."""
        with self._lock:
            for type_ in types:
                if type_ not in self._known:
                    self._known[type_] = self._look(type_)
                if self._known[type_]:
                    return True
        return False

    def apply(self, changes: Iterable[EdgeChange]) -> bool:
        """Note the loops of a delta; whether one appeared where none was."""
        found = {c.type for c in changes if c.start == c.end and c.operation is Operation.CREATE}
        with self._lock:
            appeared = any(self._known.get(type_) is False for type_ in found)
            self._known.update(dict.fromkeys(found, True))
        return appeared

    def clear(self) -> None:
        """Forget everything: the store was emptied."""
        with self._lock:
            self._known.clear()
