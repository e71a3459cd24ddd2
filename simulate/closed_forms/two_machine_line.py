"""The deterministic line of two machines that fail and a buffer: one piece per cycle, exact, as a Markov chain.

Conventions of S. B. Gershwin, Manufacturing Systems Engineering (1994), chapter 3 (J. A. Buzacott's model): the machines
change first, then the buffer; a machine that is starved or blocked does not fail; the first never lacks pieces, the last
never lacks room.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulate.closed_forms.markov_chain import solve

MOST_STATES: Final = 40_000
State = tuple[int, bool, bool]


@dataclass(frozen=True, slots=True)
class TwoMachineLine:
    """Both machines alike: probability to fail and to be repaired in a cycle; `buffer` places between them."""

    failure: float
    repair: float
    buffer: int


def production_rate(line: TwoMachineLine) -> float:
    """Pieces per cycle. Raises ChainTooLarge beyond `MOST_STATES`."""

    def moves(state: State) -> Iterator[tuple[State, float]]:
        return ((following, share) for following, share, _ in _cycle(line, state))

    probabilities = solve((0, True, True), moves, MOST_STATES)
    return sum(
        share * next_share * made
        for state, share in probabilities.items()
        for _, next_share, made in _cycle(line, state)
    )


def _cycle(line: TwoMachineLine, state: State) -> Iterator[tuple[State, float, bool]]:
    """What follows a state: the state, its probability, and whether the last machine makes a piece."""
    level, first, second = state
    has_room, has_piece = level < line.buffer, level > 0
    for first_up in (True, False):
        for second_up in (True, False):
            share = _becomes(line, first, first_up, has_room) * _becomes(line, second, second_up, has_piece)
            if share > 0.0:
                made = second_up and has_piece
                yield (level + (first_up and has_room) - made, first_up, second_up), share, made


def _becomes(line: TwoMachineLine, up: bool, then_up: bool, works: bool) -> float:
    if up:
        fails = line.failure if works else 0.0
        return 1.0 - fails if then_up else fails
    return line.repair if then_up else 1.0 - line.repair
