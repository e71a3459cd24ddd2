"""Where a generator's choices come from: Hypothesis, which can shrink them, or a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Numbers(Protocol):
    """Gives whole numbers within bounds, both included; the first is the simplest."""

    def __call__(self, low: int, high: int) -> int: ...


class Choices:
    """What generators ask. The simplest outcome of every method is the first, the least, or no."""

    def __init__(self, number: Numbers) -> None:
        self.number = number

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.number(0, 99) >= 100 - percent

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        at = self.number(0, sum(weight for weight, _ in options) - 1)
        for weight, option in options:
            if at < weight:
                return option
            at -= weight
        raise AssertionError("weights are positive")


@cache
def _between(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


def drawn(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Choices:
    """Choices that Hypothesis makes and shrinks."""
    return Choices(lambda low, high: low if low == high else draw(_between(low, high)))


def seeded(seed: int | str) -> Choices:
    """Choices of a seed."""
    random = Random(seed)
    return Choices(lambda low, high: random.randint(low, high))
