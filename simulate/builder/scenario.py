"""A scenario: what is supposed about an estate, as a YAML file that is checked before anything else happens.

The JSON Schema of the file is made from these classes and lies beside them (`scenario.schema.json`), for editors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from simulate.builder.changes import Change
from simulate.builder.load import LoadSection
from simulate.builder.words import Hours, HoursOfDays, Law, Part, Share, Whole, YesNo
from simulate.errors import ScenarioError
from simulate.yaml_files import FileKind, YamlFile, parse_yaml, read_yaml, validated

PATH: Final = Path(__file__).parent / "scenario.schema.json"

FILE: Final = FileKind("scenario", "name: ...", "simulate/builder/scenario.schema.json", ScenarioError)


class Maintenance(Part):
    """The item is down on purpose."""

    first: Hours = Field(description="When the first window begins, after the beginning of the scenario.")
    duration: Hours
    every: Hours = Field(default=0.0, description="How often; once without.")


class Risk(Part):
    """What goes wrong from time to time."""

    every: Hours = Field(gt=0.0, description="How often it may go wrong.")
    failure_probability: Share
    recovery: Law


class Changes(Part):
    """Changes of the item, some of which fail and are recovered from."""

    first: Hours = Field(description="When the first one is, after the beginning of the scenario.")
    every: Hours = Field(default=0.0, description="How often; once without.")
    failure_probability: Share
    recovery: Law
    until_then: Risk | None = Field(
        default=None,
        description="What the first of them puts an end to, as a patch does: a delay makes it last longer.",
    )


class ChangeOutcome(Part):
    """How changes go wrong that the twin plans."""

    failure_probability: Share | None = Field(
        default=None, description="By default the share of the twin's own changes of that type that went wrong."
    )
    recovery: Law | None = Field(default=None, description="How long what a failed one touches is down.")
    until_then: Risk | None = Field(
        default=None,
        description="What they put an end to, as a patch does, on all that they touch: a delay makes it last longer.",
    )


class PlannedChanges(ChangeOutcome):
    """Changes that the twin itself plans within the duration; what is said of one counts before what is said of its type."""

    played: YesNo = Field(default=True, description="Whether they are.")
    usual_recovery: Law = Field(
        default=Law(family="exponential", mean=2.0), description="The recovery of those of which none is told."
    )
    types: dict[str, ChangeOutcome] = Field(default_factory=dict, description="By type: standard, normal, emergency.")
    changes: dict[str, ChangeOutcome] = Field(default_factory=dict, description="By number, name or identity.")


class Backups(Part):
    """Backups, and how many failures need one: the repair takes longer."""

    every: Hours
    restore_probability: Share
    restore: Law


class Behaviour(Part):
    """What happens to an item, or to items of a kind."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"failure": ["repair"], "repair": ["failure"]}})

    failure: Law | None = Field(default=None, description="Time between the end of a repair and the next failure.")
    repair: Law | None = None
    crew: str | None = Field(default=None, description="Who repairs it; without, the repair begins at once.")
    priority: Whole | None = Field(default=None, description="Lower is repaired first; by default by criticality.")
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

    needed: Whole | None = Field(
        default=None, description="How many members of a cluster must be up, instead of its quorum."
    )
    never_fails: YesNo = Field(default=False, description="No failures of its own in this scenario.")


class Shift(HoursOfDays):
    """Hours of some days of the week."""


class CrewSize(Part):
    """How many repairs at a time, and when they may begin; always without shifts."""

    size: Whole = Field(ge=1)
    shifts: tuple[Shift, ...] = ()


def _day(given: object) -> object:
    """A date, or a text that is one; a number of seconds is none."""
    if isinstance(given, datetime) or not isinstance(given, date | str):
        raise ValueError(f"{given!r} is no day; write it as 2025-01-01")
    return date.fromisoformat(given) if isinstance(given, str) else given


class Scenario(Part):
    """What is supposed about an estate."""

    name: str = Field(min_length=1)
    begins_on: Annotated[date, BeforeValidator(_day)] = Field(
        default=date(2025, 1, 1), description="The first day; shifts are days of the week."
    )
    duration: Hours = Field(default=8760.0, gt=0.0)
    replications: Whole = Field(default=1000, ge=2, le=1_000_000)
    seed: Whole = Field(default=1, ge=0, lt=2**64)
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
    load: LoadSection = Field(default=LoadSection(), description="What components have to serve.")
    planned_changes: PlannedChanges = Field(
        default=PlannedChanges(), description="Changes that the twin plans within the duration."
    )
    branch: str | None = Field(default=None, description="The branch of the twin that it is played on; main without.")
    changes: tuple[Change, ...] = Field(
        default=(), description="What is different from the estate as it is: a what-if scenario."
    )


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError, which names the line."""
    return validated(read_yaml(path, FILE), Scenario, FILE)


def parse_scenario(text: str, shown: str = "scenario.yml") -> Scenario:
    """A scenario from its text; `shown` names it in errors. Raises ScenarioError."""
    return validated(parse_yaml(text, shown, FILE), Scenario, FILE)


def as_scenario(content: Mapping[str, Any], shown: str = "scenario") -> Scenario:
    """A scenario from what a file says, changed since it was read or not. Raises ScenarioError."""
    return validated(YamlFile(content, None, shown), Scenario, FILE)


def render_json_schema() -> str:
    """The JSON Schema of scenario files."""
    schema = Scenario.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "jumeau scenario"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
