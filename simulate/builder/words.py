"""Words that all of a scenario file is made of: durations, shares, and laws of durations."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from simulate.distributions import Distribution
from simulate.errors import ScenarioError
from simulate.laws import UNITS, Durations, law

DURATIONS: Final = Durations("h", tuple(UNITS), ("90 min", "8 h", "2 days", "3 years"))

Hours = Annotated[
    float,
    BeforeValidator(DURATIONS.read),
    Field(ge=0.0, allow_inf_nan=False, strict=True),
    DURATIONS.json_schema,
]
Whole = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True)]
YesNo = Annotated[bool, Field(strict=True)]
"""Numbers and answers as they are, no text that looks like one: editors, which know the JSON Schema only, would refuse it."""
Share = Annotated[float, Field(ge=0.0, le=1.0, strict=True)]


class Part(BaseModel):
    """Of a scenario: nothing that is not known, nothing that changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class HoursOfDays(Part):
    """Hours of some days of the week."""

    days: tuple[Day, ...]
    begin: Real = Field(ge=0.0, le=24.0)
    end: Real = Field(ge=0.0, le=24.0)

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Self:
        if self.end <= self.begin:
            raise ValueError("a shift ends after it begins; write one across midnight as two")
        return self


class Law(Part):
    """A distribution of durations. Exponential and deterministic need `mean`, lognormal and gamma `deviation` too, Weibull `shape`."""

    family: Literal["exponential", "weibull", "lognormal", "gamma", "deterministic", "empirical"] = "exponential"
    mean: Hours | None = None
    deviation: Hours | None = Field(default=None, description="Standard deviation.")
    shape: Real | None = Field(default=None, description="Of a Weibull distribution: above 1 where items wear out.")
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
        return law(self.family, self.mean, self.deviation, self.shape, self.values, "a distribution")
