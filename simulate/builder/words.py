"""Words that all of a scenario file is made of: durations, shares, and laws of durations."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from simulate.distributions import (
    Distribution,
    deterministic,
    empirical,
    exponential,
    gamma,
    lognormal_of,
    weibull,
)
from simulate.errors import ScenarioError, SimulationError

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

_DURATION = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|h|day|week|month|year)s?\s*$")


def hours(given: object) -> object:
    """A duration such as `90 min`, `8 h` or `3 years`, or a number of hours; everything else is left to be refused."""
    found = _DURATION.match(given) if isinstance(given, str) else None
    if found is None:
        if isinstance(given, str):
            raise ValueError(f"{given!r} is no duration; write it as 90 min, 8 h, 2 days or 3 years")
        return given
    return float(found[1]) * UNITS[found[2]]


Hours = Annotated[
    float,
    BeforeValidator(hours),
    Field(ge=0.0, allow_inf_nan=False),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "description": "hours"},
                {"type": "string", "pattern": _DURATION.pattern, "examples": ["90 min", "8 h", "2 days", "3 years"]},
            ]
        }
    ),
]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Part(BaseModel):
    """Of a scenario: nothing that is not known, nothing that changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Law(Part):
    """A distribution of durations. Exponential and deterministic need `mean`, lognormal and gamma `deviation` too, Weibull `shape`."""

    family: Literal["exponential", "weibull", "lognormal", "gamma", "deterministic", "empirical"] = "exponential"
    mean: Hours | None = None
    deviation: Hours | None = Field(default=None, description="Standard deviation.")
    shape: float | None = Field(default=None, description="Of a Weibull distribution: above 1 where items wear out.")
    values: tuple[Hours, ...] = Field(default=(), description="Durations that were seen (empirical).")
    calibration: str | None = Field(
        default=None, description="In place of all that: what a kept calibration has learned; name or name@version."
    )
    group: str | None = Field(default=None, description="Of a calibration; everything together without it.")
    learned: Literal["durations", "between"] = Field(
        default="durations", description="Of a calibration: how long cases last, or the time between two that begin."
    )

    @model_validator(mode="after")
    def makes_a_distribution(self) -> Law:
        if self.calibration is None:
            self.distribution()
        elif self.model_fields_set - {"calibration", "group", "learned"}:
            raise ValueError("a law is a calibration, or a family with its parameters")
        return self

    def distribution(self) -> Distribution:
        """As engines know it. Raises ValueError where a parameter is missing or makes no sense, ScenarioError for a calibration."""
        if self.calibration is not None:
            raise ScenarioError(
                f"the calibration {self.calibration} was not looked up",
                hint="only what reads the twin knows calibrations",
            )
        needed = {"weibull": ("mean", "shape"), "lognormal": ("mean", "deviation"), "gamma": ("mean", "deviation")}
        for name in () if self.family == "empirical" else needed.get(self.family, ("mean",)):
            if getattr(self, name) is None:
                raise ValueError(f"a distribution {self.family} needs `{name}`")
        mean, deviation, shape = self.mean or 0.0, self.deviation or 0.0, self.shape or 0.0
        try:
            if self.family == "empirical":
                return empirical(list(self.values))
            if self.family == "weibull":
                return weibull(1.0, shape).scaled(mean / weibull(1.0, shape).mean)
            if self.family == "lognormal":
                return lognormal_of(mean, deviation)
            if self.family == "gamma":
                return gamma(deviation**2 / mean if mean else 0.0, (mean / deviation) ** 2 if deviation else 0.0)
            return exponential(mean) if self.family == "exponential" else deterministic(mean)
        except SimulationError as error:
            raise ValueError(error.seen) from error
