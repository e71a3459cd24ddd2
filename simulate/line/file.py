"""The file of a production line: YAML that is checked before anything else happens, with its JSON Schema for editors.

The words of the usual parameter form (`machine_a_capacity`, ..., `arrival_rate`) are read under `reference`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from simulate.builder.words import Real, Share, Whole
from simulate.distributions import Distribution, triangular, uniform
from simulate.errors import SimulationError
from simulate.laws import Durations, law
from simulate.line.check import LineError, check
from simulate.line.model import Breakdowns, Line, Setup, Stage
from simulate.line.reference_line import ReferenceParameters, reference_line
from simulate.line.shift_words import BEGINS, OperatorShiftPart, ShiftPart, minutes_of_week, shifts_of
from simulate.yaml_files import FileKind, YamlFile, parse_yaml, read_yaml, validated

PATH: Final = Path(__file__).parent / "line.schema.json"
FILE: Final = FileKind("production line", "name: ...", "simulate/line/line.schema.json", LineError)
MOST_VALUES: Final = 100_000

ALSO_CALLED: Final = {
    "machine_a_deviation": "machine_a_variance",
    "machine_b_deviation": "machine_b_variance",
    "mean_interarrival": "arrival_rate",
}
"""Parameters of the reference line and their usual names, which say another thing than they mean."""

AUTO: Final = "auto"
"""In place of a warm-up: `simulate.line.warm_up` finds it."""

_BETWEEN: Final[Mapping[str, tuple[str, ...]]] = {"uniform": ("low", "high"), "triangular": ("low", "mode", "high")}
"""What laws between bounds are made from."""

DURATIONS: Final = Durations("min", ("s", "min", "h", "day", "week", "month", "year"), ("45 s", "6 min", "8 h"))

Minutes = Annotated[
    float, BeforeValidator(DURATIONS.read), Field(ge=0.0, allow_inf_nan=False, strict=True), DURATIONS.json_schema
]
Money = Annotated[float, Field(ge=0.0, allow_inf_nan=False, strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Time(_Part):
    """A random time. Without a family: lognormal with a `deviation`, empirical with `values`, Weibull with a `shape`, triangular with a

    `mode`, uniform with `low` and `high`, else exponential.
    """

    family: (
        Literal["exponential", "weibull", "lognormal", "gamma", "deterministic", "empirical", "uniform", "triangular"]
        | None
    ) = None
    mean: Minutes | None = None
    deviation: Minutes | None = Field(default=None, description="Standard deviation.")
    shape: Real | None = Field(default=None, description="Of a Weibull distribution: above 1 where machines wear out.")
    values: tuple[Minutes, ...] = Field(default=(), max_length=MOST_VALUES, description="Times that were measured.")
    low: Minutes | None = Field(default=None, description="Of a uniform or triangular time: never less.")
    mode: Minutes | None = Field(default=None, description="Of a triangular time: the likeliest.")
    high: Minutes | None = Field(default=None, description="Of a uniform or triangular time: never more.")

    @model_validator(mode="before")
    @classmethod
    def a_constant(cls, given: Any) -> Any:
        """A time alone is always the same."""
        if isinstance(given, int | float | str) and not isinstance(given, bool):
            return {"family": "deterministic", "mean": given}
        return given

    @model_validator(mode="after")
    def makes_a_distribution(self) -> Time:
        self.distribution()
        return self

    def distribution(self) -> Distribution:
        """As engines know it, in minutes. Raises ValueError where a parameter is missing or makes no sense."""
        family = self.family or self._family()
        if family not in _BETWEEN:
            return law(family, self.mean, self.deviation, self.shape, self.values, "a time that is")
        for name in _BETWEEN[family]:
            if getattr(self, name) is None:
                raise ValueError(f"a time that is {family} needs `{name}`")
        low, high = self.low or 0.0, self.high or 0.0
        try:
            return uniform(low, high) if family == "uniform" else triangular(low, self.mode or 0.0, high)
        except SimulationError as error:
            raise ValueError(error.seen) from error

    def _family(self) -> str:
        if self.values:
            return "empirical"
        if self.mode is not None:
            return "triangular"
        if self.low is not None or self.high is not None:
            return "uniform"
        if self.deviation is None:
            return "exponential" if self.shape is None else "weibull"
        return "lognormal" if self.deviation else "deterministic"


class SetupPart(_Part):
    """A machine is set up after every so many pieces."""

    time: Time
    every: Whole = Field(ge=1)


class BreakdownsPart(_Part):
    """A machine fails after some time of processing, and is repaired."""

    failure: Time = Field(description="Minutes of processing from one repair to the next failure.")
    repair: Time


class StagePart(_Part):
    """Equal machines in parallel, and the queue before them."""

    name: str = Field(min_length=1, max_length=200)
    time: Time = Field(description="Processing time of a piece; a number alone is always the same.")
    machines: Whole = Field(default=1, ge=1)
    operators: Whole = Field(default=0, ge=0, description="That each machine needs while it works.")
    buffer: Whole | None = Field(default=None, ge=1, description="Pieces that may wait before it; without, any number.")
    setup: SetupPart | None = None
    breakdowns: BreakdownsPart | None = None
    scrap: Share = 0.0
    rework: Share = 0.0
    rework_to: str | None = Field(default=None, description="The stage that reworks; without, this one.")
    ideal_time: Minutes | None = Field(
        default=None, gt=0.0, description="Per piece, for OEE; by default the mean of `time`."
    )
    cost_per_hour: Money = Field(default=0.0, description="Of one machine.")
    shifts: tuple[ShiftPart, ...] = Field(
        default=(), description="When its machines begin pieces; always without. What was begun is finished."
    )

    def stage(self) -> Stage:
        """As engines know it."""
        setup, down = self.setup, self.breakdowns
        return Stage(
            self.name,
            self.time.distribution(),
            self.machines,
            self.operators,
            self.buffer,
            None if setup is None else Setup(setup.time.distribution(), setup.every),
            None if down is None else Breakdowns(down.failure.distribution(), down.repair.distribution()),
            self.scrap,
            self.rework,
            self.rework_to,
            self.ideal_time,
            self.cost_per_hour,
            shifts_of(self.shifts),
        )


class ReferencePart(_Part):
    """The line A, B, quality control by its usual parameters. A `variance` is a standard deviation, the `arrival_rate` a mean time."""

    machine_a_capacity: Whole = Field(default=1, ge=1)
    machine_b_capacity: Whole = Field(default=1, ge=1)
    qc_capacity: Whole = Field(default=1, ge=1)
    operators: Whole = Field(default=2, ge=1)
    machine_a_time: Minutes = Field(default=6.0, gt=0.0)
    machine_a_deviation: Minutes = Field(
        default=1.0, validation_alias=AliasChoices("machine_a_deviation", "machine_a_variance")
    )
    machine_b_time: Minutes = Field(default=5.0, gt=0.0)
    machine_b_deviation: Minutes = Field(
        default=1.0, validation_alias=AliasChoices("machine_b_deviation", "machine_b_variance")
    )
    qc_time: Minutes = Field(default=3.0, gt=0.0)
    qc_deviation: Minutes = 0.5
    mean_interarrival: Minutes = Field(
        default=4.0, gt=0.0, validation_alias=AliasChoices("mean_interarrival", "arrival_rate")
    )
    scrap: Share = 0.03
    rework: Share = 0.05

    @model_validator(mode="before")
    @classmethod
    def is_told_once(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            for one, other in ALSO_CALLED.items():
                if one in given and other in given:
                    raise ValueError(f"`{one}` and `{other}` are the same: give one of them")
        return given


class LineFile(_Part):
    """A production line and how it is played. Durations are minutes of working time, or texts such as `8 h`."""

    name: str = Field(min_length=1, max_length=200)
    stages: tuple[StagePart, ...] = Field(default=(), description="In their order.")
    reference: ReferencePart | None = Field(default=None, description="In place of stages, arrivals and operators.")
    arrivals: Time | None = Field(default=None, description="Time between two pieces that arrive.")
    operators: Whole = Field(default=0, ge=0, description="That the line has; with `operator_shifts`, at most.")
    operator_shifts: tuple[OperatorShiftPart, ...] = Field(
        default=(), description="When operators are there, and how many; all of them always without."
    )
    arrival_shifts: tuple[ShiftPart, ...] = Field(default=(), description="When pieces arrive; always without.")
    begins: str = Field(default="mon", pattern=BEGINS, description="When playing begins, such as `mon 06:00`.")
    duration: Minutes = Field(default=480.0, gt=0.0)
    warm_up: Literal["auto"] | Minutes = Field(
        default=0.0, description="Played before, and not counted; `auto`: as long as the line takes to settle (MSER-5)."
    )
    most_reworks: Whole = Field(default=3, ge=0, description="A piece that would be reworked more often is scrapped.")
    item_value: Money = Field(default=0.0, description="Of a good piece.")
    material_cost: Money = Field(default=0.0, description="Of each piece that enters.")
    operator_cost_per_hour: Money = 0.0
    replications: Whole = Field(default=200, ge=2, le=1_000_000)
    seed: Whole = Field(default=1, ge=0, lt=2**64)

    @field_validator("begins")
    @classmethod
    def is_a_moment(cls, given: str) -> str:
        minutes_of_week(given)
        return given

    @model_validator(mode="after")
    def is_a_line(self) -> LineFile:
        if self.reference is not None:
            if self.stages or self.arrivals is not None or self.operators:
                raise ValueError("`reference` stands in place of `stages`, `arrivals` and `operators`")
            return self
        if not self.stages:
            raise ValueError("a line has `stages`, or is the `reference` line")
        if self.arrivals is None:
            raise ValueError("a line has `arrivals`: the time between two pieces")
        return self

    def line(self) -> Line:
        """The line. Raises LineError and its kin."""
        common: dict[str, Any] = {
            "duration": self.duration,
            "warm_up": 0.0 if self.warm_up == AUTO else self.warm_up,
            "item_value": self.item_value,
            "material_cost": self.material_cost,
            "operator_cost_per_hour": self.operator_cost_per_hour,
        }
        shifts: dict[str, Any] = {
            "operator_shifts": shifts_of(self.operator_shifts),
            "arrival_shifts": shifts_of(self.arrival_shifts),
            "week_offset": minutes_of_week(self.begins),
        }
        if self.reference is not None:
            made = reference_line(ReferenceParameters(**self.reference.model_dump(), **common))
        else:
            assert self.arrivals is not None
            stages = tuple(stage.stage() for stage in self.stages)
            made = Line(self.name, stages, self.arrivals.distribution(), self.operators, **common)
        made = replace(made, name=self.name, most_reworks=self.most_reworks, **shifts)
        check(made)
        return made

    def settled(self) -> Line:
        """The line, its warm-up found where it is `auto`. Raises WarmUpError, LineError and its kin."""
        if self.warm_up != AUTO:
            return self.line()
        from simulate.line.warm_up import find_warm_up  # here: it plays lines, which a file does not

        line = self.line()
        return replace(line, warm_up=find_warm_up(line, self.seed).minutes)


def read_line(path: Path) -> LineFile:
    """Read the file of a line. Raises LineError, which names the line of the file."""
    return line_of_file(read_yaml(path, FILE))


def parse_line(text: str, shown: str = "line.yml") -> LineFile:
    """A line from its text; `shown` names it in errors. Raises LineError."""
    return line_of_file(parse_yaml(text, shown, FILE))


def line_of_file(file: YamlFile) -> LineFile:
    """A line from what was read. Raises LineError and its kin, which name the line of the file."""
    found = validated(file, LineFile, FILE)
    try:
        found.line()
    except SimulationError as error:
        names = [stage.name for stage in found.stages]
        place = ("stages", names.index(error.where)) if error.where in names else ()
        where = f"{file.where(*place)} ({error.where})" if error.where else file.where()
        raise type(error)(error.seen, where=where, hint=error.hint) from error
    return found


def render_json_schema() -> str:
    """The JSON Schema of the files of lines."""
    schema = LineFile.model_json_schema(by_alias=False)
    time = schema["$defs"]["Time"]
    schema["$defs"]["Time"] = {"anyOf": [time, *(DURATIONS.json_schema.json_schema or {})["anyOf"]]}  # a time alone
    known = schema["$defs"]["ReferencePart"]["properties"]
    known.update({other: {**known[one], "title": other} for one, other in ALSO_CALLED.items()})
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "jumeau production line"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
