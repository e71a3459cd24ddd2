"""Aggregates: one accumulator per group and call; nulls are skipped, DISTINCT goes by equivalence."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import Any

from graph.backends.networkx.durations import Duration
from graph.backends.networkx.errors import ArgumentError, EvaluationError
from graph.backends.networkx.memory import REFERENCE, Hold
from graph.backends.networkx.numbers import int64
from graph.backends.networkx.values import add, identity_key, is_number, sort_key, type_name


class Accumulator:
    """Collects the values of one group; `result` folds them. What it keeps counts in `hold`."""

    __slots__ = ("_distinct", "_fold", "_hold", "_seen", "values")

    def __init__(self, fold: Callable[[list[Any]], Any], distinct: bool, hold: Hold) -> None:
        self.values: list[Any] = []
        self._fold = fold
        self._distinct = distinct
        self._seen: set[Hashable] = set()
        self._hold = hold

    def take(self, value: Any) -> None:
        """Add one value; null is skipped."""
        if value is None:
            return
        if self._distinct:
            key = identity_key(value)
            if key in self._seen:
                return
            self._seen.add(key)
        self._hold.keep(REFERENCE + self._hold.budget.weight(value))
        self.values.append(value)

    def result(self) -> Any:
        return self._fold(self.values)


class ValueCounter:
    """`count(x)`: values that are not null; with DISTINCT, those that differ."""

    __slots__ = ("_distinct", "_hold", "_number", "_seen")

    def __init__(self, distinct: bool, hold: Hold) -> None:
        self._distinct = distinct
        self._number = 0
        self._seen: set[Hashable] = set()
        self._hold = hold

    def take(self, value: Any) -> None:
        """Count one value."""
        if value is None:
            return
        if self._distinct:
            key = identity_key(value)
            if key in self._seen:
                return
            self._seen.add(key)
            self._hold.keep(REFERENCE + self._hold.budget.weight(value))
        self._number += 1

    def result(self) -> int:
        return self._number


class RowCounter:
    """`count(*)`."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows = 0

    def take(self, _value: Any) -> None:
        self.rows += 1

    def result(self) -> int:
        return self.rows


def fold_of(name: str, parameter: float | None = None) -> Callable[[list[Any]], Any]:
    """What an aggregate does with the values of a group; `parameter` is the percentile."""
    match name.lower():
        case "collect":
            return list
        case "sum":
            return _sum
        case "avg":
            return _mean
        case "min":
            return lambda values: min(values, key=sort_key, default=None)
        case "max":
            return lambda values: max(values, key=sort_key, default=None)
        case "stdev":
            return lambda values: _deviation(values, 1)
        case "stdevp":
            return lambda values: _deviation(values, 0)
        case "percentilecont":
            return lambda values: _percentile(values, parameter, continuous=True)
        case "percentiledisc":
            return lambda values: _percentile(values, parameter, continuous=False)
    raise EvaluationError(f"no aggregate {name!r}")


def _numbers(values: list[Any], name: str) -> None:
    for value in values:
        if not is_number(value):
            raise EvaluationError(f"{name}() of a {type_name(value)}", hint="aggregate a numeric property")


def _sum(values: list[Any]) -> Any:
    if values and isinstance(values[0], Duration):
        total: Any = Duration()
        for value in values:
            total = add(total, value)
        return total
    _numbers(values, "sum")
    if all(type(value) is int for value in values):
        return int64(sum(values))
    return _total(values)


def _total(values: list[Any]) -> float:
    """The sum of floats with one rounding; infinite or NaN where the plain sum is."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return float(sum(values))


def _mean(values: list[Any]) -> Any:
    if not values:
        return None
    if isinstance(values[0], Duration):
        return _sum(values).scaled(Fraction(1, len(values)))
    _numbers(values, "avg")
    total = _total(values)
    if math.isinf(total) and all(map(math.isfinite, values)):  # the sum overflows, the mean does not
        return math.fsum(value / len(values) for value in values)
    return total / len(values)


def _deviation(values: list[Any], degrees: int) -> float | None:
    _numbers(values, "stDev")
    if len(values) <= degrees:
        return 0.0 if values else None
    mean = _mean(values)
    return math.sqrt(_total([(value - mean) * (value - mean) for value in values]) / (len(values) - degrees))


def _percentile(values: list[Any], share: float | None, *, continuous: bool) -> Any:
    _numbers(values, "percentile")
    if share is None or not 0 <= share <= 1:
        raise ArgumentError(f"the percentile {share!r} is not between 0 and 1")
    if not values:
        return None
    ordered = sorted(values)
    if not continuous:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = math.ceil(place)
    return ordered[low] if low == high else ordered[low] * (high - place) + ordered[high] * (place - low)
