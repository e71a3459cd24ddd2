"""What a single model is: its parameters, its metrics, its closed form and its simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulate.single.parameters import Parameter

if TYPE_CHECKING:
    from simulate.statistics.replications import Experiment

CLOSED_FORM: Final = "closed form"
SIMULATION: Final = "simulation"
Value = float | tuple[float, ...]
"""A metric is a number, or a list of numbers where it has one per station, design or moment."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; both ends are the value where it is exact. Not complete where it was interrupted."""

    mean: Value
    low: Value
    high: Value
    method: str
    note: str | None = None
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric tells, in which unit, and the optional parameters that it needs."""

    meaning: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A single model. `build` makes its system out of checked parameters and refuses those at odds with each other.

    `refuse_unstable` raises where there is no long run. `experiment` is what a simulation replicates, `walk` simulates
    where nothing is left to chance; a model with neither has nothing that happens over time.
    """

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    metrics: Mapping[str, Metric]
    build: Callable[[Mapping[str, Any]], Any]
    closed: Callable[[Any, Sequence[str]], Mapping[str, Value]]
    experiment: Callable[[Any], Experiment] | None = None
    walk: Callable[[Any, Sequence[str]], Mapping[str, Value]] | None = None
    refuse_unstable: Callable[[Any], None] = lambda _: None
    takes_horizon: bool = False
