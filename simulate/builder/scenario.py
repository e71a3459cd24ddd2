"""A scenario: what is supposed about an estate, as a YAML file that is checked before anything else happens.

The JSON Schema of the file is made from these classes and lies beside them (`scenario.schema.json`), for editors.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

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

PATH: Final = Path(__file__).parent / "scenario.schema.json"
MOST_BYTES: Final = 5_000_000

UNITS: Final = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "day": 24.0, "week": 168.0, "month": 730.0, "year": 8760.0}
"""Hours."""

_DURATION = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*(s|min|h|day|week|month|year)s?\s*$")


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


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Law(_Part):
    """A distribution of durations. Exponential and deterministic need `mean`, lognormal and gamma `deviation` too, Weibull `shape`."""

    family: Literal["exponential", "weibull", "lognormal", "gamma", "deterministic", "empirical"] = "exponential"
    mean: Hours | None = None
    deviation: Hours | None = Field(default=None, description="Standard deviation.")
    shape: float | None = Field(default=None, description="Of a Weibull distribution: above 1 where items wear out.")
    values: tuple[Hours, ...] = Field(default=(), description="Durations that were seen (empirical).")

    @model_validator(mode="after")
    def makes_a_distribution(self) -> Law:
        self.distribution()
        return self

    def distribution(self) -> Distribution:
        """As engines know it. Raises ValueError where a parameter is missing or makes no sense."""
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


class Maintenance(_Part):
    """The item is down on purpose."""

    first: Hours = Field(description="When the first window begins, after the beginning of the scenario.")
    duration: Hours
    every: Hours = Field(default=0.0, description="How often; once without.")


class Changes(_Part):
    """Changes of the item, some of which fail and are recovered from."""

    first: Hours = Field(description="When the first one is, after the beginning of the scenario.")
    every: Hours = Field(default=0.0, description="How often; once without.")
    failure_probability: Share
    recovery: Law


class Backups(_Part):
    """Backups, and how many failures need one: the repair takes longer."""

    every: Hours
    restore_probability: Share
    restore: Law


class Behaviour(_Part):
    """What happens to an item, or to items of a kind."""

    failure: Law | None = Field(default=None, description="Time between the end of a repair and the next failure.")
    repair: Law | None = None
    crew: str | None = Field(default=None, description="Who repairs it; without, the repair begins at once.")
    priority: int | None = Field(default=None, description="Lower is repaired first; by default by criticality.")
    maintenance: tuple[Maintenance, ...] = ()
    changes: tuple[Changes, ...] = ()
    backups: Backups | None = None

    @model_validator(mode="after")
    def fails_and_is_repaired(self) -> Behaviour:
        if (self.failure is None) != (self.repair is None):
            raise ValueError("`failure` and `repair` go together")
        return self


class ItemBehaviour(Behaviour):
    """What is different about one item. What is not given is that of its kind."""

    needed: int | None = Field(
        default=None, description="How many members of a cluster must be up, instead of its quorum."
    )
    never_fails: bool = Field(default=False, description="No failures of its own in this scenario.")


class Shift(_Part):
    """Hours of some days of the week."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    begin: float = Field(ge=0.0, le=24.0)
    end: float = Field(ge=0.0, le=24.0)

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Shift:
        if self.end <= self.begin:
            raise ValueError("a shift ends after it begins; write one across midnight as two")
        return self


class CrewSize(_Part):
    """How many repairs at a time, and when they may begin; always without shifts."""

    size: int = Field(ge=1)
    shifts: tuple[Shift, ...] = ()


class Scenario(_Part):
    """What is supposed about an estate."""

    name: str = Field(min_length=1)
    begins_on: date = Field(default=date(2025, 1, 1), description="The first day; shifts are days of the week.")
    duration: Hours = Field(default=8760.0, gt=0.0)
    replications: int = Field(default=1000, ge=2, le=1_000_000)
    seed: int = Field(default=1, ge=0, lt=2**64)
    watch: tuple[str, ...] = Field(default=("BusinessService",), description="Kinds whose availability is wanted.")
    kinds: dict[str, Behaviour] = Field(
        default_factory=dict, description="By kind, concrete or generic; the most specific one counts."
    )
    items: dict[str, ItemBehaviour] = Field(default_factory=dict, description="By name or identity.")
    crews: dict[str, CrewSize] = Field(default_factory=dict)
    replication_lag: Law | None = Field(
        default=None, description="How old the data of a standby are, unless the relation says `synchronous`."
    )
    failover: Law = Field(
        default=Law(family="exponential", mean=1.0),
        description="How long a failover takes where the twin does not tell.",
    )


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError, which names the line."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"the scenario cannot be read: {error.strerror}", where=str(path)) from error
    if len(text) > MOST_BYTES:
        raise ScenarioError(f"the scenario has {len(text):,} bytes", where=str(path), hint=f"{MOST_BYTES:,} at most")
    return parse_scenario(text.decode("utf-8", "replace"), str(path))


def parse_scenario(text: str, shown: str = "scenario.yml") -> Scenario:
    """A scenario from its text; `shown` names it in errors. Raises ScenarioError."""
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ScenarioError(
                    "an alias (`*name`) is not read",
                    where=f"{shown}:{getattr(event.start_mark, 'line', 0) + 1}",
                    hint="write it out",
                )
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        given = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = getattr(error.problem_mark, "line", 0) + 1
        raise ScenarioError(error.problem or "the YAML is broken", where=f"{shown}:{line}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ScenarioError(f"the YAML is broken: {str(error).splitlines()[0]}", where=shown) from error
    if not isinstance(given, dict):
        raise ScenarioError("a scenario is a mapping", where=f"{shown}:1", hint="begin with `name: ...`")
    try:
        return Scenario.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise ScenarioError(
            f"{path or 'scenario'}: {first['msg'].removeprefix('Value error, ')}",
            where=f"{shown}:{line_of(tree, first['loc'])}",
            hint="the words of a scenario are in simulate/builder/scenario.schema.json, which editors read",
        ) from error


def line_of(tree: Any, place: tuple[int | str, ...]) -> int:
    """The line of a place in a YAML tree, or of the nearest that is there."""
    line = 1 if tree is None else int(tree.start_mark.line) + 1
    for part in place:
        following = None
        if isinstance(tree, yaml.MappingNode):
            for key, value in tree.value:
                if key.value == str(part):
                    line, following = key.start_mark.line + 1, value
        elif isinstance(tree, yaml.SequenceNode) and isinstance(part, int) and part < len(tree.value):
            following = tree.value[part]
            line = following.start_mark.line + 1
        if following is None:
            break
        tree = following
    return line


def render_json_schema() -> str:
    """The JSON Schema of scenario files."""
    schema = Scenario.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "jumeau scenario"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
