"""Serial production lines: exponential stations, finite buffers, blocking after service; exact, as a Markov chain.

The first station always has something to do, the last is never blocked. The state is, per pair of neighbours, how many
have left the one's service and not yet the other's: all else follows from it.
Sources: G. C. Hunt, Sequential arrays of waiting lines (1956); F. S. Hillier and R. W. Boling (1967).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulate.closed_forms.markov_chain import solve

MOST_STATES: Final = 12_000
"""Where the sparse system takes seconds; beyond it a line is simulated."""


@dataclass(frozen=True, slots=True)
class SerialLine:
    """Service rates per station, and the places of the buffers between them, one less."""

    service_rates: tuple[float, ...]
    buffers: tuple[int, ...]


def throughput(line: SerialLine) -> float:
    """Pieces per unit of time. Raises ChainTooLarge beyond `MOST_STATES`."""
    last = len(line.service_rates) - 1
    if last == 0:
        return line.service_rates[0]

    def moves(state: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], float]]:
        blocked = _blocked(state, line.buffers)
        for station, rate in enumerate(line.service_rates):
            if blocked[station] or (station > 0 and state[station - 1] == 0):
                continue
            following = list(state)
            if station > 0:
                following[station - 1] -= 1
            if station < last:
                following[station] += 1
            yield tuple(following), rate

    probabilities = solve((0,) * last, moves, MOST_STATES)
    return line.service_rates[-1] * sum(share for state, share in probabilities.items() if state[-1] > 0)


def _blocked(state: tuple[int, ...], buffers: tuple[int, ...]) -> list[bool]:
    """Whether each station holds a piece that it cannot hand on: the next one's place, if that is blocked, is not its own."""
    blocked = [False] * (len(state) + 1)
    for station in range(len(state) - 1, -1, -1):
        blocked[station] = state[station] == buffers[station] + 2 - blocked[station + 1]
    return blocked
