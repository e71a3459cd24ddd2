"""What a what-if scenario changes in an estate: the words under `changes`, each entry one change."""

from __future__ import annotations

from typing import Any, Final, Literal

import yaml
from pydantic import ConfigDict, Field, ValidationError, model_validator

from simulate.builder.words import Hours, Part, Real, Whole
from simulate.errors import ScenarioError

MOST_ADDED: Final = 1_000


class Chosen(Part):
    """Which items are meant: these, those of these kinds, or all where neither is given."""

    items: tuple[str, ...] = Field(default=(), description="By name or identity.")
    kinds: tuple[str, ...] = Field(default=(), description="Concrete or generic.")


class Addition(Part):
    """More members of a cluster, each like one that it has: same behaviour, same dependencies."""

    to: str = Field(description="The cluster, by name or identity.")
    like: str | None = Field(default=None, description="Which member; by default the first by identity.")
    count: Whole = Field(default=1, ge=1, le=MOST_ADDED)
    name: str | None = Field(
        default=None, min_length=1, description="Of the new item; numbered where there are several."
    )
    located_in: str | None = Field(default=None, description="In another data centre, rack or site than its model.")
    hosted_on: str | None = Field(default=None, description="On another host than its model.")


class Delay(Chosen):
    """The first of planned changes (patches among them) comes later; what they would repair goes wrong for longer."""

    by: Hours


class Freeze(Chosen):
    """No changes for some time: they come after it, one a day, or not at all."""

    first: Hours = Field(default=0.0, description="When it begins, after the beginning of the scenario.")
    duration: Hours
    then: Literal["postponed", "cancelled"] = "postponed"


class CrewChange(Part):
    """Another number of repairs at a time."""

    name: str
    size: Whole = Field(ge=1)


class Quorum(Part):
    """Another number of members that a cluster needs."""

    cluster: str
    members: Whole


class Times(Chosen):
    """So many times what it was: failures so many times as often, repairs so many times as long, arrivals so many times as many."""

    times: Real = Field(gt=0.0, allow_inf_nan=False)


class Change(Part):
    """One change: exactly one of these words."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    remove: str | tuple[str, ...] | None = Field(
        default=None,
        description="Items that are not there any more; what cannot work without them is down. Others take over at once "
        "where a failover or a cluster allows it.",
    )
    close: str | tuple[str, ...] | None = Field(
        default=None,
        description="Places (data centres, racks, hosts) that are removed with all that stands in them or is hosted on it, "
        "whatever they fail over to.",
    )
    add: Addition | None = None
    delay: Delay | None = None
    freeze: Freeze | None = None
    crew: CrewChange | None = None
    needed: Quorum | None = None
    failures: Times | None = None
    repairs: Times | None = None
    load: Times | None = Field(default=None, description="So many times the arrivals under `load`.")

    @model_validator(mode="before")
    @classmethod
    def is_one(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) != 1:
            raise ValueError(f"a change is one of {', '.join(cls.model_fields)}, and {len(given)} words are given")
        return given

    @property
    def removed(self) -> tuple[str, ...]:
        """What is removed, as a list."""
        return _several(self.remove)

    @property
    def closed(self) -> tuple[str, ...]:
        """What is closed, as a list."""
        return _several(self.close)


def _several(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given or ()


def parse_change(text: str) -> Change:
    """A change from one line, such as `remove: DC North` or `crew: {name: systems, size: 6}`. Raises ScenarioError."""
    try:
        given = yaml.safe_load(text)
        if not isinstance(given, dict):
            raise ScenarioError(f"{text!r} is no change", where="--change", hint="such as 'remove: DC North'")
        return Change.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise ScenarioError(
            f"{path or 'change'}: {first['msg'].removeprefix('Value error, ')}",
            where=f"--change {text}",
            hint="the words of a scenario: jumeau simulate schema scenario",
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ScenarioError(
            f"the YAML of the change is broken: {str(error).splitlines()[0]}",
            where=f"--change {text}",
            hint="such as 'remove: DC North'",
        ) from error
