"""Stationary distributions of finite Markov chains, explored from one state and solved as a sparse linear system.

Source: W. J. Stewart, Introduction to the Numerical Solution of Markov Chains (1994), chapter 2: one balance equation is
redundant, and the sum of the probabilities stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

State = TypeVar("State", bound=Hashable)
_STEPS: Final = 200


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
    """Probabilities of the states; zero for those that the chain leaves for good."""
    probabilities = np.zeros(size)
    if len(origins) == 0:
        return np.ones(1)
    _, classes = connected_components(coo_array((rates, (origins, ends)), shape=(size, size)), connection="strong")
    left = np.unique(classes[origins[classes[origins] != classes[ends]]])
    recurrent = np.flatnonzero(~np.isin(classes, left))
    numbers = np.full(size, -1)
    numbers[recurrent] = np.arange(len(recurrent))
    inside = numbers[origins] >= 0
    probabilities[recurrent] = _irreducible(
        len(recurrent), numbers[origins[inside]], numbers[ends[inside]], rates[inside]
    )
    return probabilities


def _irreducible(
    size: int, origins: NDArray[np.int64], ends: NDArray[np.int64], rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Balance (inflow - outflow = 0) of all states but one, whose probability is one until all are divided by their sum.

    A row of ones in the system instead would fill its factors. The one is a likely state, after some steps of the chain:
    relative to a state of probability 10^-400 nothing can be told.
    """
    if size == 1:
        return np.ones(1)
    rows, columns = np.concatenate((ends, origins)), np.concatenate((origins, origins))
    flows = csc_array(coo_array((np.concatenate((rates, -rates)), (rows, columns)), shape=(size, size)))
    step = 1.0 / np.bincount(origins, rates, size).max()
    shares = np.full(size, 1.0 / size)
    for _ in range(_STEPS):
        shares = shares + step * (flows @ shares)
    known = int(np.argmax(shares))
    others = np.flatnonzero(np.arange(size) != known)
    balance = flows[others]
    right = -balance[:, [known]].toarray().ravel()
    weights = np.ones(size)
    weights[others] = np.atleast_1d(spsolve(balance[:, others].tocsc(), right))
    return np.asarray(weights / weights.sum())
