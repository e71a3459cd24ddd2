"""An objective whose values are worked out on several processes, as long as they are asked for ahead of their use.

A configuration is always played by the same process, which then builds its model once. Values depend on the configuration and
on indexes of replications alone, and are asked for in the same pieces whatever the number of processes: so are the answers, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal

from simulate.optimise.choices import Configuration
from simulate.optimise.objective import Floats, Objective

Piece = tuple[Configuration, int, int]
"""A configuration, the first of some replications, and how many of them."""

Ahead = Callable[[Sequence[Piece]], None]
"""Called with pieces that will be asked for next."""


def not_ahead(_pieces: Sequence[Piece]) -> None:
    """Each piece is worked out when it is asked for."""


class Shared:
    """An objective on some pools of one process each; what was asked for ahead is under way there."""

    def __init__(self, objective: Objective, pools: Sequence[ProcessPoolExecutor]) -> None:
        self._events = objective.events
        self._pools = pools
        self._place: dict[Configuration, int] = {}
        self._coming: dict[Piece, Future[Floats]] = {}

    @property
    def events(self) -> float:
        return self._events

    def ahead(self, pieces: Sequence[Piece]) -> None:
        """Begin to work these out."""
        for piece in pieces:
            if piece not in self._coming:
                self._coming[piece] = self._submit(piece)

    def values(self, configuration: Configuration, begin: int, count: int) -> Floats:
        piece = configuration, begin, count
        coming = self._coming.pop(piece, None)
        return (coming or self._submit(piece)).result()

    def _submit(self, piece: Piece) -> Future[Floats]:
        place = self._place.setdefault(piece[0], len(self._place) % len(self._pools))
        return self._pools[place].submit(_values, *piece)


@contextmanager
def shared(objective: Objective, processes: int) -> Iterator[tuple[Objective, Ahead]]:
    """The objective on so many processes, and how it is asked ahead. It is sent to each of them once."""
    if processes == 1:
        yield objective, not_ahead
        return
    with ExitStack() as stack:
        # processes that begin anew: one that was copied from a process with threads may wait for a lock forever
        pools = [ProcessPoolExecutor(1, get_context("spawn"), _begin, (objective,)) for _ in range(processes)]
        for pool in pools:
            stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        found = Shared(objective, pools)
        yield found, found.ahead


_objectives: list[Objective] = []
"""The one objective of a process of a pool, from its beginning to its end."""


def _begin(objective: Objective) -> None:
    signal(SIGINT, SIG_IGN)  # who interrupts the search is asked by it whether to stop
    _objectives.append(objective)


def _values(configuration: Configuration, begin: int, count: int) -> Floats:
    return _objectives[0].values(configuration, begin, count)
