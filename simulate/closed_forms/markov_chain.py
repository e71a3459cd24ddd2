"""Stationary distributions of finite Markov chains, explored from one state and solved as a sparse linear system.

Source: W. J. Stewart, Introduction to the Numerical Solution of Markov Chains (1994), chapter 2: one balance equation is
redundant, and the sum of the probabilities stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import spsolve

State = TypeVar("State", bound=Hashable)


class ChainTooLarge(Exception):
    """More states than the bound; not for users, who are told of the model that it was made for."""


def solve(start: State, moves: Callable[[State], Iterable[tuple[State, float]]], most: int) -> dict[State, float]:
    """The probability of each state that can be reached from `start`; `moves` gives what follows a state, with rates.

    Rates of a chain in continuous time and probabilities of one in discrete time do equally: moves that stay are left
    out. One class of states must be left to run in for ever. Raises ChainTooLarge above `most` states.
    """
    numbers: dict[State, int] = {start: 0}
    waiting = [start]
    origins: list[int] = []
    ends: list[int] = []
    rates: list[float] = []
    while waiting:
        state = waiting.pop()
        origin = numbers[state]
        for following, rate in moves(state):
            if rate <= 0.0 or following == state:
                continue
            end = numbers.get(following)
            if end is None:
                end = numbers[following] = len(numbers)
                if end >= most:
                    raise ChainTooLarge
                waiting.append(following)
            origins.append(origin)
            ends.append(end)
            rates.append(rate)
    probabilities = _stationary(len(numbers), np.array(origins), np.array(ends), np.array(rates, float))
    return {state: float(probabilities[number]) for state, number in numbers.items()}


def _stationary(
    size: int, origins: NDArray[np.int64], ends: NDArray[np.int64], rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    if size == 1:
        return np.ones(1)
    # Balance (inflow - outflow = 0) of all states but the first, whose probability is one until all are divided by their
    # sum: a row of ones in the system would fill its factors.
    balanced, known = ends != 0, origins == 0
    inner = balanced & ~known
    leaving = ~known
    rows = np.concatenate((ends[inner], origins[leaving])) - 1
    columns = np.concatenate((origins[inner], origins[leaving])) - 1
    values = np.concatenate((rates[inner], -rates[leaving]))
    right = np.zeros(size - 1)
    np.subtract.at(right, ends[balanced & known] - 1, rates[balanced & known])
    system = csc_array(coo_array((values, (rows, columns)), shape=(size - 1, size - 1)))
    weights = np.concatenate(([1.0], np.atleast_1d(spsolve(system, right))))
    return np.asarray(weights / weights.sum())
