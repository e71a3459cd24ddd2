"""What files say of durations, whoever reads them: a number with its unit, a law by its family, mean and deviation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import WithJsonSchema

from simulate.distributions import Distribution, deterministic, empirical, exponential, gamma, lognormal_of, weibull
from simulate.errors import SimulationError

UNITS: Final = {
    "ms": 1 / 3_600_000,
    "s": 1 / 3600,
    "min": 1 / 60,
    "h": 1.0,
    "day": 24.0,
    "week": 168.0,
    "month": 730.0,
    "year": 8760.0,
}
"""Hours."""

NEEDED: Final = {"weibull": ("mean", "shape"), "lognormal": ("mean", "deviation"), "gamma": ("mean", "deviation")}
"""Parameters of a family; `mean` alone of the others, none of an empirical one."""


class Durations:
    """How durations are written: a number of some unit, or a text such as `90 min`."""

    def __init__(self, plain: str, units: Sequence[str], examples: Sequence[str]) -> None:
        self._of_plain = 1.0 / UNITS[plain]
        self._pattern = re.compile(rf"^\s*([0-9]+(?:\.[0-9]+)?)\s*({'|'.join(units)})s?\s*$")
        self._shown = f"{', '.join(examples[:-1])} or {examples[-1]}"
        number = {"type": "number", "minimum": 0, "description": "hours" if plain == "h" else "minutes"}
        text = {"type": "string", "pattern": self._pattern.pattern, "examples": list(examples)}
        self.json_schema = WithJsonSchema({"anyOf": [number, text]})

    def read(self, given: object) -> object:
        """A text as a number of the plain unit; everything that is no text is left to be checked. Raises ValueError."""
        if not isinstance(given, str):
            return given
        found = self._pattern.match(given)
        if found is None:
            raise ValueError(f"{given!r} is no duration; write it as {self._shown}")
        return float(found[1]) * UNITS[found[2]] * self._of_plain


def law(
    family: str, mean: float | None, deviation: float | None, shape: float | None, values: Sequence[float], noun: str
) -> Distribution:
    """The distribution of these words. Raises ValueError where one is missing or makes no sense; `noun` begins what is said."""
    given: dict[str, Any] = {"mean": mean, "deviation": deviation, "shape": shape}
    for name in () if family == "empirical" else NEEDED.get(family, ("mean",)):
        if given[name] is None:
            raise ValueError(f"{noun} {family} needs `{name}`")
    try:
        return _made(family, mean or 0.0, deviation or 0.0, shape or 0.0, values)
    except SimulationError as error:
        raise ValueError(error.seen) from error


def _made(family: str, mean: float, deviation: float, shape: float, values: Sequence[float]) -> Distribution:
    if family == "empirical":
        return empirical(list(values))
    if family == "weibull":
        return weibull(1.0, shape).scaled(mean / weibull(1.0, shape).mean)
    if family == "lognormal":
        return lognormal_of(mean, deviation)
    if family == "gamma":
        return gamma(deviation**2 / mean if mean else 0.0, (mean / deviation) ** 2 if deviation else 0.0)
    return exponential(mean) if family == "exponential" else deterministic(mean)
